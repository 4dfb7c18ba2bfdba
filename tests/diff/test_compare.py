"""`archc diff`: what changed, told in few rows, and whether old checkpoints load."""

import itertools
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

import archcompiler
from archcompiler.cli import cli
from archcompiler.diagnostics.forms.markdown import MOST
from archcompiler.diff import Diff, compare
from archcompiler.diff import align as alignment
from archcompiler.diff.align import matching_pairs
from archcompiler.diff.formats import markdown, text
from archcompiler.diff.grouping import Row, layer_rows, tensor_rows
from archcompiler.diff.patterns import copies_in, patterns
from scripts.specs import SPECS, spec_path
from tests.conftest import ROOT
from tests.random_blocks import sound

FLAT = """\
archc: 1
name: Flat
layers:
- {layer: In,  type: input, maps: 3, size: 16x16}
- {layer: C1,  type: convolution, maps: 8, kernel: 3x3, padding: same, activation: relu}
- {layer: B1,  type: batch_normalization}
- {layer: S1,  type: max_pooling, kernel: 2x2}
- {layer: C2,  type: convolution, maps: 8, kernel: 3x3, padding: same, activation: relu}
- {layer: C3,  type: convolution, maps: 8, kernel: 3x3, padding: same, activation: relu}
- {layer: Sum, type: add, from: [C2, C3]}
- {layer: Out, type: fully_connected, size: 10, activation: softmax}
"""

BLOCKS = """\
archc: 1
name: Blocks
params: {classes: 10}
blocks:
  unit:
    params: {maps: int}
    layers:
    - {layer: conv, type: convolution, maps: "${maps}", kernel: 3x3, padding: same, bias: false}
    - {layer: bn,   type: batch_normalization, activation: relu}
  stage:
    params: {maps: int, depth: 2}
    layers:
    - {layer: unit, type: unit, maps: "${maps}", repeat: "${depth}"}
    - {layer: pool, type: max_pooling, kernel: 2x2}
layers:
- {layer: In,     type: input, maps: 3, size: 16x16}
- {layer: stage1, type: stage, maps: 8}
- {layer: stage2, type: stage, maps: 16}
- {layer: stage3, type: stage, maps: 32}
- {layer: pool,   type: global_average_pooling}
- {layer: Out,    type: fully_connected, size: "${classes}", activation: softmax}
"""

EDITS = yaml.safe_load((ROOT / "tests" / "data" / "diff_edits.yaml").read_text())


def edited(edit: dict[str, Any]) -> tuple[str, str]:
    """Return the spec before and after an edit."""
    old = {"flat": FLAT, "blocks": BLOCKS}[edit["of"]]
    return old, replaced(old, *edit.get("replace", []))


def replaced(spec: str, *texts: str) -> str:
    """Replace texts in turn: what there is, and what there will be."""
    for before, after in zip(texts[::2], texts[1::2], strict=True):
        assert before in spec, before
        spec = spec.replace(before, after)
    return spec


def graph(spec: str | Path) -> archcompiler.graph.Graph:
    return (archcompiler.load(spec) if isinstance(spec, Path) else archcompiler.loads(spec)).graph


def told(row: Row) -> str:
    return f"{row.mark} {', '.join(row.names)}: {', '.join(row.changes)}".rstrip(": ")


# Pairs of specs that differ in many ways.
NAMED = {path.stem: path for path in SPECS}
PAIRS: dict[str, tuple[str | Path, str | Path]] = {
    **{edit["edit"]: edited(edit) for edit in EDITS},
    **{
        f"{old} and {new}": (NAMED[old], NAMED[new])
        for old, new in [
            ("resnet18", "resnet50"),
            ("resnet50", "wide_resnet50_2"),
            ("vgg16", "vgg16_bn"),
            ("alexnet", "alexnet_2012"),
            ("densenet121", "densenet169"),
            ("googlenet", "unet"),
            ("two_inputs", "fully_convolutional"),
        ]
    },
    **{f"random {seed}": (sound(seed), sound(seed + 1)) for seed in range(20)},
}


