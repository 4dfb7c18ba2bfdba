"""What every operation is: fields, a shape rule, parameters and costs, and no framework."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, NamedTuple, TypeVar

from archcompiler.diagnostics import Fault
from archcompiler.operations.fields import Named
from archcompiler.operations.record import Record
from archcompiler.operations.shape import Maps, Shape, Vector

Inputs = tuple[Shape, ...]


class Parameter(NamedTuple):
    """A tensor that a layer owns. `axes` names its dimensions, outermost first.

    A factored axis is written in brackets: `out (maps height width)`. The name and the order are
    those that PyTorch's checkpoints have.
    """

    name: str
    axes: str
    lengths: tuple[tuple[str, int], ...]
    initializer: Named
    trainable: bool = True

    @property
    def size(self) -> int:
        """The number of values."""
        total = 1
        for _, length in self.lengths:
            total *= length
        return total

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of the axes, a factored axis as one."""
        from archcompiler.operations.axes import shape_of

        return shape_of(self.axes, dict(self.lengths))


class Operation(Record):
    """One kind of layer. A subclass is frozen and declared with `@operation`."""

    type: ClassVar[str]
    known_as: ClassVar[tuple[str, ...]]
    minimum_inputs: ClassVar[int] = 1
    maximum_inputs: ClassVar[int] = 1

    def shape(self, inputs: Inputs) -> Shape:
        """Return the shape of the output; raise `Fault` if these inputs have none."""
        return inputs[0]

    def parameters(self, inputs: Inputs) -> tuple[Parameter, ...]:
        """Return the tensors that a layer on these inputs owns."""
        return ()

    def multiply_adds(self, inputs: Inputs, output: Shape) -> int | None:
        """Return the multiply-adds for one sample; None where the size is not known."""
        return 0

    def arithmetic(self, inputs: Inputs) -> str | None:
        """Return how the size of the output comes about, for a reader of a diagnostic."""
        return None


REGISTRY: dict[str, type[Operation]] = {}
KNOWN_AS: dict[str, str] = {}

O = TypeVar("O", bound=Operation)  # noqa: E741


def folded(word: str) -> str:
    """Return `word` without case, spaces, hyphens, underscores and a framework's prefix."""
    word = word.rsplit(".", 1)[-1].lower()
    return word.replace(" ", "").replace("-", "").replace("_", "")


def operation(type_name: str, *known_as: str) -> Callable[[type[O]], type[O]]:
    """Register an operation under its type in a spec; `known_as` is what others call it."""

    def register(cls: type[O]) -> type[O]:
        cls.type, cls.known_as = type_name, known_as
        REGISTRY[type_name] = cls
        for word in (type_name, *known_as):
            KNOWN_AS.setdefault(folded(word), type_name)
        return cls

    return register


def maps_of(name: str, shape: Shape, *, field: str | None = None) -> Maps:
    """Return `shape` as maps; raise a fault if it is not."""
    if isinstance(shape, Maps):
        return shape
    raise Fault(
        "ARC403",
        f"a {name} reads maps, but the input of this layer is {shape}",
        field=field,
        notes=["a vector has no rows and columns: such a layer belongs before the flattening"],
    )


def vector_of(name: str, shape: Shape) -> Vector:
    """Return `shape` as a vector, maps being flattened in the order maps, height, width."""
    if isinstance(shape, Vector):
        return shape
    if shape.elements is None:
        raise Fault(
            "ARC404",
            f"a {name} needs a known size, but the input of this layer is {shape}",
            help=["state the size at the input", "reduce the maps with `global_average_pooling`"],
        )
    return Vector(shape.elements, shape)
