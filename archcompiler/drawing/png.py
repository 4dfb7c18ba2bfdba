"""A scene as PNG, rendered by resvg."""

from __future__ import annotations

import struct
import zlib
from math import sqrt

from archcompiler.drawing.font import FILES
from archcompiler.drawing.scene import Scene
from archcompiler.drawing.svg import MARK, svg
from archcompiler.drawing.theme import Theme

ZOOM = 2.0  # pixels per px
LONGEST, MOST = 30_000, 40 * 10**6  # largest side and area of a picture in pixels
SIGNATURE = 8 + 25  # bytes of a PNG's signature and its first chunk


class CannotPaint(Exception):
    """The renderer of PNGs is not installed, or fails; the message says what to do."""


def zoom_for(scene: Scene) -> float:
    """Return the pixels per px of a picture, fewer than `ZOOM` if it would be too large."""
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
            skip_system_fonts=True,  # the same bytes on all systems
            font_files=[str(path) for path in FILES.values()],
        )
    except ValueError as error:
        raise CannotPaint(f"resvg cannot paint the picture: {error}") from None
    return _marked(bytes(data))


def _marked(data: bytes) -> bytes:
    """Return a PNG with a text chunk that names archc as its software."""
    body = b"tEXt" + b"Software\0" + MARK.encode()
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return data[:SIGNATURE] + chunk + data[SIGNATURE:]
