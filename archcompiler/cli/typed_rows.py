"""The classes of typed rows as Python source, generated from the definitions of operations.

`archcompiler/api/rows.py` is the output of `archc ops --format python` for the built-in operations;
`archc ops NAME --format python` prints the class of one operation.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from inspect import cleandoc
from keyword import iskeyword
from typing import Any, NamedTuple

from archcompiler.diagnostics import Findings, Source
from archcompiler.language import nodes, yaml_reader
from archcompiler.language.nodes import MappingNode, SequenceNode
from archcompiler.language.scalars import typed
from archcompiler.language.schema import schema
from archcompiler.operations import REGISTRY, Operation
from archcompiler.operations.fields import REQUIRED, Schema
from archcompiler.operations.record import Record
from archcompiler.operations.reference import described
from archcompiler.operations.training import OPTIMIZERS, SCHEDULES

WIDTH = 100
HEAD = '''"""{title}.

This module is written by `archc ops {name}--format python`.
"""

from __future__ import annotations

{imports}
'''
_TYPES = {"boolean": "bool", "integer": "int", "number": "float"}
_SHARED = ("layer", "type", "when", "repeat", "note")
_ANY = ["string", "number", "boolean", "null", "array", "object"]


class Member(NamedTuple):
    """A field of a class; `default` is None if it has no default of its own."""

    name: str
    annotation: str
    doc: str
    required: bool = False
    default: Any = None


class Module:
    """Collects classes, and the literal types of their fields."""

    def __init__(self) -> None:
        self.schema: Any = schema()
        self.words: dict[tuple[str, ...], str] = {}  # literal types, and their names
        self.classes: dict[str, str] = {}

    def text(self, title: str, base: str, name: str = "") -> str:
        """Return the source of the module; `name` is the operation if it is just one."""
        words = "".join(f"{_literal(called, words)}\n" for words, called in self.words.items())
        typing = [name for name in ("Any", "Literal") if name in f"{words}{self.classes}"]
        imports = [
            *(["from collections.abc import Sequence"] if "Sequence[" in f"{self.classes}" else []),
            f"from typing import {', '.join(typing)}",
            "",
            base,
        ]
        head = HEAD.format(title=title, imports="\n".join(imports), name=f"{name} " if name else "")
        exported = "".join(f'    "{name}",\n' for name in sorted(self.classes, key=_rank))
        parts = [f"{head}\n__all__ = [\n{exported}]\n", *([words] if words else [])]
        return "\n".join(parts) + "".join(f"\n\n{text}" for text in self.classes.values())

    def add(self, name: str, base: str, about: str, members: Sequence[Member]) -> None:
        """Add a class."""
        assert name not in self.classes, f"two classes are called {name}"
        self.classes[name] = "".join(_class(name, base, about, members))

    def add_row(self) -> None:
        """Add the base class of all rows."""
        row = self.schema["$defs"]["row"]["properties"]
        kind = {**row["type"], "description": "An operation, or the name of a block."}
        members = [self._member(key, kind if key == "type" else row[key]) for key in _SHARED]
        self.add("Row", "Part", _ROW, members)

    def add_operation(self, operation: type[Operation]) -> None:
        """Add the class of an operation."""
        definitions, definition = self.schema["$defs"], f"{operation.type}_layer"
        members = self._members(operation.type, operation, definition)
        for key, field in definitions[definition]["properties"].items():
            if "$ref" in (field if isinstance(field, dict) else ()):
                shared = definitions[field["$ref"].rpartition("/")[2]]
                members.append(self._member(key, shared))
            elif key == "from":
                field = definitions["row"]["properties"]["from"]
                several = operation.minimum_inputs > 1
                kind = "Sequence[str]" if several else ""
                members.append(self._member(key, field, several, kind))
        self.add(class_of(operation.type), "Row", _about(operation), members)

    def add_training(self) -> None:
        """Add the classes of the section `training`."""
        self.add("Optimizer", "Part", "A rule that changes parameters by their gradients.", [_TYPE])
        self.add("Schedule", "Part", "How the learning rate changes with the steps.", [_TYPE])
        for base, records in (("Optimizer", OPTIMIZERS), ("Schedule", SCHEDULES)):
            for name, record in records.items():
                members = self._members(name, record, f"{name}_{base.lower()}")
                self.add(record.__name__, base, cleandoc(record.__doc__ or ""), members)
        section = self.schema["properties"]["training"]
        classes = {"optimizer": "Optimizer | str", "schedule": "Schedule | str"}
        members = [
            self._member(key, field, key in section["required"], classes.get(key, ""))
            for key, field in section["properties"].items()
        ]
        self.add("Training", "Part", _said(section), members)

    def _members(self, name: str, record: type[Record], definition: str) -> list[Member]:
        """Return the members of a row, an optimizer or a schedule: its type and its fields."""
        fields = self.schema["$defs"][definition]["properties"]
        own = [
            self._member(key, fields[key], item.default is REQUIRED)
            for key, item in record.fields.items()
        ]
        return [Member("type", f'Literal["{name}"]', "", default=name), *own]

    def _member(
        self, key: str, field: Schema, required: bool = False, annotation: str = ""
    ) -> Member:
        name = f"{key}_" if iskeyword(key) else key
        needed = required or key == "type"
        annotation = annotation or self.annotation(key, field)
        return Member(name, annotation, _said(field), needed, field.get("default"))

    def annotation(self, key: str, field: Schema) -> str:
        """Return the annotation of a field; it includes `str` for expressions."""
        if field.get("type") == _ANY:
            return "Any"
        found: dict[str, None] = {}
        parts = field.get("anyOf", [field])
        kinds = [kind for part in parts for kind in _kinds(part)]
        for part in parts:
            found |= dict.fromkeys(_TYPES[kind] for kind in _TYPES if kind in _kinds(part))
            if "enum" in part:
                found[self._called(key, tuple(part["enum"]))] = None
        found["str"] = None
        if "array" in kinds:
            items = next(part for part in parts if "array" in _kinds(part))
            inner = self.annotation(key, items.get("items") or items["then"]["items"])
            found[f"Sequence[{inner}]"] = None
        return " | ".join(found)

    def _called(self, key: str, words: tuple[str, ...]) -> str:
        """Return the name of a literal type: that of the first field that has it."""
        if words not in self.words:
            taken = list(self.words.values())
            name = class_of(f"{key}_words")
            self.words[words] = name if name not in taken else f"{name}{len(taken)}"
        return self.words[words]


def module() -> str:
    """Return the source for all operations, optimizers and schedules."""
    built = Module()
    built.add_row()
    for operation in REGISTRY.values():
        built.add_operation(operation)
    built.add_training()
    return built.text(_TITLE, "from archcompiler.api.part import Part")


def module_of(operation: type[Operation]) -> str:
    """Return the source for one operation, which may be a plug-in."""
    built = Module()
    built.add_operation(operation)
    title = f"Rows of the type `{operation.type}`"
    return built.text(title, "from archcompiler.api import Row", operation.type)


def class_of(word: str) -> str:
    """Return the name of the class of a type: `MaxPooling` for `max_pooling`."""
    return "".join(part[:1].upper() + part[1:] for part in word.split("_"))


_TITLE = "Rows, optimizers and schedules as typed values"
_ROW = "A row of the table. Operations have classes of their own; blocks are called for theirs."
_TYPE = Member("type", "str", "Which one it is.", required=True)


def _rank(name: str) -> tuple[bool, str]:
    """Return the sort key of a name in `__all__`, as ruff sorts it."""
    return not name.isupper(), name


def _kinds(part: Schema) -> Sequence[str]:
    kinds = part.get("type", ())
    return [kinds] if isinstance(kinds, str) else kinds


def _said(field: Schema) -> str:
    text: str = field.get("markdownDescription") or field.get("description", "")
    return text


def _about(operation: type[Operation]) -> str:
    """Return the docstring of the class of an operation."""
    about = described(operation)
    rules = [f"Reads {about.reads}.", f"Output: {about.shape}"]
    paragraphs = [about.sentence, about.remarks, " ".join(rules)]
    example = "\n".join(f"    {row}," for row in _example(about.example))
    return "\n\n".join([*filter(None, paragraphs), f"Example:\n{example}"])


def _example(text: str) -> Iterator[str]:
    """Yield the rows of an example as Python expressions."""
    layers = yaml_reader.read(Source("", f"layers:\n{text}\n"), Findings()).get("layers")
    assert isinstance(layers, SequenceNode)
    for row in layers.items:
        assert isinstance(row, MappingNode)
        pairs = dict(zip(row.names, row.contents, strict=True))
        called = class_of(str(pairs.pop("type")))
        given = (f"{key}_" if iskeyword(key) else key for key in pairs)
        values = map(_value, pairs.values())
        yield f"{called}({', '.join(map('='.join, zip(given, values, strict=True)))})"


def _value(content: nodes.Content) -> str:
    if isinstance(content, SequenceNode):
        return f"[{', '.join(map(_value, nodes.texts_of(content)))}]"
    assert isinstance(content, str)
    return _literally(typed(content))


def _literally(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _literal(called: str, words: Sequence[str]) -> str:
    """Return the definition of a literal type, as `ruff format` lays it out."""
    quoted = [f'"{word}"' for word in words]
    line = f"{called} = Literal[{', '.join(quoted)}]"
    if len(line) <= WIDTH:
        return line
    return f"{called} = Literal[\n" + "".join(f"    {word},\n" for word in quoted) + "]"


def _class(name: str, base: str, about: str, members: Sequence[Member]) -> Iterator[str]:
    yield f"class {name}({base}):\n"
    yield _docstring(about)
    yield "\n" if members else ""
    for member in members:
        annotation, default = member.annotation, ""
        if member.default is not None:
            default = f" = {_literally(member.default)}"
        elif not member.required:
            default = " = None"
            annotation += "" if annotation == "Any" else " | None"
        yield f"    {member.name}: {annotation}{default}\n"
        yield _docstring(member.doc) if member.doc else ""


def _docstring(text: str) -> str:
    """Return `text` as a docstring; indented lines are not wrapped."""
    width = WIDTH - 4
    lines = []
    for index, paragraph in enumerate(text.split("\n\n")):
        kept = "\n    " in paragraph
        room = width - 3 if index == 0 else width
        lines += ["", *(paragraph.split("\n") if kept else textwrap.wrap(paragraph, room))]
    lines[1] = f'"""{lines[1]}'
    if len(lines) == 2 and len(lines[1]) + 3 <= width:
        lines[1] += '"""'
    else:
        lines.append('"""')
    return "".join(f"    {line}".rstrip() + "\n" for line in lines[1:])
