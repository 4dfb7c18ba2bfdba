"""Specs in Python: they say what the text of a spec says."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import archcompiler
from archcompiler import api
from archcompiler.api import (
    SGD,
    Add,
    Block,
    Convolution,
    Cosine,
    Dropout,
    Flatten,
    FullyConnected,
    Input,
    Row,
    Spec,
    Training,
    row,
)
from archcompiler.cli.typed_rows import class_of
from archcompiler.diagnostics import Source
from archcompiler.language.format import formatted
from archcompiler.language.parameters import TYPES
from archcompiler.operations import REGISTRY
from archcompiler.operations.elementwise import Dropout as Dropout_
from archcompiler.operations.training import OPTIMIZERS, SCHEDULES
from scripts.specs import FAMILIES, SPECS
from tests import core_yaml
from tests.conftest import sampled

# --- every spec there is, in Python


def spec_of(document: dict[str, Any]) -> Spec:
    """Return the spec that a document describes, in Python."""
    given = {key: value for key, value in document.items() if key != "archc"}
    blocks = {name: block_of(name, each) for name, each in given.pop("blocks", {}).items()}
    given["layers"] = [row_of(each, blocks) for each in given.get("layers", [])]
    if "defaults" in given:
        given["defaults"] = {
            getattr(api, class_of(name)): fields for name, fields in given["defaults"].items()
        }
    if "training" in given:
        given["training"] = training_of(given["training"])
    if not given["layers"]:
        del given["layers"]
    return Spec(**given, blocks=[*blocks.values()])


def block_of(name: str, block: dict[str, Any]) -> Block:
    if "spec" in block:  # the rows of another file
        return Block(name=name, **block)
    types = {word: types[-1] for word, types in TYPES.items()}
    params = {
        key: types.get(value, value) if isinstance(value, str) else value
        for key, value in block.get("params", {}).items()
    }
    layers = [row_of(each, {}) for each in block.get("layers", [])]
    return Block(**{**block, "name": name, "params": params, "layers": layers})


def row_of(fields: dict[str, Any], blocks: dict[str, Block]) -> Row:
    given = {"from_" if key == "from" else key: value for key, value in fields.items()}
    kind = given.pop("type")
    if kind in REGISTRY:
        made: Row = getattr(api, class_of(kind))(**given)
        return made
    return blocks[kind](**given) if kind in blocks else row(kind, **given)


def training_of(section: dict[str, Any]) -> Training:
    for key, known in (("optimizer", OPTIMIZERS), ("schedule", SCHEDULES)):
        if isinstance(section.get(key), dict):
            fields = {name: value for name, value in section[key].items() if name != "type"}
            section[key] = getattr(api, known[section[key]["type"]].__name__)(**fields)
    return Training(**section)


def has_rows(path: Path) -> bool:
    return "layers: |" not in path.read_text()  # that is a table, for reading


@pytest.mark.parametrize(
    "path",
    sampled([path for path in (*SPECS, *FAMILIES) if has_rows(path)], 9),
    ids=lambda path: path.stem,
)
def test_every_spec_can_be_written_in_python(path: Path) -> None:
    text = re.sub(r"(?<=: )0x\d+", r'"\g<0>"', path.read_text())  # no hexadecimal number to archc
    spec = spec_of(core_yaml.load(text))
    here, there = spec.check(folder=path.parent), archcompiler.load(path)
    assert here.fingerprint == there.fingerprint
    assert here.graph.training == there.graph.training
    assert (here.name, here.graph.description) == (there.name, there.graph.description)
    own, source = (each.source("torch") for each in (here, there))
    assert own.partition("\nimport")[2] == source.partition("\nimport")[2]


# --- the text


def test_a_text_has_all_that_was_given_in_one_layout(
    golden: Callable[[str, str], None],
) -> None:
    inner = Block(name="inner", layers=[Convolution(maps=8, kernel=(1, 3), padding="same")])
    unit = Block(
        name="unit",
        description="Two inputs.",
        params={"maps": int, "rate": 0.5, "word": "int", "flag": bool, "more": [1, 2]},
        inputs=["left", "right"],
        layers=[inner(from_="left"), Add(layer="sum", from_=["inner_1", "right"])],
    )
    spec = Spec(
        name="All",
        description='A "text": with\nlines, \\ and # é',
        params={"width": 8, "a": True, "list": [1, 2.5, "a b"]},
        defaults={Convolution: {"bias": False}, "dropout": {"rate": 0.1}},
        blocks=[Block(name="other", spec="other.yaml")],
        layers=[
            Input(layer="In", maps=8, size="8x8"),
            Convolution(layer="C1", maps="${width}", kernel=3, padding=[1, 1, 1, 1], when="${a}"),
            Dropout(layer="D1", note={"any": ["thing", None]}),  # type: ignore[call-arg]
            unit(layer="U", from_=["C1", "In"], maps="${width}", repeat=None),
            Flatten(),
            FullyConnected(size=2, activation="softmax", repeat=1),
        ],
        outputs=["fully_connected_1"],
        training=Training(
            loss="categorical_crossentropy",
            optimizer=SGD(learning_rate=1e-3, nesterov=True),
            schedule=Cosine(steps=10, warmup="${width}"),
            metrics=["accuracy"],
        ),
    )
    text = spec.yaml()
    golden("python/all.txt", text)
    assert text == formatted(Source("", text))


def test_parameters_of_a_block_have_any_name() -> None:
    names = ["copy", "json", "schema", "entries", "site", "block", "rate_", "model_fields", "self"]
    layers = [Dropout(rate=" + ".join(["${rate_", *names[:-1]]) + "}")]
    unit = Block(name="unit", params=dict.fromkeys(names, float), layers=layers)
    use = unit(**dict.fromkeys(names, 0.01))
    network = Spec(name="Net", layers=[Input(size=3), use]).check()
    assert network.layers[1].operation == Dropout_(rate=0.09, spatial=False)


def test_numbers_of_other_libraries_are_numbers() -> None:
    numpy = pytest.importorskip("numpy")
    rows = [
        Input(size=numpy.int64(3)),
        FullyConnected(size=numpy.uint8(2), bias=numpy.bool_(True)),
        Dropout(rate=numpy.float64(0.25)),
    ]
    text = Spec(name="Net", layers=rows).yaml()
    assert "size: 2, bias: True" in text  # which is told to be `true`
    assert "rate: 0.25" in text


def test_a_network_from_python_does_what_any_does(tmp_path: Path) -> None:
    rows = [Input(maps=3, size="8x8"), Convolution(maps=2, kernel=3), Flatten()]
    network = Spec(name="Net", description="Of rows.", layers=rows).check()
    assert f"Generated by archc from {Path(__file__).name}" in network.source("keras")
    assert network.summary().totals.parameters == network.totals.parameters == 56
    assert "<svg" in network.draw()
    (tmp_path / "net.yaml").write_text(Spec(name="Net", layers=rows).yaml())
    assert archcompiler.load(tmp_path / "net.yaml").fingerprint == network.fingerprint
