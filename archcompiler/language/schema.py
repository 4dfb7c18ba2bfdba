"""The JSON Schema of specs, for editors: derived from the operations and kinds of fields.

Editors type scalars by YAML's core schema first: `3` is a number, `3x3` a text. They show `title`,
`markdownDescription` and `errorMessage`, which are no keywords of validators.

The schema accepts what the language accepts, except layers named `true` or `null`, which editors
take for values, and a list of one item in place of a single value. It knows neither the blocks of
a file nor the values of expressions: a row whose type is no operation may have any other field.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from keyword import kwlist
from typing import Any

from archcompiler.language.names import RESERVED
from archcompiler.language.parameters import NAME, OF_A_ROW, TYPES
from archcompiler.language.rows import MOST_COPIES
from archcompiler.language.scalars import typed
from archcompiler.language.spec import OF_A_MEMBER, VERSION
from archcompiler.language.values import LONGEST_TEXT
from archcompiler.operations import REGISTRY, Operation
from archcompiler.operations.fields import ACTIVATION, REQUIRED, Count, Flag, Kind, Schema
from archcompiler.operations.lengths import Size
from archcompiler.operations.plugins import load as load_others
from archcompiler.operations.record import Record
from archcompiler.operations.reference import default_of, described
from archcompiler.operations.training import LOSSES, METRICS, OPTIMIZERS, SCHEDULES

DRAFT = "https://json-schema.org/draft/2020-12/schema"
EXPRESSION = r"\$\{"
_NAME = NAME.pattern.replace(r"\Z", "")
_SCALAR: Schema = {
    "type": ["string", "number", "boolean"],
    "minLength": 1,
}  # the value of a parameter


def schema() -> Schema:
    """Return the JSON Schema (draft 2020-12) of a spec, ready to be written as JSON."""
    version = {"minimum": VERSION, "maximum": VERSION, "pattern": f"^{VERSION}$"}
    load_others()
    keys = {
        "archc": _said("The version of the language.", type=["integer", "string"], **version),
        "name": _name("The network's name: a class, or model, in the generated source."),
        "description": _prose("A text for the generated source."),
        "spec": _path("Instead of `layers`: the path of the spec whose layers these are."),
        "params": _parameters("Values that expressions know, and that `-p NAME=VALUE` sets."),
        "defaults": _defaults(),
        "blocks": _blocks(),
        "layers": _layers(),
        "outputs": _names("The layers that are the network's outputs; the last if left out."),
        "training": _training(),
    }
    return {
        "$schema": DRAFT,
        "$id": f"urn:archc:schema:{VERSION}",
        "title": "archc",
        **_said("A neural network as a layer table."),
        **_mapping(keys, "archc", "name"),
        "if": {"required": ["spec"]},
        "then": _only(OF_A_MEMBER),
        "else": {"required": ["layers"]},
        "allOf": [_known_types(), *_needed_fields()],
        "$defs": {
            "row": _row(),
            "use": _use(),
            "maps": _field("maps", Count(), "maps of the output, which are checked"),
            "size": _field("size", Size(), "size of the output, which is checked"),
            "function": _field("activation", ACTIVATION, "a function applied to the output"),
            **{f"{name}_layer": _operation(layer) for name, layer in REGISTRY.items()},
            **{f"{name}_optimizer": _of_record(rule) for name, rule in OPTIMIZERS.items()},
            **{f"{name}_schedule": _of_record(rule) for name, rule in SCHEDULES.items()},
        },
    }


# --- pieces


def _said(text: str, more: str = "", /, **keywords: Any) -> Schema:
    """Return a schema with the description `text`, plain and (with `more`) as Markdown."""
    marked = {"markdownDescription": text + more} if more or "`" in text else {}
    return {"description": text.replace("`", ""), **marked, **keywords}


def _mapping(keys: Mapping[str, Any], *required: str) -> Schema:
    """Return the schema of a mapping with these keys only; each value has its key as title."""
    titled = {
        key: value if isinstance(value, bool) or "$ref" in value else {"title": key, **value}
        for key, value in keys.items()
    }
    needs = {"required": [*required]} if required else {}
    return {"type": "object", "properties": titled, **needs, "additionalProperties": False}


def _only(keys: Iterable[str]) -> Schema:
    return {"properties": dict.fromkeys(keys, True), "additionalProperties": False}


def _ref(name: str, *path: str) -> Schema:
    return {"$ref": "/".join(("#/$defs", name, *path))}


def _of_type(name: str, then: Schema) -> Schema:
    typed_so = {"type": "object", "properties": {"type": {"const": name}}, "required": ["type"]}
    return {"if": typed_so, "then": then}


def _field(name: str, kind: Kind, doc: str, default: str | None = None) -> Schema:
    """Return the schema of a field: a value of its kind, or an expression."""
    text = f"{doc[0].upper()}{doc[1:]}: {kind.expected}"
    values = _or_expression(kind.schema(), name, f"expected {kind.expected}")
    if default is None:
        return _said(f"{text}.", title=name, **values)
    if "type" in values:  # an editor writes a default by the first type
        values["type"].sort(key="string".__eq__)
    said = f"{text}; `{default}` if left out."
    return _said(said, title=name, **values, default=typed(default))


def _fields(record: type[Record]) -> Schema:
    return {
        name: _field(name, item.kind, item.doc, default_of(item))
        for name, item in record.fields.items()
    }


def _or_expression(values: Schema, title: str, message: str) -> Schema:
    """Return the schema of `values` or an expression; `message` is the error for all else."""
    match values:
        case {"anyOf": [offered, other]}:
            other = {"title": title, **_or_expression(other, title, message)}
            return {"anyOf": [{**offered, "errorMessage": message}, other]}
        case {"enum": _}:
            return _or_expression({"anyOf": [values, {"type": ["string"]}]}, title, message)
        case {"items": items, "minItems": least, "maxItems": most, **others}:
            one = _or_expression(others, title, message)
            item = _or_expression(items, title, message)
            return _or_list(one, item, minItems=least, maxItems=most)
    pattern = f"{values['pattern']}|{EXPRESSION}" if "pattern" in values else EXPRESSION
    return {**values, "pattern": pattern, "errorMessage": message}


def _or_list(one: Schema, items: Schema, **limits: int) -> Schema:
    """Return the schema of `one` value or a list; `limits` are those of the list.

    The keywords of the list are under `then`: editors that find `items` directly start a list.
    """
    types = dict.fromkeys([*one["type"], "array"])
    return {**one, "type": [*types], "if": {"type": "array"}, "then": {"items": items, **limits}}


def _words(words: Iterable[str], title: str) -> Schema:
    return _or_expression({"enum": [*words]}, title, f"expected one of {', '.join(words)}")


def _alternatives(words: Iterable[str]) -> str:
    return f"^({'|'.join(words)})$|{EXPRESSION}"


def _name(text: str) -> Schema:
    message = "expected a letter, then letters, digits and underscores, at most 64 characters"
    return _said(text, type="string", pattern=f"^{_NAME}$", errorMessage=message)


def _names(text: str) -> Schema:
    """Return the schema of a layer's (dotted) name, or a list of them."""
    message = "expected a layer's name, or a list of names"
    pattern = rf"^{_NAME}(\.[A-Za-z0-9_]+)*$"
    name = {"type": ["string"], "pattern": pattern, "errorMessage": message}
    return _said(text, **_or_list(name, name, minItems=1))