@pytest.fixture(params=PAIRS.values(), ids=PAIRS)
def difference(request: pytest.FixtureRequest) -> Diff:
    return compare(*map(graph, request.param))


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit["edit"])
def test_what_is_told_of_an_edit(edit: dict[str, Any]) -> None:
    diff = compare(*map(graph, edited(edit)))
    rows = [row for follow in (False, True) for row in layer_rows(diff, follow=follow)]
    settings = [f"{change.field}: {change.old} -> {change.new}" for change in diff.settings]
    assert [told(row) for row in rows] == edit.get("layers", [])
    assert [told(row) for row in tensor_rows(diff)] == edit.get("tensors", [])
    assert settings == edit.get("settings", [])
    assert diff.computes_the_same == edit["same"]
    assert diff.loads == ("tensors" not in edit)
    assert diff.empty == (not rows and not settings)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_a_network_does_not_differ_from_itself(path: Path) -> None:
    diff = compare(graph(path), graph(path))
    assert diff.empty
    assert diff.loads
    assert diff.computes_the_same
    assert text(diff).endswith(": the same network\n")


def test_mirrored_what_was_added_is_removed(difference: Diff) -> None:
    mirrored = compare(difference.new, difference.old)
    assert {(change.new, change.old) for change in mirrored.layers} == {
        change[:2] for change in difference.layers
    }
    assert {(change.new, change.old) for change in mirrored.tensors} == set(difference.tensors)
    kinds = {"added": "removed", "removed": "added"}
    assert sorted(kinds.get(change.kind, change.kind) for change in mirrored.layers) == sorted(
        change.kind for change in difference.layers
    )


def shapes(network: archcompiler.graph.Graph) -> dict[str, tuple[int, ...]]:
    return {
        f"{layer.name}.{parameter.name}": parameter.shape
        for layer in network.layers
        for parameter in layer.parameters
    }


def test_tensors_are_those_whose_names_or_shapes_differ(difference: Diff) -> None:
    old, new = shapes(difference.old), shapes(difference.new)
    fitting = {name for name, shape in old.items() if new.get(name) == shape}
    found = [{item.name for item in side if item} for side in zip(*difference.tensors, strict=True)]
    assert (found or [set(), set()]) == [old.keys() - fitting, new.keys() - fitting]
    assert difference.loads == (old == new)
    assert difference.fitting == len(fitting)


def test_rows_add_up_to_the_totals(difference: Diff) -> None:
    old, new = difference.old.totals, difference.new.totals
    rows = [row for follow in (False, True) for row in layer_rows(difference, follow=follow)]
    for column, name in enumerate(("parameters", "multiply_adds", "activations")):
        before, after = getattr(old, name), getattr(new, name)
        if before is not None and after is not None:
            assert sum(row.costs[column] for row in rows) == after - before


def test_what_is_not_told_of_has_not_changed(difference: Diff) -> None:
    changed = {change.new.name for change in difference.layers if change.new}
    for layer in difference.new.layers:
        if layer.name not in changed:
            before = difference.old[layer.name]
            assert layer.parameters == before.parameters
            assert layer.multiply_adds == before.multiply_adds
            assert layer.shape == before.shape
            assert layer.activation == before.activation
            assert layer.type == before.type


@pytest.mark.torch
@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit["edit"])
def test_pytorch_loads_a_checkpoint_where_we_say_so(edit: dict[str, Any], tmp_path: Path) -> None:
    for name, spec in zip(("old", "new"), edited(edit), strict=True):
        (tmp_path / f"{name}.yaml").write_text(spec)
    old, new = (
        archcompiler.load(tmp_path / f"{name}.yaml").build("torch") for name in ("old", "new")
    )
    counters = re.compile(r".*num_batches_tracked")  # of steps: they stand where statistics are
    checkpoint = {k: v for k, v in old.state_dict().items() if not counters.match(k)}
    result = archc("diff", tmp_path / "old.yaml", tmp_path / "new.yaml", "--format", "json")
    said = json.loads(result.stdout)["checkpoint"]
    wanted = {k: v for k, v in new.state_dict().items() if not counters.match(k)}
    reshaped = {
        k for k in wanted.keys() & checkpoint.keys() if wanted[k].shape != checkpoint[k].shape
    }
    assert {item["tensor"] for item in said["reshaped"]} == reshaped
    found = new.load_state_dict(
        {k: v for k, v in checkpoint.items() if k not in reshaped}, strict=False
    )
    missing = {key for key in found.missing_keys if not counters.match(key)} - reshaped
    assert {item["tensor"] for item in said["missing"]} == missing
    assert {item["tensor"] for item in said["extra"]} == set(found.unexpected_keys)
    assert said["loads"] == (not reshaped and not missing and not found.unexpected_keys)


# Aligning, and names as patterns


