"""A diff as text, Markdown or JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import zip_longest
from typing import Any

from archcompiler.diagnostics.forms.markdown import code, folded, table
from archcompiler.diagnostics.forms.text import shown
from archcompiler.diagnostics.wording import counted
from archcompiler.diff.compare import Diff, FieldChange, Tensor
from archcompiler.diff.rows import (
    WORDS,
    Row,
    change_text,
    layer_rows,
    span_of_layer,
    tensor_rows,
)
from archcompiler.graph.graph import Graph
from archcompiler.graph.layer import Layer
from archcompiler.graph.summary import BYTES, aligned, memory_text, number_text
from archcompiler.operations import Dimension

WIDEST = 60  # a longer cell does not push the columns of other rows

LAYERS = ("", "layer", "type", "change", "parameters", "multiply-adds", "memory", "place")
TENSORS = ("", "tensor", "", "shape", "place")
TOTALS = ("", "before", "after", "change")
NUMBERS = range(4, 7)
FOLLOW = "shapes that follow"


def text(diff: Diff) -> str:
    """Return the diff for a terminal; it is never cut."""
    if diff.empty:
        return f"{_title(diff)}: the same network\n"
    lines = [_title(diff), *(f"~ {change_text(change)}" for change in diff.settings)]
    own, follow = (layer_rows(diff, follow=follow) for follow in (False, True))
    heading = [("", f"{FOLLOW}:", *[""] * 6)] if follow else []
    layers = [*_lines(own), *heading, *_lines(follow)]
    if layers:
        lines += ["", *aligned([LAYERS, *layers], "  ", NUMBERS, WIDEST)]
    lines += ["", *aligned([TOTALS, *_totals(diff)], "  ", range(1, 4))]
    lines += ["", f"An old checkpoint {_verdict(diff)}"]
    tensors = [*_lines(tensor_rows(diff))]
    if tensors:
        lines += ["", *aligned([TENSORS, *tensors], "  ", range(0), WIDEST)]
    return "\n".join(lines) + "\n"


def _title(diff: Diff) -> str:
    return shown(f"{_file(diff.old)} -> {_file(diff.new)}")


def _file(graph: Graph) -> str:
    return graph.source.name if graph.source else graph.name


def _lines(rows: Iterable[Row]) -> Iterator[tuple[str, ...]]:
    """Yield the cells of each row, those that hold several things on as many lines."""
    for row in rows:
        costs = _costs(row)
        several = zip_longest(row.names, row.changes, map(shown, row.places), fillvalue="")
        for number, (name, change, place) in enumerate(several):
            mark, kind, numbers = (
                ("", "", [""] * len(costs)) if number else (row.mark, row.type, costs)
            )
            yield (mark, name, kind, change, *numbers, place)


def _costs(row: Row) -> list[str]:
    forms = (number_text, number_text, memory_text)
    return [_more(cost, form) for cost, form in zip(row.costs, forms, strict=False)]


def _more(number: Dimension, form: Callable[[Dimension], str]) -> str:
    """Return what there is more, with its sign."""
    if not number:
        return "?" if number is None else "0"
    return f"{'+' if number > 0 else '-'}{form(abs(number))}"


def _totals(diff: Diff) -> Iterator[tuple[str, ...]]:
    old, new = diff.old.totals, diff.new.totals
    yield _total("layers", len(diff.old.layers), len(diff.new.layers))
    yield _total("parameters", old.parameters, new.parameters)
    yield _total("multiply-adds", old.multiply_adds, new.multiply_adds)
    yield _total("memory of outputs", old.activations, new.activations, memory_text)


def _total(
    title: str, old: Dimension, new: Dimension, form: Callable[[Dimension], str] = number_text
) -> tuple[str, ...]:
    if old is None or new is None:
        return title, form(old), form(new), "?"
    share = f" ({(new - old) / old:+.1%})" if old and new != old else ""
    return title, form(old), form(new), _more(new - old, form) + share


def _verdict(diff: Diff) -> str:
    """Return whether an old checkpoint loads, and if not, what is in the way."""
    if diff.loads:
        other = "" if diff.computes_the_same else ", though what that computes may have changed"
        return f"loads into the new network{other}."
    kinds = [change.kind for change in diff.tensors]
    counts = {kind: kinds.count(kind) for kind in WORDS if kind in kinds}
    parts = [f"{count:,} {_are(count)} {WORDS[kind]}" for kind, count in counts.items()]
    fit = diff.fitting
    way_out = ": other names in it are enough" if list(counts) == ["renamed"] else ""
    return (
        "does not load into the new network:"
        f" {counted(fit, 'tensor', ',')} fit{'s' * (fit == 1)};"
        f" {', '.join(parts)}{way_out}."
    )


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def markdown(diff: Diff) -> str:
    """Return the diff as a comment on a pull request: the verdict first, long lists folded."""
    files = f"{code(_file(diff.old))} -> {code(_file(diff.new))}"
    if diff.empty:
        return f"**{diff.new.name}**: the same network ({files})\n"
    parts = [f"**{diff.new.name}**: an old checkpoint {_verdict(diff)}", files]
    if diff.settings:
        parts.append("\n".join(f"- {change_text(change)}" for change in diff.settings))
    own, follow = (layer_rows(diff, follow=follow) for follow in (False, True))
    if own:
        parts.append(table(LAYERS, NUMBERS, map(_cells, own)))
    if follow:
        parts.append(folded(f"Layers with {FOLLOW}", table(LAYERS, NUMBERS, map(_cells, follow))))
    parts.append(table(TOTALS, range(1, 4), _totals(diff)))
    if diff.tensors:
        tensors = table(TENSORS, range(0), map(_cells, tensor_rows(diff)))
        parts.append(folded("Tensors that do not load", tensors))
    return "\n\n".join(parts) + "\n"


def _cells(row: Row) -> tuple[str, ...]:
    names, places = (
        "<br>".join(code(text).replace("|", r"\|") for text in texts)
        for texts in (row.names, row.places)
    )
    return (code(row.mark), names, row.type, "<br>".join(row.changes), *_costs(row), places)


def as_json(diff: Diff) -> str:
    """Return everything as JSON, layer by layer; unknown sizes are null."""
    document = {
        "format_version": 1,
        "old": _network(diff.old),
        "new": _network(diff.new),
        "empty": diff.empty,
        "settings": _fields(diff.settings),
        "layers": [
            {
                "change": change.kind,
                "old": _layer(change.old),
                "new": _layer(change.new),
                "fields": _fields(change.fields),
                "effects": _fields(change.effects),
            }
            for change in diff.layers
        ],
        "checkpoint": {"loads": diff.loads, "fitting": diff.fitting, **_tensors(diff)},
    }
    return json.dumps(document, indent=2) + "\n"


def _network(graph: Graph) -> dict[str, Any]:
    totals = graph.totals
    return {
        "spec": _file(graph),
        "name": graph.name,
        "fingerprint": graph.fingerprint,
        "layers": len(graph.layers),
        "parameters": totals.parameters,
        "multiply_adds": totals.multiply_adds,
        "memory_bytes": _bytes(totals.activations),
    }


def _layer(layer: Layer | None) -> dict[str, Any] | None:
    if layer is None:
        return None
    shape = layer.shape
    return {
        "name": layer.name,
        "type": layer.type,
        "output": shape.lengths,
        "parameters": layer.parameter_count,
        "multiply_adds": layer.multiply_adds,
        "memory_bytes": _bytes(shape.elements),
        "place": _place(layer),
    }


def _fields(changes: Iterable[FieldChange]) -> list[dict[str, str | None]]:
    return [change._asdict() for change in changes]


def _tensors(diff: Diff) -> dict[str, list[dict[str, Any]]]:
    """Return what a strict load would complain of; a renamed tensor is missing, and extra."""
    found: dict[str, list[dict[str, Any]]] = {"missing": [], "extra": [], "reshaped": []}
    for old, new in diff.tensors:
        if old and new and old.name == new.name:
            shapes = {"old_shape": old.shape, "new_shape": new.shape}
            found["reshaped"].append({**_tensor(new), **shapes})
            continue
        if new:
            renamed = {"renamed_from": old.name if old else None}
            found["missing"].append({**_tensor(new), "shape": new.shape, **renamed})
        if old:
            renamed = {"renamed_to": new.name if new else None}
            found["extra"].append({**_tensor(old), "shape": old.shape, **renamed})
    return found


def _tensor(tensor: Tensor) -> dict[str, Any]:
    layer = tensor.layer
    return {
        "tensor": tensor.name,
        "layer": layer.name,
        "parameter": tensor.parameter.name,
        "place": _place(layer),
    }


def _place(layer: Layer) -> dict[str, Any]:
    span = span_of_layer(layer)
    line, column = span.source.position(span.start)
    return {"file": span.source.name, "line": line, "column": column}


def _bytes(elements: Dimension) -> Dimension:
    return None if elements is None else elements * BYTES


FORMATS: dict[str, Callable[[Diff], str]] = {
    "text": text,
    "markdown": markdown,
    "json": as_json,
}