def _new_names(taken: Iterable[str]) -> Schema:
    message = "expected a letter, then letters, digits and underscores, and no name that is taken"
    return {"pattern": f"^(?!({'|'.join(taken)})$){_NAME}$", "errorMessage": message}


def _prose(text: str) -> Schema:
    return _said(text, type=["string", "number", "boolean", "null"], maxLength=LONGEST_TEXT)


def _path(text: str) -> Schema:
    return _said(text, type="string", minLength=1, examples=["resnet/resnet.yaml"])


def _argument(text: str) -> Schema:
    return _said(text, **_or_list(_SCALAR, _SCALAR))


def _parameters(text: str, *others: Schema) -> Schema:
    value = {"title": "parameter", **_argument("Its value.")}
    names = _new_names([*RESERVED, *OF_A_ROW, *kwlist])
    values = {"anyOf": [*others, value]} if others else value
    return _said(text, type="object", propertyNames=names, additionalProperties=values)


# --- rows


def _layers() -> Schema:
    text = "The rows of the network, each of which reads the one above; or a table after `|`."
    message = "expected a list of rows, or a table after `|`"
    limits = {"items": _ref("row"), "minItems": 1, "minLength": 1}
    return _said(text, type=["array", "string"], **limits, errorMessage=message)


def _row() -> Schema:
    copies = f"copies of the row, {MOST_COPIES:,} at most, each reading the one before"
    types = [{"const": name, "title": name, **_about(layer)} for name, layer in REGISTRY.items()]
    block = _said("A block of this file, or an expression that is worth a type.")
    anything = [*_SCALAR["type"], "null", "array", "object"]
    known = {"properties": {"type": {"pattern": f"^({'|'.join(REGISTRY)})$"}}, "required": ["type"]}
    keys = {
        "layer": _name("Its name; if left out, made from the type and a number."),
        "type": {"type": "string", "anyOf": [*types, block]},
        "from": _names("The layer that it reads, or a list of them; the row above if left out."),
        "when": _field("when", Flag(), "`false` leaves the row out: what it reads passes through"),
        "repeat": _field("repeat", Count(), copies) | {"maximum": MOST_COPIES},
        "note": _said("Anything; nobody reads it.", type=anything),
    }
    each = [_of_type(name, _ref(f"{name}_layer")) for name in REGISTRY]
    row = {"title": "row", **_mapping(keys, "type")}
    return row | {
        "additionalProperties": True,
        "allOf": [*each, {"if": known, "else": _ref("use")}],
    }


