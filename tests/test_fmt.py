"""`archc fmt`: one layout, the same network, every comment."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import archcompiler
from archcompiler import SpecError
from archcompiler.diagnostics import Source
from archcompiler.language.format import Form, formatted
from tests import test_blocks, test_table
from tests.conftest import ROOT, SPECS
from tests.disturbances import commented, comments, rewritten, spaced
from tests.random_blocks import sound
from tests.test_docs import BLOCKS, _completed

FAMILIES = sorted((ROOT / "specs" / "families").glob("*.yaml"))
BROKEN = sorted((Path(__file__).parent / "broken").glob("*.yaml"))
DOCS = [block for block in BLOCKS if block.language == "yaml"]

TEXTS: dict[str, str] = {
    **{path.stem: path.read_text() for path in SPECS},
    **{f"family {path.stem}": path.read_text() for path in FAMILIES},
    **{
        f"{block.page}:{block.line}": block.text
        if block.text.startswith("archc:")
        else _completed(block.text)
        for block in DOCS
    },
    **{name: test_blocks.HEAD + text for name, text in test_blocks.CASES.items()},
    **{f"table, {name}": text for name, text in test_table.FORMS.items()},
    **{f"random {seed}": sound(seed) for seed in range(6)},
}


def lay_out(text: str, to: Form | None = None) -> str:
    return formatted(Source("spec.yaml", text), to)


def outcome(text: str, folder: Path) -> Any:
    """Return what a spec describes: its network, or its faults."""
    path = folder / "spec.yaml"
    path.write_bytes(text.encode())
    try:
        network = archcompiler.load(path)
    except SpecError as error:
        # a message may end in what is written there: `this is the list [3,3,3]`
        return Counter((d.code, d.message.partition("; this is ")[0]) for d in error.diagnostics)
    graph = network.graph
    return (
        network.fingerprint,
        network.totals,
        network.name,
        graph.description.strip(),
        [(layer.name, layer.shape) for layer in network.layers],
        graph.outputs,
        graph.training,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the families that specs name."""
    folder = tmp_path_factory.mktemp("specs")
    (folder / "families").mkdir()
    for path in FAMILIES:
        (folder / "families" / path.name).write_text(path.read_text())
        (folder / path.name).write_text(path.read_text())
    return folder


def assert_sound(text: str, folder: Path) -> str:
    """Return the spec laid out, which is the same, has all comments, and stays so."""
    after = lay_out(text)
    assert lay_out(after) == after
    assert comments(after) == comments(text.replace("\r\n", "\n"))
    assert outcome(after, folder) == outcome(text, folder)
    return after


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_the_network_stays_the_same(text: str, folder: Path) -> None:
    assert_sound(text, folder)


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_faults_stay_the_same(path: Path, folder: Path) -> None:
    try:
        text = path.read_bytes().decode()
        after = lay_out(text)
    except (SpecError, UnicodeDecodeError):
        return
    assert lay_out(after) == after
    assert comments(after) == comments(text)
    assert outcome(after, folder) == outcome(text, folder)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(sorted(TEXTS)), st.randoms(use_true_random=False))
def test_disturbed(folder, name, dice):
    text = TEXTS[name].replace("\r\n", "\n")
    if dice.random() < 0.5:
        text = rewritten(text, dice)
    if dice.random() < 0.5:
        text = commented(text, dice)
    after = assert_sound(text, folder)
    other = spaced(text, dice)
    if dice.random() < 0.3:
        other = other.replace("\r\n", "\n").replace("\n", "\r\n")
    assert lay_out(other) == after
