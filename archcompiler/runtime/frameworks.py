"""What archc asks of a framework, and whether it is here.

A backend names a module that has its `Framework`. No framework is imported before one of the
methods needs it, so that all of them can be asked for.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from archcompiler.backends import BACKENDS
from archcompiler.backends.backend import Stored
from archcompiler.graph import Graph

if TYPE_CHECKING:
    from archcompiler.runtime.verify.foreign import Foreign
    from archcompiler.runtime.verify.side import Side
    from archcompiler.runtime.weights import Array


class FrameworkMissing(Exception):
    """A framework, or a package, is not installed; the message says what brings it."""

    def __init__(self, what: str, install: str) -> None:
        super().__init__(f"{what} is not installed: pip install '{install}'")


def is_installed(package: str) -> bool:
    """Whether a package can be imported."""
    return find_spec(package) is not None


def require_package(name: str, extra: str) -> None:
    """Make sure that a package can be imported, which `extra` brings.

    Raises:
        FrameworkMissing: It cannot.
    """
    if not is_installed(name):
        raise FrameworkMissing(f"`{name}`", f"archcompiler[{extra}]")


class Prepared(NamedTuple):
    """A model that is ready to be timed: a step, the shapes of what it gives, and where it runs."""

    step: Callable[[], Any]
    shapes: Callable[[Any], list[tuple[int, ...]]]
    where: AbstractContextManager[Any] = nullcontext()


class Conventions(NamedTuple):
    """How a framework trains, where frameworks are known to differ."""

    penalty_in_loss: bool  # the loss counts the penalty of `weight_decay`
    epsilon_first: bool  # Adam adds epsilon before the root's bias is corrected
    rate_in_momenta: bool  # momenta hold the learning rate that they came about with
    unbiased_variances: bool  # running variances are sums divided by n - 1, not n


class Framework(ABC):
    """A framework in this process: live models that are built, run, written and compared.

    Graphs, weights and inputs are the same for all; tensors go in and come out in the canonical
    layouts, channels first.
    """

    name: ClassVar[str]  # of its backend
    model_type: ClassVar[str] = ""  # the class of models that others bring, if they may
    # How it trains; None where it trains nothing. What gives no gradients says so, too.
    conventions: ClassVar[Conventions | None] = None
    differentiates: ClassVar[bool] = True

    @property
    def title(self) -> str:
        """What sentences call it."""
        return BACKENDS[self.name].title

    @abstractmethod
    def require(self) -> None:
        """Make sure that it can be imported, before anything is begun.

        Raises:
            FrameworkMissing: It cannot.
        """

    def missing(self) -> FrameworkMissing:
        """Return what is to be raised where it cannot be imported."""
        return FrameworkMissing(f"the backend `{self.name}`", BACKENDS[self.name].install)

    @abstractmethod
    def devices(self) -> list[str]:
        """Return the devices that it can use, the best first: `cuda:0`, `mps`, `cpu`."""

    @abstractmethod
    def build(self, graph: Graph) -> Any:
        """Return a live model of `graph`.

        Raises:
            SpecError: The backend cannot express some layers.
            FrameworkMissing: The framework is not installed.
        """

    @abstractmethod
    def tensor(self, model: Any, stored: Stored) -> Array:
        """Return a copy of what a live model keeps at a place."""

    @abstractmethod
    def assign(self, model: Any, stored: Stored, values: Array) -> None:
        """Have a live model keep `values` at a place."""

    @abstractmethod
    def side(self, device: str) -> Side:
        """Return what `archc verify` asks.

        Raises:
            DeviceMissing: The device is not there.
        """

    @abstractmethod
    def prepared(
        self, graph: Graph, device: str, batch: int, precision: str, compiled: bool
    ) -> Prepared:
        """Return what `archc run` times: a live model on a device, with a random batch."""

    def peak_memory(self, index: int) -> int | None:
        """Return the most bytes that were in use on GPU `index`; None where that is not known."""
        return None

    def seed(self, seed: int) -> None:
        """Have first weights be drawn from `seed`."""
        raise NotImplementedError

    def export(self, model: Any, graph: Graph, path: Path, note: str) -> None:
        """Write a live model to a file that loads without archc, with a note about itself.

        A backend with a `model_ending` has this, and `seed`.
        """
        raise NotImplementedError

    def exact(self) -> AbstractContextManager[Any]:
        """Have float32 be float32 on GPUs, too, where TF32 with its 10 bits is preferred."""
        return nullcontext()

    def rounding(self) -> str:
        """Return a note on what it computes in float32 whatever is asked of it, or ""."""
        return ""

    def is_model(self, found: object) -> bool:
        """Whether `found` is one of its models; it is not imported to find out."""
        return False

    def settings(self, precision: str, device: str) -> AbstractContextManager[Any]:
        """Have others' code make and run models in `precision` on `device`, if it was imported."""
        return nullcontext()

    def foreign(self, name: str, model: Any, precision: str, device: str) -> Foreign:
        """Return a model that somebody else wrote, of which `is_model` is true."""
        raise NotImplementedError


def framework_of(backend: str) -> Framework:
    """Return the framework of a backend; it need not be installed."""
    found: Framework = import_module(BACKENDS[backend].runtime).FRAMEWORK
    return found
