"""A diff as text, Markdown or JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import zip_longest

from archcompiler.diagnostics.forms.markdown import code, folded, table
from archcompiler.diagnostics.forms.text import shown
from archcompiler.diagnostics.wording import counted
from archcompiler.diff.compare import Diff
from archcompiler.diff.grouping import (
    WORDS,
    Row,
    change_text,
    file_of,
    layer_rows,
    tensor_rows,
)
from archcompiler.graph.summary import memory_text, number_text, table_lines
from archcompiler.operations import Dimension

WIDEST = 60  # a longer cell widens no column

LAYERS = ("", "layer", "type", "change", "parameters", "multiply-adds", "memory", "place")
TENSORS = ("", "tensor", "", "shape", "place")
TOTALS = ("", "before", "after", "change")
NUMBERS = range(4, 7)
FOLLOW = "shapes that follow"


def text(diff: Diff) -> str:
    """Return the diff for a terminal; cells are not shortened."""
    if diff.empty:
        return f"{_title(diff)}: the same network\n"
    lines = [_title(diff), *(f"~ {change_text(change)}" for change in diff.settings)]
    own, follow = (layer_rows(diff, follow=follow) for follow in (False, True))
    heading = [("", f"{FOLLOW}:", *[""] * 6)] if follow else []
    layers = [*_lines(own), *heading, *_lines(follow)]
    if layers:
        lines += ["", *table_lines([LAYERS, *layers], "  ", NUMBERS, WIDEST)]
    lines += ["", *table_lines([TOTALS, *_totals(diff)], "  ", range(1, 4))]
    lines += ["", f"An old checkpoint {_verdict(diff)}"]
    tensors = [*_lines(tensor_rows(diff))]
    if tensors:
        lines += ["", *table_lines([TENSORS, *tensors], "  ", range(0), WIDEST)]
    return "\n".join(lines) + "\n"


def _title(diff: Diff) -> str:
    return shown(f"{file_of(diff.old)} -> {file_of(diff.new)}")


def _lines(rows: Iterable[Row]) -> Iterator[tuple[str, ...]]:
    """Yield the lines of rows: a row with several names, changes or places takes several."""
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
    """Return a difference with its sign."""
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
    """Return whether an old checkpoint loads, and if not, why."""
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
    """Return the diff as a comment for a pull request: the verdict first, long lists folded."""
    files = f"{code(file_of(diff.old))} -> {code(file_of(diff.new))}"
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
    """Return the diff as JSON, see `diff/document.py`."""
    from archcompiler.diff.document import document

    return document(diff).text()


FORMATS: dict[str, Callable[[Diff], str]] = {
    "text": text,
    "markdown": markdown,
    "json": as_json,
}