def _about(operation: type[Operation]) -> Schema:
    about = described(operation)
    remarks = f" {about.remarks}" if about.remarks else ""
    example = f"```yaml\n{about.example}\n```"
    return _said(about.sentence, f"{remarks}\n\nOutput: {about.shape}\n\n{example}")


def _operation(operation: type[Operation]) -> Schema:
    """Return the schema of the fields of a type; those of all rows are checked elsewhere."""
    keys: Schema = {**dict.fromkeys(OF_A_ROW, True), "maps": _ref("maps"), "size": _ref("size")}
    if operation.maximum_inputs:
        keys["activation"] = _ref("function")
    else:
        del keys["from"]
    return {"title": operation.type, **_mapping(keys | _fields(operation)), **_reads(operation)}


def _reads(operation: type[Operation]) -> Schema:
    """Return the schema of how many layers a row reads; not for one that has `when`."""
    least, most = operation.minimum_inputs, operation.maximum_inputs
    layers: Schema = {"minItems": least, "maxItems": most, "doNotSuggest": True}
    needs: Schema = {}
    if least > 1:
        message = f"{operation.type} reads {least} to {most} layers: a list of them"
        layers |= {"type": "array", "errorMessage": message}
        needs = {"required": ["from"], "errorMessage": message}
    given = {"properties": {"from": layers}, **needs}
    return {"if": {"properties": {"when": False}}, "then": given}


def _use() -> Schema:
    """Return the schema of the fields of a row whose type is a block or an expression."""
    checked = "of what it gives, checked; or the block's parameter of that name."
    sizes = {"maps": _argument(f"The maps {checked}"), "size": _argument(f"The size {checked}")}
    keys = _mapping({**dict.fromkeys(OF_A_ROW, True), **sizes})
    others = {"title": "parameter", **_argument("A parameter of the block.")}
    return {**keys, "title": "block", "additionalProperties": others}


def _each_row(row: Schema) -> Schema:
    """Return the schema of specs in which all rows, also of blocks, match `row`."""
    known = {"doNotSuggest": True}  # an editor offers these keys already
    layers = {"layers": {"items": row, **known}}
    blocks = {"additionalProperties": {"properties": layers}, **known}
    return {"properties": {**layers, "blocks": blocks}}


