"""What every operation is: fields, a shape rule, parameters and costs, and no framework."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from math import prod
from typing import Any, ClassVar, Literal, NamedTuple, Self, TypeVar

from archcompiler.diagnostics import Fault
from archcompiler.operations.axes import kernel_axes, place_axes
from archcompiler.operations.fields import Field, Invalid, Kind, Named
from archcompiler.operations.record import Record
from archcompiler.operations.shape import Shape, size_text
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

    `fans` are the inputs and the outputs of a unit, each times the cells of a kernel, by which
    initializers scale what they draw; those of a bias are its kernel's.
    """

    name: str
    axes: str
    lengths: tuple[tuple[str, int], ...]
    initializer: Named
    trainable: bool = True
    fans: tuple[int, int] = (1, 1)

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
    `rules` says where the code is for backends that know nothing of it: `package.module:name` by
    the backend's name.
    """

    type: ClassVar[str]
    family: ClassVar[Family]
    known_as: ClassVar[tuple[str, ...]]
    also: ClassVar[Mapping[str, Mapping[str, str]]]
    minimum_inputs: ClassVar[int] = 1
    maximum_inputs: ClassVar[int] = 1
    rules: ClassVar[Mapping[str, str]] = {}
    by_axis: ClassVar[tuple[str, ...]] = ()  # fields with a number for each axis of places

    needs_one_of: ClassVar[tuple[str, ...]] = ()  # fields of which a row has one

    # What others decide by, so that they need not know types. Of an operation that ...
    reads_whole: ClassVar[bool] = False  # takes whole numbers, too
    is_given: ClassVar[bool] = False  # gives what the network is given from outside
    is_function: ClassVar[bool] = False  # is nothing but its activation
    is_pointwise: ClassVar[bool] = False  # makes each value of that at its place, wherever that is
    is_learned: ClassVar[bool] = False  # gives a tensor that is trained, whatever it reads
    is_dense: ClassVar[bool] = False  # has weights for each of all the features that it reads
    is_depthwise: ClassVar[bool] = False  # has a kernel for each of the maps that it reads
    flattens: ClassVar[bool] = False  # lays maps out as a vector, and does nothing else
    appends: ClassVar[bool] = False  # puts its inputs one behind another: channels may differ
    has_other_axes: ClassVar[bool] = False  # gives places along other axes than it reads
    takes_sizes: ClassVar[bool] = False  # reads its first input; of others it has just the size
    weighs: ClassVar[bool] = False  # makes weights of its inputs for each other
    is_random: ClassVar[bool] = False  # draws at random in training, and then alone does something
    keeps_statistics: ClassVar[bool] = False  # of the batches that it is trained on
    is_overwritable: ClassVar[bool] = False  # neither others nor its gradient read its result

    @classmethod
    def own_fields(cls, given: Collection[str], inputs: int) -> Mapping[str, Field]:
        """Return the fields of a row that are the operation's, where these are `given`.

        Of `maps` and `size`, others are what a row states of its output. The row names so many
        `inputs`; 1 where it names none.
        """
        return cls.fields

    def on(self, inputs: Inputs) -> Self:
        """Return the operation with a number for each axis of its input where one is for all.

        Raises:
            Fault: A field has numbers for more axes, or for fewer.
        """
        if not self.by_axis or not inputs or inputs[0].is_vector:
            return self
        changes = {}
        for name in self.by_axis:
            value = getattr(self, name)
            try:
                changes[name] = self.fields[name].kind.spread(value, inputs[0].rank)
            except Invalid:
                raise _other_rank(name, value, inputs[0]) from None
        return self.replaced(**changes)

    def shape(self, inputs: Inputs) -> Shape:
        """Return the input's shape."""
        return inputs[0]

    def parameters(self, inputs: Inputs) -> tuple[Parameter, ...]:
        """Return none."""
        return ()

    def multiply_adds(self, inputs: Inputs, output: Shape) -> int | None:
        """Return 0."""
        return 0

    def reads(self, inputs: Inputs) -> tuple[Reads, ...] | None:
        """Return what of each input a cell reads, axis by axis; None if that is all of it."""
        return (Reads(),) * inputs[0].rank

    def warnings(self) -> tuple[Fault, ...]:
        """Return what is to be said of fields that are allowed and most likely not meant so."""
        return ()

    def arithmetic(self, inputs: Inputs) -> str | None:
        """Return how the size of the output comes about, for a reader of a diagnostic."""
        return None


