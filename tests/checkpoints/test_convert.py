"""Weights in files: every kind of file into every other, bit by bit, and what does not fit."""

import json
import math
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import archcompiler
from archcompiler import checkpoints
from archcompiler.checkpoints import tables
from archcompiler.checkpoints.tensors import Checkpoint, numpy_type
from archcompiler.cli import cli
from archcompiler.diff.patterns import patterns
from archcompiler.files import FileError
from archcompiler.graph import Graph

np = pytest.importorskip("numpy")
pytestmark = [pytest.mark.keras, pytest.mark.torch]

# Every kind of parameter, blocks, copies, and names that are renamed in a framework.
SPEC = """\
archc: 1
name: Tiny
params: {size: 5}
blocks:
  unit:
    params: {maps: int}
    layers:
    - {layer: conv, type: convolution, maps: "${maps}", kernel: 3x2, padding: same, groups: 2}
    - {layer: bn, type: batch_normalization, activation: relu}
layers:
- {layer: In, type: input, maps: 4, size: 8x6}
- {layer: forward, type: convolution, maps: 6, kernel: 3x2, bias: false}
- {layer: pad, type: convolution, maps: 6, kernel: 1}
- {layer: stage, type: unit, maps: 6, repeat: 2}
- {layer: side, type: convolution, maps: 4, kernel: 1, from: forward}
- {layer: up, type: transposed_convolution, maps: 4, kernel: 2x3, stride: 2, from: stage}
- {layer: drop, type: dropout, rate: 0.5}
- {layer: Hidden, type: fully_connected, size: 7, activation: relu}
- {layer: norm, type: batch_normalization}
- {layer: Flat, type: fully_connected, size: 7, from: side}
- {layer: Sum, type: add, from: [norm, Flat]}
- {layer: Out, type: fully_connected, size: "${size}", activation: softmax}
"""
KINDS = {
    "safetensors": "x.safetensors",
    "sharded": "x.safetensors.index.json",
    "pt": "x.pt",
    "keras": "x.keras",
    "h5": "x.weights.h5",
}
# Keras is asked for an archive where one of its files is written.
MARKED = [
    pytest.param(kind, marks=pytest.mark.slow if kind in ("keras", "h5") else ()) for kind in KINDS
]


