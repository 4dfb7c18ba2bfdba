"""The fill of boxes: colour and hatching of their operation, or the heat of their cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from archcompiler.drawing.outline import Node
from archcompiler.drawing.scene import Colour, Path, Point, Step, polyline
from archcompiler.drawing.theme import BLOCK, LOOKS, OTHER, Look
from archcompiler.graph.summary import BYTES
from archcompiler.operations import Dimension

COSTS = ("parameters", "multiply_adds", "memory")
SPACING = 5.0  # px between lines of a hatching
DIRECTIONS = {"-": (1.0, 0.0), "|": (0.0, 1.0), "/": (0.7071, -0.7071), "\\": (0.7071, 0.7071)}


class Paint(NamedTuple):
    """The colouring of boxes: by the cost `heat`, or by operation if that is empty."""

    heat: str = ""
    most: int = 1  # the largest cost of a box

    def cost(self, node: Node) -> Dimension:
        """Return the cost of `node` that the heat shows."""
        cost: Dimension = getattr(node.costs, self.heat)
        return cost

    def fill(self, node: Node, mix: float = 0.0) -> Colour:
        """Return the colour of the front of a box, mixed by `mix` (see `Colour`)."""
        if not self.heat:
            return Colour(look_of(node).colour, mix + FRONT)
        cost = self.cost(node)
        if cost is None:
            return Colour("grey", min(mix + 0.8, 1.0))
        return Colour("heat", mix, part(cost, self.most))

    def line(self, node: Node) -> Colour:
        """Return the colour of the outline and hatching of a box."""
        if self.heat:
            return Colour("ink", 0.25)
        return Colour(look_of(node).colour, -0.45)


FRONT = 0.45  # mix of the front of a box towards the paper


def part(cost: int, most: int) -> float:
    """Return the heat of `cost` from 0 to 1: the square root of its share of `most`."""
    return (cost / most) ** 0.5 if most else 0.0


def paint_for(nodes: Iterable[Node], heat: str) -> Paint:
    """Return the colouring for `nodes`."""
    if not heat:
        return Paint()
    return Paint(heat, max((getattr(node.costs, heat) or 0 for node in nodes), default=0))


def cost_text(cost: float, heat: str) -> str:
    """Return a cost with three digits: `1.23 M`, or `4.5 MiB` of memory."""
    step, units = (1000, ["", " k", " M", " G", " T"])
    if heat == "memory":
        cost, step, units = cost * BYTES, 1024, [" B", " KiB", " MiB", " GiB", " TiB"]
    index = 0
    while cost >= 999.5 and index < len(units) - 1:
        cost, index = cost / step, index + 1
    digits = f"{cost:.0f}" if cost >= 99.95 or cost == int(cost) else f"{cost:.3g}"
    return digits + units[index]


def look_of(node: Node) -> Look:
    """Return the look of a node; a block of one family has the look of that family."""
    return LOOKS.get(node.family, OTHER) if node.family else BLOCK


def hatching(
    corners: Iterable[Point], hatch: str, colour: Colour, spacing: float = SPACING
) -> Iterator[Path]:
    """Yield the lines of the hatching `hatch` in a convex polygon."""
    points = list(corners)
    for letter in hatch:
        steps: list[Step] = []
        for start, end in _lines(points, DIRECTIONS[letter], spacing):
            steps += polyline((start, end))
        if steps:
            yield Path(tuple(steps), line=colour, thickness=0.6)


def _lines(points: list[Point], direction: Point, spacing: float) -> Iterator[tuple[Point, Point]]:
    """Yield the segments of parallel lines along `direction` in a convex polygon, centred."""
    dx, dy = direction
    heights = [x * -dy + y * dx for x, y in points]
    low, high = min(heights), max(heights)
    count = min(int((high - low) / spacing), 400)
    first = (low + high) / 2 - (count - 1) * spacing / 2
    for index in range(count):
        level = first + index * spacing
        crossings = []
        for here, there in zip(range(len(points)), [*range(1, len(points)), 0], strict=True):
            a, b = heights[here] - level, heights[there] - level
            if (a < 0) != (b < 0):
                way = a / (a - b)
                (x, y), (to_x, to_y) = points[here], points[there]
                crossings.append((x + (to_x - x) * way, y + (to_y - y) * way))
        if len(crossings) == 2:
            start, end = sorted(crossings)
            yield start, end
