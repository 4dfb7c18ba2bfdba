"""A scene as PNG, by resvg."""

from __future__ import annotations

import struct
import zlib
from math import sqrt

from archcompiler.drawing.font import FILES
from archcompiler.drawing.scene import Scene
from archcompiler.drawing.svg import MARK, svg
from archcompiler.drawing.theme import Theme

ZOOM = 2.0  # pixels for each px: a picture in print has more than a screen
LONGEST, MOST = 30_000, 40 * 10**6  # pixels of a side, and of a picture
SIGNATURE = 8 + 25  # bytes of a PNG's signature and its first chunk


class CannotPaint(Exception):
    """There is nothing that paints PNGs, or it failed; the message says what to do."""


def zoom_for(scene: Scene) -> float:
    """Return how much larger a picture is painted: less where it would not fit."""
    side = LONGEST / max(scene.width, scene.height)
    area = sqrt(MOST / (scene.width * scene.height))
    return min(ZOOM, side, area)


def png(scene: Scene, theme: Theme) -> bytes:
    """Return the picture in pixels.

    Raises:
        CannotPaint: resvg is not installed, or failed.
    """
    try:
        import resvg_py
    except ImportError:
        raise CannotPaint(
            "a PNG is painted by resvg, which is not installed:"
            " `pip install 'archcompiler[draw]'`; SVG, HTML and PDF need nothing"
        ) from None
    try:
        data = resvg_py.svg_to_bytes(
            svg_string=svg(scene, theme),
            zoom=zoom_for(scene),
            skip_system_fonts=True,  # the same bytes wherever it is painted
            font_files=[str(path) for path in FILES.values()],
        )
    except ValueError as error:
        raise CannotPaint(f"resvg cannot paint the picture: {error}") from None
    return _marked(bytes(data))


def _marked(data: bytes) -> bytes:
    """Return a PNG that says in a chunk of text who made it."""
    body = b"tEXt" + b"Software\0" + MARK.encode()
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return data[:SIGNATURE] + chunk + data[SIGNATURE:]
