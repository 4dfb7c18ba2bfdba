"""Shapes, free of any framework's order of axes and without the batch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from archcompiler.diagnostics.wording import counted

Dimension = int | None  # None: not known until the model runs

MOST_PLACES = 3
# How expressions name the lengths of a shape's places, by how many it has.
PLACES = {1: ("tokens",), 2: ("height", "width"), 3: ("depth", "height", "width")}


def text_of(dimension: Dimension) -> str:
    """Return `dimension` as a spec writes it."""
    return "?" if dimension is None else str(dimension)


def size_text(lengths: Iterable[Dimension]) -> str:
    """Return lengths as a spec writes them: `55x55`."""
    return "x".join(map(text_of, lengths))


class Values(NamedTuple):
    """What kind of numbers: real ones, or whole ones from 0 up to, not including, `below`."""

    below: int | None = None

    @property
    def real(self) -> bool:
        """Whether they are real numbers."""
        return self.below is None


REAL = Values()


class Shape(NamedTuple):
    """What a layer gives for one sample: `channels` numbers at each of its places.

    Feature maps have as many channels as there are maps, and places along one axis to three:
    `(16000,)`, `(height, width)`, `(depth, height, width)`. A vector has features for channels and
    no axis of places. `factors` are the channels and places of maps that were flattened into it,
    in this order, channels first.
    """

    channels: int
    places: tuple[Dimension, ...] = ()
    values: Values = REAL
    factors: tuple[int, ...] = ()

    def __str__(self) -> str:
        whole = "" if self.values.real else f" whole numbers below {self.values.below:,}"
        if self.is_vector:
            return f"a vector of {self.channels}{whole}"
        return f"{counted(self.channels, 'map')} of {self.size}{whole and f' of{whole}'}"

    def __repr__(self) -> str:
        values = "" if self.values.real else f", {self.values!r}"
        factors = f", factors={self.factors}" if self.factors else ""
        return f"Shape({self.channels}, {self.places}{values}{factors})"

    @property
    def rank(self) -> int:
        """The number of axes along which there are places; 0 for a vector."""
        return len(self.places)

    @property
    def is_vector(self) -> bool:
        """Whether there are channels alone: the features of a vector."""
        return not self.places

    @property
    def size(self) -> str:
        """The lengths of the places, or a vector's features, as a spec writes them."""
        return size_text(self.places or (self.channels,))

    @property
    def lengths(self) -> tuple[Dimension, ...]:
        """Channels, then places."""
        return (self.channels, *self.places)

    @property
    def elements(self) -> Dimension:
        """The number of values for each sample."""
        total = self.channels
        for length in self.places:
            if length is None:
                return None
            total *= length
        return total

    @property
    def laid_out(self) -> Shape:
        """The maps that were flattened into a vector; itself where there were none."""
        return Shape(self.factors[0], self.factors[1:]) if self.factors else self

    @property
    def bare(self) -> Shape:
        """The same without what was flattened into it."""
        return self._replace(factors=()) if self.factors else self

    def alike(self, other: Shape) -> bool:
        """Whether both are vectors, or both are maps with places along as many axes."""
        return len(self.places) == len(other.places)
