"""A scene as PDF: one page of its size, with vector graphics and the embedded font.

Streams are not compressed, so that a scene gives the same bytes on all systems.
"""

from __future__ import annotations

from archcompiler.drawing.font import Font, font
from archcompiler.drawing.scene import Mark, Path, Scene, Step, Text
from archcompiler.drawing.svg import MARK, number
from archcompiler.drawing.theme import RGB, Theme

POINT = 0.75  # points per px
LARGEST = 14_400  # longest side of a page in points
OPERATORS = {"M": "m", "L": "l", "C": "c", "Z": "h"}


def pdf(scene: Scene, theme: Theme) -> bytes:
    """Return the whole file."""
    scale = min(POINT, LARGEST / max(scene.width, scene.height))
    page = f"[0 0 {number(scene.width * scale)} {number(scene.height * scale)}]"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Lang (en) /ViewerPreferences"
        b" << /DisplayDocTitle true >> >>",
        f"<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox {page} >>".encode(),
        b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R"
        b" /Resources << /Font << /F0 5 0 R /F1 8 0 R >> >> >>",
        _stream(_content(scene, theme, scale)),
        *_font(font(False), "Inter-Regular", 5),
        *_font(font(True), "Inter-SemiBold", 8),
        f"<< /Title {_unicode(scene.title)} /Subject {_unicode(scene.description)}"
        f" /Creator ({MARK}) >>".encode(),
    ]
    return _file(objects)


def _file(objects: list[bytes]) -> bytes:
    """Return a file of `objects`; the first is the catalog, the last the document information."""
    parts, places, size = [], [], 0
    for part in (b"%PDF-1.7\n", f"% {MARK}.\n".encode()):
        parts.append(part)
        size += len(part)
    for index, data in enumerate(objects, 1):
        places.append(size)
        part = b"%d 0 obj\n%b\nendobj\n" % (index, data)
        parts.append(part)
        size += len(part)
    table = [f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n"]
    table += [f"{place:010d} 00000 n \n" for place in places]
    table.append(f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info {len(objects)} 0 R >>\n")
    table.append(f"startxref\n{size}\n%%EOF\n")
    return b"".join(parts) + "".join(table).encode()


def _stream(data: bytes, more: str = "") -> bytes:
    return b"<< /Length %d%b >>\nstream\n%b\nendstream" % (len(data), more.encode(), data)


def _font(letters: Font, name: str, first: int) -> list[bytes]:
    """Return the objects of a font, numbered from `first`."""
    codes = [bytes([code]).decode("cp1252", "replace") for code in range(32, 256)]
    widths = [round(letters.advances.get(ord(code), 0.0) * 1000) for code in codes]
    described = (
        f"<< /Type /FontDescriptor /FontName /{name} /Flags 32 /FontBBox [-800 -300 2600 1100]"
        f" /ItalicAngle 0 /Ascent 969 /Descent -242 /CapHeight 727 /StemV 80"
        f" /FontFile2 {first + 2} 0 R >>"
    )
    return [
        f"<< /Type /Font /Subtype /TrueType /BaseFont /{name} /FirstChar 32 /LastChar 255"
        f" /Widths [{' '.join(map(str, widths))}] /Encoding /WinAnsiEncoding"
        f" /FontDescriptor {first + 1} 0 R >>".encode(),
        described.encode(),
        _stream(letters.data, f" /Length1 {len(letters.data)}"),
    ]


def _unicode(text: str) -> str:
    return f"<{(chr(0xFEFF) + text).encode('utf-16-be', 'replace').hex()}>"


def _content(scene: Scene, theme: Theme, scale: float) -> bytes:
    """Return the content stream of the page, with y pointing down as in the scene."""
    size = f"{number(scene.width)} {number(scene.height)}"
    lines = [
        f"{scale:.6f} 0 0 {-scale:.6f} 0 {number(scene.height * scale)} cm 1 j".encode(),
        f"{_colour(theme.colours['paper'])} rg 0 0 {size} re f".encode(),
    ]
    lines += [_mark(mark, theme) for mark in scene.marks]
    return b"\n".join(lines)


def _mark(mark: Mark, theme: Theme) -> bytes:
    return _text(mark, theme) if isinstance(mark, Text) else _path(mark, theme).encode()


def _colour(colour: RGB) -> str:
    return " ".join(f"{value / 255:.3f}" for value in colour)


def _text(text: Text, theme: Theme) -> bytes:
    letters = text.text.encode("cp1252", "replace")
    for special in (b"\\", b"(", b")"):
        letters = letters.replace(special, b"\\" + special)
    where = f"1 0 0 -1 {number(text.start)} {number(text.y)} Tm"
    colour = _colour(theme.text(text.colour, text.on))
    begin = f"BT /F{int(text.bold)} {number(text.size)} Tf {colour} rg {where} ("
    return begin.encode() + letters + b") Tj ET"


def _path(path: Path, theme: Theme) -> str:
    parts = []
    if path.fill:
        parts.append(f"{_colour(theme.rgb(path.fill))} rg")
    if path.line:
        parts.append(f"{_colour(theme.rgb(path.line))} RG {number(path.thickness)} w")
        parts.append(f"[{' '.join(map(number, path.dashes))}] 0 d")
    parts += [_step(step) for step in path.steps]
    parts.append(
        {(True, True): "B", (True, False): "f"}.get((bool(path.fill), bool(path.line)), "S")
    )
    return " ".join(parts)


def _step(step: Step) -> str:
    kind, points = step
    return " ".join([*(f"{number(x)} {number(y)}" for x, y in points), OPERATORS[kind]])
