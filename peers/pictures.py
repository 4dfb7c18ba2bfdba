"""Draw five networks with the known tools, and write into docs/pictures.md what it took.

`--page` writes the page anew from the numbers of the last run, which docs/pictures/peers.json has.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Any

from peers.drawers import NETWORKS, TOOLS, Network

DOCS = Path(__file__).parent.parent / "docs"
PAGE = DOCS / "pictures.md"
PICTURES = DOCS / "pictures" / "peers"
MEASURED = DOCS / "pictures" / "peers.json"

WIDEST, TALLEST = 1600, 1800  # px that a picture on the page has at most
SPANS = ("start", "model", "picture", "again")
TITLES = ("tool", "call", "needs", "px", *SPANS)


def measure(name: str, network: Network, path: Path) -> dict[str, float]:
    """Draw a picture into `path` and return the seconds: for the model, the picture, and again.

    The second time, nothing is left that a framework loads when it is first used.
    """
    make, draw = TOOLS[name].imported()
    times = [perf_counter()]
    model = make(network)
    times.append(perf_counter())
    for _ in range(2):
        draw(network, model, path)
        times.append(perf_counter())
    return dict(zip(SPANS[1:], (b - a for a, b in pairwise(times)), strict=True))


def measured(name: str, network: Network) -> dict[str, Any]:
    """Draw in a process of its own; keep another tool's picture, scaled to fit on the page."""
    ours = TOOLS[name].package == "archc"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("picture.svg" if ours else "picture.png")
        start = perf_counter()
        command = [sys.executable, "-m", "peers.pictures", name, network.spec, path]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        whole = perf_counter() - start
        spans = json.loads(done.stdout.splitlines()[-1])
        spans = {"start": whole - sum(spans.values()), **spans}
        found = {"network": network.spec, "tool": name}
        found |= {what: round(span, 3) for what, span in spans.items()}
        if ours:
            return found
        return found | {"size": kept(path, PICTURES / f"{network.spec}_{name}.png")}


def kept(path: Path, small: Path) -> tuple[int, int]:
    """Write the picture at `path` in 256 colours, no larger than fits; return its own size."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None
    with Image.open(path) as image:
        size = image.size
        scaled = image.convert("RGBA")
    white = Image.new("RGBA", size, "white")
    scaled = Image.alpha_composite(white, scaled).convert("RGB")
    scaled.thumbnail((WIDEST, TALLEST), Image.Resampling.LANCZOS)
    small.parent.mkdir(exist_ok=True)
    scaled.quantize(256, dither=Image.Dither.NONE).save(small, optimize=True)
    return size


def own_size(network: Network, style: str) -> tuple[int, int]:
    """Return the width and height of our picture on the page, which `scripts/pictures` draws."""
    name = network.graph if style == "graph" else network.spec
    head = (DOCS / "pictures" / f"{name}.svg").read_text()[:1000]
    found = re.search(r'width="([\d.]+)" height="([\d.]+)"', head)
    assert found
    return round(float(found[1])), round(float(found[2]))


def table(network: Network, found: dict[str, Any]) -> str:
    """Return the table of a network: a row for each picture of it."""
    lines = [f"| {' | '.join(TITLES)} |", "| --- | --- | --- |" + " ---: |" * (1 + len(SPANS))]
    for row in found["pictures"]:
        if row["network"] != network.spec:
            continue
        tool = TOOLS[row["tool"]]
        width, height = row.get("size") or own_size(network, row["tool"])
        cells = [
            f"{tool.package} {found['versions'][tool.package]}",
            f"`{tool.call.format(path=network.path, spec=network.spec, depth=network.depth)}`",
            tool.needs,
            f"{width:,} × {height:,}",  # noqa: RUF001
            *(f"{row[what]:.2f} s" for what in SPANS),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def page(text: str) -> str:
    """Return the page `text` with the tables of the last run between their markers."""
    found = json.loads(MEASURED.read_text())
    for network in NETWORKS:
        before, opening, rest = text.partition(f"<!-- {network.spec} -->\n")
        _, closing, after = rest.partition(f"<!-- /{network.spec} -->\n")
        assert closing, f"{PAGE} has no markers for {network.spec}"
        text = f"{before}{opening}{table(network, found)}\n{closing}{after}"
    return text


def run() -> None:
    """Draw everything, and write the numbers."""
    from archcompiler import __version__

    versions = {tool.package for tool in TOOLS.values()} - {"archc"}
    pictures = []
    for network in NETWORKS:
        for name, tool in TOOLS.items():
            if network.spec in tool.networks:
                pictures.append(measured(name, network))
                print(json.dumps(pictures[-1]), flush=True)
    found = {
        "versions": {"archc": __version__, **{name: version(name) for name in sorted(versions)}},
        "pictures": pictures,
    }
    MEASURED.write_text(json.dumps(found, indent=1) + "\n")


def main(arguments: list[str]) -> None:
    match arguments:
        case []:
            run()
        case ["--page"]:
            pass
        case [name, spec, path]:  # a process of `measured`
            network = next(each for each in NETWORKS if each.spec == spec)
            print(json.dumps(measure(name, network, Path(path))))
            return
        case _:
            sys.exit(__doc__)
    PAGE.write_text(page(PAGE.read_text()))


if __name__ == "__main__":
    main(sys.argv[1:])
