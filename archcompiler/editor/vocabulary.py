"""Keys, types and values of the language with their documentation, from the JSON Schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from archcompiler.language.functions import FUNCTIONS
from archcompiler.language.names import READS, SHAPE
from archcompiler.language.schema import schema
from archcompiler.operations import REGISTRY
from archcompiler.operations.meaning import meaning_of

Entry = Mapping[str, Any]  # a part of the schema


@cache
def _schema() -> dict[str, Any]:
    return schema()


def doc_of(entry: Entry) -> str:
    """Return the documentation of a part of the schema as Markdown."""
    return str(entry.get("markdownDescription") or entry.get("description") or "")


def keys_under(path: tuple[str, ...], kind: str = "") -> dict[str, Entry]:
    """Return the keys of a mapping outside of rows; `path` are the keys above it."""
    spec = _schema()["properties"]
    match path:
        case ():
            return dict(spec)
        case ("blocks", _):
            return dict(spec["blocks"]["additionalProperties"]["properties"])
        case ("training",):
            return dict(spec["training"]["properties"])
        case ("training", ("optimizer" | "schedule") as what):
            found = _schema()["$defs"].get(f"{kind}_{what}", {"properties": {}})
            own = {key: entry for key, entry in found["properties"].items() if entry is not True}
            return {**spec["training"]["properties"][what]["properties"], **own}
        case ("defaults",):
            return types()
        case ("defaults", type_name) if type_name in REGISTRY:
            fields = fields_of_row(type_name)
            return {
                key: fields[key]
                for key in (*REGISTRY[type_name].fields, "activation")
                if key in fields
            }
    return {}


def types() -> dict[str, Entry]:
    """Return the operations by their names."""
    offered = _schema()["$defs"]["row"]["properties"]["type"]["anyOf"]
    return {entry["const"]: entry for entry in offered if "const" in entry}


def fields_of_row(type_name: str) -> dict[str, Entry]:
    """Return the fields of rows of a type; those of all rows if it is unknown."""
    own = dict(_schema()["$defs"]["row"]["properties"])
    meaning = meaning_of(type_name)
    type_name = meaning.type if meaning else type_name
    layer = _schema()["$defs"].get(f"{type_name}_layer")
    if layer is None:
        sizes = {name: _schema()["$defs"][name] for name in ("maps", "size")}
        return own | sizes
    properties = layer["properties"]
    first = [*REGISTRY[type_name].fields, "activation"]  # then come the fields of all rows
    order = dict.fromkeys([*filter(properties.__contains__, first), *properties])
    return {
        name: own[name] if properties[name] is True else _resolved(properties[name])
        for name in order
    }


def values_of(entry: Entry) -> list[str]:
    """Return the values that the schema offers for a field."""
    found = dict.fromkeys(_offered(entry))
    if "boolean" in entry.get("type", ()) and "pattern" in entry:
        found |= {"true": None, "false": None}
    return list(found)


def _offered(entry: Entry) -> Iterator[str]:
    yield from map(str, entry.get("enum", ()))
    yield from map(str, entry.get("examples", ()))
    for part in entry.get("anyOf", ()):
        yield from _offered(part)
    if isinstance(entry.get("items"), Mapping):
        yield from _offered(entry["items"])


def _resolved(entry: Entry) -> Entry:
    reference = entry.get("$ref")
    return entry if reference is None else _schema()["$defs"][reference.rpartition("/")[2]]


def in_expressions(given: Iterable[str]) -> dict[str, str]:
    """Return the names in expressions besides parameters, with descriptions.

    `given` are the names of the inputs of the block around the expression.
    """
    shapes = {f"{READS}.{word}": f"{word} of what this row reads" for word in SHAPE}
    for name in given:
        shapes |= {f"{name}.{word}": f"{word} of what the block is given" for word in SHAPE}
    others = {"index": "the number of a copy of a repeated row, from 0"}
    return shapes | others | dict.fromkeys(FUNCTIONS, "a function")
