"""A backend is a folder and a registration: one that was not thought of does all that others do.

That of `examples/plugin` writes bytes, computes with NumPy, gives no gradients and trains nothing.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import archcompiler
from archcompiler.backends import BACKENDS, PAIR
from archcompiler.backends.backend import MARK, SourceBackend
from archcompiler.cli import cli
from archcompiler.diagnostics import SpecError
from archcompiler.runtime.frameworks import Framework, framework_of
from archcompiler.runtime.verify import Unusable, verify

pytest.importorskip("numpy")
SPEC = """\
archc: 1
name: Tiny
layers:
- {layer: In,  type: input, maps: 2, size: 3x3}
- {layer: F1,  type: fully_connected, size: 5, activation: relu}
- {layer: Out, type: fully_connected, size: 3, activation: softmax}
"""
CONVOLUTION = SPEC.replace("fully_connected, size: 5", "convolution, maps: 4, kernel: 3")
TRAINED = f"{SPEC}training: {{loss: sparse_categorical_crossentropy, optimizer: sgd}}\n"


@pytest.fixture
def steps(example: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Install the example's backend, which is called `steps`."""
    monkeypatch.chdir(tmp_path)
    Path("tiny.yaml").write_text(SPEC)
    return "steps"


def archc(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.mark.parametrize("name", BACKENDS)
def test_a_backend_says_what_it_is_without_its_framework(name: str) -> None:
    backend, framework = BACKENDS[name], framework_of(name)
    assert (backend.name, framework.name, framework.title) == (name, name, backend.title)
    assert backend.install.startswith("archcompiler[")
    assert isinstance(framework, Framework)
    network = archcompiler.loads(SPEC)
    emitted = backend.emit(network.graph)
    assert emitted == network.file(name)
    if isinstance(backend, SourceBackend):
        assert emitted.decode() == network.source(name) == backend.listing(network.graph).text


def test_names_of_backends_are_of_one_backend_each() -> None:
    names = [name for each in BACKENDS.values() for name in (each.name, *each.known_as)]
    assert len(names) == len(set(names))
    assert list(PAIR) == list(BACKENDS)[:2]
    assert len(BACKENDS) == len(list(BACKENDS))


def test_a_third_backend_is_in_every_list(steps: str) -> None:
    pytest.importorskip("starlette")
    from archcompiler.pages.server import _page
    from archcompiler.pages.view import sources

    for command in ("build", "run"):
        assert "[keras|torch|steps]" in archc(command, "--help").stdout
    assert (
        "is not one of 'keras', 'torch', 'steps'"
        in archc("build", "tiny.yaml", "--backend", "caffe").stderr
    )
    page = _page("nonce")
    assert '<option value="steps">Steps file</option>' in page
    assert '<option value="torch">PyTorch source</option>' in page
    assert 'data-show="torch"' in page
    assert 'data-show="steps"' not in page, "what is no text has no pane"
    assert "steps" not in sources()


def test_a_backend_may_give_bytes(steps: str) -> None:
    assert archc("build", "tiny.yaml", "--backend", steps).stdout == "generated/steps/tiny.json\n"
    file = Path("generated/steps/tiny.json")
    document = json.loads(file.read_bytes())
    assert document["about"].startswith(MARK)
    assert [step["do"] for step in document["steps"]] == ["read", "multiply", "multiply"]
    assert archc("build", "tiny.yaml", "--backend", steps, "--check").exit_code == 0
    file.write_bytes(file.read_bytes().replace(b"relu", b"tanh"))
    stale = archc("build", "tiny.yaml", "--backend", steps, "--check")
    assert (stale.exit_code, "`archc build tiny.yaml --backend steps` writes" in stale.output) == (
        1,
        True,
    )
    assert archc("build", "tiny.yaml", "--backend", steps, "-o", "net.json").stdout == "net.json\n"
    refused = archc("build", "tiny.yaml", "--backend", steps, "-o", "net.py")
    assert "net.py is no file of source, which ends in .json" in refused.stderr
    refused = archc("build", "tiny.yaml", "--backend", steps, "--emit", "model")
    assert "`steps` has no models" in refused.stderr


def test_the_page_gives_bytes_to_keep(steps: str) -> None:
    pytest.importorskip("markupsafe")
    from archcompiler.pages.answers import Answers, Question
    from archcompiler.pages.workspace import Workspace

    answers = Answers(Workspace(Path(), 10**6))
    question = Question({"what": "steps", "name": "tiny.yaml", "text": SPEC})
    found = answers.download(question)
    assert (found.name, found.media) == ("tiny_steps.json", "application/octet-stream")
    assert json.loads(found.data)["name"] == "Tiny"


def test_what_it_cannot_express_is_told_with_the_reason(steps: str) -> None:
    with pytest.raises(SpecError) as caught:
        archcompiler.loads(CONVOLUTION).file(steps)
    (found,) = caught.value.diagnostics
    assert (found.code, found.message) == (
        "ARC501",
        "`F1`: `steps` has no `convolution`: its steps are whole matrices",
    )
    assert found.notes == ("`keras` and `torch` express it",)


@pytest.mark.slow
@pytest.mark.keras
@pytest.mark.torch
@pytest.mark.parametrize("other", BACKENDS)
def test_any_two_backends_are_compared(steps: str, other: str) -> None:
    result = archc("verify", "tiny.yaml", "--backends", f"{steps},{other}", "--layers")
    assert result.exit_code == 0, result.output
    assert f"Tiny: {other} and steps agree; the largest difference is" in result.stdout
    assert archc("verify", "tiny.yaml").stdout.splitlines()[-1].startswith("Tiny: keras and torch")


@pytest.mark.slow
@pytest.mark.keras
@pytest.mark.torch
def test_more_than_two_are_compared_with_the_first(steps: str) -> None:
    found = verify(archcompiler.loads(SPEC).graph, backends=["steps", "torch", "keras"])
    assert [each.sides for each in found.comparisons] == [("keras", "torch"), ("keras", "steps")]
    assert found.within()


@pytest.mark.torch
def test_what_differs_is_found_in_any_backend(steps: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from archc_example.steps import runtime

    right = runtime.activated
    monkeypatch.setattr(
        runtime, "activated", lambda name, x: x if name == "relu" else right(name, x)
    )
    result = archc("verify", "tiny.yaml", "--backends", "torch,steps")
    assert result.exit_code == 1
    assert "torch and steps DIFFER" in result.stdout
    assert "`--layers` names the first row where they part" in result.stdout


@pytest.mark.torch
@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"gradients": True}, "`steps` has no gradients: leave `--gradients` out"),
        ({"steps": 2}, "`steps` does not train: leave `--steps` out"),
    ],
    ids=str,
)
def test_what_a_backend_has_not_is_told(steps: str, option: dict[str, int], message: str) -> None:
    graph = archcompiler.loads(TRAINED).graph
    with pytest.raises(Unusable, match=message):
        verify(graph, backends=["torch", "steps"], **option)


def test_it_is_built_and_run(steps: str) -> None:
    pytest.importorskip("safetensors")
    assert archc("init", "tiny.yaml", "-o", "tiny.safetensors").exit_code == 0
    model = archcompiler.load("tiny.yaml").build(steps, weights="tiny.safetensors")
    import numpy as np

    (out,) = model([np.ones((2, 2, 3, 3), "float32")])
    assert out.shape == (2, 3)
    assert np.allclose(out.sum(1), 1)
    result = archc("run", "tiny.yaml", "--backend", steps)
    assert "backend            steps, float32" in result.stdout
    result = archc("run", "tiny.yaml", "--backend", steps, "--device", "gpu")
    assert "there is no device `gpu` for steps: there is `cpu`" in result.stderr


def test_a_missing_framework_names_what_brings_it(
    steps: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archcompiler.runtime.frameworks.find_spec", lambda name: None)
    result = archc("run", "tiny.yaml", "--backend", steps)
    assert (
        result.stderr
        == "error: the backend `steps` is not installed: pip install 'archc-example[numpy]'\n"
    )
