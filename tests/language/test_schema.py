"""The JSON Schema of specs: it takes every sound spec, and blames the place of a fault."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError

import archcompiler
from archcompiler.cli import cli
from archcompiler.language.schema import schema
from archcompiler.language.spec import KEYS
from archcompiler.operations import REGISTRY
from archcompiler.operations.fields import ACTIVATION, Count, Flag, Invalid, Kind
from archcompiler.operations.lengths import Size
from archcompiler.operations.training import LOSSES, METRICS, OPTIMIZERS
from archcompiler.operations.words import COMMON
from scripts.specs import FAMILIES, SPECS
from tests import core_yaml
from tests.backends import test_blocks
from tests.conftest import ROOT, sampled
from tests.language import test_table
from tests.operations import test_backends_agree
from tests.random_blocks import sound
from tests.repository.test_docs import BLOCKS, _completed

FILE = ROOT / "schema" / "archc-1.schema.json"
DOCUMENT = schema()
VALIDATOR = Draft202012Validator(DOCUMENT)


def errors(text: str) -> list[ValidationError]:
    return list(VALIDATOR.iter_errors(core_yaml.load(text)))


def test_it_is_a_schema_of_draft_2020_12() -> None:
    Draft202012Validator.check_schema(DOCUMENT)
    for reference in references(DOCUMENT):
        target: Any = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]
        assert isinstance(target, dict)


def references(part: Any) -> Iterator[str]:
    """Return all `$ref` in a part of a schema."""
    if isinstance(part, dict):
        yield from [part["$ref"]] if "$ref" in part else []
        part = list(part.values())
    for item in part if isinstance(part, list) else ():
        yield from references(item)


def test_the_committed_file_is_what_the_command_prints(
    golden: Callable[[object, str], None],
) -> None:
    result = CliRunner().invoke(cli, ["schema"])
    assert result.exit_code == 0
    assert json.loads(result.stdout) == DOCUMENT
    golden(FILE, result.stdout)


@pytest.mark.parametrize("path", [*SPECS, *FAMILIES], ids=lambda path: path.stem)
def test_every_spec_names_the_schema_for_editors(path: Any) -> None:
    first = path.read_text().partition("\n")[0]
    comment, _, target = first.partition("=")
    assert comment == "# yaml-language-server: $schema"
    assert (path.parent / target).resolve() == FILE


# --- what is sound


def case(rows: tuple[str, ...]) -> str:
    """Return a case of tests/operations/test_backends_agree.py as a spec."""
    lines = [row if row.startswith("outputs") else f"- {{{row}}}" for row in rows]
    return "\n".join(["archc: 1", "name: Case", "layers:", *lines, ""])


def documented() -> Iterator[Any]:
    """Return the sound specs of the documentation."""
    for block in BLOCKS:
        if block.page == "plugins.md":  # its package is not installed here: see test_example.py
            continue
        shows_faults = block.page == "ci.md" or block.file.startswith("wrong")
        if block.language == "yaml" and not shows_faults:
            whole = re.search(r"^archc:", block.text, re.MULTILINE)
            text = block.text if whole else _completed(block.text)
            yield pytest.param(text, id=f"{block.page}:{block.line}")


SOUND = [
    *(pytest.param(path.read_text(), id=path.stem) for path in [*SPECS, *FAMILIES]),
    *documented(),
    *(pytest.param(test_blocks.HEAD + text, id=name) for name, text in test_blocks.CASES.items()),
    *(pytest.param(text, id=f"table, {name}") for name, text in test_table.FORMS.items()),
]


@pytest.mark.parametrize("text", sampled(SOUND, 5))
def test_sound_specs_have_no_errors(text: str) -> None:
    assert errors(text) == []


@pytest.mark.parametrize("seed", range(60))
def test_random_specs_have_no_errors(seed: int) -> None:
    assert errors(sound(seed)) == []


@pytest.mark.slow
@pytest.mark.parametrize("group", test_backends_agree.GROUPS)
def test_every_operation_in_every_way_has_no_errors(group: str) -> None:
    for name, rows in test_backends_agree.GROUPS[group].items():
        assert errors(case(rows)) == [], name


ODD = {
    "quoted values": '- {layer: "C1", type: "convolution", maps: "4", kernel: "3", bias: "true"}',
    "signs and zeros": "- {type: convolution, maps: +04, kernel: 03x03, padding: 0x1}",
    "spaces in a size": "- {type: convolution, maps: 4, kernel: 3 x 3, size: 30 x 30}",
    "a list": "- {type: convolution, maps: 4, kernel: [3, '3'], padding: [0, 1, 0, 1]}",
    "numbers": "- {type: dropout, rate: .5}",
    "numbers with exponents": "- {type: batch_normalization, epsilon: 1e-5, momentum: '1E-1'}",
    "expressions": '- {type: convolution, maps: "${4}", kernel: "${1}x3", bias: "${1 > 2}"}',
    "an expression in a call": '- {type: activation, activation: "leaky_relu(${0.1})"}',
    "a call": '- {type: fully_connected, size: 3, kernel_initializer: "uniform( -1e-3 , .1 )"}',
    "an expression as a type": "- {type: \"${'convolution'}\", maps: 4, kernel: 3}",
    "a note of any kind": "- {type: flatten, note: {read: [by, nobody]}}",
    "left out, with any inputs": "- {type: flatten}\n- {type: add, when: false}",
    "repeated": "- {type: flatten, repeat: 3}",
    "a description that is a number": "- {type: flatten}\ndescription: 2012",
    "a description that is empty": "- {type: flatten}\ndescription:",
    "an optimizer by its name": "- {type: fully_connected, size: 3, activation: softmax}\n"
    "training: {loss: categorical_crossentropy, optimizer: adam, metrics: accuracy}",
    "an expression in the training": "- {type: fully_connected, size: 3}\nparams: {rate: 0.1}\n"
    'training: {loss: mean_squared_error, optimizer: {type: sgd, learning_rate: "${rate}"}}',
    "parameters of all kinds": "- {type: flatten}\nparams: {a: 1, b: x, c: true, d: [1, y], e: []}",
    "a required field among the defaults": "- {type: dropout}\ndefaults: {dropout: {rate: 0.1}}",
    "an activation among the defaults": "- {type: flatten}\ndefaults: {flatten: {activation: elu}}",
    "one output": "- {layer: a, type: flatten}\noutputs: a",
}
HEAD = "archc: 1\nname: Net\nlayers:\n- {layer: In, type: input, maps: 3, size: 32x32}\n"


@pytest.mark.parametrize("rows", ODD.values(), ids=ODD)
def test_all_ways_to_write_have_no_errors(rows: str) -> None:
    archcompiler.loads(HEAD + rows + "\n")  # they are of the language
    assert errors(HEAD + rows + "\n") == []


# --- what is not

# the rest of a spec, the place that is blamed, and a part of the message
FAULTS: dict[str, tuple[str, tuple[str | int, ...], str]] = {
    "unknown key": ("trainig: {}", (), "'trainig' was unexpected"),
    "unknown field": (
        "- {type: convolution, maps: 4, kernel: 3, speed: 2}",
        ("layers", 1),
        "'speed' was unexpected",
    ),
    "a field of another operation": (
        "- {type: flatten, kernel: 3}",
        ("layers", 1),
        "'kernel' was unexpected",
    ),
    "an activation of an input": (
        "- {type: input, size: 3, activation: relu}",
        ("layers", 1),
        "'activation' was unexpected",
    ),
    "unknown type": ("- {type: maxpoling, kernel: 3}", ("layers", 1, "type"), "'maxpoling'"),
    "a type that is none": ("- {type: [flatten]}", ("layers", 1, "type"), "'string'"),
    "no type": ("- {layer: C1}", ("layers", 1), "'type' is a required"),
    "a row that is none": ("- flatten", ("layers", 1), "'object'"),
    "missing field": ("- {type: max_pooling}", ("layers", 1), "'kernel' is a required"),
    "missing field in a block": (
        "- {type: unit}\nblocks: {unit: {layers: [{type: dropout}]}}",
        ("blocks", "unit", "layers", 0),
        "'rate' is a required",
    ),
    "too few inputs": ("- {type: add, from: [In]}", ("layers", 1, "from"), "too short"),
    "one input of a merge": ("- {type: add, from: In}", ("layers", 1, "from"), "'array'"),
    "no inputs of a merge": ("- {type: add}", ("layers", 1), "'from' is a required"),
    "too many inputs": ("- {type: flatten, from: [In, In]}", ("layers", 1, "from"), "too long"),
    "an input that reads": (
        "- {type: input, size: 3, from: In}",
        ("layers", 1),
        "'from' was unexpected",
    ),
    "not a name": ("- {layer: 1st, type: flatten}", ("layers", 1, "layer"), "'1st'"),
    "nothing": (
        "- {type: convolution, maps: , kernel: 3}",
        ("layers", 1, "maps"),
        "None is not of type",
    ),
    "a text in the place of a number": (
        "- {type: convolution, maps: many, kernel: 3}",
        ("layers", 1, "maps"),
        "'many'",
    ),
    "a fraction in the place of a whole number": (
        "- {type: convolution, maps: 4.5, kernel: 3}",
        ("layers", 1, "maps"),
        "4.5 is not of type",
    ),
    "below the minimum": (
        "- {type: convolution, maps: 0, kernel: 3}",
        ("layers", 1, "maps"),
        "minimum",
    ),
    "half a window": (
        "- {type: convolution, maps: 4, kernel: 3x}",
        ("layers", 1, "kernel"),
        "'3x'",
    ),
    "a window of four": (
        "- {type: convolution, maps: 4, kernel: [3, 3, 3, 3]}",
        ("layers", 1, "kernel"),
        "too long",
    ),
    "a wrong item": (
        "- {type: convolution, maps: 4, kernel: [3, x]}",
        ("layers", 1, "kernel", 1),
        "'x'",
    ),
    "unknown padding": (
        "- {type: convolution, maps: 4, kernel: 3, padding: full}",
        ("layers", 1, "padding"),
        "'full'",
    ),
    "a wrong truth value": (
        "- {type: convolution, maps: 4, kernel: 3, bias: no}",
        ("layers", 1, "bias"),
        "'no'",
    ),
    "unknown activation": (
        "- {type: flatten, activation: rellu}",
        ("layers", 1, "activation"),
        "'rellu'",
    ),
    "an argument that is no number": (
        "- {type: flatten, activation: leaky_relu(x)}",
        ("layers", 1, "activation"),
        "'leaky_relu(x)'",
    ),
    "an argument too many": (
        "- {type: flatten, activation: relu(1)}",
        ("layers", 1, "activation"),
        "'relu(1)'",
    ),
    "an argument that is missing": (
        "- {type: fully_connected, size: 3, kernel_initializer: normal}",
        ("layers", 1, "kernel_initializer"),
        "'normal'",
    ),
    "an initializer that is not for biases": (
        "- {type: fully_connected, size: 3, bias_initializer: he_normal}",
        ("layers", 1, "bias_initializer"),
        "'he_normal'",
    ),
    "unknown rounding": (
        "- {type: max_pooling, kernel: 3, rounding: up}",
        ("layers", 1, "rounding"),
        "'up'",
    ),
    "not a number": ("- {type: dropout, rate: 50%}", ("layers", 1, "rate"), "'50%'"),
    "at a bound that is left out": ("- {type: dropout, rate: 1}", ("layers", 1, "rate"), "maximum"),
    "a size of four": (
        "- {type: flatten, size: 3x3x3x3}",
        ("layers", 1, "size"),
        "'3x3x3x3'",
    ),
    "a wrong condition": ("- {type: flatten, when: 1}", ("layers", 1, "when"), "1 is not of type"),
    "too many copies": ("- {type: flatten, repeat: 1001}", ("layers", 1, "repeat"), "maximum"),
    "a mapping for a block's parameter": (
        "- {type: unit, a: {b: 1}}\nblocks: {unit: {params: {a: 1}, layers: [{type: flatten}]}}",
        ("layers", 1, "a"),
        "{'b': 1}",
    ),
    "a mapping as a parameter": ("params: {a: {b: 1}}", ("params", "a"), "{'b': 1}"),
    "a parameter's name that is taken": ("params: {index: 1}", ("params",), "'index'"),
    "outputs that are no names": ("outputs: [In, {}]", ("outputs", 1), "'string'"),
    "defaults of nothing": ("defaults: {convv: {}}", ("defaults",), "'convv' was unexpected"),
    "an unknown default": (
        "defaults: {convolution: {kernal: 3}}",
        ("defaults", "convolution"),
        "'kernal' was unexpected",
    ),
    "a wrong default": (
        "defaults: {convolution: {bias: 2}}",
        ("defaults", "convolution", "bias"),
        "2 is not of type",
    ),
    "a block's name that is taken": (
        "blocks: {convolution: {layers: [{type: flatten}]}}",
        ("blocks",),
        "'convolution'",
    ),
    "a block without rows": ("blocks: {unit: {}}", ("blocks", "unit"), "'layers' is a required"),
    "an unknown key of a block": (
        "blocks: {unit: {layer: x, layers: [{type: flatten}]}}",
        ("blocks", "unit"),
        "'layer' was unexpected",
    ),
    "a wrong field in a block": (
        "blocks: {unit: {layers: [{type: flatten, maps: x}]}}\n- {type: unit}",
        ("blocks", "unit", "layers", 0, "maps"),
        "'x'",
    ),
    "unknown loss": (
        "training: {loss: mse, optimizer: sgd}",
        ("training", "loss"),
        "'mse'",
    ),
    "unknown optimizer": (
        "training: {loss: mean_squared_error, optimizer: sgdd}",
        ("training", "optimizer"),
        "'sgdd'",
    ),
    "unknown type of optimizer": (
        "training: {loss: mean_squared_error, optimizer: {type: sgdd}}",
        ("training", "optimizer", "type"),
        "'sgdd'",
    ),
    "a field of another optimizer": (
        "training: {loss: mean_squared_error, optimizer: {type: adam, momentum: 0.9}}",
        ("training", "optimizer"),
        "'momentum' was unexpected",
    ),
    "a wrong number of an optimizer": (
        "training: {loss: mean_squared_error, optimizer: {type: sgd, learning_rate: -1}}",
        ("training", "optimizer", "learning_rate"),
        "minimum",
    ),
    "unknown metric": (
        "training: {loss: mean_squared_error, optimizer: sgd, metrics: [speed]}",
        ("training", "metrics", 0),
        "'speed'",
    ),
    "no loss": ("training: {optimizer: sgd}", ("training",), "'loss' is a required"),
}


def faulty(rest: str) -> str:
    """Return a spec with rows and sections, in any order."""
    lines = rest.splitlines()
    rows = [line for line in lines if line.startswith("- ")]
    return HEAD + "".join(f"{line}\n" for line in [*rows, *(x for x in lines if x not in rows)])


def just_one(text: str, place: tuple[str | int, ...], part: str) -> None:
    """Assert that the schema blames `place` alone, and that the language refuses the spec, too."""
    found = errors(text)
    assert [tuple(error.absolute_path) for error in found] == [place], found
    assert part in found[0].message
    with pytest.raises(archcompiler.SpecError):
        archcompiler.loads(text)


@pytest.mark.parametrize(("rest", "place", "part"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_blamed_where_it_stands(
    rest: str, place: tuple[str | int, ...], part: str
) -> None:
    just_one(faulty(rest), place, part)


ROWS = "layers: [{type: input, size: 3}]"


@pytest.mark.parametrize(
    ("text", "place", "part"),
    [
        (f"name: Net\n{ROWS}", (), "'archc' is a required"),
        (f"archc: 1\n{ROWS}", (), "'name' is a required"),
        ("archc: 1\nname: Net", (), "'layers' is a required"),
        (f"archc: 2\nname: Net\n{ROWS}", ("archc",), "maximum"),
        (f"archc: 1\nname: 2 Nets\n{ROWS}", ("name",), "'2 Nets'"),
        ("archc: 1\nname: Net\nlayers: 5", ("layers",), "5 is not of type"),
        ("archc: 1\nname: Net\nlayers: []", ("layers",), "non-empty"),
        (f"archc: 1\nname: Net\nspec: a.yaml\n{ROWS}", (), "'layers' was unexpected"),
        ("archc: 1\nname: Net\nspec: a.yaml\ndefaults: {}", (), "'defaults' was unexpected"),
        ("- a list", (), "'object'"),
    ],
)
def test_faults_of_a_whole_file(text: str, place: tuple[str | int, ...], part: str) -> None:
    just_one(text + "\n", place, part)


def test_where_a_file_has_blocks_any_type_may_be_one() -> None:
    blocks = "blocks: {unit: {params: {kernal: 3}, layers: [{type: flatten}]}}"
    assert errors(faulty(f"- {{type: unit, kernal: 5, deep: [1]}}\n{blocks}")) == []


# --- nothing is forgotten


def kinds() -> Iterator[type[Kind]]:
    waiting = Kind.__subclasses__()
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        yield kind


def test_every_kind_of_field_has_a_schema() -> None:
    for kind in kinds():
        assert "schema" in vars(kind), kind


def test_every_key_field_and_word_is_there() -> None:
    definitions = DOCUMENT["$defs"]
    assert set(DOCUMENT["properties"]) == set(KEYS)
    assert set(definitions["row"]["properties"]) == set(COMMON) - {"activation", "maps", "size"}
    for name, operation in REGISTRY.items():
        own = {*operation.fields, *COMMON} - ({"activation", "from"} if name == "input" else set())
        assert set(definitions[f"{name}_layer"]["properties"]) == own
        for field, item in operation.fields.items():
            shown = definitions[f"{name}_layer"]["properties"][field]
            assert item.doc[1:] in shown["description"]
            assert shown["title"] == field
    for name, optimizer in OPTIMIZERS.items():
        keys = set(definitions[f"{name}_optimizer"]["properties"])
        assert keys == {"type", *optimizer.fields}
    training = DOCUMENT["properties"]["training"]["properties"]
    assert training["loss"]["anyOf"][0]["enum"] == [*LOSSES]
    assert training["metrics"]["items"]["anyOf"][0]["enum"] == [*METRICS]
    assert [one["const"] for one in definitions["row"]["properties"]["type"]["anyOf"][:-1]] == [
        *REGISTRY
    ]


@pytest.mark.parametrize(
    ("layer", "field", "default"),
    [
        ("convolution", "stride", 1),
        ("convolution", "padding", "valid"),
        ("convolution", "bias", True),
        ("convolution", "kernel_initializer", "glorot_uniform"),
        ("batch_normalization", "epsilon", 1e-5),
        ("max_pooling", "rounding", "floor"),
    ],
)
def test_defaults_are_those_of_the_fields(layer: str, field: str, default: object) -> None:
    shown = DOCUMENT["$defs"][f"{layer}_layer"]["properties"]
    assert shown[field]["default"] == default
    assert "default" not in shown.get("kernel", {})
    assert VALIDATOR.evolve(schema=shown[field]).is_valid(default)


# where a field stands in the schema: its kind
FIELDS = {
    (f"{name}_{what}", field): item.kind
    for what, known in (("layer", REGISTRY), ("optimizer", OPTIMIZERS))
    for name, owner in known.items()
    for field, item in owner.fields.items()
} | {("row", "when"): Flag()}
SHARED = {"maps": Count(), "size": Size(), "function": ACTIVATION}

CELLS = st.sampled_from(["0", "1", "3", "12", "+3", "03", "?", "3.0", "x"])
SCALARS = st.one_of(
    st.lists(CELLS, min_size=1, max_size=4).map("x".join),
    st.text("0123456789x×?+., e-", max_size=7),  # noqa: RUF001
    st.lists(st.sampled_from(["1", "12", "000", "224"]), min_size=2, max_size=5).map(",".join),
    st.sampled_from(
        ["valid", "same", "floor", "ceil", "true", "false", "relu", "he_normal", "zeros", "silu"]
    ),
    st.builds(
        "{}({})".format,
        st.sampled_from(["leaky_relu", "elu", "normal", "truncated_normal", "constant", "relu"]),
        st.text("0123456789.e-+ ", max_size=5),
    ),
    st.builds("uniform({},{})".format, *[st.text("0123456789.e- ", max_size=4)] * 2),
).map(str.strip)


def holds(kind: Kind, shown: dict[str, Any], raw: Any) -> None:
    """Assert that the schema `shown` takes `raw` if `kind` reads it.

    As an editor has it: each scalar as YAML types it, and as the same text between quotes.
    """
    try:
        kind.parse(raw)
    except Invalid:
        return
    texts = [raw] if isinstance(raw, str) else raw
    for values in (texts, [core_yaml.typed(text) for text in texts]):
        value = values[0] if isinstance(raw, str) else values
        assert VALIDATOR.evolve(schema=shown).is_valid(value), value


@pytest.mark.slow
@settings(max_examples=2000, deadline=None)
@given(raw=st.one_of(SCALARS, st.lists(CELLS, min_size=2, max_size=4)))
def test_what_a_field_reads_its_schema_takes(raw: Any) -> None:
    assume("-0" not in raw)  # a number of cells as `-0x3`: nobody writes it
    definitions = DOCUMENT["$defs"]
    for (owner, field), kind in FIELDS.items():
        holds(kind, definitions[owner]["properties"][field], raw)
    for name, kind in SHARED.items():
        holds(kind, definitions[name], raw)


def test_the_property_above_sees_a_schema_that_takes_too_little() -> None:
    with pytest.raises(AssertionError):
        holds(Count(), {"type": "integer", "minimum": 2}, "1")
