"""The benchmarks run, measure what they say, and write their tables where they are told to."""

from __future__ import annotations

import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

import archcompiler
from benchmarks.blocks import KINDS
from benchmarks.blocks import spec as blocks
from benchmarks.rows import spec
from tests.conftest import ROOT


def benchmarks(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("kind", ["repeating", "distinct"])
def test_long_specs_are_sound(kind: str) -> None:
    network = archcompiler.loads("".join(spec(kind, 500)))
    assert len(network.layers) == 500
    different = {(layer.operation, layer.input_shapes) for layer in network.layers}
    assert len(different) == {"repeating": 5, "distinct": 500}[kind]


def test_distinct_rows_stay_distinct() -> None:
    rows = [line.partition(", ")[2] for line in islice(spec("distinct", 10**6), 100_000)]
    assert len(set(rows)) == len(rows)


def test_torchvision_is_described_with_its_parameters() -> None:
    network = archcompiler.load(ROOT / "benchmarks" / "alexnet_torchvision.yaml")
    assert network.totals.parameters == 61_100_840


@pytest.mark.slow
def test_tables_go_between_the_markers(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- benchmarks -->\nold\n<!-- /benchmarks -->\nafter\n")
    done = benchmarks("--quick", "--only", "rows", "--write", page)
    assert done.returncode == 0, done.stderr
    text = page.read_text()
    assert text.startswith("before\n<!-- benchmarks -->\n## From text to proven shapes\n")
    assert text.endswith("no GPU is used.\n<!-- /benchmarks -->\nafter\n")
    assert "old" not in text


def test_a_page_without_markers_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("no markers")
    done = benchmarks("--write", page)
    assert done.returncode != 0
    assert "has no <!-- benchmarks -->" in done.stderr
    assert page.read_text() == "no markers"


@pytest.mark.parametrize("last", KINDS.values(), ids=KINDS)
def test_the_measured_blocks_are_a_network(last: str) -> None:
    assert len(archcompiler.loads(blocks(last, 20)).layers) == 61


@pytest.mark.slow
@pytest.mark.keras
@pytest.mark.torch
def test_models_and_peers_run_and_agree() -> None:
    pytest.importorskip("keras")
    pytest.importorskip("torch")
    done = benchmarks("--quick", "--only", "cold", "blocks", "models")
    assert done.returncode == 0, done.stderr
    for line in ("`archc validate", "meta device", "torchvision's AlexNet, forward", "article's"):
        assert line in done.stdout
