"""The section `defaults`: values of fields for all layers of a type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archcompiler.language.aliases import canonical_names
from archcompiler.language.names import MISSING
from archcompiler.language.nodes import MappingNode, ScalarNode
from archcompiler.language.spec import Spec
from archcompiler.language.values import ValueReader
from archcompiler.operations import REGISTRY
from archcompiler.operations.fields import ACTIVATION, Kind
from archcompiler.operations.meaning import field_meant, meaning_of, unknown_type
from archcompiler.operations.words import Guess

Defaults = Mapping[str, Mapping[str, Any]]  # by type and field


def read_defaults(spec: Spec, reader: ValueReader) -> Defaults:
    """Return for each type the default values of its fields.

    A field is `MISSING` if its value is faulty, or if it is under a misspelled type that may have
    been this one: rows that lack the field are then not reported for it.
    """
    defaults: dict[str, dict[str, Any]] = {}
    for key, node in spec.defaults.items() if spec.defaults else ():
        guess = _type(key, spec, reader)
        if guess.word not in REGISTRY:
            continue
        section = reader.as_mapping(node, "the defaults of a type are a mapping")
        if section is not None:
            read = _fields if guess.sure else _unsure_fields
            defaults.setdefault(guess.word, {}).update(read(guess.word, section, reader))
    return defaults


def _type(key: ScalarNode, spec: Spec, reader: ValueReader) -> Guess:
    """Return the type that a key names; report an unknown one."""
    meaning = meaning_of(key.text)
    if meaning is not None and not meaning.fields:
        return Guess(meaning.type, sure=True)
    if key.text in spec.blocks:
        message = f"`{key.text}` is a block, whose defaults stand in its own `params`"
        reader.report("ARC201", message, key)
        return Guess(None)
    unknown = unknown_type(key.text, spec.blocks)
    guess = unknown.guess
    reader.report_value("ARC201", unknown.message, key, unknown.help, guess.word, guess.sure)
    return guess


def _kinds(type_name: str) -> dict[str, Kind]:
    kinds = {name: item.kind for name, item in REGISTRY[type_name].fields.items()}
    if REGISTRY[type_name].maximum_inputs != 0:
        kinds.setdefault("activation", ACTIVATION)
    return kinds


def _fields(type_name: str, section: MappingNode, reader: ValueReader) -> dict[str, Any]:
    kinds = _kinds(type_name)
    values: dict[str, Any] = {}
    for name, (key, node) in zip(
        canonical_names(section.names, kinds), section.items(), strict=True
    ):
        if name in kinds:
            values[name] = reader.value(name, kinds[name], node)
            continue
        message = f"unknown field `{key.text}` of the defaults of `{type_name}`"
        guess = field_meant(key.text, kinds)
        reader.unknown_key(key, message, guess, kinds, section.names)
        if not guess.word or guess.word in values:
            continue
        sure = guess.sure and guess.word not in section.names
        values[guess.word] = reader.value(guess.word, kinds[guess.word], node) if sure else MISSING
    return values


def _unsure_fields(type_name: str, section: MappingNode, reader: ValueReader) -> dict[str, Any]:
    kinds = _kinds(type_name)
    return {name: MISSING for name in canonical_names(section.names, kinds) if name in kinds}
