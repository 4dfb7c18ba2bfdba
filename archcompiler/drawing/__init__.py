"""Pictures of a shaped graph. A style makes a scene, which is data; a form makes bytes of it."""

from __future__ import annotations

from archcompiler.drawing.png import CannotPaint
from archcompiler.drawing.scene import Scene
from archcompiler.drawing.svg import MARK
from archcompiler.drawing.theme import THEMES
from archcompiler.graph import Graph

STYLES = ("layered", "graph", "table")
SCALES = ("linear", "log", "clamped")
WIDTH = 1000  # px of a picture's rows: its labels can be read on a page
FORMS = ("svg", "png", "pdf", "html")


def picture(
    graph: Graph,
    style: str = "layered",
    *,
    depth: int = 1,
    scale: str = "log",
    heat: str = "",
    width: int | None = None,
) -> Scene:
    """Return the scene of `graph` in a style; blocks `depth` names deep are one box.

    `scale` is that of the boxes in `layered`, and `width` the px that its rows have at most, but
    for a few: `WIDTH` if None; 0 gives one row. `heat` is the cost that colours stand for, if any:
    `parameters`, `multiply_adds` or `memory`.
    """
    if style == "graph":
        from archcompiler.drawing.dag import dag

        return dag(graph, depth, heat=heat)
    if style == "table":
        from archcompiler.drawing.table import table

        return table(graph, depth, heat=heat)
    from archcompiler.drawing.layered import layered

    most = WIDTH if width is None else width
    return layered(graph, depth, scale=scale, heat=heat, width=most)


def rendered(scene: Scene, form: str, theme: str = "light") -> bytes:
    """Return the file of a scene in a form and a theme.

    Raises:
        CannotPaint: It is a PNG, and what paints those is missing or failed.
    """
    colours = THEMES[theme]
    if form == "png":
        from archcompiler.drawing.png import png

        return png(scene, colours)
    if form == "pdf":
        from archcompiler.drawing.pdf import pdf

        return pdf(scene, colours)
    if form == "html":
        from archcompiler.drawing.html import html

        return html(scene, colours).encode()
    from archcompiler.drawing.svg import svg

    return svg(scene, colours).encode()


__all__ = [
    "FORMS",
    "MARK",
    "SCALES",
    "STYLES",
    "THEMES",
    "WIDTH",
    "CannotPaint",
    "picture",
    "rendered",
]
