"""What changed from one network to another, and whether checkpoints of the old one still load."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Any, Literal, NamedTuple

from archcompiler.diff.align import gaps, matching_pairs
from archcompiler.graph.expand import field_text, fields_of
from archcompiler.graph.graph import Graph
from archcompiler.graph.layer import Layer
from archcompiler.graph.summary import shape_text
from archcompiler.operations import Parameter, Shape
from archcompiler.operations.training import Optimizer, Schedule, Training


class FieldChange(NamedTuple):
    """A field with another value, as a spec writes it; None if there is no such field."""

    field: str
    old: str | None
    new: str | None


class LayerChange(NamedTuple):
    """A layer that changed; `old` is None if it was added, `new` if it was removed.

    `fields` are changes of the layer itself: operation, activation, inputs. `effects` are changes
    of its shapes that do not follow from `fields`.
    """

    old: Layer | None
    new: Layer | None
    fields: tuple[FieldChange, ...] = ()
    effects: tuple[FieldChange, ...] = ()

    @property
    def kind(self) -> Literal["added", "removed", "renamed", "changed", "follows"]:
        """The kind of change; a layer that `follows` has other shapes because of its inputs."""
        kind = _kind(self.old and self.old.name, self.new and self.new.name)
        return kind or ("changed" if self.fields else "follows")


class Tensor(NamedTuple):
    """A parameter of a layer, as it is stored in a checkpoint."""

    layer: Layer
    parameter: Parameter

    @property
    def name(self) -> str:
        """Its name in a checkpoint: `layer.parameter`."""
        return f"{self.layer.name}.{self.parameter.name}"

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of its axes."""
        return self.parameter.shape


class TensorChange(NamedTuple):
    """A tensor that does not load: `old` is in the checkpoint, `new` in the new network."""

    old: Tensor | None
    new: Tensor | None

    @property
    def kind(self) -> str:
        """Why it does not load: `added`, `removed`, `renamed` or `reshaped`."""
        return _kind(self.old and self.old.name, self.new and self.new.name) or "reshaped"


def _kind(old: str | None, new: str | None) -> Literal["added", "removed", "renamed"] | None:
    if old is None:
        return "added"
    if new is None:
        return "removed"
    return "renamed" if old != new else None


class Diff(NamedTuple):
    """The changes from `old` to `new`: settings of the network, layers, tensors."""

    old: Graph
    new: Graph
    settings: tuple[FieldChange, ...]
    layers: tuple[LayerChange, ...]
    tensors: tuple[TensorChange, ...]

    @property
    def empty(self) -> bool:
        """Whether nothing changed."""
        return not (self.settings or self.layers)

    @property
    def loads(self) -> bool:
        """Whether a checkpoint of the old network loads strictly into the new one."""
        return not self.tensors

    @property
    def fitting(self) -> int:
        """The number of tensors of an old checkpoint that the new network can load."""
        wanted = sum(len(layer.parameters) for layer in self.new.layers)
        return wanted - sum(change.new is not None for change in self.tensors)

    @property
    def computes_the_same(self) -> bool:
        """Whether equal weights surely give equal outputs in inference."""
        outputs = any(change.field == "outputs" for change in self.settings)
        return not outputs and not any(map(_matters, self.layers))


def _matters(change: LayerChange) -> bool:
    """Whether a change may affect the outputs of the network with the same weights."""
    layers = [layer for layer in (change.old, change.new) if layer]
    if all(layer.operation.is_random for layer in layers):
        return False
    fields = [field for field, *_ in change.fields if not field.endswith("_initializer")]
    return len(layers) < 2 or bool(fields or change.effects)


def compare(old: Graph, new: Graph) -> Diff:
    """Return the changes from `old` to `new`.

    Layers of one name are the same layer. Another layer was renamed if an equal one is at its
    place between common layers, or if the layers there have the same types in the same order.
    """
    renamed = _partners(old, new)
    pairs = _pairs(old, new, renamed)
    return Diff(
        old,
        new,
        tuple(_settings(old, new, renamed)),
        tuple(_layers(old, new, pairs, renamed)),
        tuple(_tensors(pairs)),
    )


