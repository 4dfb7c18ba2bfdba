"""`archc expand`: the flat spec of a network with blocks is the same network."""

from pathlib import Path

import pytest

import archcompiler
from archcompiler.graph.expand import expanded
from archcompiler.graph.summary import table_rows
from scripts.specs import SPECS, spec_path
from tests.backends.test_blocks import CASES, HEAD
from tests.conftest import sampled

TEXTS = {path.stem: path for path in SPECS} | {name: HEAD + text for name, text in CASES.items()}


def load(text: str | Path) -> archcompiler.Architecture:
    return archcompiler.load(text) if isinstance(text, Path) else archcompiler.loads(text)


@pytest.mark.parametrize("text", sampled(TEXTS.values(), 4), ids=TEXTS)
def test_the_flat_spec_is_the_same_network(text: str | Path) -> None:
    architecture = load(text)
    flat = expanded(architecture.graph)
    again = archcompiler.loads(flat)
    assert again.fingerprint == architecture.graph.flat().fingerprint
    assert again.totals == architecture.totals
    assert again.graph.training == architecture.graph.training
    assert [layer.shape for layer in again.layers] == [layer.shape for layer in architecture.layers]
    assert expanded(again.graph) == flat


def test_it_reads_as_a_table(golden) -> None:
    golden("expand.two_inputs.yaml", expanded(load(spec_path("two_inputs")).graph))


@pytest.mark.parametrize("text", sampled(TEXTS.values(), 4), ids=TEXTS)
@pytest.mark.parametrize("depth", [1, 2, 3, 99])
def test_folding_blocks_loses_nothing(text: str | Path, depth: int) -> None:
    graph = load(text).graph
    rows = table_rows(graph, depth)
    assert sum(row.parameters for row in rows) == graph.totals.parameters
    costs = [row.multiply_adds for row in rows]
    assert None in costs or sum(costs) == graph.totals.multiply_adds
    assert all(row.name.count(".") < depth for row in rows)
    assert len({row.name for row in rows}) == len(rows)
    if depth == 99:
        assert rows == table_rows(graph, None)