def _known_types() -> Schema:
    """Return the schema that each type is an operation if the file has no blocks."""
    message = "no such type of layer, and this file has no blocks"
    known = {"pattern": _alternatives(REGISTRY), "errorMessage": message, "doNotSuggest": True}
    rows = _each_row({"properties": {"type": known}})
    return {"if": {"properties": {"blocks": False}}, "then": rows}


def _needed_fields() -> Iterator[Schema]:
    """Yield for each required field the schema that rows have it, unless `defaults` does."""
    for name, operation in REGISTRY.items():
        for field, item in operation.fields.items():
            if item.default is REQUIRED:
                yield _needed(name, {"required": [field]}, f"{name} needs {field}: {item.doc}")
        if operation.needs_one_of:
            words = " or ".join(operation.needs_one_of)
            one = {"anyOf": [{"required": [field]} for field in operation.needs_one_of]}
            yield _needed(name, one, f"{name} needs {words}")


def _needed(name: str, fields: Schema, message: str) -> Schema:
    """Return the schema that rows of an operation have `fields`, unless `defaults` does."""
    row = _of_type(name, {**fields, "errorMessage": message})
    absent = {"properties": {name: {"not": fields}}}
    return {"if": {"properties": {"defaults": absent}}, "then": _each_row(row)}


# --- sections


def _defaults() -> Schema:
    types = {name: _default(operation) for name, operation in REGISTRY.items()}
    return _said("What every layer of a type starts from.", **_mapping(types))


def _default(operation: type[Operation]) -> Schema:
    names = dict.fromkeys(
        [*operation.fields, *(["activation"] if operation.maximum_inputs else [])]
    )
    fields = {name: _ref(f"{operation.type}_layer", "properties", name) for name in names}
    return _said(f"What every `{operation.type}` layer starts from.", **_mapping(fields))


def _blocks() -> Schema:
    types = {"enum": [*TYPES], **_said("The type of the value that each use gives.")}
    params = "Its parameters: a default each, which those above may compute, or a type."
    keys = {
        "description": _prose("A docstring for its class or function."),
        "params": _parameters(params, types),
        "inputs": _names("Names for what it is given; `[input]` if left out."),
        "layers": _layers(),
        "spec": _path("Instead of all that: the path of a spec in another file."),
    }
    block = {
        "title": "block",
        **_mapping(keys),
        "if": {"required": ["spec"]},
        "then": _only(["spec"]),
        "else": {"required": ["layers"]},
    }
    text = "Rows under names, which are types of rows then."
    names = _new_names([*RESERVED, *REGISTRY])
    return _said(text, type="object", propertyNames=names, additionalProperties=block)


def _training() -> Schema:
    names = ", ".join(OPTIMIZERS)
    optimizer = {
        **_typed(OPTIMIZERS, "optimizer"),
        "type": ["object", "string"],
        "pattern": _alternatives(OPTIMIZERS),
        "examples": [*OPTIMIZERS],
        "errorMessage": f"expected {names}, or a mapping with one of them as `type`",
    }
    schedule = {**_typed(SCHEDULES, "schedule"), "type": "object"}
    metrics = {
        "type": ["array", "string"],
        "pattern": _alternatives(METRICS),
        "items": _words(METRICS, "metric"),
        "errorMessage": f"expected a list of {', '.join(METRICS)}",
    }
    keys = {
        "loss": _said("What training makes small.", **_words(LOSSES, "loss")),
        "optimizer": _said("The rule that changes parameters by their gradients.", **optimizer),
        "schedule": _said("How the learning rate changes with the steps.", **schedule),
        "metrics": _said("What is measured beside the loss.", **metrics),
    }
    return _said("How the network is trained.", **_mapping(keys, "loss", "optimizer"))


def _typed(known: Iterable[str], what: str) -> Schema:
    """Return the schema of a mapping whose `type` determines its other keys."""
    return {
        "properties": {"type": {"title": "type", **_words(known, "type")}},
        "required": ["type"],
        "allOf": [_of_type(name, _ref(f"{name}_{what}")) for name in known],
    }


def _of_record(record: type[Record]) -> Schema:
    said = _said(record.__doc__ or "", title=record.__name__)
    return {**said, **_mapping({"type": True, **_fields(record)})}
