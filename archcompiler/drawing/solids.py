"""Boxes in perspective: maps to scale, vectors as bars, and sliding windows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from math import log2
from typing import NamedTuple

from archcompiler.drawing.outline import THIN, Node
from archcompiler.drawing.paint import Paint, hatching, look_of
from archcompiler.drawing.scene import INK, Colour, Mark, Path, Point, polygon, polyline, rectangle
from archcompiler.drawing.scene import Box as Room
from archcompiler.operations import Dimension, Shape

TALLEST, LOWEST = 132.0, 12.0  # px: longest and shortest side of a map
WIDEST, THINNEST = 46.0, 5.0  # px: largest and smallest depth of maps
BAR = 9.0  # px: width of a vector
ASIDE, UP = 0.30, 0.22  # projection of a side that leads back, per length
SHOWN = 5  # copies that are drawn; of more, one is replaced by dots
BESIDE, DOTS = 4.0, 20.0  # px between copies, and of the dots
WINDOW = 11.0  # px: smallest height of a window; half of that is the smallest width
CENTRE = 0.45  # place of a window on its side, as a share of the free room
PARTS = 4  # groups that are drawn


class Scale(NamedTuple):
    """The scale of a picture: functions from cells, maps and features to px."""

    side: Callable[[Dimension], float]
    maps: Callable[[int], float]
    features: Callable[[int], float]


def scale_for(kind: str, nodes: Iterable[Node]) -> Scale:
    """Return the scale of a picture: `linear`, `log` or `clamped`.

    `clamped` is one px per cell and per four maps, within bounds, and equal in all pictures.
    """
    shapes = [shape for node in nodes for shape in node.shapes]
    maps = [shape for shape in shapes if not shape.is_vector]
    side = max((n for shape in maps for n in sides(shape) if n), default=1)
    most = max((shape.channels for shape in maps), default=1)
    features = max(most, *(shape.channels for shape in shapes if shape.is_vector), 1)
    if kind == "clamped":
        return Scale(
            lambda n: TALLEST / 2 if n is None else min(max(n, LOWEST), TALLEST),
            lambda n: min(max(n / 4, THINNEST), WIDEST),
            lambda n: min(max(n / 16, LOWEST), TALLEST),
        )
    return Scale(
        _to(kind, side, TALLEST, LOWEST),
        _to(kind, most, WIDEST, THINNEST),
        _to(kind, features, TALLEST, LOWEST),
    )


def _to(kind: str, most: int, longest: float, shortest: float) -> Callable[[Dimension], float]:
    if kind == "linear":
        return lambda n: longest / 2 if n is None else max(n / most * longest, 2.0)
    room, whole = longest - shortest, log2(most + 1) - 1
    return lambda n: (
        longest / 2 if n is None else shortest + room * ((log2(n + 1) - 1) / whole if whole else 1)
    )


class Solid(NamedTuple):
    """One box: its front is `width` x `height`; the back is `aside` to the right and `up`."""

    width: float
    height: float
    aside: float
    up: float
    is_open: bool  # a size is not known

    @property
    def whole(self) -> Point:
        """The width and height of the whole box."""
        return self.width + self.aside, self.height + self.up


def solid(shape: Shape, scale: Scale, *, thin: bool) -> Solid:
    """Return the box of `shape`."""
    if shape.is_vector:
        return Solid(BAR, scale.features(shape.channels), 0.0, 0.0, False)
    down, back = map(scale.side, sides(shape))
    width = THINNEST if thin else scale.maps(shape.channels)
    return Solid(width, down, back * ASIDE, back * UP, None in shape.places)


def sides(lengths: Shape | tuple[Dimension, ...]) -> tuple[Dimension, Dimension]:
    """Return the lengths of maps, or of a window, that a box shows vertically and backwards.

    These are height and width. With a single axis the other one is 1; with three axes the depth is
    not drawn.
    """
    places = lengths.places if isinstance(lengths, Shape) else lengths
    return (places[0], 1) if len(places) == 1 else (places[-2], places[-1])


class Stack(NamedTuple):
    """The boxes of a node side by side; `dots` is whether dots replace some of its copies."""

    node: Node
    solids: tuple[Solid, ...]
    dots: bool

    @property
    def has_maps(self) -> bool:
        """Whether its boxes are maps, not vectors."""
        return not self.node.shape.is_vector

    @property
    def width(self) -> float:
        """From the front of the first box to the back of the last one."""
        return max(x + each.whole[0] for x, each in self.placed)

    @property
    def height(self) -> float:
        """The height of the highest box."""
        return max(each.whole[1] for each in self.solids)

    @property
    def placed(self) -> Iterator[tuple[float, Solid]]:
        """Pairs of the x of a front and its box."""
        x = 0.0
        for index, each in enumerate(self.solids):
            if self.dots and index == len(self.solids) - 1:
                x += self.solids[-2].aside + DOTS - min(self.solids[-2].aside, 12.0)
            yield x, each
            x += each.width + BESIDE + min(each.aside, 12.0)


def stack_of(node: Node, scale: Scale) -> Stack:
    """Return the boxes of `node`."""
    shapes = node.shapes
    dots = len(shapes) > SHOWN
    if dots:
        shapes = (*shapes[: SHOWN - 2], shapes[-1])
    thin = node.family in THIN
    return Stack(node, tuple(solid(shape, scale, thin=thin) for shape in shapes), dots)


class Placed(NamedTuple):
    """A stack at its place: its first front begins at `x`, and its middle is at `y`."""

    stack: Stack
    x: float
    y: float

    @property
    def room(self) -> Room:
        """The rectangle around its boxes."""
        half = self.stack.height / 2
        return Room(self.x, self.y - half, self.x + self.stack.width, self.y + half)

    def corner(self, index: int) -> tuple[Solid, Point]:
        """Return a box, and the upper left corner of its front."""
        left, each = list(self.stack.placed)[index]
        return each, (self.x + left, self.y - each.whole[1] / 2 + each.up)

    def exit(self) -> Point:
        """Return where its output leaves: the middle of the right side of the last box."""
        each, (left, top) = self.corner(-1)
        return left + each.width + each.aside / 2, top + (each.height - each.up) / 2

    def entry(self, y: float) -> Point:
        """Return where a line at the height `y` meets its outline from the left."""
        each, (left, top) = self.corner(0)
        if y < top and each.up:
            return left + min((top - y) / each.up, 1.0) * each.aside, y
        return left, y

    def face(self, right: float, down: float) -> Point:
        """Return a point on the right side of the last box, from (0, 0) to (1, 1)."""
        each, (left, top) = self.corner(-1)
        x, y = left + each.width, top
        return x + right * each.aside, y - right * each.up + down * each.height


def marks(placed: Placed, paint: Paint) -> Iterator[Mark]:
    """Yield the marks of a stack, from back to front."""
    node = placed.stack.node
    for index in range(len(placed.stack.solids)):
        each, (left, top) = placed.corner(index)
        yield from _box(node, each, left, top, paint)
    if placed.stack.dots:
        each, (left, top) = placed.corner(-1)
        for step in (-5.0, 0.0, 5.0):
            x, y = left - DOTS / 2 - 2 + step, placed.y
            yield Path(rectangle(Room(x - 1.2, y - 1.2, x + 1.2, y + 1.2), 1.2), fill=INK)


def _box(node: Node, each: Solid, left: float, top: float, paint: Paint) -> Iterator[Mark]:
    dashes = (3.0, 2.0) if each.is_open else ()
    line, right, bottom = paint.line(node), left + each.width, top + each.height
    hatch = look_of(node).hatch
    if not each.aside:
        corners = ((left, top), (right, top), (right, bottom), (left, bottom))
        shape = rectangle(Room(left, top, right, bottom), each.width / 2)
        yield Path(shape, paint.fill(node), line, 0.8)
        inner = [(x, min(max(y, top + 4), bottom - 4)) for x, y in corners]
        yield from hatching(inner, hatch, line)
        yield from _frame(node, each, left, top, line)
        return
    back = each.aside, -each.up
    upper = ((left, top), (right, top), _plus((right, top), back), _plus((left, top), back))
    side = ((right, top), _plus((right, top), back), _plus((right, bottom), back), (right, bottom))
    yield Path(polygon(upper), paint.fill(node, 0.25), line, 0.8, dashes)
    yield Path(polygon(side), paint.fill(node, -0.12), line, 0.8, dashes)
    for start, end in _parts(node.groups, left, each.width):
        corners = ((start, top), (end, top), (end, bottom), (start, bottom))
        yield Path(polygon(corners), paint.fill(node), line, 0.8, dashes)
        yield from hatching(corners, hatch, line)
    for start, _ in list(_parts(node.groups, left, each.width))[1:]:
        gap = ((start - 2, top), (start, top), _plus((start, top), back))
        cut = (*gap, _plus((start - 2, top), back))
        yield Path(polygon(cut), fill=Colour("paper"), line=line, thickness=0.6)
        notch = ((start - 2, top), (start, top), (start, bottom), (start - 2, bottom))
        yield Path(polygon(notch), fill=Colour("paper"))
    yield from _frame(node, each, left, top, line)


def _frame(node: Node, each: Solid, left: float, top: float, line: Colour) -> Iterator[Mark]:
    """Yield the second outline of the front of a block."""
    if node.is_block:
        inset = min(3.0, each.width / 4, each.height / 4)
        right, bottom = left + each.width - inset, top + each.height - inset
        round_ = 0.0 if each.aside else each.width / 2 - inset
        frame = rectangle(Room(left + inset, top + inset, right, bottom), round_)
        yield Path(frame, line=line, thickness=0.6)


def _plus(point: Point, other: Point) -> Point:
    return point[0] + other[0], point[1] + other[1]


def _parts(groups: int, left: float, width: float) -> Iterator[Point]:
    """Yield the left and right ends of the fronts of groups, 2 px apart."""
    count = max(min(groups, PARTS, int(width / 6)), 1)
    each = (width - 2 * (count - 1)) / count
    for index in range(count):
        start = left + index * (each + 2)
        yield start, start + each


def bearer(source: Placed, target: Placed) -> Placed | None:
    """Return the stack on which the window of `target`, which reads `source`, is drawn.

    None if it has no window, or there are no maps to draw it on, or copies cover them.
    """
    node = target.stack.node
    if node.reach is None or source.stack.node.shape.is_vector:
        return None
    if node.spreads:
        return target if node.copies == 1 else None
    return source


def funnel(source: Placed, target: Placed, paint: Paint) -> Iterator[Mark]:
    """Yield the window of `target`, and thin lines between it and its cell.

    The window is on the maps of `source`, and the cell on those of `target`; for a transposed
    convolution it is the reverse. Nothing is drawn if there is no `bearer`.
    """
    node, on = target.stack.node, bearer(source, target)
    if on is None:
        return
    assert node.reach is not None  # as there is a bearer
    if on is target:
        cell, down = source.face(0.5, CENTRE), 0.85  # below the next window
    else:
        each, (_, top) = target.corner(0)
        cell, down = target.entry(top + each.height * CENTRE), CENTRE
    window = _window(on, node.reach, down)
    x, y = cell
    first, *between, last = sorted(window, key=lambda corner: (corner[1] - y) / (corner[0] - x))
    for corner in between:
        yield Path(polyline((corner, cell)), line=Colour("rule"), thickness=0.5)
    for corner in (first, last):
        yield Path(polyline((corner, cell)), line=Colour("muted"), thickness=0.6)
    yield Path(polygon(window), paint.fill(on.stack.node, 0.45), INK, 0.8)
    yield Path(rectangle(Room(x - 1.5, y - 1.5, x + 1.5, y + 1.5)), fill=INK)


def _window(on: Placed, reach: tuple[int, ...], down: float) -> list[Point]:
    """Return the corners of a window on maps, to scale but with a smallest size.

    `down` is its place from top to bottom, from 0 to 1.
    """
    shape, (each, _) = on.stack.node.shape, on.corner(-1)
    high, wide = (
        0.3 if cells is None or kernel is None else min(kernel / cells, 1.0)
        for kernel, cells in zip(sides(reach), sides(shape), strict=True)
    )
    least = (WINDOW / each.height, WINDOW / 2 / each.aside)
    high, wide = (min(max(part, seen), 1) for part, seen in zip((high, wide), least, strict=True))
    right, lower = (1 - wide) * 0.5, (1 - high) * down
    return [
        on.face(right + x * wide, lower + y * high) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))
    ]
