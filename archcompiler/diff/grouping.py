"""The changes of a diff in few rows: layers or tensors that changed alike share a row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from itertools import islice
from typing import NamedTuple

from archcompiler.diagnostics import Span
from archcompiler.diagnostics.wording import counted
from archcompiler.diff.compare import Diff, FieldChange, LayerChange, Tensor, TensorChange
from archcompiler.diff.patterns import copies_in, patterns
from archcompiler.graph.body import Item, Repeat, Use, size_of
from archcompiler.graph.expand import fields_of
from archcompiler.graph.graph import Graph
from archcompiler.graph.layer import Layer
from archcompiler.graph.summary import kind_of
from archcompiler.language.nodes import span_of
from archcompiler.operations import Dimension

MARKS = {"added": "+", "removed": "-", "renamed": ">", "changed": "~", "follows": "~"}
MARKS["reshaped"] = MARKS["changed"]
# by the kind of a tensor that does not load
WORDS = {"added": "missing", "removed": "extra", "renamed": "renamed", "reshaped": "reshaped"}

SHOWN = 6  # line numbers of a file in a row

Costs = tuple[Dimension, ...]  # parameters, multiply-adds, values of outputs


class Row(NamedTuple):
    """Layers or tensors that changed alike.

    `names` are patterns. `costs` are the differences of parameters, multiply-adds and output
    values; rows of tensors have none.
    """

    mark: str
    names: tuple[str, ...]
    type: str
    changes: tuple[str, ...]
    costs: Costs
    places: tuple[str, ...]


class _Entry(NamedTuple):
    """The change of one layer, block or tensor.

    Entries of equal `kind` and `key` share a row if they come from one row of the spec, or from
    rows of the spec with equal `changes`.
    """

    kind: str
    key: tuple[str, ...]
    name: str
    type: str
    span: Span
    changes: tuple[str, ...]  # equally many for all entries of a key
    effect: str = ""  # shown beside them; need not be equal in a row
    becomes: str = ""  # for `renamed`: the new last part of the name
    layers: int = 1
    tensor: str = ""  # its name in the layer: each has its own row
    tensors: int = 0  # of a renamed layer
    costs: Costs = ()


def layer_rows(diff: Diff, *, follow: bool) -> list[Row]:
    """Return the rows of layers that changed themselves, or of those that `follow` others."""
    changes = [change for change in diff.layers if (change.kind == "follows") == follow]
    return _rows(diff, _layer_entries(diff, changes))


def tensor_rows(diff: Diff) -> list[Row]:
    """Return the rows of tensors that do not load; their `changes` are shapes."""
    return _rows(diff, map(_tensor_entry, diff.tensors))


def file_of(graph: Graph) -> str:
    """Return the name of the spec's file."""
    return graph.source.name if graph.source else graph.name


def span_of_layer(layer: Layer) -> Span:
    """Return the span of the row of `layer`."""
    assert layer.node is not None  # it was read from a spec
    assert layer.source is not None
    return span_of(layer.node, layer.source).origin


def change_text(change: FieldChange) -> str:
    """Return a change as `kernel 3x3 -> 5x5`."""
    return f"{change.field} {change.old or 'none'} -> {change.new or 'none'}"


def _layer_entries(diff: Diff, changes: list[LayerChange]) -> Iterator[_Entry]:
    """Yield the entries of changed layers; a block that was added or removed is one entry."""
    gone = {change.old.name for change in changes if change.old and change.kind == "removed"}
    come = {change.new.name for change in changes if change.new and change.kind == "added"}
    wholes = {
        ("removed", layers[0].name): _block_entry("removed", name, item, layers)
        for name, item, layers in _wholes(diff.old, gone)
    } | {
        ("added", layers[0].name): _block_entry("added", name, item, layers)
        for name, item, layers in _wholes(diff.new, come)
    }
    for change in changes:
        old, new, kind = change.old, change.new, change.kind
        if old and new:
            yield _change_entry(kind, old, new, change)
        elif layer := old or new:
            whole = wholes.get((kind, layer.name))
            if whole is not None:  # other layers are inside of such a block
                yield whole


