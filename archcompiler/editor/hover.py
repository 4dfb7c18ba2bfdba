"""Hovers, and definitions of what is at the cursor."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archcompiler.diagnostics import Source, Span
from archcompiler.editor import vocabulary
from archcompiler.editor.document import Document
from archcompiler.editor.vocabulary import doc_of
from archcompiler.graph import Layer, Repeat, Use
from archcompiler.graph.receptive import receptive_text
from archcompiler.language.aliases import canonical_names
from archcompiler.language.expressions import value_text
from archcompiler.language.nodes import MappingNode, Node, ScalarNode, span_of
from archcompiler.language.places import Place
from archcompiler.operations.meaning import meaning_of

MOST_LINES, MOST_NAMES = 6, 3  # of a hover
_NAME = re.compile(r"[A-Za-z_][\w.]*")


def hover(document: Document, offset: int) -> tuple[str, Span] | None:
    """Return the hover at `offset` as Markdown, and the span that it is about."""
    place = document.places.at(offset)
    if place.node is None or not place.path:
        return None
    parts = [part for part in (*_word(document, place, offset), *_row(document, place)) if part]
    return ("\n\n".join(parts), span_of(place.node, document.source)) if parts else None


def _word(document: Document, place: Place, offset: int) -> Iterator[str]:
    """Yield the documentation of a key or a value."""
    if not isinstance(place.node, ScalarNode):
        return
    text = place.node.text
    if not place.is_key and "${" in text:
        yield from _parameter(document, place, offset)
        return
    row = place.row
    if row is None:
        yield from _outside(document, place, text)
        return
    kind = row.get("type")
    type_name = kind.text if isinstance(kind, ScalarNode) else ""
    if place.path[-1] == "type":
        if type_name in document.blocks:
            yield _block(type_name, document.blocks[type_name])
        elif (meaning := meaning_of(type_name)) is not None:
            yield doc_of(vocabulary.types()[meaning.type])
    elif place.is_key and type_name not in document.blocks:
        fields = vocabulary.fields_of_row(type_name)
        (own,) = canonical_names((text,), fields)
        yield doc_of(fields.get(own, {}))


def _outside(document: Document, place: Place, text: str) -> Iterator[str]:
    """Yield the documentation of a key outside of rows, or the value of a parameter."""
    above = place.path[:-1]
    if not place.is_key:
        return
    if above == ("params",):
        yield from _worth(document, "", text)
    elif above[:1] == ("blocks",) and above[2:] == ("params",):
        yield from _worth(document, above[1], text)
    root = document.root
    training = root.get("training") if root else None
    section = training.get(above[-1]) if above and isinstance(training, MappingNode) else None
    kind = section.get("type") if isinstance(section, MappingNode) else None
    entries = vocabulary.keys_under(above, kind.text if isinstance(kind, ScalarNode) else "")
    yield doc_of(entries.get(text, {}))


def _block(name: str, block: MappingNode) -> str:
    description, params = block.get("description"), block.get("params")
    said = f" {description.text}" if isinstance(description, ScalarNode) else ""
    text = f"`{name}`, a block of this file.{said}"
    if isinstance(params, MappingNode):
        declared = (
            f"{key.text}: {node.text if isinstance(node, ScalarNode) else '[…]'}"
            for key, node in params.items()
        )
        text += f"\n\n`{{{', '.join(declared)}}}`"
    return text


def _parameter(document: Document, place: Place, offset: int) -> Iterator[str]:
    name, block = _name_at(document.source, offset), _block_of(place)
    known = vocabulary.in_expressions(document.given(block))
    if name in known:
        yield f"`{name}`: {known[name]}."
    else:
        yield from _worth(document, block, name)


def _worth(document: Document, block: str, name: str) -> Iterator[str]:
    """Yield what a parameter of a block is worth in its uses, or one of the spec."""
    own = document.blocks[block].get("params") if block in document.blocks else None
    if isinstance(own, MappingNode) and name in own.names:
        values = [value_text(value) for value in document.values_in_uses(block, name)]
        some = [*values[:MOST_NAMES], *(["…"] if len(values) > MOST_NAMES else [])]
        if some:
            yield f"`{name}` is {', '.join(some)} where `{block}` is used."
        return
    parameters = document.network.graph.body.parameters if document.network else {}
    if name in parameters:
        yield f"`{name}` is {value_text(parameters[name])}."


def _name_at(source: Source, offset: int) -> str:
    start = source.text.rfind("\n", 0, offset) + 1
    for match in _NAME.finditer(source.text, start):
        if match.start() <= offset <= match.end():
            return match[0]
    return ""


def _row(document: Document, place: Place) -> Iterator[str]:
    """Yield shapes, parameters and costs of the layers of a row."""
    row = place.row
    if row is None:
        return
    node = place.node
    if isinstance(node, ScalarNode) and _names_layer(place):
        found = document.row_named(_block_of(place), node.text)
        row = found[1] if found else row
    uses, layers = document.uses_of(row), document.layers_of(row)
    if uses:
        facts = [(name, _use(document, name, item)) for name, item in uses]
    else:
        facts = [(layer.name, _layer(layer)) for layer in layers]
    alike: dict[str, list[str]] = {}
    for name, text in facts:
        alike.setdefault(text, []).append(name)
    lines = [f"{_some(names)}: {text}{_sees(document, names)}" for text, names in alike.items()]
    if len(lines) > MOST_LINES:
        lines[MOST_LINES:] = [f"… and {len(lines) - MOST_LINES} more"]
    if lines:
        yield "  \n".join(lines)


def _some(names: list[str]) -> str:
    """Return names in bold, shortened to a few."""
    shown = ", ".join(f"**{name}**" for name in names[:MOST_NAMES])
    return shown + (f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else "")


def _names_layer(place: Place) -> bool:
    return "from" in place.path[-2:] and not place.is_key


def _block_of(place: Place) -> str:
    return place.path[1] if place.path[0] == "blocks" and len(place.path) > 1 else ""


def _layer(layer: Layer) -> str:
    reads = " and ".join(map(str, layer.input_shapes))
    return (f"{reads} → {layer.shape}" if reads else str(layer.shape)) + _costs([layer])


def _sees(document: Document, names: list[str]) -> str:
    """Return the receptive fields of layers, from the first to the last."""
    seen: dict[str, list[str]] = {}
    for name in names:
        for given, field in document.fields.get(name, {}).items():
            if field is not None and set(field.size) != {1}:
                seen.setdefault(given, []).append(receptive_text({given: field}))
    ends = {given: dict.fromkeys((sizes[0], sizes[-1])) for given, sizes in seen.items()}
    said = [f"{' to '.join(sizes)} of {given}" for given, sizes in ends.items()]
    return f"; sees {' and '.join(said)}" if said else ""


def _use(document: Document, name: str, item: Repeat | Use) -> str:
    assert document.network is not None
    inside = [layer for layer in document.network.layers if layer.name.startswith(f"{name}.")]
    times = f"{len(item.copies)} times, " if isinstance(item, Repeat) else ""
    return f"{times}{item.shape}{_costs(inside)}"


def _costs(layers: list[Layer]) -> str:
    parameters = sum(layer.parameter_count for layer in layers)
    costs = [layer.multiply_adds for layer in layers]
    text = f"; {parameters:,} parameters" if parameters else ""
    if None not in costs and any(costs):
        text += f"; {sum(cost or 0 for cost in costs):,} multiply-adds"
    return text


def definition(document: Document, offset: int) -> Span | str | None:
    """Return where the name at `offset` is defined: a span, or the path of a file."""
    place = document.places.at(offset)
    node = place.node
    if not isinstance(node, ScalarNode) or place.is_key:
        return None
    if place.path[-1] == "spec":
        return node.text
    if "${" in node.text:
        return _declared(document, place, _name_at(document.source, offset))
    if _names_layer(place) or place.path[0] == "outputs":
        found = document.row_named(_block_of(place), node.text)
        name = found[1].get("layer") if found else None
        return span_of(name, document.source) if name is not None else _given(document, place)
    if place.path[-1] == "type" and node.text in document.blocks:
        return _key(document, "blocks", node.text)
    return None


def _given(document: Document, place: Place) -> Span | None:
    """Return the span of the `inputs` of a block; None if it has none."""
    block = document.blocks.get(_block_of(place))
    inputs: Node | None = block.get("inputs") if block else None
    return span_of(inputs, document.source) if inputs is not None else None


def _declared(document: Document, place: Place, name: str) -> Span | None:
    """Return the span of the declaration of a parameter, in the block or in the spec."""
    for owner in (document.blocks.get(_block_of(place)), document.root):
        params = owner.get("params") if owner else None
        if isinstance(params, MappingNode) and name in params.names:
            return span_of(params.key(name), document.source)
    return None


def _key(document: Document, section: str, name: str) -> Span | None:
    mapping = document.root.get(section) if document.root else None
    if isinstance(mapping, MappingNode) and name in mapping.names:
        return span_of(mapping.key(name), document.source)
    return None