def archc(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def carry(source: Path, target: Path, spec: Path, *options: object) -> None:
    shard = ("--shard", "1KB") if target.name.endswith(".json") else ()
    result = archc("convert", source, "--spec", spec, "-o", target, *shard, *options)
    assert result.exit_code == 0, result.stderr


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.yaml"
    path.write_text(SPEC)
    return path


@pytest.fixture
def graph(spec: Path) -> Graph:
    return archcompiler.load(spec).graph


@pytest.fixture
def first(spec: Path) -> Path:
    path = spec.parent / "first.safetensors"
    assert archc("init", spec, "--seed", 3, "-o", path).exit_code == 0
    return path


@pytest.mark.slow
@pytest.mark.parametrize("kind", MARKED)
def test_there_and_back_is_the_same_to_the_bit(kind: str, spec: Path, first: Path) -> None:
    there, again = spec.parent / KINDS[kind], spec.parent / "again.safetensors"
    carry(first, there, spec)
    carry(there, again, spec)
    assert again.read_bytes() == first.read_bytes()
    before = there.read_bytes()
    carry(again, there, spec)  # the same bytes in this kind of file too
    if kind != "keras":  # Keras writes the time into a model
        assert there.read_bytes() == before or kind == "sharded"


@pytest.mark.slow
@pytest.mark.parametrize("types", ["F64", "F16", "BF16"])
@pytest.mark.parametrize("kind", MARKED)
def test_types_stay_what_they_are(kind: str, types: str, spec: Path, graph: Graph) -> None:
    drawn = {
        item.canonical: checkpoints.initial(item, 0).read().astype(numpy_type(types))
        for item in checkpoints.wanted(graph, "torch")
    }
    first, there = spec.parent / "first.safetensors", spec.parent / KINDS[kind]

    def source(item: checkpoints.Wanted) -> checkpoints.Tensor:
        data = drawn[item.canonical]
        return checkpoints.Tensor(item.canonical, types, data.shape, lambda: data)

    checkpoints.save(checkpoints.Target(first), graph, source)
    carry(first, there, spec)
    found = checkpoints.load(there, graph)
    assert found.keys() == drawn.keys()
    for name, data in found.items():
        assert data.dtype == drawn[name].dtype
        assert data.tobytes() == drawn[name].tobytes()


@pytest.mark.slow
def test_models_take_them_and_compute_the_same(spec: Path, graph: Graph, first: Path) -> None:
    """Each framework by its own means alone, beside weights that were put in one by one."""
    import keras
    import torch
    from safetensors.torch import load_file

    from archcompiler.runtime.weights import load_into

    folder = spec.parent
    for name in ("x.pt", "x.keras", "x.weights.h5"):
        carry(first, folder / name, spec)
    network = archcompiler.load(spec)
    torch_models = [network.build("torch") for _ in range(4)]
    load_into(torch_models[0], graph, "torch", checkpoints.load(first, graph))
    torch_models[1].load_state_dict(load_file(first))
    torch_models[2].load_state_dict(torch.load(folder / "x.pt", weights_only=True))
    torch_models[3].load_state_dict(torch.load(folder / "x.pt", weights_only=True, mmap=True))
    keras_models = [network.build("keras"), keras.saving.load_model(folder / "x.keras")]
    keras_models[0].load_weights(folder / "x.weights.h5")
    x = np.random.default_rng(0).standard_normal((3, 4, 8, 6), dtype=np.float32)
    with torch.inference_mode():
        outputs = [model.eval()(torch.from_numpy(x)).numpy() for model in torch_models]
    outputs += [model(x.transpose(0, 2, 3, 1)).numpy() for model in keras_models]
    assert np.std(outputs[0], axis=0).max() > 1e-4  # it depends on the input
    for output in outputs:
        assert np.abs(output - outputs[0]).max() < 1e-6
    assert all((output == outputs[0]).all() for output in outputs[:4])


def torch_state(folder: Path, graph: Graph) -> Path:
    import torch

    path = folder / "theirs.pt"
    torch.save(_model(graph).state_dict(), path)
    return path


def torch_among_others(folder: Path, graph: Graph) -> Path:
    import torch

    path = folder / "theirs.pth"
    state = _model(graph).state_dict()
    kernel = state["Out.weight"]
    state["Out.weight"] = kernel.t().contiguous().t()  # not as its numbers lie
    state["Out.bias"] = torch.cat([torch.zeros(3), state["Out.bias"]])[3:]  # a part of others
    torch.save({"epoch": 3, "state_dict": state, "optimizer": {"lr": 0.1}}, path)
    return path


def torch_of_old(folder: Path, graph: Graph) -> Path:
    import torch

    path = folder / "theirs.pth"
    torch.save(_model(graph).state_dict(), path, _use_new_zipfile_serialization=False)
    return path


def _model(graph: Graph) -> object:
    from archcompiler.runtime.live import build
    from archcompiler.runtime.weights import load_into

    model = build(graph, "torch")
    load_into(model, graph, "torch", _weights(graph))
    return model


def _weights(graph: Graph) -> dict[str, object]:
    return {
        item.canonical: checkpoints.initial(item, 3).read()
        for item in checkpoints.wanted(graph, "torch")
    }


def keras_model(folder: Path, graph: Graph, *, path: str = "theirs.keras") -> Path:
    from archcompiler.runtime.live import build
    from archcompiler.runtime.weights import load_into

    model = build(graph, "keras")
    load_into(model, graph, "keras", _weights(graph))
    model.compile("adam", "mse")
    model.train_on_batch(np.zeros((1, 8, 6, 4)), np.zeros((1, 5)))  # the optimizer has a state
    load_into(model, graph, "keras", _weights(graph))
    (model.save_weights if path.endswith(".weights.h5") else model.save)(folder / path)
    return folder / path


def keras_weights(folder: Path, graph: Graph) -> Path:
    return keras_model(folder, graph, path="theirs.weights.h5")


def keras_model_h5(folder: Path, graph: Graph) -> Path:
    return keras_model(folder, graph, path="theirs.h5")


def keras_of_old(folder: Path, graph: Graph, *, whole: bool = False) -> Path:
    """What Keras 2 wrote: lists of names, and a group for each layer."""
    import h5py

    path = folder / "theirs.h5"
    weights = _weights(graph)
    layers: dict[str, list[tuple[str, object]]] = {}
    for item in checkpoints.wanted(graph, "keras"):
        data = item.stored.laid_out(weights[item.canonical])
        layers.setdefault(item.stored.layer, []).append((item.stored.name, data))
    with h5py.File(path, "w") as file:
        root = file
        if whole:
            file.attrs["model_config"] = json.dumps({"class_name": "Functional"}).encode()
            file.create_group("optimizer_weights/Adam").create_dataset("m:0", data=[1.0])
            root = file.create_group("model_weights")
            root.create_group("top_level_model_weights").attrs["weight_names"] = []
        names = [name.encode() for name in [*layers, "drop"]]
        if whole:  # which Keras does with a list that is too long for an attribute
            root.attrs["layer_names0"], root.attrs["layer_names1"] = names[:3], names[3:]
        else:
            root.attrs["layer_names"] = names
        root.create_group("drop").attrs["weight_names"] = []
        for layer, variables in layers.items():
            group = root.create_group(layer)
            group.attrs["weight_names"] = [f"{layer}/{name}:0".encode() for name, _ in variables]
            for name, data in variables:
                group.create_dataset(f"{layer}/{name}:0", data=data)
    return path


def keras_model_of_old(folder: Path, graph: Graph) -> Path:
    return keras_of_old(folder, graph, whole=True)


@pytest.mark.slow
@pytest.mark.parametrize(
    "theirs",
    [
        torch_state,
        torch_among_others,
        torch_of_old,
        *(
            pytest.param(theirs, marks=pytest.mark.slow)
            for theirs in (keras_model, keras_weights, keras_model_h5)
        ),
        keras_of_old,
        keras_model_of_old,
    ],
    ids=lambda function: function.__name__,
)
def test_files_that_frameworks_wrote_are_read(
    theirs: Callable[[Path, Graph], Path], spec: Path, graph: Graph, first: Path
) -> None:
    carry(theirs(spec.parent, graph), spec.parent / "ours.safetensors", spec)
    assert (spec.parent / "ours.safetensors").read_bytes() == first.read_bytes()


DEPTHWISE = """\
archc: 1
name: Depthwise
layers:
- {layer: In, type: input, maps: 4, size: 9x8}
- {layer: conv, type: convolution, maps: 6, kernel: 3, groups: 2}
- {layer: dw, type: convolution, maps: 12, kernel: 3x2, groups: 6, activation: relu}
- {layer: each, type: convolution, maps: 24, kernel: 2, groups: 12, bias: false}
- {layer: point, type: convolution, maps: 1, kernel: 1}
- {layer: one, type: convolution, maps: 3, kernel: 1}
- {layer: many, type: convolution, maps: 1, kernel: 2}
- {layer: Out, type: flatten}
"""
SEPARABLE = """\
rename:
- {from: '^each/0', to: sep/0}
- {from: '^point/0', to: sep/1}
- {from: '^point/1', to: sep/2}
"""


def depthwise_model() -> object:
    """Return a Keras model of the same network, in Keras' own words for it."""
    import keras

    x = given = keras.Input((9, 8, 4), name="In")
    x = keras.layers.Conv2D(6, 3, groups=2, name="conv")(x)
    x = keras.layers.DepthwiseConv2D((3, 2), depth_multiplier=2, activation="relu", name="dw")(x)
    x = keras.layers.SeparableConv2D(1, 2, depth_multiplier=2, name="sep")(x)
    x = keras.layers.DepthwiseConv2D(1, depth_multiplier=3, name="one")(x)
    x = keras.layers.Conv2D(1, 2, name="many")(x)
    model = keras.Model(given, keras.layers.Flatten(name="Out")(x))
    generator = np.random.default_rng(0)
    model.set_weights([generator.standard_normal(w.shape) for w in model.get_weights()])
    return model


def depthwise_of_old(model: object, path: Path) -> None:
    """Write what Keras 2 would: it calls the kernel of a depthwise layer by another name."""
    import h5py

    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [layer.name for layer in model.layers]
        for layer in model.layers:
            group = file.create_group(layer.name)
            kernel = "depthwise_kernel" if "Depthwise" in type(layer).__name__ else "kernel"
            names = [w.name.replace("kernel", kernel, w.name == "kernel") for w in layer.weights]
            group.attrs["weight_names"] = [f"{layer.name}/{name}:0" for name in names]
            for name, weight in zip(names, layer.weights, strict=True):
                group[f"{layer.name}/{name}:0"] = weight.numpy()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["x.keras", "x.weights.h5", "x.h5", "old.h5"])
