"""The explanation of a code: its page in the catalogue, with the output for its wrong spec."""

from __future__ import annotations

import tempfile
from pathlib import Path

from archcompiler.architecture import load
from archcompiler.diagnostics import SpecError, catalogue
from archcompiler.diagnostics.catalogue import Entry, Example
from archcompiler.diagnostics.forms.text import render_all
from archcompiler.diagnostics.results import SpecResult
from archcompiler.graph import Limits

NAME = "example.yaml"

HEAD = """# Diagnostics

Every fault has a code, a place, and a way out. `archc explain CODE` prints what stands here;
`archc explain --format markdown` wrote this page.

The codes ARC6xx are warnings: they are about what is sound, and most likely not what was meant.
They fail no run, unless it is `--strict`, and `# archc: ignore[ARC601]` at the end of a row's line
silences one there. A spec with faults is not looked at for them.

| code | name | |
|---|---|---|
"""


def page() -> str:
    """Return the reference of all codes, as Markdown."""
    entries = [catalogue.entry(code) for code in catalogue.codes()]
    index = "".join(
        f"| [{entry.code}](#{_anchor(entry)}) | {entry.name} | {entry.title} |\n"
        for entry in entries
    )
    sections = (explained(entry.code).replace("\n## ", "\n### ") for entry in entries)
    return HEAD + index + "".join(f"\n#{section}" for section in sections)


def explained(code: str) -> str:
    """Return the page of one code as Markdown, with the diagnostics of its wrong spec."""
    entry = catalogue.entry(code)
    if entry.wrong is None:
        return entry.markdown
    with tempfile.TemporaryDirectory() as folder:
        found = outcome(entry.wrong, Path(folder))
    assert found.diagnostics, f"nothing is said of the wrong spec of {code}"
    said = render_all(found.diagnostics, unchecked=found.unchecked)
    before, _, after = entry.markdown.partition("\n## Right\n")
    said = "\n".join(line.rstrip() for line in said.splitlines())
    return f"{before}\n```text\n{said}\n```\n\n## Right\n{after}"


def outcome(example: Example, folder: Path) -> SpecResult:
    """Return the result of checking an example, which is written to `folder`."""
    options = iter(example.options)
    limits, backend, encoding = Limits(), "", "utf-8"
    for option in options:
        match option:
            case "--limit":
                name, _, number = next(options).partition("=")
                limits = limits._replace(**{name: int(number)})
            case "--backend":
                backend = next(options)
            case "latin-1":
                encoding = option
    path = folder / NAME
    path.write_bytes(example.text.encode(encoding))
    try:
        network = load(path, limits=limits)
        if backend:
            network.source(backend)
        found = SpecResult(NAME, network.warnings)
    except SpecError as error:
        found = SpecResult(NAME, error.diagnostics, error.unchecked)
    for diagnostic in found.diagnostics:
        for label in (diagnostic.label, *diagnostic.labels):
            label.span.source.name = NAME
    return found


def _anchor(entry: Entry) -> str:
    """Return the anchor of the heading of an entry on GitHub."""
    kept = (
        c for c in f"{entry.code} {entry.name}: {entry.title}".lower() if c.isalnum() or c in "- "
    )
    return "".join(kept).replace(" ", "-")
