"""A Keras model that somebody else wrote."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from archcompiler.backends.backend import Stored
from archcompiler.backends.keras.runtime.models import forward
from archcompiler.backends.keras.runtime.settings import device_name, on
from archcompiler.runtime.devices import choose
from archcompiler.runtime.verify.differences import Unusable
from archcompiler.runtime.verify.foreign import Foreign

if TYPE_CHECKING:
    from archcompiler.runtime.weights import Array


class KerasModel(Foreign):
    """A model, as it is used and not trained: see `Foreign`."""

    framework = "keras"

    def __init__(self, name: str, model: Any, precision: str, device: str) -> None:
        super().__init__(name, model, precision, device)
        if not model.built:
            raise Unusable(
                f"`{name}` gives a Keras model without weights: "
                "build it, or call it once, before it is returned"
            )
        if precision == "float64" and model.compute_dtype != precision:
            raise Unusable(
                f"`{name}` computes in {model.compute_dtype}: for `--precision {precision}`, "
                "import Keras above the callable, and make the model in it"
            )

    def named(self, layer: str, stored: Stored) -> str:
        """Return the layer with the variable."""
        return f"{layer}/{stored.name}"

    def tensors(self) -> dict[str, Array]:
        """Return variables as `layer/variable`, or by their whole path where two are so."""
        short = {v.path: "/".join(v.path.split("/")[-2:]) for v in self.model.weights}
        count = Counter(short.values())
        return {
            name if count[name] == 1 else variable.path: variable.numpy()
            for variable in self.model.weights
            for name in (short[variable.path],)
        }

    def forward(self, inputs: list[Array]) -> list[Any]:
        """Return what the model gives, as arrays."""
        with on(device_name(choose(self.device, self.framework)), self.precision):
            return forward(self.model, inputs)

    def array(self, value: Any) -> Array:
        """Return what `forward` gave as it is."""
        tensor: Array = value
        return tensor
