"""A scene as an HTML page: the picture, its font, and a script to pan and zoom.

The page loads nothing, and its content security policy allows just the script below, by its hash:
no text of a spec could be run, even if it were not escaped.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from archcompiler.drawing.font import FAMILY, font
from archcompiler.drawing.scene import Scene
from archcompiler.drawing.svg import MARK, escaped, hexadecimal, svg
from archcompiler.drawing.theme import Theme

HINT = "Scroll or press + and - to zoom, drag or press the arrows to move, 0 for all."
PANZOOM = Path(__file__).with_name("panzoom.js").read_text("utf-8")
SCRIPT = f'\n{PANZOOM}panzoom(document.querySelector("svg"), true);\n'


def html(scene: Scene, theme: Theme) -> str:
    """Return the whole page."""
    style = _style(theme)
    policy = (
        f"default-src 'none'; script-src {digest(SCRIPT)}; style-src {digest(style)};"
        " font-src data:; base-uri 'none'; form-action 'none'"
    )
    return f"""<!doctype html>
<html lang="en">
<!-- {MARK}. -->
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escaped(scene.title)}</title>
<style>{style}</style>
</head>
<body>
{svg(scene, theme)}<p>{HINT}</p>
<script>{SCRIPT}</script>
</body>
</html>
"""


def font_faces() -> str:
    """Return the CSS that embeds the font."""
    return "\n".join(
        f"@font-face {{ font-family: {FAMILY}; font-weight: {weight};"
        f" src: url(data:font/ttf;base64,{base64.b64encode(font(bold).data).decode()}); }}"
        for bold, weight in ((False, 400), (True, 600))
    )


def _style(theme: Theme) -> str:
    paper, muted = (hexadecimal(theme.colours[name]) for name in ("paper", "muted"))
    return "\n".join(
        [
            font_faces(),
            f"html, body {{ height: 100%; margin: 0; background: {paper}; }}",
            "svg { display: block; width: 100%; height: 100%; touch-action: none; cursor: grab; }",
            "svg text { pointer-events: none; user-select: text; }",
            f"p {{ position: fixed; right: 12px; bottom: 8px; margin: 0; color: {muted};"
            f" font: 12px {FAMILY}, sans-serif; background: {paper}; }}",
            "@media print { p { display: none; } }",
        ]
    )


def digest(text: str) -> str:
    """Return the hash of a script or style for a content security policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
