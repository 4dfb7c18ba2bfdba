"""Pictures of networks: a style turns a graph into a scene (data), a form that into a file."""

from __future__ import annotations

from archcompiler.drawing.png import CannotPaint
from archcompiler.drawing.scene import Scene
from archcompiler.drawing.svg import MARK
from archcompiler.drawing.theme import THEMES
from archcompiler.graph import Graph

STYLES = ("layered", "graph", "table")
SCALES = ("linear", "log", "clamped")
WIDTH = 1000  # default width of the rows of a picture in px: labels are readable on a page
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
    """Return the scene of `graph` in a style, with blocks folded at `depth`.

    `scale` is the scale of boxes in the style `layered`, and `width` about the largest width of
    its rows in px: `WIDTH` if None, and 0 for a single row. `heat` is the cost that colours show:
    `parameters`, `multiply_adds`, `memory`, or none if empty.
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
        CannotPaint: It is a PNG, and the renderer is not installed or fails.
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
