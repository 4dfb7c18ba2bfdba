"""The outermost mapping of a spec: its sections are read, and its keys checked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import ExitStack
from typing import Any, NamedTuple

from archcompiler.diagnostics import Findings, Label, Source
from archcompiler.language import table
from archcompiler.language.aliases import canonical_names
from archcompiler.language.blocks import Block, blocks_of
from archcompiler.language.named_files import Files
from archcompiler.language.names import MISSING
from archcompiler.language.nodes import (
    MappingNode,
    Node,
    Provenance,
    ScalarNode,
    SequenceNode,
    describe,
    span_of,
)
from archcompiler.language.parameters import (
    NAME,
    member_settings,
    origins_of,
    parameters_of,
    report_name,
)
from archcompiler.language.values import ValueReader
from archcompiler.operations import folded
from archcompiler.operations.record import Record
from archcompiler.operations.words import Guess, guessed, nearest

VERSION = 1
KEYS = (
    "archc", "name", "description", "spec", "params", "defaults", "blocks", "layers", "outputs",
    "training",
)  # fmt: skip
OF_A_MEMBER = ("archc", "name", "description", "spec", "params", "training")


class Section(NamedTuple):
    """A section that is read later, and the text that it stands in."""

    node: MappingNode
    source: Source


class Spec(NamedTuple):
    """A spec whose sections are read, but not its rows; or the rows of a block with its arguments.

    A spec may name another one (`spec: resnet/resnet.yaml`) and set its parameters: it is then a
    member of a family. `file` is the text of the member, `source` that of the family, which the
    rows stand in. Without a family both are the same.
    """

    source: Source
    file: Source
    name: str
    description: str
    parameters: Mapping[str, Any]
    defaults: MappingNode | None
    rows: list[Node]
    outputs: list[ScalarNode] | None
    training: Section | None
    blocks: Mapping[str, Block | None]  # None: faulty, which was reported
    named: tuple[Label, ...] = ()  # where members name the family's spec
    origins: Mapping[str, Provenance] = {}  # of the parameters: where their values are written


class UnknownParameter(Exception):
    """A caller sets a parameter that the spec does not have."""

    def __init__(self, name: str, known: Mapping[str, Any]) -> None:
        guess = nearest(name, known)
        hint = f"did you mean `{guess}`?" if guess else f"it has {', '.join(known) or 'none'}"
        super().__init__(f"the spec has no parameter `{name}`: {hint}")


def parse(
    source: Source,
    findings: Findings,
    settings: Mapping[str, Any] | None = None,
    files: Files | None = None,
) -> Spec:
    """Read a spec; `settings` replace values of its `params`, `files` opens the specs it names.

    Raises:
        SpecError: The text cannot be read.
        UnknownParameter: `settings` has a name that is none of its parameters.
    """
    files = files or Files(None)
    spec = _spec(source, findings, settings or {}, files)
    files.finish()
    return spec


def _spec(source: Source, findings: Findings, settings: Mapping[str, Any], files: Files) -> Spec:
    """Return a spec, whose blocks are filled in when `files` finishes.

    The parameters that a member sets override those of the spec that it names, and so on.
    """
    members, family = _members(source, findings, files)
    origins: dict[str, Provenance] = {}
    if family is None:
        spec = Spec(source, source, "", "", {}, None, [], None, None, {})
    else:
        params = family.root.get("params")
        known = params.names if isinstance(params, MappingNode) else ()
        with ExitStack() as uses:
            for member in members:
                own = member_settings(member.params, known, member.reader)
                origins = {**origins_of(member.params, member.reader, settings), **origins}
                settings = {**own, **settings}
                uses.enter_context(findings.used(member.label))
            spec = _family(*family, settings, origins, files)
    if not members:
        return spec
    return spec._replace(
        file=source,
        name=members[0].name,
        description=next(filter(None, (m.description for m in members)), spec.description),
        training=next(filter(None, (m.training for m in members)), spec.training),
        named=tuple(member.label for member in reversed(members)),
    )


class _Text(NamedTuple):
    """The outermost mapping of a text, and a reader of its values."""

    root: MappingNode
    reader: ValueReader


class _Member(NamedTuple):
    """The sections of a spec that names another one; `label` is where it names it."""

    reader: ValueReader
    name: str
    description: str
    params: MappingNode | None
    training: Section | None
    label: Label


def _members(
    source: Source, findings: Findings, files: Files
) -> tuple[list[_Member], _Text | None]:
    """Follow `spec` from `source` on: return the members, and the family that names no other.

    The family is None if a file cannot be opened, which was reported.
    """
    members: list[_Member] = []
    with ExitStack() as uses:
        while True:
            root, reader = text = _text(source, findings, files)
            at = root.get("spec")
            if at is None or "layers" in root.names:
                return members, text
            name, description = _name(root, reader), reader.text(root, "description")
            training, params = _section(root, "training", reader), reader.mapping(root, "params")
            label = Label(reader.span(at), f"`{name}` is this spec, named here")
            members.append(_Member(reader, name, description, params, training, label))
            named = files.open(at, reader)
            if named is None:
                return members, None
            source = named
            uses.enter_context(findings.used(label))


def _text(source: Source, findings: Findings, files: Files) -> _Text:
    reader = ValueReader(source, findings, {})
    root = files.root(source, findings)
    if "spec" in root.names and "layers" not in root.names:
        root = reader.corrected(root, "a spec that names another", OF_A_MEMBER)
    else:
        root = reader.corrected(root, "a spec", KEYS)
        if "spec" in root.names and "layers" in root.names:
            message = "a spec has `layers`, or names the `spec` that has them"
            reader.report("ARC106", message, root.key("spec"))
    _check_version(root, reader)
    return _Text(root, reader)


def _family(
    root: MappingNode,
    reader: ValueReader,
    settings: Mapping[str, Any],
    origins: Mapping[str, Provenance],
    files: Files,
) -> Spec:
    """Return a spec that has `layers`; `origins` are where `settings` of members are written."""
    params = reader.mapping(root, "params")
    parameters = parameters_of(params, reader, settings)
    for name in settings:
        if name not in parameters:
            raise UnknownParameter(name, parameters)
    spec = Spec(
        reader.source,
        reader.source,
        _name(root, reader),
        reader.text(root, "description"),
        parameters,
        reader.mapping(root, "defaults"),
        table.rows_under(root, "a spec", reader),
        _outputs(root, reader),
        _section(root, "training", reader),
        {},
        origins={**origins_of(params, reader, settings), **origins},
    )
    blocks = reader.mapping(root, "blocks")
    return spec._replace(blocks=blocks_of(blocks, spec, reader.findings, files, _spec))


def _check_version(root: MappingNode, reader: ValueReader) -> None:
    node = root.get("archc")
    if node is None:
        at = root.keys[0] if root.keys else root
        reader.report(
            "ARC107",
            "a spec states its language version",
            at,
            help=[f"begin with `archc: {VERSION}`"],
        )
    elif not isinstance(node, ScalarNode) or node.text != str(VERSION):
        message = (
            f"this version of archc reads language version {VERSION}; this is {describe(node)}"
        )
        reader.report("ARC107", message, node, help=[f"write `archc: {VERSION}`"])


def _name(root: MappingNode, reader: ValueReader) -> str:
    node = root.get("name")
    if isinstance(node, ScalarNode) and NAME.match(node.text):
        return node.text
    if node is None:
        reader.missing(root, "a spec needs `name`", "name", "for example `name: AlexNet`")
        return "Network"
    report_name(reader, node, "the name of a network")
    return "Network"


def _section(root: MappingNode, key: str, reader: ValueReader) -> Section | None:
    node = reader.mapping(root, key)
    return None if node is None else Section(node, reader.source)


def _outputs(root: MappingNode, reader: ValueReader) -> list[ScalarNode] | None:
    node = root.get("outputs")
    if node is None:
        return None
    return reader.layers("outputs", node)


def training_of(spec: Spec, findings: Findings) -> Any:
    """Return the checked `training` section, or None if there is none (or a faulty one)."""
    from archcompiler.operations.training import (
        LOSSES,
        METRICS,
        OPTIMIZERS,
        SCHEDULES,
        Training,
    )

    if spec.training is None:
        return None
    reader = ValueReader(spec.training.source, findings, spec.parameters, spec.origins)
    section = reader.corrected(
        spec.training.node, "`training`", ("loss", "optimizer", "schedule", "metrics")
    )
    for name in ("loss", "optimizer"):
        if section.get(name) is None:
            reader.missing(section, f"`training` needs `{name}`", name)
    loss = _word(section.get("loss"), "a loss", LOSSES, reader)
    metrics = section.get("metrics")
    words = metrics.items if isinstance(metrics, SequenceNode) else [metrics] if metrics else []
    named = [_word(word, "a metric", METRICS, reader) for word in words]
    for word, metric in zip(words, named, strict=True):
        if metric is not None and loss is not None and loss not in METRICS[metric]:
            message = f"the metric `{metric}` is not for the loss `{loss}`"
            losses = ", ".join(f"`{fitting}`" for fitting in METRICS[metric])
            reader.report("ARC203", message, word, help=[f"it is for {losses}"])
    optimizer = _of_a_type(section.get("optimizer"), "an optimizer", OPTIMIZERS, reader)
    written = section.get("schedule")
    schedule = _of_a_type(written, "a schedule", SCHEDULES, reader)
    if loss is None or optimizer is None or None in named or (written and not schedule):
        return None
    return Training(loss, optimizer, tuple(dict.fromkeys(map(str, named))), schedule)


def _word(node: Node | None, what: str, known: Any, reader: ValueReader) -> str | None:
    if node is None:
        return None
    wanted = f"{what} is one of {len(known)} words"
    raw = reader.raw(node, wanted)
    if raw is None or (isinstance(raw, str) and raw in known):
        return raw if isinstance(raw, str) else None
    guess = _word_meant(raw, known) if isinstance(raw, str) else Guess(None)
    choices = ", ".join(f"`{word}`" for word in known)
    hint = f"did you mean `{guess.word}`?" if guess.word else f"one of {choices}"
    message = f"{wanted}; this is {reader.given(node)}"
    reader.report_value("ARC203", message, node, [hint], guess.word, guess.sure)
    return None


def _word_meant(word: str, known: Collection[str]) -> Guess:
    """Return the loss, metric, optimizer or schedule that `word` stands for."""
    from archcompiler.operations.training import ALMOST_KNOWN_AS, KNOWN_AS

    for words, sure in ((KNOWN_AS, True), (ALMOST_KNOWN_AS, False)):
        called = words.get(folded(word))
        if called in known:
            return Guess(called, sure)
    return guessed(word, known)


def _of_a_type(node: Node | None, what: str, known: Mapping[str, Any], reader: ValueReader) -> Any:
    """Return an optimizer or schedule, from a mapping with `type` or from the type alone."""
    if isinstance(node, MappingNode):
        near = next((name for name in node.names if guessed(name, ("type",)).sure), "type")
        node = reader.corrected(node, what, ("type",), others=[n for n in node.names if n != near])
        word = node.get("type")
        if word is None:
            example = next(iter(known))
            reader.missing(node, f"{what} needs `type`", "type", f"for example `type: {example}`")
        name = _word(word, what, known, reader)
    else:
        name = _word(node, what, known, reader)
        if name and node:
            node = MappingNode((), [], (), *span_of(node, reader.source)[1:])
    if name is None:
        return None
    assert isinstance(node, MappingNode)
    owner = f"the {what.partition(' ')[2]} `{name}`"
    node = _with_own_names(node, known[name])
    values = reader.fields(node, owner, known[name].fields, others=("type",))
    if values is None:
        return None
    return known[name](**{key: value for key, value in values.items() if value is not MISSING})


def _with_own_names(node: MappingNode, record: type[Record]) -> MappingNode:
    """Return the mapping of an optimizer or schedule with canonical names of its fields."""
    known = [*record.fields, "type"]
    own = [getattr(record, "known_as", {}).get(name, name) for name in node.names]
    names = tuple(
        name if name in known or own.count(field) > 1 else field
        for field, name in zip(canonical_names(tuple(own), known), node.names, strict=True)
    )
    return MappingNode(names, node.contents, node.places, node.start, node.end)