def common(old: str, new: str) -> int:
    """Return the length of a longest common subsequence, by the book."""
    row = [0] * (len(new) + 1)
    for a in old:
        row = [0, *itertools.accumulate(
            (max(row[j + 1], row[j] + 1 if a == b else 0) for j, b in enumerate(new)), max
        )]  # fmt: skip
    return row[-1]


@given(st.text("abcd", max_size=12), st.text("abcd", max_size=12))
def test_alignments_are_the_longest_and_mirrored(old: str, new: str) -> None:
    pairs = matching_pairs(old, new)
    assert all(old[i] == new[j] for i, j in pairs)
    assert all(a < c and b < d for (a, b), (c, d) in itertools.pairwise(pairs))
    assert len(pairs) == common(old, new)
    assert matching_pairs(new, old) == [(j, i) for i, j in pairs]


def test_alignment_gives_up_where_too_much_is_equal(monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = "x" + "ab" * 200 + "z", "x" + "ba" * 200 + "z"
    assert len(matching_pairs(old, new)) > 390
    monkeypatch.setattr(alignment, "MOST", 1000)
    assert matching_pairs(old, new) == [(0, 0), (401, 401)]


def names_in(pattern: str, counts: dict[str, int]) -> list[str]:
    """Return the names that a pattern stands for; its `*` are copies."""
    found = [""]
    for part in re.findall(r"(?:\{.*?\}|[^.{])+", pattern):
        words = [part]
        if part != "*" and (braces := re.fullmatch(r"(\w*)\{(.*)\}", part)):
            words = []
            for item in braces[2].split(","):
                first, _, last = item.partition("-")
                numbers = map(str, range(int(first), int(last) + 1)) if last else [item]
                words += [braces[1] + number for number in numbers]
        found = [
            f"{name}.{word}" if name else word
            for name in found
            for word in (map(str, range(counts[name])) if part == "*" else words)
        ]
    return found


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_patterns_stand_for_just_their_names(path: Path) -> None:
    names = [layer.name for layer in graph(path).layers]
    counts = copies_in(names)
    for part in ("", "1", "conv", "bn", "layer3", "2.", "out", "branch"):
        chosen = [name for name in names if part in name]
        found = patterns(chosen, counts)
        if "+" not in "".join(found):  # words are left out, and counted
            assert sorted(itertools.chain(*(names_in(item, counts) for item in found))) == sorted(
                chosen
            )
        assert len(found) <= max(1, len(chosen))


def test_patterns_are_short() -> None:
    names = [layer.name for layer in graph(NAMED["resnet152"]).layers]
    ends = [name for name in names if name.endswith("conv2")]
    assert patterns(ends, copies_in(names)) == ["layer{1-4}.*.conv2"]
    assert patterns([f"a.{word}x" for word in range(20)], {}) == [
        "a.{0x,1x,2x,3x,4x,5x,6x,7x,8x,9x,10x,11x,+8}"
    ]
    assert patterns(["C1", "C2", "F3"], {}) == ["C1", "C2", "F3"]
    assert patterns(["C1", "C2", "F3", "C3", "C5"], {}) == ["C{1-3,5}", "F3"]


# The command


def archc(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with two specs: `old.yaml` and, with a wider kernel, `new.yaml`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.yaml").write_text(FLAT)
    (tmp_path / "new.yaml").write_text(replaced(FLAT, "maps: 8, kernel: 3x3", "maps: 8, kernel: 5"))
    return tmp_path


@pytest.fixture
def resnets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder with ResNet-50 as `old.yaml` and a change of it as `new.yaml`.

    Its third stage is wider, its blocks end in dropout, it has other classes, and its last layer
    another name.
    """
    monkeypatch.chdir(tmp_path)
    spec = spec_path("resnet").read_text()
    (tmp_path / "old.yaml").write_text(spec)
    drop = "    - {layer: drop,  type: dropout, from: bn3, rate: 0.1}\n"
    sum_ = "    - {layer: out, type: add, from: [bn3, downsample], activation: relu}\n"
    edits = (
        *('size: 14x14, width: "${256 * width}"', 'size: 14x14, width: "${384 * width}"'),
        *(sum_, drop + sum_.replace("bn3", "drop")),
        *("classes: 1000", "classes: 10"),
        *("layer: fc,     ", "layer: head,   "),
    )
    (tmp_path / "new.yaml").write_text(replaced(spec, *edits))


@pytest.mark.parametrize("form", ["text", "markdown"])
@pytest.mark.usefixtures("resnets")
def test_it_reads_well(form: str, golden: Any) -> None:
    result = archc("diff", "old.yaml", "new.yaml", "--format", form)
    assert (result.exit_code, result.stderr) == (0, "")
    golden(f"diff.{form}.txt", result.stdout)


def test_for_programs(folder: Path) -> None:
    document = json.loads(archc("diff", "old.yaml", "new.yaml", "--format", "json").stdout)
    assert document["format_version"] == 1
    assert (document["old"]["spec"], document["new"]["spec"]) == ("old.yaml", "new.yaml")
    assert document["new"]["parameters"] - document["old"]["parameters"] == 2432
    change = document["layers"][1]
    assert change["change"] == "changed"
    assert change["fields"] == [{"field": "kernel", "old": "3x3", "new": "5x5"}]
    assert change["new"]["place"] == {"file": "new.yaml", "line": 8, "column": 3}
    assert change["new"]["parameters"] == 1608
    checkpoint = document["checkpoint"]
    assert (checkpoint["loads"], checkpoint["fitting"]) == (False, 9)
    assert checkpoint["reshaped"][0] == {
        "tensor": "C1.weight",
        "layer": "C1",
        "parameter": "weight",
        "place": {"file": "new.yaml", "line": 5, "column": 3},
        "old_shape": [8, 3, 3, 3],
        "new_shape": [8, 3, 5, 5],
    }


def test_for_programs_a_renamed_tensor_is_missing_and_extra(folder: Path) -> None:
    (folder / "new.yaml").write_text(FLAT.replace("Out", "Head"))
    document = json.loads(archc("diff", "old.yaml", "new.yaml", "--format", "json").stdout)
    missing, extra = (document["checkpoint"][key] for key in ("missing", "extra"))
    assert [(item["tensor"], item["renamed_from"]) for item in missing] == [
        ("Head.weight", "Out.weight"),
        ("Head.bias", "Out.bias"),
    ]
    assert [(item["tensor"], item["renamed_to"]) for item in extra] == [
        ("Out.weight", "Head.weight"),
        ("Out.bias", "Head.bias"),
    ]
    assert document["layers"][0]["change"] == "renamed"


@pytest.mark.parametrize(
    ("arguments", "code", "out", "err"),
    [
        (["old.yaml", "old.yaml"], 0, "old.yaml -> old.yaml: the same network", ""),
        (["old.yaml", "new.yaml"], 0, "does not load into the new network", ""),
        (["old.yaml", "new.yaml", "--breaking"], 1, "3 are reshaped", ""),
        (["old.yaml", "old.yaml", "--breaking"], 0, "", ""),
        (["old.yaml", "pool.yaml", "--breaking"], 0, "may have changed", ""),
        (["old.yaml", "head.yaml"], 0, "2 are renamed: other names in it are enough", ""),
        (["old.yaml", "sized.yaml", "-p", "classes=10"], 2, "", "old.yaml: the spec has no"),
        (["sized.yaml", "sized.yaml", "-p", "classes=3"], 0, "the same network", ""),
        (["old.yaml"], 2, "", "give two specs"),
        (["old.yaml", "new.yaml", "old.yaml"], 2, "", "give two specs"),
        (["old.yaml", "new.yaml", "--against", "HEAD"], 2, "", "give two specs"),
        ([], 2, "", "Missing argument"),
        (["old.yaml", "none.yaml"], 2, "", "cannot read none.yaml"),
        (["old.yaml", "."], 2, "", "is not a file"),
        (["wrong.yaml", "new.yaml"], 1, "", "unknown layer type `squeezing`"),
        (["old.yaml", "wrong.yaml"], 1, "", "1 error in 1 file"),
        (["old.yaml", "new.yaml", "--format", "csv"], 2, "", "'csv' is not one of"),
        (["old.yaml", "new.yaml", "--limit", "bytes=10"], 1, "", "ARC108"),
    ],
)
def test_exit_codes_and_streams(
    folder: Path, arguments: list[str], code: int, out: str, err: str
) -> None:
    (folder / "wrong.yaml").write_text(FLAT.replace("max_pooling", "squeezing"))
    (folder / "head.yaml").write_text(FLAT.replace("Out", "Head"))
    (folder / "pool.yaml").write_text(FLAT.replace("max_pooling", "average_pooling"))
    (folder / "sized.yaml").write_text(BLOCKS)
    result = archc("diff", *arguments)
    assert (result.exit_code, out in result.stdout, err in result.stderr) == (code, True, True)
    assert not (err and result.stdout), "a failed use prints nothing on stdout"


def test_faults_of_both_specs_are_told(folder: Path) -> None:
    (folder / "old.yaml").write_text(FLAT.replace("max_pooling", "squeezing"))
    (folder / "new.yaml").write_text(FLAT.replace("kernel: 2x2", "kernel: 99"))
    result = archc("diff", "old.yaml", "new.yaml")
    assert (result.exit_code, result.stdout) == (1, "")
    assert re.findall(r"error\[(ARC\d+)\]", result.stderr) == ["ARC201", "ARC402"]


def test_a_parameter_is_set_for_both(folder: Path) -> None:
    (folder / "old.yaml").write_text(BLOCKS)
    (folder / "new.yaml").write_text(BLOCKS.replace("kernel: 3x3", "kernel: 5x5"))
    arguments = ("diff", "old.yaml", "new.yaml", "--format", "json", "-p", "classes=7")
    document = json.loads(archc(*arguments).stdout)
    assert "Out" not in str(document["layers"])
    parameters = archcompiler.load("old.yaml", params={"classes": "7"}).totals.parameters
    assert document["old"]["parameters"] == parameters


def test_sizes_that_are_not_known(folder: Path) -> None:
    spec = "archc: 1\nname: Any\nlayers:\n- {layer: In, type: input, maps: 3, size: '?x?'}\n"
    conv = "- {layer: C1, type: convolution, maps: 4, kernel: 3, padding: same}\n"
    (folder / "old.yaml").write_text(spec + conv)
    (folder / "new.yaml").write_text(spec + conv.replace("kernel: 3", "kernel: 5"))
    lines = archc("diff", "old.yaml", "new.yaml").stdout.splitlines()
    assert [re.sub(" +", " ", line) for line in lines if re.match("~|memory|multiply", line)] == [
        "~ C1 convolution kernel 3x3 -> 5x5 +192 ? ? new.yaml:5",
        "multiply-adds ? ? ?",
        "memory of outputs ? ? ?",
        "~ C1.weight reshaped 4x3x3x3 -> 4x3x5x5 new.yaml:5",
    ]


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_names_of_files_cannot_act_on_who_reads_them(folder: Path, form: str) -> None:
    name = "a|b`c\x1b[31m<b>\n@all.yaml"
    (folder / name).write_text((folder / "new.yaml").read_text())
    result = archc("diff", "old.yaml", name, "--format", form)
    assert "\x1b" not in result.stdout
    assert "\n@all" not in result.stdout
    if form == "markdown":
        cells = [line for line in result.stdout.splitlines() if line.startswith("| `~`")]
        assert cells
        for line in cells:
            assert "`a\\|b'c<U+001B>[31m<b><U+000A>@all.yaml:" in line
            outside = re.sub(r"`[^`]*`", "", line)
            assert not re.search(r"[<@](?!br>)", outside)


def test_a_comment_on_a_pull_request_is_not_too_long() -> None:
    rows = "".join(
        f"- {{layer: {'long' * 10}{'abcdefghij'[index % 10]}x{index}y, type: fully_connected,"
        " size: {size}}\n".replace("{size}", f"{index + 2}")
        for index in range(400)
    )
    head = "archc: 1\nname: Long\nlayers:\n- {layer: In, type: input, size: 4}\n"
    old, new = (
        graph(head + text) for text in (rows, rows.replace("size: ", "bias: false, size: 1"))
    )
    comment = markdown(compare(old, new))
    assert len(comment) < 65_536
    assert f"... and {400 - MOST} more rows" in comment


def test_a_terminal_has_colours(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archcompiler.cli.diff.colour_on", lambda stream: True)
    coloured = archc("diff", "old.yaml", "new.yaml").stdout
    assert "\x1b[33m~  C{1-3}" in coloured
    monkeypatch.undo()
    monkeypatch.chdir(folder)
    assert re.sub(r"\x1b\[\d+m", "", coloured) == archc("diff", "old.yaml", "new.yaml").stdout


def test_it_needs_no_framework_and_nothing_slow() -> None:
    code = (
        "import sys; from archcompiler.cli import cli\n"
        "cli(['diff', *['specs/alexnet.yaml'] * 2], standalone_mode=False)\n"
        "slow = {'tensorflow', 'keras', 'torch', 'jax', 'numpy', 'pydantic'}\n"
        "slow |= {'archcompiler.revisions'}\n"
        "print(sorted(slow & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert result.stdout.splitlines()[-1] == "[]"