def test_depthwise_and_separable_layers_are_convolutions_in_groups(
    name: str, tmp_path: Path
) -> None:
    import torch

    model = depthwise_model()
    if name == "old.h5":
        depthwise_of_old(model, tmp_path / name)
    else:
        (model.save_weights if "weights" in name else model.save)(tmp_path / name)
    (tmp_path / "net.yaml").write_text(DEPTHWISE)
    (tmp_path / "rules.yaml").write_text(SEPARABLE)
    spec, to = tmp_path / "net.yaml", tmp_path / "x.safetensors"
    carry(tmp_path / name, to, spec, "--map", tmp_path / "rules.yaml")
    live = archcompiler.load(spec).build("torch", weights=to).eval()
    x = np.random.default_rng(1).standard_normal((2, 4, 9, 8), dtype=np.float32)
    theirs = model(x.transpose(0, 2, 3, 1)).numpy()
    with torch.inference_mode():
        ours = live(torch.from_numpy(x)).numpy()
    assert np.abs(theirs).max() > 1
    assert np.abs(theirs - ours).max() < 1e-4


@pytest.mark.slow
@pytest.mark.parametrize("name", ["x.keras", "x.weights.h5", "x.h5"])
@pytest.mark.parametrize(
    ("rows", "theirs", "said"),
    [
        # 3x3x4x1: a depthwise layer is no convolution to one map, nor the other way round
        ("convolution, maps: 1, kernel: 3", "DepthwiseConv2D(3, name='C')", "3x3x4x1, depthwise"),
        ("depthwise_convolution, kernel: 3", "Conv2D(1, 3, name='C')", "has 3x3x4x1 "),
        ("convolution, maps: 4, kernel: 3, groups: 4", "Conv2D(1, 3, name='C')", "has 3x3x4x1 "),
        ("convolution, maps: 4, kernel: 3, groups: 2", "DepthwiseConv2D(3, name='C')", "depthwise"),
    ],
)
def test_a_depthwise_kernel_is_known_by_its_layer_not_by_its_shape(
    rows: str, theirs: str, said: str, name: str, tmp_path: Path
) -> None:
    import keras

    given = keras.Input((8, 8, 4), name="In")
    layer = eval(f"keras.layers.{theirs}")
    model = keras.Model(given, layer(given))
    (model.save_weights if "weights" in name else model.save)(tmp_path / name)
    spec = tmp_path / "net.yaml"
    head = "archc: 1\nname: N\nlayers:\n- {layer: In, type: input, maps: 4, size: 8x8}\n"
    spec.write_text(f"{head}- {{layer: C, type: {rows}}}\n")
    result = archc("convert", tmp_path / name, "--spec", spec, "-o", tmp_path / "x.safetensors")
    assert result.exit_code == 1
    assert said in result.stderr
    assert not (tmp_path / "x.safetensors").exists()


