"""Comparison with a foreign model: one that archc did not make, with its own weights."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from archcompiler.backends import BACKENDS
from archcompiler.backends.backend import Stored
from archcompiler.diagnostics.forms.text import shown
from archcompiler.graph import Graph
from archcompiler.runtime.frameworks import Framework, framework_of
from archcompiler.runtime.verify.differences import Unlike, Unusable

if TYPE_CHECKING:
    from archcompiler.runtime.weights import Array, Weights

Renamed = Callable[[str], str]


class _Wanted(NamedTuple):
    """A tensor of the spec: its name, how a backend stores it, and its name in the model."""

    ours: str
    stored: Stored
    theirs: str


class Foreign(ABC):
    """A foreign model of one framework, in inference. Tensors are channels first."""

    framework: ClassVar[str]

    def __init__(self, name: str, model: Any, precision: str, device: str) -> None:
        self.name, self.model, self.precision, self.device = name, model, precision, device

    def weights(self, graph: Graph, renamed: Renamed | None) -> Weights:
        """Return the model's tensors as the canonical weights of `graph`.

        `renamed` translates our names (`layer1.0.conv1.weight`, or `layer1.0.conv1/kernel` for
        Keras) to the model's; names that it does not change are those of our own live models.

        Raises:
            Unlike: Tensors are missing, left over, or of another shape; the message lists them.
        """
        theirs = self.tensors()
        wanted = list(self._wanted(graph, renamed))
        _demand_alike(self.name, wanted, theirs)
        return {item.ours: item.stored.canonical(theirs[item.theirs]) for item in wanted}

    def _wanted(self, graph: Graph, renamed: Renamed | None) -> Iterator[_Wanted]:
        backend = BACKENDS[self.framework]
        for layer in graph.layers:
            for stored in backend.stored(graph, layer):
                own = self.named(stored.layer, stored)
                spelt = self.named(layer.name, stored) if backend.spelt_by_spec else own
                other = renamed(spelt) if renamed else spelt
                name = f"{layer.name}.{stored.parameter.name}"
                yield _Wanted(name, stored, own if other == spelt else other)

    def outputs(self, inputs: list[Array]) -> list[Array]:
        """Return the outputs of the model for `inputs`.

        Raises:
            Unusable: It fails, or returns something other than tensors.
        """
        shapes = ", ".join(str(value.shape) for value in inputs)
        with _their_code(f"`{self.name}` fails on an input of {shapes} (channels first)"):
            found = self.forward(inputs)
        if not all(hasattr(value, "shape") for value in found):
            raise Unusable(
                f"`{self.name}` gives a {type(found[0]).__name__}: "
                "a tensor, or several in a list or tuple, can be compared"
            )
        return [self.array(value) for value in found]

    @abstractmethod
    def named(self, layer: str, stored: Stored) -> str:
        """Return the name of a tensor of the layer that is called `layer` in the model."""

    @abstractmethod
    def tensors(self) -> dict[str, Array]:
        """Return the model's tensors by their names."""

    @abstractmethod
    def forward(self, inputs: list[Array]) -> list[Any]:
        """Return the outputs of the model for `inputs`, which are channels first."""

    @abstractmethod
    def array(self, value: Any) -> Array:
        """Return an output of `forward` as an array, channels first."""


def foreign_model(target: str, precision: str, device: str) -> Foreign:
    """Return the model that the callable `target` (`module:callable`) returns, or is.

    The module is imported from the current directory or from `sys.path`.

    Raises:
        Unusable: There is no such callable, it fails, or it returns no model.
    """
    name = shown(target)
    module, _, path = target.partition(":")
    if not all(part.isidentifier() for part in (*module.split("."), *path.split("."))):
        raise Unusable(f"`{name}` is not MODULE:CALLABLE, such as `networks.mine:build`")
    with _current_directory():
        with _their_code(f"`{name}` cannot be imported from here, or from `sys.path`"):
            found = attrgetter(path)(importlib.import_module(module))
        with _their_code(f"`{name}` fails"), _settings(precision, device):
            model = found if _framework(found) else found()
    framework = _framework(model)
    if framework is None:
        kinds = [f"a `{each.model_type}`" for each in _frameworks() if each.model_type]
        raise Unusable(
            f"`{name}` gives a {type(model).__name__}: {' or '.join(kinds)} is "
            "wanted, or what returns one when it is called with nothing"
        )
    return framework.foreign(name, model, precision, device)


