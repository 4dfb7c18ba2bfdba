"""`archc verify`: where backends part, precision, training, and models that others wrote."""

import json
import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import archcompiler
from archcompiler.backends.keras.runtime import verify as keras_side
from archcompiler.backends.keras.runtime.settings import keeps_float64
from archcompiler.backends.torch.runtime import verify as torch_side
from archcompiler.cli import cli
from archcompiler.runtime.verify import Unusable, verify
from archcompiler.runtime.verify.differences import Comparison, Difference, Verification
from archcompiler.runtime.verify.formats import FORMATS
from archcompiler.runtime.verify.verification_report import VerificationReport
from archcompiler.runtime.weights import random_weights
from scripts.specs import spec_path
from tests.conftest import ROOT, sampled

np = pytest.importorskip("numpy")
pytestmark = [pytest.mark.keras, pytest.mark.torch]

TINY = """\
archc: 1
name: Tiny
blocks:
  stage:
    layers:
    - {layer: conv, type: convolution, maps: 4, kernel: 3, activation: relu}
    - {layer: bn, type: batch_normalization, momentum: 0.3}
layers:
- {layer: In, type: input, maps: 3, size: 8x8}
- {layer: S1, type: stage}
- {layer: D1, type: dropout, rate: 0.5, spatial: true}
- {layer: F1, type: fully_connected, size: 6, activation: relu}
- {layer: D2, type: dropout, rate: 0.5}
- {layer: Out, type: fully_connected, size: 5, activation: softmax}
"""
TRAINING = "training: {{loss: sparse_categorical_crossentropy, optimizer: {}, metrics: [accuracy]}}"

# a torch model and a Keras model of Tiny, and what is wrong with models of others
MINE = """\
import keras
import torch
from keras import layers
from torch import nn


class Torch(nn.Module):
    def __init__(self, maps=4):
        super().__init__()
        self.first = nn.Conv2d(3, maps, 3)
        self.bn = nn.BatchNorm2d(maps)
        self.hidden = nn.Linear(maps * 36, 6)
        self.Out = nn.Linear(6, 5)
        nn.init.uniform_(self.bn.running_var, 0.5, 2)
        self.train()

    def forward(self, x):
        x = torch.flatten(self.bn(torch.relu(self.first(x))), 1)
        return self.Out(torch.dropout(torch.relu(self.hidden(x)), 0.5, self.training))


def probabilities():
    return nn.Sequential(Torch(), nn.Softmax(dim=1))


class Scaled(Torch):
    def forward(self, x):
        return super().forward(x) * 1.01


class WithoutBias(Torch):
    def __init__(self):
        super().__init__(maps=5)
        self.Out = nn.Linear(6, 5, bias=False)
        self.more = nn.Linear(2, 3)


class TwoOutputs(Torch):
    def forward(self, x):
        return super().forward(x), x


class InADict(Torch):
    def forward(self, x):
        return {"out": super().forward(x)}


class Fails(Torch):
    def forward(self, x):
        raise ValueError("not\\ntoday")


def keras_model():
    print("making it")
    return keras.Sequential([
        keras.Input((8, 8, 3)),
        layers.Conv2D(4, 3, activation="relu", name="conv"),
        layers.BatchNormalization(
            epsilon=1e-5,
            moving_mean_initializer="random_uniform",
            moving_variance_initializer=keras.initializers.RandomUniform(0.5, 2),
            name="bn",
        ),
        layers.Flatten(),
        layers.Dense(6, activation="relu", name="F1"),
        layers.Dropout(0.5),
        layers.Dense(5, activation="softmax", name="Out"),
    ])


def no_weights():
    return keras.Sequential([layers.Dense(5)])


def leaves():
    raise SystemExit("bye")


def number():
    return 3


made = keras_model()
"""

RULES = """\
rename:
- {from: 'S1\\.conv', to: first}
- {from: 'S1\\.bn', to: bn}
- {from: F1, to: hidden}
"""


