"""A scene as SVG, with texts as text; a scene gives the same bytes on all systems."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from archcompiler.drawing.font import FALLBACKS, FAMILY
from archcompiler.drawing.scene import Group, Mark, Path, Scene, Step, Text
from archcompiler.drawing.theme import RGB, Theme

Themes = tuple[Theme, ...]

MARK = "Drawn by archc"  # at the start of files that archc draws


def escaped(text: str) -> str:
    """Escape `text` for XML; characters that XML does not allow become `\\ufffd`."""
    clean = "".join(letter if _allowed(letter) else "\ufffd" for letter in text)
    for letter, entity in (("&", "amp"), ("<", "lt"), (">", "gt"), ('"', "quot"), ("'", "#39")):
        clean = clean.replace(letter, f"&{entity};")
    return clean


def _allowed(letter: str) -> bool:
    """Whether XML allows a character, and it does not change the direction of others."""
    code = ord(letter)
    if code < 0x20 or 0x7F <= code < 0xA0:
        return code in (9, 10)
    turns = 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069 or code in (0x200E, 0x200F)
    return not turns and not 0xD800 <= code < 0xE000 and code & 0xFFFE != 0xFFFE


def number(value: float) -> str:
    """Return a coordinate with at most two decimals."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def hexadecimal(colour: RGB) -> str:
    """Return `#rrggbb`."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def svg(scene: Scene, *themes: Theme, style: str = "") -> str:
    """Return the whole document; `style` is additional CSS.

    With two themes, a light and a dark one, it follows the colour scheme of the page around it
    (`light-dark()`, https://www.w3.org/TR/css-color-5/#light-dark).
    """
    size = f'width="{number(scene.width)}" height="{number(scene.height)}"'
    view = f'viewBox="0 0 {number(scene.width)} {number(scene.height)}"'
    paper = _colour(theme.colours["paper"] for theme in themes)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {view} role="img"'
        f' aria-label="{escaped(scene.title)}" font-family="{FAMILY}, {FALLBACKS}">',
        f"<!-- {MARK}. -->",
        f"<title>{escaped(scene.title)}</title>",
        f"<desc>{escaped(scene.description)}</desc>",
        *([f"<style>{style}</style>"] if style else []),
        f'<rect width="100%" height="100%" fill="{paper}"/>',
    ]
    for group in scene.groups:
        lines += _group(group, themes)
    return "\n".join([*lines, "</svg>"]) + "\n"


def _group(group: Group, themes: Themes) -> Iterator[str]:
    kind = f' class="{group.role}"' if group.role else ""
    layer = f' data-layer="{escaped(group.layer)}"' if group.layer else ""
    yield f"<g{kind}{layer}>"
    if group.title:
        yield f"<title>{escaped(group.title)}</title>"
    for mark in group.marks:
        yield _mark(mark, themes)
    yield "</g>"


def _mark(mark: Mark, themes: Themes) -> str:
    return _text(mark, themes) if isinstance(mark, Text) else _path(mark, themes)


def _colour(values: Iterable[RGB]) -> str:
    texts = list(map(hexadecimal, values))
    return texts[0] if len(set(texts)) == 1 else f"light-dark({', '.join(texts)})"


def _text(text: Text, themes: Themes) -> str:
    """Return a text with its width, so that labels do not overlap in other fonts."""
    colour = _colour(theme.text(text.colour, text.on) for theme in themes)
    anchor = "" if text.anchor == "start" else f' text-anchor="{text.anchor}"'
    weight = ' font-weight="600"' if text.bold else ""
    length = f' textLength="{number(text.width)}" lengthAdjust="spacingAndGlyphs"'
    return (
        f'<text x="{number(text.x)}" y="{number(text.y)}" font-size="{number(text.size)}"'
        f'{weight}{anchor} fill="{colour}"{length}>{escaped(text.text)}</text>'
    )


def _path(path: Path, themes: Themes) -> str:
    fill = _colour(theme.rgb(path.fill) for theme in themes) if path.fill else "none"
    line = ""
    if path.line:
        line = f' stroke="{_colour(theme.rgb(path.line) for theme in themes)}"'
        line += f' stroke-width="{number(path.thickness)}" stroke-linejoin="round"'
        if path.dashes:
            line += f' stroke-dasharray="{" ".join(map(number, path.dashes))}"'
    return f'<path d="{"".join(map(_step, path.steps))}" fill="{fill}"{line}/>'


def _step(step: Step) -> str:
    kind, points = step
    return kind + " ".join(f"{number(x)},{number(y)}" for x, y in points)