Whole = tuple[str, Layer | Use | Repeat, list[Layer]]


def _wholes(graph: Graph, chosen: AbstractSet[str]) -> Iterator[Whole]:
    """Yield the largest items all of whose layers are `chosen`, with names and layers."""
    return _wholes_in(graph.body.items, iter(graph.layers), "", chosen) if chosen else iter(())


def _wholes_in(
    items: Iterable[Item], layers: Iterator[Layer], prefix: str, chosen: AbstractSet[str]
) -> Iterator[Whole]:
    for item in items:
        own = list(islice(layers, size_of(item)))
        found = sum(layer.name in chosen for layer in own)
        name = prefix + item.name
        match item:
            case Layer() | Use() | Repeat() if found and found == len(own):
                yield name, item, own
            case Use(body=body) if found:
                yield from _wholes_in(body.items, iter(own), f"{name}.", chosen)
            case Repeat(copies=copies) if found:
                yield from _wholes_in(copies, iter(own), f"{name}.", chosen)


def _block_entry(kind: str, name: str, item: Layer | Use | Repeat, layers: list[Layer]) -> _Entry:
    if isinstance(item, Layer):
        changes: tuple[str, ...] = (_setup(item),)
        span = span_of_layer(item)
    else:
        changes = ()
        span = span_of(item.node, item.source)
    costs = [_costs(layer) for layer in layers]
    total = _sum(costs) if kind == "added" else _minus((0,) * 3, _sum(costs))
    of = kind_of(item)
    return _Entry(kind, (of,), name, of, span, changes, layers=len(layers), costs=total)


def _setup(layer: Layer) -> str:
    """Return the fields of `layer` that affect what it computes."""
    texts = [
        f"{field} {text}"
        for field, text in fields_of(layer.operation)
        if not field.endswith("_initializer")
    ]
    if layer.activation:
        texts.append(f"activation {layer.activation}")
    return ", ".join(texts)


def _change_entry(kind: str, old: Layer, new: Layer, change: LayerChange) -> _Entry:
    changes = change.fields or change.effects
    effects = change.effects if change.fields else ()
    fields = tuple(field for field, *_ in changes)
    told = _Entry(
        kind,
        (new.type, *fields),
        new.name,
        new.type,
        span_of_layer(new),
        tuple(map(change_text, changes)),
        ", ".join(map(change_text, effects)),
        tensors=len(old.parameters),
        costs=_minus(_costs(new), _costs(old)),
    )
    if kind == "renamed":
        name, becomes, part = _renamed(old.name, new.name)
        return told._replace(key=(part, becomes, *fields), name=name, becomes=becomes)
    return told._replace(key=fields) if kind == "follows" else told


def _renamed(old: str, new: str) -> tuple[str, str, str]:
    """Return the old name up to the last part that differs, and the new and old of that part.

    For `net.layer3.0.conv` and `net.stage3.0.conv`: `net.layer3`, `stage3` and `layer3`.
    """
    before, after = old.split("."), new.split(".")
    while min(len(before), len(after)) > 1 and before[-1] == after[-1]:
        del before[-1], after[-1]
    start = 0
    while start < min(len(before), len(after)) - 1 and before[start] == after[start]:
        start += 1
    return ".".join(before), ".".join(after[start:]), ".".join(before[start:])


def _tensor_entry(change: TensorChange) -> _Entry:
    old, new, kind = change.old, change.new, change.kind
    tensor = new or old
    assert tensor is not None
    shapes = dict.fromkeys(_shape(item) for item in (old, new) if item)
    told = _Entry(
        kind,
        (),
        tensor.name,
        WORDS[kind],
        span_of_layer(tensor.layer),
        (" -> ".join(shapes),),
        tensor=tensor.parameter.name,
    )
    if old and new and kind == "renamed":
        name, becomes, part = _renamed(old.name, new.name)
        told = told._replace(key=(part, becomes), name=name, becomes=becomes)
        if len(shapes) == 1:  # all tensors of the layer in one row
            return told._replace(changes=("",), tensor="")
        return told._replace(changes=(f"{told.tensor} {told.changes[0]}",))
    return told