Pair = tuple[Layer | None, Layer | None]


def _partners(old: Graph, new: Graph) -> dict[str, str]:
    """Return the new name of each old layer that is still there."""
    names = [[layer.name for layer in graph.layers] for graph in (old, new)]
    kept = set(names[0]) & set(names[1])
    partners = {name: name for name in kept}
    for olds, news in gaps(old.layers, new.layers, matching_pairs(*names)):
        olds = [layer for layer in olds if layer.name not in kept]
        news = [layer for layer in news if layer.name not in kept]
        equal = matching_pairs([_work(layer) for layer in olds], [_work(layer) for layer in news])
        partners |= {olds[i].name: news[j].name for i, j in equal}
        for some, others in gaps(olds, news, equal):
            if [layer.type for layer in some] == [layer.type for layer in others]:
                partners |= {a.name: b.name for a, b in zip(some, others, strict=True)}
    return partners


def _work(layer: Layer) -> tuple[Any, ...]:
    """Return what identifies a layer without its name and place."""
    return layer.operation, layer.activation, layer.input_shapes


def _pairs(old: Graph, new: Graph, partners: dict[str, str]) -> list[Pair]:
    """Return all layers in the order of `new`; removed ones are after their old predecessors."""
    places = {layer.name: index for index, layer in enumerate(new.layers)}
    kept = set(partners.values())
    found: list[tuple[tuple[int, int], Pair]] = [
        ((index, 0), (None, layer))
        for index, layer in enumerate(new.layers)
        if layer.name not in kept
    ]
    last = -1
    for index, layer in enumerate(old.layers):
        if layer.name in partners:
            last = places[partners[layer.name]]
            found.append(((last, 0), (layer, new.layers[last])))
        else:
            found.append(((last, index + 1), (layer, None)))
    return [pair for _, pair in sorted(found, key=lambda item: item[0])]


def _settings(old: Graph, new: Graph, partners: dict[str, str]) -> Iterator[FieldChange]:
    if old.name != new.name:
        yield FieldChange("name", old.name, new.name)
    if tuple(partners.get(name) for name in old.outputs) != new.outputs:
        yield FieldChange("outputs", ", ".join(old.outputs), ", ".join(new.outputs))
    before, after = _training(old.training), _training(new.training)
    for field in dict.fromkeys([*before, *after]):
        if before.get(field) != after.get(field):
            yield FieldChange(f"training.{field}", before.get(field), after.get(field))


def _training(training: Training | None) -> dict[str, str]:
    if training is None:
        return {}
    return {
        "loss": training.loss,
        "optimizer": _record_text(training.optimizer),
        "schedule": _record_text(training.schedule) if training.schedule else "none",
        "metrics": ", ".join(training.metrics) or "none",
    }


def _record_text(record: Optimizer | Schedule) -> str:
    return ", ".join([record.type, *(f"{name} {text}" for name, text in fields_of(record))])


def _layers(
    old: Graph, new: Graph, pairs: list[Pair], partners: dict[str, str]
) -> Iterator[LayerChange]:
    """Yield the layers that changed, in the order of `pairs`."""
    before = _origins(old, {layer.name for layer in old.layers} - partners.keys())
    after = _origins(new, {layer.name for layer in new.layers} - set(partners.values()))
    for a, b in pairs:
        if a is None or b is None:
            yield LayerChange(a, b)
            continue
        fields = list(_fields(a, b))
        if [partners.get(before[name]) for name in a.inputs] != [after[name] for name in b.inputs]:
            fields.append(_reads(a, b))
        effects = list(_effects(a, b, {change.field for change in fields}))
        if fields or effects or a.name != b.name:
            yield LayerChange(a, b, tuple(fields), tuple(effects))


