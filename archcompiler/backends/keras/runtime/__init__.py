"""Keras in this process, on whichever of its own backends it was imported with."""

from __future__ import annotations

import os
import sys
import zipfile
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archcompiler.backends.backend import Stored
from archcompiler.backends.keras.runtime.engines import ENGINES, engine, engine_name
from archcompiler.backends.keras.runtime.models import given, kept_in, listed
from archcompiler.backends.keras.runtime.settings import device_name, keeps_float64, on
from archcompiler.backends.rule import rule_of
from archcompiler.graph import Graph
from archcompiler.runtime.devices import choose
from archcompiler.runtime.frameworks import Conventions, Framework, Prepared, is_installed
from archcompiler.runtime.inputs import random_inputs
from archcompiler.runtime.live import module_of
from archcompiler.runtime.notes import NOTE

if TYPE_CHECKING:
    from archcompiler.runtime.verify.foreign import Foreign
    from archcompiler.runtime.verify.side import Side
    from archcompiler.runtime.weights import Array


class Keras(Framework):
    """Keras 3."""

    name = "keras"
    model_type = "keras.Model"
    conventions = Conventions(
        penalty_in_loss=True, epsilon_first=True, rate_in_momenta=True, unbiased_variances=False
    )

    def require(self) -> None:
        """Make sure that Keras can be imported with something to run on: see `Framework`."""
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow's start-up notes
        installed = [name for name in ENGINES if is_installed(name)]
        if not is_installed("keras") or not installed:
            raise self.missing()
        chosen = "keras" in sys.modules or "KERAS_BACKEND" in os.environ or _has_configuration()
        if not chosen and "tensorflow" not in installed:  # Keras itself would take TensorFlow
            os.environ["KERAS_BACKEND"] = installed[0]

    def devices(self) -> list[str]:
        """Return the devices of what Keras runs on: see `Framework`."""
        return engine().devices()

    def peak_memory(self, index: int) -> int | None:
        """Return the most bytes that were in use: see `Framework`."""
        return engine().peak_memory(index)

    def build(self, graph: Graph) -> Any:
        """Return a model: see `Framework`."""
        return module_of(graph, self.name).build_model()

    def tensor(self, model: Any, stored: Stored) -> Array:
        """Return a copy of a variable: see `Framework`."""
        values: Array = kept_in(model, stored).numpy()
        return values.copy()

    def assign(self, model: Any, stored: Stored, values: Array) -> None:
        """Have a variable hold `values`: see `Framework`."""
        kept_in(model, stored).assign(values)

    def side(self, device: str) -> Side:
        """Return what is asked by `archc verify`: see `Framework`."""
        from archcompiler.backends.keras.runtime.verify import KerasSide

        return KerasSide(device)

    def prepared(
        self, graph: Graph, device: str, batch: int, precision: str, compiled: bool
    ) -> Prepared:
        """Return what is timed, with a mixed policy in a reduced precision: see `Framework`."""
        import keras

        policy = precision if precision == "float32" else f"mixed_{precision}"
        with on(device_name(device), policy):
            model = self.build(graph)
            inputs = given(random_inputs(graph, batch))
        # As Keras' users run it: as a graph; `compiled` adds the compiler of Keras' backend.
        model.compile(jit_compile=compiled)

        def step() -> Any:
            return model.predict_on_batch(inputs)  # comes back as an array, so the work is done

        def shapes(outputs: Any) -> list[tuple[int, ...]]:
            return [tuple(output.shape) for output in listed(outputs)]

        where = keras.device(device_name(device)) if device != "cpu" else nullcontext()
        return Prepared(step, shapes, where)

    def seed(self, seed: int) -> None:
        """Have first weights be drawn from `seed`."""
        import keras

        keras.utils.set_random_seed(seed)

    def export(self, model: Any, graph: Graph, path: Path, note: str) -> None:
        """Write Keras' own archive of a model: see `Framework`."""
        model.save(path)
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(NOTE, note)

    def exact(self) -> AbstractContextManager[Any]:
        """Have float32 be float32 in what Keras runs on: see `Framework`."""
        return engine().exact()

    def rounding(self) -> str:
        """Return what is computed in float32: see `Framework`."""
        if keeps_float64():
            return ""
        return "Keras computes parts in float32 unless it is on TensorFlow, whatever is asked of it"

    def single(self, graph: Graph) -> tuple[str, ...]:
        """Return what TensorFlow has in float32 alone, where Keras is on it: see `Framework`."""
        if engine_name() != "tensorflow":
            return ()
        computed = (layer for layer in graph.layers if not layer.operation.is_given)
        rules = ((layer, rule_of(layer.operation, self.name)) for layer in computed)
        return tuple(dict.fromkeys(layer.type for layer, rule in rules if rule.single(layer)))

    def is_model(self, found: object) -> bool:
        """Whether `found` is a model: see `Framework`. It may be PyTorch's, too."""
        keras = sys.modules.get("keras")
        return keras is not None and isinstance(found, keras.Model)

    def settings(self, precision: str, device: str) -> AbstractContextManager[Any]:
        """Have models be made and run so: see `Framework`."""
        if "keras" not in sys.modules:
            return nullcontext()
        return on(device_name(choose(device, self.name)), precision)

    def foreign(self, name: str, model: Any, precision: str, device: str) -> Foreign:
        """Return somebody else's model: see `Framework`."""
        from archcompiler.backends.keras.runtime.foreign import KerasModel

        return KerasModel(name, model, precision, device)


def _has_configuration() -> bool:
    home = os.environ.get("KERAS_HOME") or str(Path.home() / ".keras")
    return (Path(home) / "keras.json").exists()


FRAMEWORK = Keras()
