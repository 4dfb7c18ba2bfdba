"""A picture as data: texts and paths with coordinates in px, y pointing down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from archcompiler.drawing.font import ASCENT, DESCENT, width

Point = tuple[float, float]
Step = tuple[str, tuple[Point, ...]]  # a command of SVG paths (M, L, C or Z), and its points


class Colour(NamedTuple):
    """A colour of a theme, mixed with the paper (`mix` up to 1) or with the ink (down to -1).

    A colour named "heat" is at `heat` (0 to 1) on the heat scale.
    """

    name: str
    mix: float = 0.0
    heat: float = 0.0


INK, MUTED, RULE, PAPER = Colour("ink"), Colour("muted"), Colour("rule"), Colour("paper")


class Box(NamedTuple):
    """A rectangle."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Top to bottom."""
        return self.bottom - self.top

    @property
    def middle(self) -> Point:
        """The point in the middle."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def moved(self, x: float, y: float) -> Box:
        """Return the box moved by (x, y)."""
        return Box(self.left + x, self.top + y, self.right + x, self.bottom + y)

    def overlaps(self, other: Box) -> bool:
        """Whether the boxes overlap in more than an edge."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


class Text(NamedTuple):
    """A line of text; `y` is the baseline, and `x` is at its `anchor`: start, middle or end."""

    x: float
    y: float
    text: str
    size: float = 10.0
    anchor: str = "start"
    bold: bool = False
    colour: Colour = INK
    on: Colour | None = None  # the background, if it is not the paper

    @property
    def width(self) -> float:
        """The width in the bundled font."""
        return width(self.text, self.size, bold=self.bold)

    @property
    def start(self) -> float:
        """The x of its first letter."""
        return self.x - self.width * {"start": 0.0, "middle": 0.5, "end": 1.0}[self.anchor]

    @property
    def box(self) -> Box:
        """The rectangle that it takes."""
        left = self.start
        top, bottom = self.y - ASCENT * self.size, self.y + DESCENT * self.size
        return Box(left, top, left + self.width, bottom)


class Path(NamedTuple):
    """A line, or an area if it has a `fill`; `line` is the colour of the stroke."""

    steps: tuple[Step, ...]
    fill: Colour | None = None
    line: Colour | None = None
    thickness: float = 1.0
    dashes: tuple[float, ...] = ()


Mark = Text | Path


class Group(NamedTuple):
    """Marks that belong together; `title` is the alternative text.

    `role` is `layer` for a box, `edge`, `label` for one on an edge, `frame` for an open block, or
    `legend`. `layer` is the full name of the layer or block, that of the first of equal copies.
    """

    title: str
    marks: tuple[Mark, ...]
    role: str = ""
    layer: str = ""


class Scene(NamedTuple):
    """A whole picture of a width and height."""

    width: float
    height: float
    title: str
    description: str
    groups: tuple[Group, ...]

    @property
    def marks(self) -> Iterator[Mark]:
        """All marks in painting order."""
        return (mark for group in self.groups for mark in group.marks)

    @property
    def texts(self) -> list[Text]:
        """All texts."""
        return [mark for mark in self.marks if isinstance(mark, Text)]


def polyline(points: Iterable[Point]) -> tuple[Step, ...]:
    """Return the steps of a polyline."""
    return tuple(("L" if index else "M", (point,)) for index, point in enumerate(points))


def polygon(points: Iterable[Point]) -> tuple[Step, ...]:
    """Return the steps of a polygon."""
    return (*polyline(points), ("Z", ()))


def rectangle(box: Box, radius: float = 0.0) -> tuple[Step, ...]:
    """Return the steps of a rectangle with corners of `radius`."""
    left, top, right, bottom = box
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    if not radius:
        return polygon(corners)
    return (*rounded((*corners, corners[0]), radius, closed=True), ("Z", ()))


def rounded(points: Iterable[Point], radius: float, *, closed: bool = False) -> tuple[Step, ...]:
    """Return the steps of a polyline with rounded corners; short lines have smaller radii.

    A closed line returns to its first point, and that corner is rounded, too.
    """
    places: list[Point] = []
    for point in points:
        if not places or point != places[-1]:
            places.append(point)
    if closed:
        places.append(places[1])
    steps: list[Step] = [] if closed else [("M", (places[0],))]
    for before, corner, after in zip(places, places[1:], places[2:], strict=False):
        enter, leave = _toward(corner, before, radius), _toward(corner, after, radius)
        bends = _toward(corner, enter, radius * 0.45), _toward(corner, leave, radius * 0.45)
        steps += [("L" if steps else "M", (enter,)), ("C", (*bends, leave))]
    return tuple(steps) if closed else (*steps, ("L", (places[-1],)))


def _toward(start: Point, end: Point, length: float) -> Point:
    """Return the point `length` from `start` towards `end`, at most half way."""
    x, y = end[0] - start[0], end[1] - start[1]
    whole = (x * x + y * y) ** 0.5
    if not whole:
        return start
    part = min(length / whole, 0.5)
    return start[0] + x * part, start[1] + y * part


def arrow(tip: Point, direction: Point, colour: Colour, size: float = 4.5) -> Path:
    """Return an arrow head at `tip` that points along `direction`, a unit vector."""
    (x, y), (dx, dy) = tip, direction
    back = x - dx * size, y - dy * size
    side = size * 0.42
    points = (
        tip,
        (back[0] - dy * side, back[1] + dx * side),
        (back[0] + dy * side, back[1] - dx * side),
    )
    return Path(polygon(points), fill=colour)