def test_layers_of_one_name_are_told_apart_by_their_places(tmp_path: Path) -> None:
    """A model inside of another may have layers of the same names."""
    import h5py

    path = tmp_path / "x.weights.h5"
    with h5py.File(path, "w") as file:
        for number, place in enumerate(("layers/dense", "layers/functional/layers/dense")):
            group = file.create_group(f"{place}/vars")
            group.attrs["name"] = "dense"
            for own in "01":
                group[own] = np.full(2, number, np.float32)
    with checkpoints.open_checkpoint(path) as checkpoint:
        values = {name: float(t.read()[0]) for name, t in checkpoint.tensors.items()}
    inner = "layers/functional/layers/dense"
    assert values == {"dense/0": 0, "dense/1": 0, f"{inner}/0": 1, f"{inner}/1": 1}


@pytest.mark.slow
def test_what_is_written_says_what_it_is_of(spec: Path, graph: Graph, first: Path) -> None:
    for name in KINDS.values():
        carry(first, spec.parent / name, spec)
        with checkpoints.open_checkpoint(spec.parent / name) as checkpoint:
            own = {key: text for key, text in checkpoint.metadata.items() if key[:6] == "archc_"}
            assert own == {
                "archc_language": "1",
                "archc_network": "Tiny",
                "archc_fingerprint": graph.fingerprint,
            }


