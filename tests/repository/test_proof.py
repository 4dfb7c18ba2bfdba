"""`python -m proof`: each kind of trial holds, and what does not hold is found and made small."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from importlib import import_module
from pathlib import Path
from random import Random

import pytest

import archcompiler
from archcompiler.operations import REGISTRY
from archcompiler.operations.fields import ACTIVATIONS
from archcompiler.operations.training import OPTIMIZERS, SCHEDULES
from proof import expressions, found, vocabulary
from proof.__main__ import KINDS
from proof.case import Case, Complaint
from proof.fields import drawn
from proof.reduce import reduced, simpler_spec
from proof.spec import lists_of_rows, read, text_of
from proof.worker import Worker
from proof.writer import pooled
from tests.conftest import ROOT

CASES = {  # of each kind: what takes a few seconds
    "networks": 12, "texts": 24, "faults": 20, "fixes": 20, "checkpoints": 4, "expressions": 500,
}  # fmt: skip
FRAMEWORKS = {"networks", "fixes", "checkpoints"}


def proof(*arguments: object, before: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command; a `sitecustomize` in the folder `before` changes archc in its processes."""
    folders = [str(before)] * (before is not None) + [str(ROOT)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(folders)}
    command = [sys.executable, "-m", "proof", *map(str, arguments)]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(name, marks=[pytest.mark.slow, pytest.mark.keras, pytest.mark.torch])
        if name in FRAMEWORKS
        else pytest.param(name, marks=[pytest.mark.slow] if name != "faults" else [])
        for name in KINDS
    ],
)
def test_what_is_tried_holds(kind: str, tmp_path: Path) -> None:
    count = CASES[kind]
    done = proof("--only", kind, "--cases", count, "--seed", 0, "--output", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "seed 0\n" in done.stdout
    assert re.search(rf"^\| {kind} \| {count} \| .+ \| 0 \|$", done.stdout, re.MULTILINE)
    assert not list(tmp_path.iterdir())


WRONG_PRODUCT = """
from archcompiler.backends.torch.rules import RULES
from archcompiler.operations.merge import Add, Multiply
RULES[Multiply] = RULES[Add]
"""


@pytest.mark.slow
@pytest.mark.keras
@pytest.mark.torch
def test_a_wrong_lowering_is_found_and_made_small(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(WRONG_PRODUCT)
    folder = tmp_path / "found"
    done = proof(
        "--only",
        "networks",
        "--cases",
        14,
        "--seed",
        0,
        "--reduce",
        60,
        "--output",
        folder,
        before=tmp_path,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "differ in layers" in done.stdout
    files = {path: path.read_text() for path in folder.iterdir()}
    path, text = next(item for item in files.items() if "differ in layers" in item[1])
    assert str(path) in done.stdout
    assert len(re.findall("^- ", text, re.MULTILINE)) <= 2
    assert "type: multiply" in text
    seed = re.search(r"# python -m proof --only networks --seed (\d+) --cases 1\n", text)
    assert seed
    assert f"networks-{seed[1]}.yaml" == path.name
    again = proof("--again", path, before=tmp_path)
    assert (again.returncode, again.stdout.count("differ in layers")) == (1, 1)
    assert proof("--again", path).stdout == f"{path}: holds\n"


CRASH = """
import os
from archcompiler.language.evaluator import Evaluator
Evaluator._power = lambda *arguments: os.abort()
"""


@pytest.mark.slow
def test_a_crash_ends_no_run(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(CRASH)
    folder = tmp_path / "found"
    done = proof(
        "--only", "expressions", "--cases", 200, "--seed", 0, "--output", folder, before=tmp_path
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "the process ends: SIGABRT" in done.stdout
    assert "| expressions | 200 |" in done.stdout
    (path,) = folder.iterdir()
    _, case = found.read(path)
    assert re.fullmatch(r"\S+ \*\* \S+", case.text)


def test_what_stands_still_is_ended() -> None:
    with Worker(frameworks=False) as worker:
        kind = expressions.KIND
        assert worker.again(kind, Case("1 + 1")).complaint is None
        still = worker.again(kind._replace(seconds=0), Case("1 + 1")).complaint
        assert still
        assert still.way == "it does not come to an end"
        assert worker.again(kind, Case("1 + 1")).complaint is None


@pytest.mark.slow
def test_a_seed_always_gives_the_same_case() -> None:
    command = (
        "import sys; from random import Random; from importlib import import_module\n"
        "for name in sys.argv[1:]:\n"
        "    print(*(import_module(f'proof.{name}').KIND.draw(Random(i)) for i in range(4)))"
    )
    kinds = [name for name in KINDS if name not in FRAMEWORKS or name == "networks"]
    texts = {
        subprocess.run(
            [sys.executable, "-c", command, *kinds],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": str(number)},
            capture_output=True,
            check=True,
        ).stdout
        for number in (1, 2)
    }
    assert len(texts) == 1


@pytest.mark.slow
def test_networks_have_all_operations() -> None:
    texts = [pooled(Random(number)) for number in range(80)]
    types = Counter(layer.type for text in texts for layer in archcompiler.loads(text).layers)
    assert set(types) == set(REGISTRY)
    for part in ("blocks:", "repeat:", "when:", "inputs:", "training:", "index", "outputs:", "${"):
        assert sum(part in text for text in texts) >= 3, part


RECORDS = [*REGISTRY.values(), *OPTIMIZERS.values(), *SCHEDULES.values()]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.type)
def test_values_of_every_field_can_be_drawn(record: type) -> None:
    random = Random(0)
    for item in record.fields.values():  # type: ignore[attr-defined]
        texts = {repr(drawn(item, random)): drawn(item, random) for _ in range(100)}
        assert len(texts) > 1
        for text in texts.values():
            item.kind.parse(text)


def test_words_stand_for_what_there_is() -> None:
    """The second opinion names operations, fields and activations of archc."""
    assert {fields["type"] for fields in vocabulary.TYPES.values()} <= set(REGISTRY)
    assert set(vocabulary.FUNCTIONS.values()) <= set(ACTIVATIONS)
    known = {name for operation in REGISTRY.values() for name in operation.fields}
    fields = {name for names in vocabulary.FIELDS.values() for name in names.split()}
    assert fields <= known | {"layer", "from"}


SPEC = """\
archc: 1
name: Large
params: {wide: 4}
blocks:
  unit:
    layers:
    - {layer: a, type: convolution, maps: "${wide * 2}", kernel: 3, padding: same}
    - {layer: b, type: dropout, rate: 0.5}
layers:
- {layer: In, type: input, maps: 3, size: 32x32}
- {layer: C, type: convolution, maps: 8, kernel: 3, padding: same, activation: relu}
- {layer: U, type: unit, repeat: 3}
- {layer: F, type: flatten, from: U}
- {layer: G, type: global_average_pooling, from: C}
outputs: [F, G]
"""


def _is_sound(text: str) -> bool:
    try:
        archcompiler.loads(text)
    except archcompiler.SpecError:
        return False
    return True


@pytest.mark.parametrize("part", ["dropout", "kernel: 3", "global_average_pooling"])
def test_a_sound_spec_is_made_small(part: str) -> None:
    small = reduced(
        Case(SPEC), lambda case: part in case.text and _is_sound(case.text), simpler_spec
    )
    rows = [row for rows in lists_of_rows(read(small.text) or {}) for row in rows]
    assert len(rows) == 2, small.text
    assert "blocks" not in small.text
    assert "outputs" not in small.text
    assert len(rows[1]) <= 4


@pytest.mark.slow
def test_specs_are_read_as_they_are_written() -> None:
    for number in range(40):
        text = pooled(Random(number))
        spec = read(text)
        assert spec is not None
        assert archcompiler.loads(text_of(spec)).fingerprint == archcompiler.loads(text).fingerprint


@pytest.mark.parametrize("text", ["archc: 1\n", "\ufeffa: \udcff\x00\n# b\n", "", "\x85\u2028"])
def test_files_of_cases_are_read_as_they_are_written(text: str, tmp_path: Path) -> None:
    kind = import_module("proof.texts").KIND
    case = Case(text, {"seed": 3})
    path = found.write(tmp_path, kind, 7, Complaint("a way", "said\x1b\nmore"), case)
    assert found.read(path) == ("texts", case)
    assert b"\x1b" not in path.read_bytes()


WRONG = ["1 + 1 == 3", "int(2.9)", "round(2.5)", "depths[-1]", "1 / 0", "true + 1", "'a' + 1"]


@pytest.mark.parametrize("text", WRONG)
def test_python_says_what_an_expression_is_worth(text: str) -> None:
    assert expressions.check(Case(text), Counter()) is None


def test_a_page_gets_the_table(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- proof -->\nold\n<!-- /proof -->\nafter\n")
    done = proof(
        "--only", "expressions", "--cases", 3, "--seed", 0, "--write", page, "--output", tmp_path
    )
    assert done.returncode == 0, done.stderr
    text = page.read_text()
    assert text.startswith("before\n<!-- proof -->\n| kind |")
    assert text.endswith("| 0 |\n<!-- /proof -->\nafter\n")
    page.write_text("no markers")
    assert "has no <!-- proof -->" in proof("--write", page).stderr
