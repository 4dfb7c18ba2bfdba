"""A scene as a page: the picture, its font, and a few lines of script to pan and zoom.

The page loads nothing, and its policy lets nothing run but the script below, which is known by its
hash: no text of a spec could become one, escaped or not.
"""

from __future__ import annotations

import base64
import hashlib

from archcompiler.drawing.font import FAMILY, font
from archcompiler.drawing.scene import Scene
from archcompiler.drawing.svg import MARK, escaped, hexadecimal, svg
from archcompiler.drawing.theme import Theme

HINT = "Scroll or press + and - to zoom, drag or press the arrows to move, 0 for all."
SCRIPT = """
const picture = document.querySelector("svg"), whole = picture.viewBox.baseVal;
const first = [whole.x, whole.y, whole.width, whole.height];
let view = [...first], grip = null;
const show = () => picture.setAttribute("viewBox", view.join(" "));
const at = (x, y) => new DOMPoint(x, y).matrixTransform(picture.getScreenCTM().inverse());
const zoom = (factor, point) => {
  const width = Math.min(Math.max(view[2] * factor, first[2] / 200), first[2] * 4);
  const by = width / view[2];
  view = [point.x - (point.x - view[0]) * by, point.y - (point.y - view[1]) * by,
          width, view[3] * by];
  show();
};
const middle = () => ({x: view[0] + view[2] / 2, y: view[1] + view[3] / 2});
picture.addEventListener("wheel", event => {
  event.preventDefault();
  zoom(Math.exp(event.deltaY / 400), at(event.clientX, event.clientY));
}, {passive: false});
picture.addEventListener("pointerdown", event => {
  grip = at(event.clientX, event.clientY);
  picture.setPointerCapture(event.pointerId);
});
picture.addEventListener("pointermove", event => {
  if (!grip) return;
  const now = at(event.clientX, event.clientY);
  view[0] += grip.x - now.x;
  view[1] += grip.y - now.y;
  show();
});
picture.addEventListener("pointerup", () => { grip = null; });
picture.addEventListener("pointercancel", () => { grip = null; });
picture.addEventListener("dblclick", () => { view = [...first]; show(); });
document.addEventListener("keydown", event => {
  const step = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
  if (event.key === "+" || event.key === "=") zoom(0.8, middle());
  else if (event.key === "-") zoom(1.25, middle());
  else if (event.key === "0") view = [...first];
  else if (event.key in step) {
    view[0] += step[event.key][0] * view[2] / 10;
    view[1] += step[event.key][1] * view[3] / 10;
    event.preventDefault();
  } else return;
  show();
});
"""


def html(scene: Scene, theme: Theme) -> str:
    """Return the whole page."""
    style = _style(theme)
    policy = (
        f"default-src 'none'; script-src {_hash(SCRIPT)}; style-src {_hash(style)};"
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


def _style(theme: Theme) -> str:
    paper, muted = (hexadecimal(theme.colours[name]) for name in ("paper", "muted"))
    faces = [
        f"@font-face {{ font-family: {FAMILY}; font-weight: {weight};"
        f" src: url(data:font/ttf;base64,{base64.b64encode(font(bold).data).decode()}); }}"
        for bold, weight in ((False, 400), (True, 600))
    ]
    return "\n".join(
        [
            *faces,
            f"html, body {{ height: 100%; margin: 0; background: {paper}; }}",
            "svg { display: block; width: 100%; height: 100%; touch-action: none; cursor: grab; }",
            "svg text { pointer-events: none; user-select: text; }",
            f"p {{ position: fixed; right: 12px; bottom: 8px; margin: 0; color: {muted};"
            f" font: 12px {FAMILY}, sans-serif; background: {paper}; }}",
            "@media print { p { display: none; } }",
        ]
    )


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"