def test_first_weights_depend_on_seed_and_name_alone(spec: Path, graph: Graph) -> None:
    one, other = ({**_drawn(graph, seed)} for seed in (1, 2))
    again = _drawn(archcompiler.load(spec, params={"size": "9"}).graph, 1)
    random = {name for name, data in one.items() if np.std(data) > 0}
    assert random == {name for name in one if name.endswith("weight") and one[name].ndim > 1}
    for name in random:
        assert (one[name] != other[name]).any()
    assert all((one[name] == again[name]).all() for name in one if not name.startswith("Out"))


def _drawn(graph: Graph, seed: int) -> dict[str, object]:
    return {
        item.canonical: checkpoints.initial(item, seed).read()
        for item in checkpoints.wanted(graph, "torch")
    }


@pytest.mark.slow
def test_no_framework_is_imported_for_files_that_need_none(spec: Path, first: Path) -> None:
    carry(first, spec.parent / "x.keras", spec)
    program = """
import sys
from archcompiler.cli import cli
for name in ("first.safetensors", "x.keras"):
    cli(["convert", name, "--spec", "tiny.yaml", "-o", "y.safetensors"], standalone_mode=False)
cli(["init", "tiny.yaml", "-o", "y.safetensors"], standalone_mode=False)
print(sorted({"torch", "keras", "tensorflow", "jax"} & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=spec.parent, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("missing", "name"),
    [
        ("numpy", "x.safetensors"),
        ("safetensors", "first.safetensors"),
        ("h5py", "x.keras"),
        ("keras", "x.keras"),
        ("torch", "x.pt"),
    ],
)
def test_a_missing_package_is_named_with_its_extra(
    missing: str, name: str, spec: Path, first: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from archcompiler.runtime import frameworks

    found = frameworks.find_spec
    monkeypatch.setattr(frameworks, "find_spec", lambda n: None if n == missing else found(n))
    out = first.with_name(name)
    command = ("init", spec) if missing != "safetensors" else ("convert", first, "--spec", spec)
    result = archc(*command, "-o", out, "--force")
    assert result.exit_code == 2
    assert f"`{missing}` is not installed: pip install 'archcompiler[" in result.stderr


# ---- what does not fit


@pytest.mark.slow
def test_all_that_does_not_fit_is_listed_and_nothing_written(
    spec: Path, graph: Graph, golden: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(spec.parent)
    weights = {name: np.asarray(data) for name, data in _weights(graph).items()}
    weights["forward_.weight"] = weights.pop("forward.weight")  # `forward` is PyTorch's own
    weights["stage.1.bn.more"] = np.zeros(3, np.float32)
    weights["stage.1.bn.num_batches_tracked"] = np.zeros((), np.int64)  # PyTorch's own: no fault
    weights["side.weight"] = weights["side.weight"][:2]
    weights["Hidden.bias"] = np.zeros(7, np.int64)
    for name in ("stage.0.conv.weight", "stage.1.conv.weight", "up.bias"):
        del weights[name]
    from safetensors.numpy import save_file

    save_file(weights, "wrong.safetensors")
    result = archc("convert", "wrong.safetensors", "--spec", "tiny.yaml", "-o", "out.keras")
    assert result.exit_code == 1
    golden("checkpoint.does_not_fit.txt", result.stderr)
    assert not Path("out.keras").exists()
    shown = archc("inspect", "wrong.safetensors", "--spec", "tiny.yaml")
    assert (shown.exit_code, "error: " + shown.stdout) == (1, result.stderr)
    read = json.loads(
        archc("inspect", "wrong.safetensors", "--spec", "tiny.yaml", "--format", "json").stdout
    )
    assert not read["fit"]["fits"]
    assert "pad" in read["fit"]["layers"]
    assert [(p["problem"], p["tensor"]) for p in read["fit"]["problems"]] == [
        ("missing", "stage.0.conv.weight"),
        ("missing", "stage.1.conv.weight"),
        ("shape", "side.weight"),
        ("missing", "up.bias"),
        ("type", "Hidden.bias"),
        ("extra", "stage.1.bn.more"),
    ]
    partly = ("convert", "wrong.safetensors", "--spec", "tiny.yaml", "--partial")
    for name in ("out.safetensors", "out.pt", "out.weights.h5"):
        result = archc(*partly, "-o", name)
        assert result.exit_code == 0, result.stderr
        assert "6 did not fit and were left out" in result.stdout
        with checkpoints.open_checkpoint(Path(name)) as checkpoint:
            found = checkpoints.fit(checkpoint, graph, checkpoints.Rules())
            assert {problem.kind for problem in found.problems} == {"missing"}
            assert len(found.problems) == 5


def test_contents_are_shown(spec: Path, first: Path, golden: Callable[[str, str], None]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(spec.parent)
        golden("checkpoint.contents.txt", archc("inspect", "first.safetensors").stdout)
        fits = archc("inspect", "first.safetensors", "--spec", "tiny.yaml")
    assert (fits.exit_code, fits.stdout) == (0, "first.safetensors fits Tiny: all 29 tensors\n")


@pytest.mark.slow
def test_a_file_of_another_network_is_told(spec: Path, first: Path) -> None:
    other = spec.with_name("other.yaml")
    other.write_text(SPEC.replace("activation: relu}", "activation: tanh}"))
    out = spec.parent / "out.pt"
    result = archc("convert", first, "--spec", other, "-o", out)
    assert (result.exit_code, out.exists()) == (0, True)
    assert "was written for a Tiny of another fingerprint" in result.stderr
    assert result.stderr == archc("inspect", first, "--spec", other).stdout.partition("\n")[2]
    assert archc("convert", first, "--spec", spec, "-o", out).stderr == ""


@pytest.mark.slow
def test_names_with_a_prefix_are_recognized(spec: Path, first: Path) -> None:
    rules = spec.parent / "rules.yaml"
    rules.write_text("rename: [{from: ^, to: module.}]\n")
    theirs = spec.parent / "theirs.pt"
    carry(first, theirs, spec, "--map-out", rules)
    back = spec.parent / "back.safetensors"
    without = archc("convert", theirs, "--spec", spec, "-o", back)
    assert "with `rename: [{from: ^, to: module.}]` for `--map`" in without.stderr
    carry(theirs, back, spec, "--map", rules)
    assert back.read_bytes() == first.read_bytes()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rename: {a: b}", "rules are a list"),
        ("names: []", "rules are a list under `rename`, and nothing else"),
        ("rename: [{from: a}]", "a rule has the texts `from` and `to`"),
        ("rename: [{from: a, to: b, too: c}]", "a rule has the texts `from` and `to`"),
        ("rename: [{from: '(', to: b}]", "this is not a regular expression"),
        ("rename: [{from: a, to: [b]}]", "a rule has the texts `from` and `to`"),
        ("rename: [", "this is not YAML"),
        ("rename: [{from: weight, to: '${1 +}'}]", "a rule has no value for a name"),
        ("rename: [{from: weight, to: '${nothing}'}]", "a rule has no value for a name"),
    ],
)
def test_rules_that_are_none(text: str, message: str, spec: Path, first: Path) -> None:
    rules = spec.parent / "rules.yaml"
    rules.write_text(text)
    out = spec.parent / "out.safetensors"
    result = archc("convert", first, "--spec", spec, "--map", rules, "-o", out)
    assert result.exit_code == 1
    assert message in result.stderr
    assert not out.exists()


@pytest.mark.slow
def test_only_our_own_files_are_overwritten(spec: Path, first: Path) -> None:
    for name in KINDS.values():
        path = spec.parent / name
        path.write_text("somebody's")
        shard = ("--shard", "1KB") if name.endswith(".json") else ()
        command = ("convert", first, "--spec", spec, "-o", path, *shard)
        result = archc(*command)
        assert result.exit_code == 2
        assert "--force" in result.stderr
        assert path.read_text() == "somebody's"
        if not shard:
            assert archc(*command, "--force").exit_code == 0
            assert archc(*command).exit_code == 0  # now it is ours


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("first.safetensors", "-o", "x.bin"), "its name ends in none of"),
        (("first.safetensors", "-o", "x.pt", "--to", "keras"), "is a file of torch, not of keras"),
        (("first.safetensors", "-o", "x.pt", "--shard", "1GB"), "`--shard` is for .safetensors"),
        (("first.safetensors", "-o", "x.safetensors", "--shard", "0"), "is no size"),
        (("first.safetensors", "-o", "x.safetensors.index.json"), "say how large they may be"),
        (("first.safetensors", "-o", "x.keras", "--map-out", "r.yaml"), "is not for Keras"),
        (("none.safetensors", "-o", "x.pt"), "there is no such file"),
        (("tiny.yaml", "-o", "x.pt"), "its name ends in none of"),
    ],
)
def test_wrong_use(
    arguments: tuple[str, ...], message: str, spec: Path, first: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(spec.parent)
    result = archc("convert", *arguments, "--spec", "tiny.yaml")
    assert result.exit_code == 2
    assert message in result.stderr
    assert not [*Path().glob("x.*")]


def test_shards_are_read_whole_or_not_at_all(spec: Path, graph: Graph, first: Path) -> None:
    index = spec.parent / "x.safetensors.index.json"
    carry(first, index, spec)
    carry(first, index, spec)  # beside those that are there, which go when the new ones count
    parts = sorted(spec.parent.glob("x-*.safetensors"))
    known = json.loads(index.read_text())
    assert {part.name for part in parts} == set(known["weight_map"].values())
    assert len(parts) > 3
    assert known["metadata"]["total_size"] == sum(
        np.asarray(data).nbytes for data in _weights(graph).values()
    )
    hostile = {
        "../first.safetensors": "only .safetensors files beside it",
        "nothing.safetensors": "which is no file beside it",
        "/etc/passwd": "only .safetensors files beside it",
        parts[0].name: "that its files lack",
    }
    for file, message in hostile.items():
        names = dict.fromkeys(known["weight_map"], file)
        index.write_text(json.dumps({"weight_map": names}))
        with pytest.raises(FileError, match=message):
            checkpoints.load(index, graph)
    for text in ("", "[]", "{}", '{"weight_map": 3}', "[" * 10**5):
        index.write_text(text)
        with pytest.raises(FileError, match="is not an index"):
            checkpoints.load(index, graph)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tensor_{}_x", "m.layers.{}.w", "a{}.b{}.c"])
def test_of_very_many_tensors_only_some_are_drawn(
    name: str, graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All are counted; what takes time for each two of them is done for a thousand."""
    looked_at = []

    def counted(names: Iterable[str], counts: Mapping[str, int]) -> list[str]:
        looked_at.append(list(names))
        return patterns(looked_at[-1], counts)

    monkeypatch.setattr(tables, "patterns", counted)
    tensors = {
        text: checkpoints.Tensor(text, "F32", (1,), lambda: np.zeros(1))
        for text in (name.format(number, number) for number in range(20_000))
    }
    file = Checkpoint(Path("x.pt"), "PyTorch", "torch", tensors, {})
    found = checkpoints.fit(file, graph, checkpoints.Rules())
    text = tables.problems_text(file, graph, found)
    assert max(map(len, looked_at)) == tables.MOST
    assert "20,000 not expected" in text
    assert "not expected (20000)" in text
    assert "... and 19,000 more" in text
    assert len(text.splitlines()) < 1200
    assert len(json.loads(tables.contents_json(file, found))["fit"]["problems"]) > 20_000


