"""The skeleton of an emitted file: a small template that printed code is put into."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import jinja2

from archcompiler.backends.backend import MARK, Listing
from archcompiler.backends.code.printer import OF_ROW, docstring
from archcompiler.graph import Graph, Layer

_WORDS = re.compile(  # what is neither a text, nor a tag, nor an attribute, nor an argument's name
    r'"""[\s\S]*?"""|"[^"\n]*"|\{[{%][\s\S]*?[%}]\}|(?<![.\w])([A-Za-z_]\w*)\b(?!["=])'
)

UNKNOWN_LENGTH = 224  # what a first batch has where the spec says `?`


HELPERS, ENDING = "helpers/", ".py.jinja"


class Templates:
    """The templates of a backend, which are in the folder `templates` of its `package`.

    Those in `helpers` are functions and classes that a file has if its code names them.
    """

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

        paths = (path for path in self._loader.list_templates() if path.startswith(HELPERS))
        self.helpers = {
            path.removeprefix(HELPERS).removesuffix(ENDING): self._text(path) for path in paths
        }

    def _text(self, template: str) -> str:
        text, _, _ = self._loader.get_source(self._templates, template)
        return text.rstrip("\n")

    def words_in(self, template: str) -> set[str]:
        """Return the names that the code of a template has."""
        return words_of(self._text(template))

    def fill(self, template: str, **parts: Any) -> Listing:
        """Return the template's text with the printed parts in it, and the rows of its lines."""
        marked = self._templates.get_template(template).render(**parts)
        parted = (line.partition(OF_ROW) for line in marked.splitlines())
        lines, _, rows = zip(*parted, strict=True)
        return Listing("\n".join(lines) + "\n", rows)


def words_of(text: str) -> set[str]:
    """Return the names that code has; no attributes, and nothing of texts and tags."""
    return {match[1] for match in _WORDS.finditer(text) if match[1]}


def needed(used: set[str], helpers: Mapping[str, str]) -> dict[str, str]:
    """Return those of `helpers` that code with the names `used` needs, what they need first.

    Both are by their names; a helper is the text of a function or of a class.
    """
    found: dict[str, str] = {}

    def add(name: str) -> None:
        others = words_of(helpers[name]) - {name, *found}
        for other in filter(others.__contains__, helpers):
            add(other)
        found[name] = helpers[name]

    for name in helpers:
        if name in used and name not in found:
            add(name)
    return found


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