def _shape(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape))


def _costs(layer: Layer) -> Costs:
    return layer.parameter_count, layer.multiply_adds, layer.shape.elements


def _sum(costs: Iterable[Costs]) -> Costs:
    return tuple(
        None if None in column else sum(number or 0 for number in column)
        for column in zip(*costs, strict=True)
    )


def _minus(more: Costs, less: Costs) -> Costs:
    return tuple(None if a is None or b is None else a - b for a, b in zip(more, less, strict=True))


def _rows(diff: Diff, told: Iterable[_Entry]) -> list[Row]:
    of_a_row: dict[tuple[object, ...], list[_Entry]] = {}
    for item in told:
        of_a_row.setdefault((item.kind, item.key, item.tensor, item.span), []).append(item)
    alike: dict[tuple[object, ...], list[_Entry]] = {}
    for group in of_a_row.values():
        changes = tuple(sorted({item.changes for item in group}))
        alike.setdefault((group[0].kind, group[0].key, changes), []).extend(group)
    counts = _counts(diff)
    return [_row(group, counts) for group in alike.values()]


def _counts(diff: Diff) -> dict[str, int]:
    """Return the numbers of copies of repeated rows, and of tensors of layers."""
    layers = [*diff.old.layers, *diff.new.layers]
    counts = copies_in(layer.name for layer in layers)
    for layer in layers:
        counts[layer.name] = max(counts.get(layer.name, 0), len(layer.parameters))
    return counts


def _row(group: list[_Entry], counts: dict[str, int]) -> Row:
    first = group[0]
    names = patterns((told.name for told in group), counts)
    columns = [*zip(*(told.changes for told in group), strict=True)]
    changes = [_renaming(group), *map(_first, columns), _first(told.effect for told in group)]
    return Row(
        MARKS[first.kind],
        tuple(f"{name} -> {first.becomes}" if first.becomes else name for name in names),
        _types(group),
        tuple(filter(None, changes)),
        _sum(told.costs for told in group),
        tuple(_places(told.span for told in group)),
    )


def _first(texts: Iterable[str]) -> str:
    """Return the first of several texts, and the number of others."""
    found = list(dict.fromkeys(filter(None, texts)))
    others = f" (and {counted(len(found) - 1, 'other', ',')})" if len(found) > 1 else ""
    return "".join(found[:1]) + others


def _renaming(group: list[_Entry]) -> str:
    """Return `renamed`, with the number of tensors, for a row of renamed layers."""
    if not group[0].becomes or not group[0].costs:
        return ""
    tensors = sum(told.tensors for told in group)
    return f"renamed with {counted(tensors, 'tensor', ',')}" if tensors else "renamed"


def _types(group: list[_Entry]) -> str:
    """Return the types of the layers of a row, and how many they are."""
    types = dict.fromkeys(told.type for told in group)
    layers = sum(told.layers for told in group)
    if len(types) > 2:
        return counted(layers, "layer", ",")
    return ", ".join(types) + (f" ({layers:,})" if layers > 1 else "")


def _places(spans: Iterable[Span]) -> Iterator[str]:
    """Yield `file:3,7` for each file."""
    lines: dict[str, dict[int, None]] = {}
    for span in spans:
        number, _ = span.source.position(span.start)
        lines.setdefault(span.source.name, {})[number] = None
    for file, numbers in lines.items():
        texts = [str(number) for number in sorted(numbers)]
        more = ",..." if len(texts) > SHOWN else ""
        yield f"{file}:{','.join(texts[:SHOWN])}{more}"