def without_size(fields: Mapping[str, Field]) -> Mapping[str, Field]:
    """Return the fields of an operation but `size`, which is what a row states of its output."""
    return {name: item for name, item in fields.items() if name != "size"}


REGISTRY: dict[str, type[Operation]] = {}
KNOWN_AS: dict[str, Meaning] = {}  # by words as `folded` has them
FIELDS: set[str] = set()  # of all of them


class Clash(ValueError):
    """Two operations have one name, or one word stands for both; the message says which."""


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
        kinds = {name: type(item.kind) for name, item in cls.fields.items()}
        cls.by_axis = tuple(name for name, kind in kinds.items() if kind.spread is not Kind.spread)
        if type_name in REGISTRY:
            raise Clash(f"there is another operation `{type_name}`")
        REGISTRY[type_name] = cls
        FIELDS.update(cls.fields)
        _know_as(Meaning(type_name), type_name, *known_as)
        for word, fields in cls.also.items():
            _know_as(Meaning(type_name, fields), word)
        return cls

    return register


def _know_as(meaning: Meaning, *words: str) -> None:
    for word in words:
        known = KNOWN_AS.setdefault(folded(word), meaning)
        if known.type != meaning.type:
            raise Clash(f"`{word}` is what `{known.type}` is called")


_LARGEST_SQUARE = 2048  # cells of a side that may have been meant by one number


def _other_rank(name: str, value: Any, shape: Shape) -> Fault:
    numbers = len(getattr(value, "cells", value))
    axes = "1 axis" if shape.rank == 1 else f"{shape.rank} axes"
    hints = ["one number is for all axes"]
    if shape.rank == 1 and (shape.places[0] or _LARGEST_SQUARE + 1) <= _LARGEST_SQUARE:
        hints.append(f"`size: {size_text(shape.places * 2)}` at the input is a square")
    return Fault(
        "ARC403",
        f"`{name}` has {numbers} numbers, but the input of this layer has {axes}: it is {shape}",
        field=name,
        help=hints,
    )


def maps_of(name: str, shape: Shape, *, field: str | None = None) -> Shape:
    """Return `shape`, which is that of maps; raise a fault if it is not."""
    if not shape.is_vector:
        return shape
    raise Fault(
        "ARC403",
        f"a {name} reads maps, but the input of this layer is {shape}",
        field=field,
        notes=["a vector has no rows and columns: such a layer belongs before the flattening"],
    )


def vector_of(name: str, shape: Shape) -> Shape:
    """Return `shape` as a vector, maps being flattened in the order channels, places."""
    if shape.is_vector:
        return shape
    if shape.elements is None:
        raise Fault(
            "ARC404",
            f"a {name} needs a known size, but the input of this layer is {shape}",
            help=["state the size at the input", "reduce the maps with `global_average_pooling`"],
        )
    lengths = [length for length in shape.lengths if length is not None]
    return Shape(shape.elements, factors=tuple(lengths))


def feature_axes(vector: Shape) -> tuple[str, tuple[tuple[str, int], ...]]:
    """Return the axes of a vector's features and their lengths: `(c h w)` of flattened maps."""
    if not vector.factors:
        return "in", (("in", vector.channels),)
    names = ("c", *place_axes(len(vector.factors) - 1))
    return f"({' '.join(names)})", tuple(zip(names, vector.factors, strict=True))


def map_axes(shape: Shape) -> tuple[str, tuple[tuple[str, int], ...]]:
    """Return the axes, and their lengths, of what is there once for each map or feature."""
    if shape.factors:
        return feature_axes(shape)
    return "maps", (("maps", shape.channels),)


def kernel_parameters(
    axes: str,
    channels: Mapping[str, int],
    kernel: tuple[int, ...],
    initializers: tuple[Named, Named | None],
) -> tuple[Parameter, ...]:
    """Return the kernels of windows, and the biases if they have an initializer.

    `axes` are those of the kernels before the window's, such as `out in`, `channels` their lengths.
    Fans are counted as both PyTorch and Keras do: from the second axis to the first.
    """
    names = kernel_axes(len(kernel))
    lengths = (*channels.items(), *zip(names, kernel, strict=True))
    to, of = (length * prod(kernel) for length in channels.values())
    initializer, of_biases = initializers
    kernels = Parameter("weight", f"{axes} {' '.join(names)}", lengths, initializer, fans=(of, to))
    if of_biases is None:
        return (kernels,)
    out = (("out", channels["out"]),)
    return kernels, Parameter("bias", "out", out, of_biases, fans=(of, to))
