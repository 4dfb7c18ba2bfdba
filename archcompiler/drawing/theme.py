"""Themes: the colours of pictures, and hatchings that distinguish families without colour.

The colours of the light theme are those of Okabe and Ito, which people with any kind of colour
blindness can distinguish. The print theme has greys, which differ by hatching.
"""

from __future__ import annotations

from typing import NamedTuple

from archcompiler.drawing.scene import Colour

RGB = tuple[int, int, int]
READABLE = 4.5  # minimum contrast of text of normal size (WCAG 2, AA)


class Theme(NamedTuple):
    """Colours as red, green and blue from 0 to 255; `heat` are the ends of the heat scale."""

    colours: dict[str, RGB]
    heat: tuple[RGB, RGB]

    def rgb(self, colour: Colour) -> RGB:
        """Return the RGB value of `colour`."""
        if colour.name == "heat":
            value = mixed(self.heat[0], self.heat[1], colour.heat)
        else:
            value = self.colours[colour.name]
        if colour.mix:
            end = self.colours["paper" if colour.mix > 0 else "ink"]
            return mixed(value, end, abs(colour.mix))
        return value

    def text(self, colour: Colour, on: Colour | None) -> RGB:
        """Return the colour of a text; on a coloured background, one with enough contrast.

        Ink or paper are used if they have it; black or white always have.
        """
        if on is None:
            return self.rgb(colour)
        ground = self.rgb(on)
        ends = (self.colours["ink"], self.colours["paper"])
        best = max(ends, key=lambda end: contrast(end, ground))
        if contrast(best, ground) < READABLE:
            best = max(((0, 0, 0), (255, 255, 255)), key=lambda end: contrast(end, ground))
        return best


def mixed(start: RGB, end: RGB, part: float) -> RGB:
    """Return the colour at `part` (0 to 1) between two."""
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(start, end, strict=True))
    return red, green, blue


def contrast(one: RGB, other: RGB) -> float:
    """Return the contrast ratio of two colours, from 1 to 21 (WCAG 2)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: RGB) -> float:
    parts = [value / 255 for value in colour]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _hex(text: str) -> RGB:
    value = int(text, 16)
    return value >> 16, value >> 8 & 255, value & 255


def _theme(heat: str, **colours: str) -> Theme:
    start, end = map(_hex, heat.split())
    return Theme({name: _hex(value) for name, value in colours.items()}, (start, end))


THEMES = {
    "light": _theme(
        "E8F1F8 08306B",
        paper="FFFFFF", ink="1B1F24", muted="57606A", rule="C9D0D8",
        grey="8C959F", blue="0072B2", sky="56B4E9", vermilion="D55E00", yellow="E6CF2E",
        green="009E73", purple="CC79A7", orange="E69F00", slate="6E7FA8",
    ),
    "dark": _theme(
        "22303D 9CD0FF",
        paper="12161C", ink="E9EDF2", muted="A3ADB8", rule="3A434E",
        grey="8C959F", blue="3D9BDB", sky="7CC7F2", vermilion="F0803C", yellow="E9D84A",
        green="2DBE94", purple="DB95BB", orange="F0B43C", slate="8B9CC8",
    ),
    "print": _theme(
        "F5F5F5 1A1A1A",
        paper="FFFFFF", ink="000000", muted="333333", rule="999999",
        grey="B0B0B0", blue="8A8A8A", sky="9A9A9A", vermilion="6A6A6A", yellow="C4C4C4",
        green="707070", purple="B8B8B8", orange="A8A8A8", slate="DDDDDD",
    ),
}  # fmt: skip


class Look(NamedTuple):
    """The look of boxes of a family of operations: a colour and a hatching.

    A hatching is one or more of the letters `/ \\ - |`, the directions of its lines.
    """

    colour: str
    hatch: str = ""


BLOCK = Look("slate")
OTHER = Look("grey", "/\\-|")  # for families that are not in `LOOKS`
LOOKS = {  # by family; hatchings differ, so that families are distinct in greys
    "input": Look("grey"),
    "convolution": Look("blue"),
    "upsampling": Look("sky", "/"),
    "pooling": Look("vermilion", "\\"),
    "normalization": Look("yellow", "-"),
    "elementwise": Look("purple", "/\\"),
    "dense": Look("green", "|"),
    "merge": Look("orange", "-|"),
    "rearranging": Look("grey", "/-"),
}
