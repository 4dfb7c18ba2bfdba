"""What an input holds is what it is given: real numbers, or whole ones below its vocabulary."""

import runpy
import sys
from pathlib import Path

import pytest

import archcompiler
from archcompiler.backends import BACKENDS
from archcompiler.runtime.inputs import in_precision, random_inputs
from archcompiler.runtime.run import run
from archcompiler.runtime.verify import verify

np = pytest.importorskip("numpy")

TEXT = """archc: 1
name: Kinds
layers:
- {layer: words, type: input, size: 7, vocabulary: 100}
- {layer: classes, type: input, maps: 2, size: 4x3, vocabulary: 5}
- {layer: image, type: input, maps: 1, size: 5x5}
- {layer: out, type: fully_connected, size: 3}
outputs: [words, classes, out]
"""
BACKEND = [pytest.param(name, marks=getattr(pytest.mark, name)) for name in BACKENDS]


def test_whole_numbers_are_drawn_below_the_vocabulary() -> None:
    graph = archcompiler.loads(TEXT).graph
    words, classes, image = random_inputs(graph, 50)
    assert words.shape == (50, 7)
    assert classes.shape == (50, 2, 4, 3)
    for values, below in ((words, 100), (classes, 5)):
        assert values.dtype == np.int64
        assert values.min() >= 0
        assert below - 5 <= values.max() < below
        assert in_precision(values, "float64").dtype == np.int64
    assert image.dtype == np.float32
    assert in_precision(image, "float64").dtype == np.float64


@pytest.mark.keras
@pytest.mark.torch
def test_both_frameworks_are_given_the_same() -> None:
    result = verify(archcompiler.loads(TEXT).graph, gradients=True)
    assert result.within()
    assert {item.name: item.difference for item in result.outputs}["words"] == 0


@pytest.mark.parametrize("backend", BACKEND)
def test_it_is_run_and_its_file_runs(
    backend: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = archcompiler.loads(TEXT)
    assert run(network.graph, backend, batch=2).outputs == [
        (2, 7),
        (2, 2, 4, 3) if backend == "torch" else (2, 4, 3, 2),
        (2, 3),
    ]
    path = tmp_path / "kinds.py"
    path.write_text(network.source(backend))
    monkeypatch.setattr(sys, "argv", [str(path)])
    runpy.run_path(str(path), run_name="__main__")
    assert "(1, 7)" in capsys.readouterr().out


def test_what_computes_with_real_numbers_refuses_others() -> None:
    text = TEXT.replace("size: 3}", "size: 3, from: words}").replace(
        "outputs: [words, classes, out]", "outputs: [image, classes, out]"
    )
    with pytest.raises(archcompiler.SpecError) as caught:
        archcompiler.loads(text)
    (fault,) = caught.value.diagnostics
    assert (fault.code, fault.message) == (
        "ARC403",
        "`out` computes with real numbers, but its input is a vector of 7 whole numbers below 100",
    )
