"""The interface to a framework: what a backend implements to build, run and compare live models.

A backend names a module that defines its `Framework`. That module imports the framework only inside
of methods, so that `framework_of` works if the framework is not installed.
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
    """A framework or package is not installed; the message says how to install it."""

    def __init__(self, what: str, install: str) -> None:
        super().__init__(f"{what} is not installed: pip install '{install}'")


def is_installed(package: str) -> bool:
    """Whether a package can be imported."""
    return find_spec(package) is not None


def require_package(name: str, extra: str) -> None:
    """Check that a package of the optional dependencies `extra` is installed.

    Raises:
        FrameworkMissing: It is not.
    """
    if not is_installed(name):
        raise FrameworkMissing(f"`{name}`", f"archcompiler[{extra}]")


class Prepared(NamedTuple):
    """A model that is ready to be timed.

    `step` runs one batch, `shapes` returns the shapes of what it returned, and `where` is the
    context to run it in.
    """

    step: Callable[[], Any]
    shapes: Callable[[Any], list[tuple[int, ...]]]
    where: AbstractContextManager[Any] = nullcontext()


class Conventions(NamedTuple):
    """Conventions of training in which frameworks differ."""

    penalty_in_loss: bool  # the loss includes the penalty of `weight_decay`
    epsilon_first: bool  # Adam adds epsilon before the bias correction
    rate_in_momenta: bool  # momenta include the learning rate of their step
    unbiased_variances: bool  # running variances are sums divided by n - 1, not n


class Framework(ABC):
    """A framework: builds, runs, exports and compares live models.

    All tensors that methods take and return are in the canonical layouts, channels first.
    """

    name: ClassVar[str]  # of its backend
    model_type: ClassVar[str] = ""  # the class of foreign models; empty if they are not supported
    # How it trains; None if it does not train. `differentiates` is whether it has gradients.
    conventions: ClassVar[Conventions | None] = None
    differentiates: ClassVar[bool] = True

    @property
    def title(self) -> str:
        """Its name in sentences: `PyTorch`."""
        return BACKENDS[self.name].title

    @abstractmethod
    def require(self) -> None:
        """Check that the framework is installed.

        Raises:
            FrameworkMissing: It is not.
        """

    def missing(self) -> FrameworkMissing:
        """Return the exception for `require` to raise."""
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
        """Return a copy of a tensor of a live model."""

    @abstractmethod
    def assign(self, model: Any, stored: Stored, values: Array) -> None:
        """Set a tensor of a live model to `values`."""

    @abstractmethod
    def side(self, device: str) -> Side:
        """Return the backend on a device, for `archc verify`.

        Raises:
            DeviceMissing: The device is not available.
        """

    @abstractmethod
    def prepared(
        self, graph: Graph, device: str, batch: int, precision: str, compiled: bool
    ) -> Prepared:
        """Return a live model on a device with a random batch, for `archc run`."""

    def peak_memory(self, index: int) -> int | None:
        """Return the peak memory of GPU `index` in bytes; None if it is not known."""
        return None

    def seed(self, seed: int) -> None:
        """Set the random seed for initial weights."""
        raise NotImplementedError

    def export(self, model: Any, graph: Graph, path: Path, note: str) -> None:
        """Write a live model to a file that loads without archc; `note` is its metadata (JSON).

        A backend with a `model_ending` implements this and `seed`.
        """
        raise NotImplementedError

    def exact(self) -> AbstractContextManager[Any]:
        """Return a context in which GPUs compute float32 exactly, and not with TF32 (10 bits)."""
        return nullcontext()

    def rounding(self) -> str:
        """Return a note if it computes parts in float32 even where float64 is asked for, or ""."""
        return ""

    def single(self, graph: Graph) -> tuple[str, ...]:
        """Return the types of those layers of `graph` that it has in float32 alone."""
        return ()

    def is_model(self, found: object) -> bool:
        """Whether `found` is a model of this framework; must not import the framework."""
        return False

    def settings(self, precision: str, device: str) -> AbstractContextManager[Any]:
        """Return a context in which models are made in `precision` on `device` by default."""
        return nullcontext()

    def foreign(self, name: str, model: Any, precision: str, device: str) -> Foreign:
        """Return the wrapper of a foreign model, for which `is_model` is true."""
        raise NotImplementedError


def framework_of(backend: str) -> Framework:
    """Return the framework of a backend; it need not be installed."""
    found: Framework = import_module(BACKENDS[backend].runtime).FRAMEWORK
    return found
