"""The parts of a spec, each with its place: the outermost mapping, read and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping as Map
from typing import Any, NamedTuple

from archcompiler.diagnostics import Findings, Source
from archcompiler.language import reader, table
from archcompiler.language.nodes import Mapping, Node, Scalar, Sequence, describe
from archcompiler.language.values import MISSING, Reader
from archcompiler.operations import folded
from archcompiler.operations.fields import Flag, Invalid, Number
from archcompiler.operations.words import nearest

VERSION = 1
KEYS = ("archc", "name", "description", "params", "defaults", "layers", "outputs", "training")
LATER = {"blocks": "blocks"}

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}\Z")
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}\Z")


class Spec(NamedTuple):
    """A spec before its layers are elaborated."""

    source: Source
    name: str
    description: str
    parameters: Map[str, Any]
    defaults: Mapping | None
    rows: list[Node]
    outputs: list[Scalar] | None
    training: Mapping | None


class UnknownParameter(Exception):
    """A parameter was set that the spec does not have."""

    def __init__(self, name: str, known: Map[str, Any]) -> None:
        guess = nearest(name, known)
        hint = f"did you mean `{guess}`?" if guess else f"it has {', '.join(known) or 'none'}"
        super().__init__(f"the spec has no parameter `{name}`: {hint}")


def parse(source: Source, findings: Findings, settings: Map[str, str] | None = None) -> Spec:
    """Read a spec; `settings` replaces values of its `params`.

    Raises:
        SpecError: The text cannot be read, or has no layers.
        UnknownParameter: `settings` sets a parameter that is not there.
    """
    root = reader.read(source, findings)
    reads = Reader(source, findings, {})
    root = _with_known_keys(root, reads)
    _check_version(root, reads)
    parameters = _parameters(root, reads, settings or {})
    return Spec(
        source,
        _name(root, reads),
        _text(root, "description", reads),
        parameters,
        _mapping(root, "defaults", reads),
        _rows(root, reads),
        _outputs(root, reads),
        _mapping(root, "training", reads),
    )


def _with_known_keys(root: Mapping, reads: Reader) -> Mapping:
    for key in root.keys:
        if key.text in LATER:
            reads.report("ARC107", f"this version of archc has no {LATER[key.text]} yet", key)
    return reads.meant(root, "a spec", KEYS, others=LATER)


def _check_version(root: Mapping, reads: Reader) -> None:
    node = root.get("archc")
    if node is None:
        at = root.keys[0] if root.keys else root
        reads.report(
            "ARC107",
            "a spec states its language version",
            at,
            help=[f"begin with `archc: {VERSION}`"],
        )
    elif not isinstance(node, Scalar) or node.text != str(VERSION):
        message = (
            f"this version of archc reads language version {VERSION}; this is {describe(node)}"
        )
        reads.report("ARC107", message, node, help=[f"write `archc: {VERSION}`"])


def _name(root: Mapping, reads: Reader) -> str:
    node = root.get("name")
    if isinstance(node, Scalar) and NAME.match(node.text):
        return node.text
    if node is None:
        reads.missing(root, "a spec needs `name`", "name", "for example `name: AlexNet`")
        return "Network"
    report_name(reads, node, "the name of a network")
    return "Network"


def report_name(reads: Reader, node: Node, what: str) -> None:
    """Report a name that is none, with the nearest one that is."""
    import unicodedata

    text = node.text if isinstance(node, Scalar) else ""
    plain = unicodedata.normalize("NFKD", text[:200]).encode("ascii", "ignore").decode()
    legal = re.sub(r"[^A-Za-z0-9]+", "_", plain).lstrip("_0123456789").rstrip("_")[:64]
    reads.report(
        "ARC205",
        f"{what} is a letter, then letters, digits and underscores, at most 64 characters;"
        f" this is {reads.given(node)}",
        node,
        help=[f"for example `{legal}`" if legal else None],
        fix=legal or None,
    )


def _text(root: Mapping, key: str, reads: Reader) -> str:
    node = root.get(key)
    if node is None:
        return ""
    if not isinstance(node, Scalar) or len(node.text) > 2000:
        message = f"`{key}` is a text of at most 2000 characters; this is {describe(node)}"
        reads.report("ARC203", message, node)
        return ""
    return node.text


def _mapping(root: Mapping, key: str, reads: Reader) -> Mapping | None:
    node = root.get(key)
    if node is None or isinstance(node, Mapping):
        return node
    reads.report("ARC106", f"`{key}` is a mapping; this is {describe(node)}", node)
    return None


def typed(text: str) -> int | float | bool | str:
    """Return a scalar as YAML 1.2's core schema has it."""
    if _INTEGER.match(text):
        return int(text)
    for kind in (Flag(), Number()):
        try:
            value: float | bool = kind.parse(text)
        except Invalid:
            continue
        return value
    return text


