"""The skeleton of an emitted file: a small template that printed code is put into."""

from __future__ import annotations

import re
from typing import Any

import jinja2

from archcompiler.backends.backend import MARK, Listing
from archcompiler.backends.code.printer import OF_ROW, docstring
from archcompiler.graph import Graph, Layer

_WORDS = re.compile(  # what is neither a text, nor a tag, nor an attribute, nor an argument's name
    r'"""[\s\S]*?"""|"[^"\n]*"|\{[{%][\s\S]*?[%}]\}|(?<![.\w])([A-Za-z_]\w*)\b(?!["=])'
)

UNKNOWN_LENGTH = 224  # what a first batch has where the spec says `?`


class Templates:
    """The templates of a backend, which are in the folder `templates` of its `package`."""

    def __init__(self, package: str) -> None:
        self._loader = jinja2.PackageLoader(package)
        self._templates = jinja2.Environment(
            loader=self._loader,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            autoescape=False,
        )

    def words_in(self, template: str) -> set[str]:
        """Return the names that the code of a template has."""
        text, _, _ = self._loader.get_source(self._templates, template)
        return {match[1] for match in _WORDS.finditer(text) if match[1]}

    def fill(self, template: str, **parts: Any) -> Listing:
        """Return the template's text with the printed parts in it, and the rows of its lines."""
        marked = self._templates.get_template(template).render(**parts)
        parted = (line.partition(OF_ROW) for line in marked.splitlines())
        lines, _, rows = zip(*parted, strict=True)
        return Listing("\n".join(lines) + "\n", rows)


def logits_note(graph: Graph) -> list[str]:
    """Return what a docstring says of the argument `logits`, if the network has it."""
    final = graph.final_activation
    note = f"With `logits`, the last {final} is left out: a cross-entropy loss takes it along."
    return [note] if graph.has_logits else []


def module_docstring(graph: Graph) -> str:
    """Return what the file says of itself: the network, its size, and where it came from."""
    totals = graph.totals
    inputs = " and ".join(str(layer.shape) for layer in graph.inputs)
    counts = f"Input: {inputs}. {totals.parameters:,} parameters"
    if totals.not_trainable:
        counts += f", {totals.not_trainable:,} of them not trainable"
    origin = (graph.source.name if graph.source else "a spec").rsplit("/", 1)[-1]
    return docstring(
        f"{graph.name}.",
        [graph.description, counts + ".", f"{MARK} {origin}: change that file, not this one."],
    )


def batch_shape(layer: Layer, *, channels_last: bool) -> tuple[int, ...]:
    """Return the shape of one sample of the input `layer`."""
    size = tuple(length or UNKNOWN_LENGTH for length in layer.shape.places)
    channels = layer.shape.channels
    return (*size, channels) if channels_last else (channels, *size)