def _origins(graph: Graph, passed: AbstractSet[str]) -> dict[str, str]:
    """Map each layer to itself, and layers in `passed` to the layer that they read.

    So a layer counts as unchanged if a row was inserted or removed before it.
    """
    origins: dict[str, str] = {}
    for layer in graph.layers:
        passes = layer.name in passed and layer.inputs
        origins[layer.name] = origins[layer.inputs[0]] if passes else layer.name
    return origins


def _reads(old: Layer, new: Layer) -> FieldChange:
    """Return the change of a layer's inputs; inside of a block, by names within the block."""
    blocks = [layer.name.removesuffix(layer.name.rpartition(".")[2]) for layer in (old, new)]
    inside = all(name.startswith(blocks[0]) for name in old.inputs)
    inside = inside and all(name.startswith(blocks[1]) for name in new.inputs)
    texts = [
        ", ".join(name.removeprefix(block) if inside else name for name in layer.inputs)
        for layer, block in zip((old, new), blocks, strict=True)
    ]
    return FieldChange("from", *texts)


def _fields(old: Layer, new: Layer) -> Iterator[FieldChange]:
    if old.operation == new.operation and old.activation == new.activation:
        return
    if old.type != new.type:
        yield FieldChange("type", old.type, new.type)
    before, after = _values(old), _values(new)
    changed = {name for name, _ in fields_of(new.operation)}
    for field in dict.fromkeys([*before, *after]):
        a, b = before.get(field), after.get(field)
        if a == b or (old.type != new.type and field not in after):
            continue
        if field in before or field not in new.operation.fields or field in changed:
            yield FieldChange(field, _text(field, a), _text(field, b))


def _values(layer: Layer) -> dict[str, Any]:
    values = {"activation": layer.activation or "linear", **vars(layer.operation)}
    if values.get("stride", ()) is None:  # of a pooling
        values["stride"] = values["kernel"]
    return values


def _text(field: str, value: Any) -> str | None:
    return None if value is None else field_text(field, value)


def _effects(old: Layer, new: Layer, told: AbstractSet[str]) -> Iterator[FieldChange]:
    """Yield changes of the output shape that are not in the fields `told`, or of an input shape."""
    outputs = [change for change in _shapes(old.shape, new.shape) if change.field not in told]
    yield from outputs
    if outputs or told or len(old.input_shapes) != len(new.input_shapes):
        return
    for a, b in zip(old.input_shapes, new.input_shapes, strict=True):
        if a != b and a.laid_out != b.laid_out:
            change = next(_shapes(a, b))
            yield change._replace(field=f"input {change.field}")
            return


def _shapes(old: Shape, new: Shape) -> Iterator[FieldChange]:
    if not old.alike(new):
        yield FieldChange("shape", shape_text(old), shape_text(new))
    elif not old.is_vector:
        if old.channels != new.channels:
            yield FieldChange("maps", str(old.channels), str(new.channels))
        if old.size != new.size:
            yield FieldChange("size", old.size, new.size)
    elif old.size != new.size:
        yield FieldChange("size", old.size, new.size)
    elif old != new:  # the same number of features, laid out from other maps
        yield FieldChange("order", shape_text(old.laid_out), shape_text(new.laid_out))


def _tensors(pairs: list[Pair]) -> Iterator[TensorChange]:
    """Yield the tensors whose names or shapes differ, in the order of `pairs`."""
    for a, b in pairs:
        before, after = _owned(a), _owned(b)
        for name in dict.fromkeys([*before, *after]):
            old, new = before.get(name), after.get(name)
            if not old or not new or old.name != new.name or old.shape != new.shape:
                yield TensorChange(old, new)


def _owned(layer: Layer | None) -> dict[str, Tensor]:
    return {item.name: Tensor(layer, item) for item in layer.parameters} if layer else {}
