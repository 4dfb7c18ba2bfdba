"""The bundled font: its files, and the widths of texts.

A width is the sum of the advances of the letters, as the files have no kerning.
"""

from __future__ import annotations

import struct
from functools import cache
from pathlib import Path
from typing import NamedTuple

FAMILY = "Inter"
FALLBACKS = "'Helvetica Neue', Arial, 'Liberation Sans', sans-serif"
FILES = {
    False: Path(__file__).parent / "fonts" / "Inter-Regular.ttf",
    True: Path(__file__).parent / "fonts" / "Inter-SemiBold.ttf",
}
ASCENT, DESCENT = 0.76, 0.22  # of letters in labels, relative to the font size


class Font(NamedTuple):
    """A font file; `advances` are by code point, relative to the font size."""

    data: bytes
    tables: dict[str, bytes]
    units: int
    advances: dict[int, float]


@cache
def font(bold: bool) -> Font:
    """Return the regular or the semi-bold font."""
    data = FILES[bold].read_bytes()
    tables = {}
    for index in range(struct.unpack_from(">H", data, 4)[0]):
        tag, _, start, length = struct.unpack_from(">4sIII", data, 12 + 16 * index)
        tables[tag.decode()] = data[start : start + length]
    units = struct.unpack_from(">H", tables["head"], 18)[0]
    count = struct.unpack_from(">H", tables["hhea"], 34)[0]
    widths = [struct.unpack_from(">H", tables["hmtx"], 4 * index)[0] for index in range(count)]
    advances = {
        code: widths[min(glyph, count - 1)] / units for code, glyph in _glyphs(tables["cmap"])
    }
    return Font(data, tables, units, advances)


def _glyphs(cmap: bytes) -> list[tuple[int, int]]:
    """Return pairs of code point and glyph from a `cmap` table of format 4."""
    start = struct.unpack_from(">I", cmap, 8)[0]
    table = cmap[start:]
    segments = struct.unpack_from(">H", table, 6)[0] // 2
    ends, starts, deltas, offsets = (
        struct.unpack_from(f">{segments}H", table, 14 + gap + 2 * segments * part)
        for part, gap in enumerate((0, 2, 2, 2))
    )
    found = []
    for index in range(segments):
        place = 16 + 6 * segments + 2 * index
        for code in range(starts[index], min(ends[index], 0xFFFE) + 1):
            if offsets[index]:
                at = place + offsets[index] + 2 * (code - starts[index])
                glyph = struct.unpack_from(">H", table, at)[0]
            else:
                glyph = (code + deltas[index]) & 0xFFFF
            found.append((code, glyph))
    return found


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width of `text` in px; letters not in the font count as the widest one."""
    advances = font(bold).advances
    return sum(advances.get(ord(letter), 1.0) for letter in text) * size


def clipped(text: str, size: float, most: float, *, bold: bool = False) -> str:
    """Return `text`, shortened with an ellipsis if it is wider than `most` px."""
    if width(text, size, bold=bold) <= most:
        return text
    room = most - width("…", size, bold=bold)
    kept = 0
    while kept < len(text) and width(text[: kept + 1], size, bold=bold) <= room:
        kept += 1
    return f"{text[:kept].rstrip()}…"


def wrapped(text: str, size: float, most: float, between: str = " ") -> list[str]:
    """Wrap `text` into lines of at most `most` px; a longer word is a line of its own.

    `between` is the separator of words, at which lines are broken.
    """
    lines: list[str] = []
    for word in text.split(between):
        if lines and width(f"{lines[-1]}{between}{word}", size) <= most:
            lines[-1] += f"{between}{word}"
        else:
            lines.append(word)
    return lines
