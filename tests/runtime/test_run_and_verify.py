"""`archc run` and `archc verify`, and the same from Python."""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import archcompiler
from archcompiler.backends import BACKENDS
from archcompiler.cli import cli
from archcompiler.runtime.devices import DeviceMissing, choose
from archcompiler.runtime.verify import Difference, verify
from scripts.specs import SPECS, spec_path
from tests.conftest import FLAT, sampled

pytestmark = [pytest.mark.keras, pytest.mark.torch]

TINY = """\
archc: 1
name: Tiny
layers:
- {layer: In, type: input, maps: 3, size: 16x16}
- {layer: C1, type: convolution, maps: 4, kernel: 3x3, groups: 1, activation: relu}
- {layer: B1, type: batch_normalization}
- {layer: N1, type: local_response_normalization}
- {layer: S2, type: max_pooling, kernel: 2x2}
- {layer: Out, type: fully_connected, size: 5, activation: softmax}
"""

GPU = pytest.mark.gpu


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY)
    return path


def archc(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    "options",
    [
        pytest.param((), id="plain"),
        pytest.param(("--device", "cpu", "--precision", "bfloat16"), id="bfloat16"),
        pytest.param(("--device", "gpu"), marks=GPU, id="gpu"),
        pytest.param(("--device", "cuda:0", "--precision", "bfloat16"), marks=GPU, id="gpu-bf16"),
        pytest.param(("--device", "gpu", "--precision", "float16"), marks=GPU, id="gpu-f16"),
        pytest.param(("--device", "gpu", "--compile"), marks=GPU, id="gpu-compile"),
    ],
)
def test_run(tiny: Path, backend: str, options: tuple[str, ...]) -> None:
    result = archc("run", tiny, "--backend", backend, "--batch", 3, *options)
    assert result.exit_code == 0, result.output
    lines = dict(line.split(None, 1) for line in result.stdout.splitlines())
    assert "(3, 5)" in result.stdout
    assert lines["device"] == (
        "cuda:0" if "gpu" in options or "cuda:0" in options else lines["device"]
    )
    for title in ("time per batch", "images per second", "peak memory"):
        assert title in result.stdout


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_run_compiled(tiny: Path, backend: str) -> None:
    if backend == "torch" and not (shutil.which("g++") or shutil.which("clang++")):
        pytest.skip("torch.compile needs a C++ compiler, and there is none")
    # In a process of its own, as users have it: what compiles C++ imports setuptools, which wants
    # to be there before all that the other tests have imported.
    options = ("--backend", backend, "--compile", "--device", "cpu")
    command = [sys.executable, "-m", "archcompiler", "run", str(tiny), *options]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "compiled" in done.stdout


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("device", "message"),
    [
        ("cuda:77", "there is no device `cuda:77`"),
        ("tpu", "no device is named `tpu`: write `auto`, `cpu`, `gpu` or `cuda:N`"),
        ("cuda:", "no device is named `cuda:`"),
    ],
)
def test_a_device_that_is_not_there(tiny: Path, backend: str, device: str, message: str) -> None:
    result = archc("run", tiny, "--backend", backend, "--device", device)
    assert (result.exit_code, result.stdout) == (2, "")


@pytest.mark.parametrize("backend", BACKENDS)
def test_devices_by_name(backend: str) -> None:
    assert choose("cpu", backend) == "cpu"
    with pytest.raises(DeviceMissing, match=r"there is .*`cpu`"):
        choose("cuda:77", backend)


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("path", sampled(FLAT, 9), ids=lambda path: path.stem)
def test_the_backends_agree_on_every_flat_spec(path: Path) -> None:
    result = verify(archcompiler.load(path).graph, batch=1)
    assert result.within(1e-5), result


@pytest.mark.slow
@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("path", FLAT, ids=lambda path: path.stem)
def test_layers_and_gradients_agree_on_every_flat_spec(path: Path) -> None:
    network = archcompiler.load(path)
    result = verify(network.graph, layers=True, gradients=True, batch=1)
    assert result.within(1e-5), result
    assert [item.name for item in result.outputs] == [layer.name for layer in network.layers[1:]]
    trained = [
        f"{layer.name}.{parameter.name}"
        for layer in network.layers
        for parameter in layer.parameters
        if parameter.trainable
    ]
    assert [item.name for item in result.gradients] == trained


def test_what_verify_prints(tiny: Path) -> None:
    result = archc("verify", tiny, "--layers", "--gradients")
    assert result.exit_code == 0, result.output
    rows = [line.split()[0] for line in result.stdout.splitlines() if line]
    assert rows[:6] == ["layer", "C1", "B1", "N1", "S2", "Out"]
    assert rows[6:-1] == [
        "gradient",
        *(f"{name}.{kind}" for name in ("C1", "B1", "Out") for kind in ("weight", "bias")),
    ]
    assert "keras and torch agree" in result.stdout


@pytest.mark.parametrize(
    ("difference", "within"), [(1e-5, True), (1.1e-5, False), (float("nan"), False)]
)
def test_the_tolerance_is_a_share_of_the_largest_value(difference: float, within: bool) -> None:
    assert Difference("small", difference, 0.5).within(1e-5) is within
    assert Difference("large", difference * 20, 20.0).within(1e-5) is within


@GPU
@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_backends_agree_on_a_gpu(path: Path) -> None:
    result = verify(archcompiler.load(path).graph, batch=1, device="gpu")
    assert result.within(1e-5), result


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_framework_that_is_missing_names_its_extra(
    tiny: Path, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archcompiler.runtime.frameworks.find_spec", lambda name: None)
    result = archc("run", tiny, "--backend", backend)
    assert result.exit_code == 2
    assert f"pip install 'archcompiler[{backend}]'" in result.stderr


@pytest.mark.slow
@pytest.mark.parametrize("own", ["torch", "jax"])
def test_blocks_are_the_same_on_other_backends_of_keras(own: str) -> None:
    """PyTorch refuses dots in names, TensorFlow slashes: names inside of blocks have neither."""
    if find_spec(own) is None:
        pytest.skip(f"needs {own}, which is not installed")
    done = subprocess.run(
        [sys.executable, "-m", "archcompiler", "verify", str(spec_path("two_inputs"))],
        env=os.environ | {"KERAS_BACKEND": own},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "keras and torch agree" in done.stdout