def _frameworks() -> Iterator[Framework]:
    return map(framework_of, BACKENDS)


def _framework(found: object) -> Framework | None:
    """Return the first framework whose model `found` is; None if there is none."""
    return next((each for each in _frameworks() if each.is_model(found)), None)


@contextlib.contextmanager
def _settings(precision: str, device: str) -> Iterator[None]:
    """Make models in `precision` on `device` by default, in all imported frameworks."""
    with contextlib.ExitStack() as settings:
        for framework in _frameworks():
            settings.enter_context(framework.settings(precision, device))
        yield


@contextlib.contextmanager
def _current_directory() -> Iterator[None]:
    folder = str(Path.cwd())
    sys.path.insert(0, folder)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(folder)


@contextlib.contextmanager
def _their_code(failure: str) -> Iterator[None]:
    """Run foreign code: what it prints goes to stderr, and exceptions become `Unusable`."""
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    except (Exception, SystemExit) as error:
        if os.environ.get("ARCHC_TRACEBACK"):
            raise
        reason = str(error).strip().partition("\n")[0]
        said = f"{type(error).__name__}: {reason}" if reason else type(error).__name__
        raise Unusable(f"{failure}: {shown(said)}{_place(error)}") from error


def _place(error: BaseException) -> str:
    """Return the last line of user code, below the current directory, in the traceback."""
    folder, ours = Path.cwd(), Path(__file__).parents[2]
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if (
            path.is_relative_to(folder)
            and not path.is_relative_to(ours)
            and "site-packages" not in path.parts
        ):
            return f" ({shown(str(path.relative_to(folder)))}:{frame.lineno})"
    return ""


def _demand_alike(name: str, wanted: list[_Wanted], theirs: dict[str, Array]) -> None:
    """Raise `Unlike` if tensors are missing, left over, or of another shape."""
    lines = []
    for item in wanted:
        shape = item.stored.shape
        found = theirs.get(item.theirs)
        if found is None:
            lines.append(f"missing: `{item.theirs}`, {_shape(shape)}, for our `{item.ours}`")
        elif found.shape != shape:
            lines.append(
                f"of another shape: `{item.theirs}` is {_shape(found.shape)}, "
                f"and our `{item.ours}` {_shape(shape)}"
            )
    known = {item.theirs for item in wanted}
    lines += [
        f"left over: `{other}`, {_shape(tensor.shape)}"
        for other, tensor in theirs.items()
        if other not in known
    ]
    if lines:
        listed = "\n".join(f"  {shown(line)}" for line in lines)
        raise Unlike(
            f"the tensors of `{name}` are not those of the spec:\n{listed}\n"
            "  help: `--map RULES` says what it calls our tensors"
        )


def _shape(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "a single number"


def compared_with(
    graph: Graph, ours: list[Array], theirs: list[Array], name: str
) -> tuple[bool, str]:
    """Return whether to compare with the last activation, and a note that says so.

    It is included if the foreign outputs are probabilities: between 0 and 1, and for softmax with
    a sum of 1. `ours` are our outputs, with or without the activation.

    Raises:
        Unlike: The shapes of the outputs differ.
    """
    shapes = [", ".join(str(value.shape) for value in values) for values in (theirs, ours)]
    if shapes[0] != shapes[1]:
        raise Unlike(f"`{name}` gives {shapes[0]}, and the spec {shapes[1]}")
    final = graph.final_activation
    if final is None or not graph.has_logits:
        if len(theirs) == 1 and _likely(theirs[0], "softmax"):
            return True, f"`{name}` gives probabilities, and the spec ends in no softmax"
        return True, ""
    if _likely(theirs[0], final.name):
        return True, f"`{name}` gives probabilities: compared behind the last {final.name}"
    return False, f"`{name}` gives logits: compared before the last {final.name}"


def _likely(values: Array, activation: str) -> bool:
    """Whether `values` look like outputs of `activation`, which is softmax or sigmoid."""
    import numpy as np

    shares = bool(((values >= 0) & (values <= 1)).all())
    if activation != "softmax":
        return shares
    return shares and bool(np.allclose(values.sum(axis=1), 1, atol=1e-3))