def _parameters(root: Mapping, reads: Reader, settings: Map[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    mapping = _mapping(root, "params", reads)
    for key, node in mapping.items() if mapping else ():
        if not NAME.match(key.text):
            report_name(reads, key, "the name of a parameter")
        elif isinstance(node, Scalar) and node.text:
            values[key.text] = typed(node.text)
        elif isinstance(node, Sequence) and all(isinstance(item, Scalar) for item in node.items):
            values[key.text] = [typed(item.text) for item in node.items if isinstance(item, Scalar)]
        else:
            message = f"the parameter `{key.text}` is a value or a list of values; this is "
            reads.report("ARC203", message + describe(node), node)
            values[key.text] = MISSING
    for name, text in settings.items():
        if name not in values:
            raise UnknownParameter(name, values)
        values[name] = typed(text)
    return values


def _rows(root: Mapping, reads: Reader) -> list[Node]:
    node = root.get("layers")
    if isinstance(node, Scalar) and table.is_table(reads.source, node):
        return table.rows_of(reads.source, node, reads.findings)
    if isinstance(node, Sequence) and node.items:
        return node.items
    help_lines = ["a list of rows, `- {layer: C1, type: convolution, …}`, or a table after `|`"]
    if node is None:
        reads.missing(root, "a spec needs `layers`", "layers", help_lines[0])
    else:
        message = f"`layers` is a list of rows or a table; this is {describe(node)}"
        reads.report("ARC106", message, node, help=help_lines)
    return []


def _outputs(root: Mapping, reads: Reader) -> list[Scalar] | None:
    node = root.get("outputs")
    if node is None:
        return None
    return reads.layers("outputs", node)


def training_of(spec: Spec, findings: Findings) -> Any:
    """Return the checked `training` section, or None if there is none (or a faulty one)."""
    from archcompiler.operations.training import LOSSES, METRICS, OPTIMIZERS, Training

    section = spec.training
    if section is None:
        return None
    reads = Reader(spec.source, findings, spec.parameters)
    section = reads.meant(section, "`training`", ("loss", "optimizer", "metrics"))
    for name in ("loss", "optimizer"):
        if section.get(name) is None:
            reads.missing(section, f"`training` needs `{name}`", name)
    loss = _word(section.get("loss"), "a loss", LOSSES, reads)
    metrics = section.get("metrics")
    words = metrics.items if isinstance(metrics, Sequence) else [metrics] if metrics else []
    named = [_word(word, "a metric", METRICS, reads) for word in words]
    for word, metric in zip(words, named, strict=True):
        if metric is not None and loss is not None and loss not in METRICS[metric]:
            message = f"the metric `{metric}` is not for the loss `{loss}`"
            losses = ", ".join(f"`{fitting}`" for fitting in METRICS[metric])
            reads.report("ARC203", message, word, help=[f"it is for {losses}"])
    optimizer = _optimizer(section.get("optimizer"), OPTIMIZERS, reads)
    if loss is None or optimizer is None or None in named:
        return None
    return Training(loss, optimizer, tuple(dict.fromkeys(map(str, named))))


def _word(node: Node | None, what: str, known: Any, reads: Reader) -> str | None:
    if node is None:
        return None
    wanted = f"{what} is one of {len(known)} words"
    raw = reads.raw(node, wanted)
    if raw is None or (isinstance(raw, str) and raw in known):
        return raw if isinstance(raw, str) else None
    guess = None
    if isinstance(raw, str):
        from archcompiler.operations.training import KNOWN_AS

        called = KNOWN_AS.get(folded(raw))
        guess = called if called in known else nearest(raw.lower(), known)
    choices = ", ".join(f"`{word}`" for word in known)
    hint = f"did you mean `{guess}`?" if guess else f"one of {choices}"
    reads.report("ARC203", f"{wanted}; this is {reads.given(node)}", node, help=[hint], fix=guess)
    return None


def _optimizer(node: Node | None, known: Map[str, Any], reads: Reader) -> Any:
    if isinstance(node, Mapping):
        word = node.get("type")
        if word is None:
            reads.missing(node, "an optimizer needs `type`", "type", "for example `type: sgd`")
        name = _word(word, "an optimizer", known, reads)
        if name is None:
            return None
        values = reads.fields(node, f"the optimizer `{name}`", known[name].fields, others=("type",))
        if values is None:
            return None
        return known[name](**{key: value for key, value in values.items() if value is not MISSING})
    name = _word(node, "an optimizer", known, reads)
    return known[name]() if name else None