def to_torch(name: str) -> str:
    """Give our tensors the names of `Torch`, as `RULES` do."""
    return name.replace("S1.conv", "first").replace("S1.bn", "bn").replace("F1", "hidden")


def to_wrapped(name: str) -> str:
    return f"0.{to_torch(name)}"


def to_keras(name: str) -> str:
    """Give our tensors of the block the names of `keras_model`; others are as ours."""
    return name.removeprefix("S1.") if name.startswith("S1.") else name


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Stand in a folder with a spec and somebody's models."""
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY + TRAINING.format("{type: sgd, momentum: 0.9, weight_decay: 0.01}"))
    (tmp_path / "mine.py").write_text(MINE)
    (tmp_path / "rules.yaml").write_text(RULES)
    monkeypatch.chdir(tmp_path)
    yield path
    sys.modules.pop("mine", None)  # no other test may find these models


def archc(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def graph_of(text: str) -> Any:
    return archcompiler.loads(text).graph


def exact() -> float:
    """Return what float64 is held to: less where Keras does not keep it."""
    return 1e-13 if keeps_float64() else 1e-5


def disturbed(monkeypatch: pytest.MonkeyPatch, side: Any, name: str) -> None:
    """Make a mistake in carrying one tensor into one of the backends."""
    right = side.load_into

    def wrong(model: object, graph: object, backend: str, weights: dict[str, Any]) -> None:
        found = next(key for key in weights if key.replace("_", ".") == name)
        right(model, graph, backend, {**weights, found: weights[found] + 0.01})

    monkeypatch.setattr(side, "load_into", wrong)


# ---- where they part


@pytest.mark.parametrize(
    ("tensor", "first", "line"), [("S1.bn.bias", "S1.bn", 7), ("F1.weight", "F1", 12)]
)
@pytest.mark.parametrize("side", [keras_side, torch_side])
def test_the_first_row_where_the_backends_part_is_named_with_its_place(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, side: Any, tensor: str, first: str, line: int
) -> None:
    disturbed(monkeypatch, side, tensor)
    result = archc("verify", tiny, "--layers")
    assert result.exit_code == 1
    verdict = result.stdout.splitlines()[-1]
    assert f"keras and torch DIFFER, first in {first} ({tiny}:{line}), by " in verdict
    found = json.loads(archc("verify", tiny, "--layers", "--format", "json").stdout)
    layers = found["comparisons"][0]
    assert (found["agree"], layers["agree"], layers["first_beyond"]) == (False, False, first)
    assert [i["place"]["line"] for i in layers["items"] if i["name"] == first] == [line]


def test_without_layers_the_verdict_says_how_to_find_the_row(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disturbed(monkeypatch, keras_side, "S1.conv.bias")
    result = archc("verify", tiny)
    assert result.exit_code == 1
    assert "of the largest value, in Out (tolerance 1e-05); `--layers` names" in result.stdout
    assert result.stdout.splitlines()[1].endswith("beyond the tolerance")


# ---- precision


def test_float64_is_a_thousand_million_times_as_exact() -> None:
    graph = graph_of(TINY)
    (single,), (double,) = (
        verify(graph, precision=precision).outputs for precision in ("float32", "float64")
    )
    assert 1e-12 < single.share < 1e-5
    assert double.share < exact()


def test_the_tolerance_follows_the_precision() -> None:
    share = (Difference("Out", 5e-6, 0.5),)
    pair = ("keras", "torch")
    assert Verification((Comparison("outputs", pair, "float32", share),)).within()
    assert not Verification((Comparison("outputs", pair, "float64", share),)).within()
    assert Verification((Comparison("outputs", pair, "float64", share),)).within(1e-5)


# ---- training

OPTIMIZERS = [
    "{type: sgd, learning_rate: 0.1}",
    "{type: sgd, momentum: 0.9}",
    "{type: sgd, momentum: 0.9, nesterov: true, weight_decay: 0.1}",
    "{type: adam, learning_rate: 0.01}",
    "{type: adam, epsilon: 0.01, weight_decay: 0.1}",
    "{type: adamw, decoupled_weight_decay: 0.1, epsilon: 0.01}",
]


@pytest.mark.parametrize("optimizer", sampled(OPTIMIZERS, 5))
def test_steps_of_training_are_the_same(optimizer: str) -> None:
    graph = graph_of(TINY + TRAINING.format(optimizer))
    found = verify(graph, steps=6)
    losses, weights = found.comparisons[1:]
    assert [item.name for item in losses.items] == [f"step {n}" for n in range(1, 7)]
    assert len({round(one, 6) for one, _ in losses.values}) == 6  # it does train
    assert {item.name for item in weights.items} == {
        f"{layer.name}.{parameter.name}" for layer in graph.layers for parameter in layer.parameters
    }
    assert max(item.share for item in (*losses.items, *weights.items)) < exact()
    assert any("running variances" in note for note in weights.notes)
    assert any("Adam" in note for note in weights.notes) == ("adam" in optimizer)
    assert any("dropout" in note for note in losses.notes)
    assert any("penalty" in note for note in losses.notes) == (" weight_decay" in optimizer)


@pytest.mark.parametrize("size", ["4", "2x3", "2x3x2"])
def test_dropout_of_whole_maps_is_off_along_any_number_of_axes(size: str) -> None:
    rows = (
        f"- {{layer: In, type: input, maps: 3, size: {size}}}\n"
        "- {layer: D, type: dropout, rate: 0.5, spatial: true}\n"
        "- {layer: Out, type: fully_connected, size: 5, activation: softmax}\n"
    )
    text = f"archc: 1\nname: Dropped\nlayers:\n{rows}{TRAINING.format('{type: sgd}')}"
    assert verify(graph_of(text), steps=2).within()


LOSSES = {
    "classes of each cell": ("sparse_categorical_crossentropy", "softmax"),
    "shares of each cell": ("categorical_crossentropy", "softmax"),
    "sides of each cell": ("binary_crossentropy", "sigmoid"),
    "values of each cell": ("mean_squared_error", "linear"),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", LOSSES)
def test_steps_of_a_network_that_gives_maps(case: str) -> None:
    loss, activation = LOSSES[case]
    graph = graph_of(
        "archc: 1\nname: Maps\nlayers:\n- {layer: In, type: input, maps: 2, size: 5x7}\n"
        f"- {{layer: Out, type: convolution, maps: 3, kernel: 3, activation: {activation}}}\n"
        f"training: {{loss: {loss}, optimizer: sgd}}\n"
    )
    found = verify(graph, steps=2)
    assert max(item.share for item in found.of("losses", "weights")) < exact()


def _without_momentum(optimizer: Any) -> None:
    for group in optimizer.param_groups:
        group["momentum"] = 0


def _with_decay_everywhere(optimizer: Any) -> None:
    for group in optimizer.param_groups:
        group["weight_decay"] = 0.01


@pytest.mark.slow
@pytest.mark.parametrize("mistake", [_without_momentum, _with_decay_everywhere])
def test_another_optimizer_is_seen(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, mistake: Callable[[Any], None]
) -> None:
    """Verify can fail, though after each step PyTorch goes on from Keras' weights."""
    monkeypatch.setattr(torch_side, "_epsilon_first", lambda optimizer, *_: mistake(optimizer))
    result = archc("verify", tiny, "--steps", 4)
    assert result.exit_code == 1
    assert "keras and torch DIFFER; the largest difference is" in result.stdout
    assert any(
        line.startswith("S1.bn.bias") and line.endswith("beyond the tolerance")
        for line in result.stdout.splitlines()
    )


@pytest.mark.slow
def test_the_variance_that_is_kept_is_compared(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the correction for n / (n - 1), the running variance differs and nothing else."""
    from archcompiler.runtime.verify import training

    monkeypatch.setattr(training, "_unbiased", lambda graph, before, after, batch: after)
    found = verify(archcompiler.load(tiny).graph, steps=3)
    weights = next(found for found in found.comparisons if found.kind == "weights")
    assert [item.name for item in weights.beyond()] == ["S1.bn.running_var"]


def test_a_training_that_diverges_ends_the_comparison() -> None:
    text = TINY.replace("activation: relu", "activation: linear")
    graph = graph_of(text + TRAINING.format("{type: sgd, learning_rate: 1e40, momentum: 0.99}"))
    losses = next(item for item in verify(graph, steps=50).comparisons if item.kind == "losses")
    assert 1 <= len(losses.items) < 50
    assert any("the training diverges: at step" in note for note in losses.notes)


# what is asked of Tiny with this instead of its training section: what is said
UNTRAINABLE = {
    "no section": ("", 2, "`Tiny` has no section `training`"),
    "one value": (
        TRAINING.format("sgd"),
        1,
        "`V` would have one value to take the variance of",
    ),
}


def test_a_network_that_is_just_its_input_has_outputs_and_no_layers(tmp_path: Path) -> None:
    path = tmp_path / "input.yaml"
    path.write_text("archc: 1\nname: Same\nlayers:\n- {layer: In, type: input, size: 3}\n")
    result = archc("verify", path, "--layers")
    assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.parametrize("case", UNTRAINABLE)
def test_what_cannot_be_trained_says_why(tmp_path: Path, case: str) -> None:
    section, batch, message = UNTRAINABLE[case]
    path = tmp_path / "tiny.yaml"
    path.write_text(
        TINY.replace("- {layer: D2", "- {layer: V, type: batch_normalization}\n- {layer: D2")
        + section
    )
    result = archc("verify", path, "--steps", 2, "--batch", batch)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


def test_a_size_that_is_not_known_gives_no_targets() -> None:
    graph = graph_of(
        "archc: 1\nname: Maps\nlayers:\n- {layer: In, type: input, maps: 2, size: '?x7'}\n"
        "- {layer: Out, type: convolution, maps: 3, kernel: 3}\n"
        "training: {loss: mean_squared_error, optimizer: sgd}\n"
    )
    with pytest.raises(Unusable, match="size depends on that of `In`: state it there"):
        verify(graph, steps=1)


# ---- models that others wrote

MODELS = {
    "torch": ("Torch", to_torch, "gives logits: compared before the last softmax"),
    "torch probabilities": (
        "probabilities", to_wrapped, "gives probabilities: compared behind the last softmax"
    ),
    "keras": ("keras_model", to_keras, "gives probabilities: compared behind the last softmax"),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("case", MODELS)
@pytest.mark.usefixtures("tiny")
def test_a_model_with_its_weights_is_the_same(case: str, precision: str) -> None:
    name, renamed, note = MODELS[case]
    found = verify(
        graph_of(TINY), against=f"mine:{name}", renamed=renamed, precision=precision, layers=True
    )
    assert found.within(), found
    theirs = [item for item in found.comparisons if item.sides[1] == f"mine:{name}"]
    assert [item.sides[0] for item in theirs] == ["keras", "torch"]
    assert all(item.notes[0] == f"`mine:{name}` {note}" for item in theirs)


@pytest.mark.usefixtures("tiny")
def test_one_backend_is_enough_against_a_model() -> None:
    found = verify(graph_of(TINY), backends=["torch"], against="mine:Torch", renamed=to_torch)
    (only,) = found.comparisons
    assert (only.sides, only.items[0].difference) == (("torch", "mine:Torch"), 0.0)


@pytest.mark.usefixtures("tiny")
def test_a_model_that_computes_something_else_differs() -> None:
    found = verify(graph_of(TINY), against="mine:Scaled", renamed=to_torch)
    ours, *theirs = found.comparisons
    assert not ours.beyond()
    assert all(item.beyond() for item in theirs)


@pytest.mark.usefixtures("tiny")
def test_probabilities_where_the_spec_gives_none_are_told() -> None:
    text = TINY.replace(", activation: softmax", "")
    found = verify(
        graph_of(text), backends=["torch"], against="mine:probabilities", renamed=to_wrapped
    )
    assert not found.within()
    assert "the spec ends in no softmax" in found.comparisons[0].notes[0]


def test_tensors_that_do_not_correspond_are_all_listed(tiny: Path) -> None:
    result = archc("verify", tiny, "--against", "mine:WithoutBias", "--map", "rules.yaml")
    assert (result.exit_code, result.stdout) == (1, "")
    head, *lines = [line.strip() for line in result.stderr.splitlines() if "making" not in line]
    assert head == "error: the tensors of `mine:WithoutBias` are not those of the spec:"
    assert "of another shape: `first.weight` is 5x3x3x3, and our `S1.conv.weight` 4x3x3x3" in lines
    assert "missing: `Out.bias`, 5, for our `Out.bias`" in lines
    assert "left over: `more.weight`, 3x2" in lines
    assert len(lines) == 11  # 7 of the changed maps, bias, 2 left over, help
    assert not any("num_batches_tracked" in line for line in lines)


# MODULE:CALLABLE: exit code, what is said
REFUSED = {
    "mine": (2, "`mine` is not MODULE:CALLABLE, such as `networks.mine:build`"),
    "not_here:build": (2, "ModuleNotFoundError: No module named 'not_here'"),
    "mine:nothing": (2, "AttributeError: module 'mine' has no attribute 'nothing'"),
    "mine:number": (2, "`mine:number` gives a int: a `keras.Model` or a `torch.nn.Module`"),
    "mine:leaves": (2, "`mine:leaves` fails: SystemExit: bye (mine.py:"),
    "mine:no_weights": (2, "`mine:no_weights` gives a Keras model without weights: build it"),
    "mine:Fails": (
        2,
        "fails on an input of (2, 3, 8, 8) (channels first): ValueError: not (mine.py:",
    ),
    "mine:InADict": (2, "`mine:InADict` gives a dict: a tensor, or several in a list or tuple"),
    "mine:TwoOutputs": (1, "`mine:TwoOutputs` gives (2, 5), (2, 3, 8, 8), and the spec (2, 5)"),
}


@pytest.mark.parametrize("target", REFUSED)
def test_a_model_that_is_of_no_use_is_told_in_a_line(tiny: Path, target: str) -> None:
    code, message = REFUSED[target]
    options = ("--backends", "torch", "--map", "rules.yaml")
    result = archc("verify", tiny, "--against", target, *options)
    assert (result.exit_code, result.stdout) == (code, "")
    assert message in result.stderr
    told = [line for line in result.stderr.splitlines() if line != "making it"]  # their own
    assert len(told) == 1


def test_a_keras_model_made_before_its_precision_was_known(tiny: Path) -> None:
    options = ("--against", "mine:made", "--precision", "float64")
    result = archc("verify", tiny, *options)
    assert result.exit_code == 2
    assert "`mine:made` computes in float32: for `--precision float64`, import" in result.stderr


# ---- what is asked

WRONG_USE = {
    "one backend": (["--backends", "keras"], "one backend has nothing to be compared with"),
    "layers of one": (
        ["--backends", "torch", "--against", "mine:Torch", "--layers"],
        "`--layers` compares two backends",
    ),
    "another backend": (["--backends", "keras,caffe"], "'caffe' is not one of 'keras', 'torch'"),
    "two sources of weights": (
        ["--weights", "w.safetensors", "--against", "mine:Torch"],
        "`--against` brings its own weights",
    ),
    "rules for nothing": (["--map", "rules.yaml"], "`--map` is for the tensors of"),
}


@pytest.mark.parametrize("case", WRONG_USE)
def test_what_makes_no_sense_is_told(tiny: Path, case: str) -> None:
    arguments, message = WRONG_USE[case]
    result = archc("verify", tiny, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in " ".join(result.stderr.split())


def test_weights_of_a_file_are_used_under_its_names(tiny: Path) -> None:
    import torch

    zeros = {
        to_torch(name): torch.from_numpy(tensor) * 0
        for name, tensor in random_weights(graph_of(TINY), 0).items()
    }
    torch.save(zeros, "zeros.pt")
    options = ("--weights", "zeros.pt", "--map", "rules.yaml", "--format", "json")
    result = archc("verify", tiny, *options)
    assert json.loads(result.stdout)["comparisons"][0]["items"][0]["largest"] == 0
    del zeros["bn.bias"]
    torch.save(zeros, "zeros.pt")
    result = archc("verify", tiny, *options)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "zeros.pt does not fit Tiny: 1 missing; 9 tensors fit" in result.stderr


# what stands in the file of rules: what is said
RULES_OF_NO_USE = {
    "renam: 3": "rules are a list under `rename`, and nothing else",
    "rename: [{from: S1, to: '${nothing}'}]": "a rule has no value for a name",
}


@pytest.mark.parametrize("rules", RULES_OF_NO_USE)
def test_rules_of_no_use_are_told(tiny: Path, rules: str) -> None:
    Path("rules.yaml").write_text(rules)
    result = archc("verify", tiny, "--against", "mine:Torch", "--map", "rules.yaml")
    assert (result.exit_code, result.stdout) == (1, "")
    assert RULES_OF_NO_USE[rules] in result.stderr


def test_a_model_with_rules(tiny: Path) -> None:
    options = ("--against", "mine:Torch", "--map", "rules.yaml")
    result = archc("verify", tiny, *options)
    assert result.exit_code == 0, result.output
    assert "Tiny: torch and mine:Torch agree; the largest difference is 0.0e+00" in result.stdout


# ---- formats


def report(share: float) -> VerificationReport:
    pair = ("keras", "torch")
    items = (Difference("Out", share, 0.5, "Out"),)
    losses = Comparison(
        "losses", pair, "float64", (Difference("step 1", share, 2.0),), ((2.0, 2.0 + share),)
    )
    outputs = Comparison("outputs", pair, "float32", items, notes=("mind the gap",))
    return VerificationReport(graph_of(TINY), Verification((outputs, losses)))


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("share", [1e-12, 0.1, math.nan])
def test_every_format_says_who_agrees(form: str, share: float) -> None:
    text = FORMATS[form](report(share))
    agree = share < 1e-6
    assert ("agree;" in text, "DIFFER;" in text) == (agree, not agree)
    assert "mind the gap" in text
    if form == "json":
        document = json.loads(text)
        assert document["format_version"] == 1
        assert document["agree"] is agree
        outputs, losses = document["comparisons"]
        assert outputs["items"][0]["place"] == {"file": "<text>", "line": 14, "column": 3}
        assert losses["items"][0]["difference"] == (None if math.isnan(share) else share)
        assert losses["items"][0]["values"][0] == 2.0
    else:
        assert text.count("beyond the tolerance") == (0 if agree else 2)


@pytest.mark.parametrize("form", FORMATS)
def test_the_exit_code_is_the_same_in_every_format(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    arguments = ("verify", tiny, "--format", form)
    assert archc(*arguments).exit_code == 0
    disturbed(monkeypatch, torch_side, "Out.weight")
    assert archc(*arguments).exit_code == 1
    assert archc(*arguments, "--tolerance", 1).exit_code == 0


@pytest.mark.slow
def test_the_rules_beside_the_specs_are_for_models_of_libraries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    model = (
        "from keras.applications import VGG16\n\n\ndef model():\n    return VGG16(weights=None)\n"
    )
    (tmp_path / "vgg.py").write_text(model)
    rules = ROOT / "specs" / "names" / "keras_applications" / "vgg.yaml"
    options = ("--backends", "torch", "--batch", 1, "--against", "vgg:model", "--map", rules)
    result = archc("verify", spec_path("vgg16"), *options)
    assert result.exit_code == 0, result.stderr
    assert "torch and vgg:model agree" in result.stdout