ONE_CELL = {
    (3, 4): True,
    (3, 4, 1, 1): True,
    (3, 4, 1): True,
    (3, 4, 1, 2): False,
    (4, 3, 1, 1): False,
}
ON_A_VECTOR = """\
archc: 1
name: N
layers:
- {layer: In, type: input, maps: 4, size: 2x2}
- {layer: g, type: global_max_pooling}
- {layer: fc, type: fully_connected, size: 3}
"""


@pytest.mark.parametrize(("shape", "fits"), ONE_CELL.items())
def test_a_layer_on_a_vector_may_be_a_convolution_over_one_cell(
    shape: tuple[int, ...], fits: bool, tmp_path: Path
) -> None:
    from safetensors.numpy import load_file, save_file

    spec, to = tmp_path / "net.yaml", tmp_path / "b.safetensors"
    spec.write_text(ON_A_VECTOR)
    kernel = np.arange(math.prod(shape), dtype="float32").reshape(shape)
    save_file({"fc.weight": kernel, "fc.bias": np.ones(3, "float32")}, tmp_path / "a.safetensors")
    result = archc("convert", tmp_path / "a.safetensors", "--spec", spec, "-o", to)
    assert (result.exit_code == 0) is fits, result.stderr
    if fits:
        assert np.array_equal(load_file(to)["fc.weight"], kernel.reshape(3, 4))
