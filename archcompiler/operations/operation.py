"""What every operation is: fields, a shape rule, parameters and costs, and no framework."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar, Literal, NamedTuple, TypeVar

from archcompiler.diagnostics import Fault
from archcompiler.operations.fields import Named
from archcompiler.operations.record import Record
from archcompiler.operations.shape import Maps, Shape, Vector
from archcompiler.operations.words import Meaning, folded

Inputs = tuple[Shape, ...]
Family = Literal[
    "input", "convolution", "upsampling", "pooling", "normalization", "elementwise", "dense",
    "merge", "rearranging",
]  # fmt: skip


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


class Reads(NamedTuple):
    """What a cell of the output reads along an axis of the input; `Reads()`: the cell at its place.

    Cell i reads the cells from floor((i * step + first) / parts) to floor((i * step + last) /
    parts), and nothing where the second is less than the first.
    """

    step: int = 1
    parts: int = 1  # cells of the output that one of the input is spread over
    first: int = 0
    last: int = 0


class Operation(Record):
    """One kind of layer. A subclass is frozen and declared with `@operation`.

    Its docstrings are for users, too: `archc ops` and editors show that of the class (a sentence,
    remarks, an example whose last row is of its type) and those of `shape`, `parameters` and
    `multiply_adds` (the rules).

    `shape` raises `Fault` for inputs that have no output; `multiply_adds` are those for one
    sample, None where a size is not known. Operations of a `family` look alike in pictures.
    """

    type: ClassVar[str]
    family: ClassVar[Family]
    known_as: ClassVar[tuple[str, ...]]
    also: ClassVar[Mapping[str, Mapping[str, str]]]
    minimum_inputs: ClassVar[int] = 1
    maximum_inputs: ClassVar[int] = 1

    def shape(self, inputs: Inputs) -> Shape:
        """Return the input's shape."""
        return inputs[0]

    def parameters(self, inputs: Inputs) -> tuple[Parameter, ...]:
        """Return none."""
        return ()

    def multiply_adds(self, inputs: Inputs, output: Shape) -> int | None:
        """Return 0."""
        return 0

    def reads(self, inputs: Inputs) -> tuple[Reads, Reads] | None:
        """Return what of each input a cell reads, down and across; None if that is all of it."""
        return Reads(), Reads()

    def warnings(self) -> tuple[Fault, ...]:
        """Return what is to be said of fields that are allowed and most likely not meant so."""
        return ()

    def arithmetic(self, inputs: Inputs) -> str | None:
        """Return how the size of the output comes about, for a reader of a diagnostic."""
        return None


REGISTRY: dict[str, type[Operation]] = {}
KNOWN_AS: dict[str, Meaning] = {}  # by words as `folded` has them

O = TypeVar("O", bound=Operation)  # noqa: E741


def operation(
    type_name: str, *known_as: str, also: Mapping[str, Mapping[str, str]] | None = None
) -> Callable[[type[O]], type[O]]:
    """Register an operation under its type in a spec.

    `known_as` is what others call it; `also` are words that say some of its fields, too:
    `dropout2d` is a dropout with `spatial: true`. Only words that always mean just that belong
    here; those that libraries differ in are in `elsewhere`.
    """

    def register(cls: type[O]) -> type[O]:
        cls.type, cls.known_as, cls.also = type_name, known_as, also or {}
        REGISTRY[type_name] = cls
        for word in (type_name, *known_as):
            KNOWN_AS.setdefault(folded(word), Meaning(type_name))
        for word, fields in cls.also.items():
            KNOWN_AS.setdefault(folded(word), Meaning(type_name, fields))
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
