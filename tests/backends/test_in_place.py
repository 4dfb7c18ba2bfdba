"""A PyTorch rectifier overwrites what it reads where nothing else reads that, and nowhere else."""

import pytest

import archcompiler

ROWS = {
    "maps": "archc: 1\nname: Small\nlayers:\n- {layer: In, type: input, maps: 2, size: 4x4}\n",
    "vector": "archc: 1\nname: Small\nlayers:\n- {layer: In, type: input, size: 8}\n",
}


@pytest.mark.parametrize(
    ("shape", "row", "overwritten"),
    [
        ("maps", "type: convolution, maps: 2, kernel: 3", True),
        ("vector", "type: fully_connected, size: 3", True),
        ("maps", "type: fully_connected, size: 3", True),
        ("maps", "type: batch_normalization", True),
        ("vector", "type: batch_normalization", True),
        # in evaluation a dropout gives what it reads, a flattening always does
        ("maps", "type: dropout, rate: 0.5", False),
        ("maps", "type: flatten", False),
        # gradients that need more than the input
        ("maps", "type: multiply, from: [In, In]", False),
        ("maps", "type: local_response_normalization", False),
    ],
)
def test_only_what_nothing_else_reads_is_overwritten(
    shape: str, row: str, overwritten: bool
) -> None:
    spec = f"{ROWS[shape]}- {{layer: L, {row}, activation: relu}}\n"
    source = archcompiler.loads(spec).source("torch")
    assert source.count("F.relu(") == 1
    assert ("inplace=True" in source) is overwritten


def test_other_activations_overwrite_nothing() -> None:
    row = "- {layer: L, type: fully_connected, size: 3, activation: ACTIVATION}\n"
    for activation in ("gelu", "sigmoid", "leaky_relu"):
        spec = ROWS["vector"] + row.replace("ACTIVATION", activation)
        assert "inplace" not in archcompiler.loads(spec).source("torch")
    spec = ROWS["vector"] + row.replace(
        "ACTIVATION", "relu6"
    )  # its gradient needs its result alone
    assert "F.relu6(self.L(x), inplace=True)" in archcompiler.loads(spec).source("torch")


@pytest.mark.slow
@pytest.mark.torch
@pytest.mark.keras
def test_values_that_have_several_readers_stay_as_they_are() -> None:
    pytest.importorskip("keras")
    pytest.importorskip("torch")
    from archcompiler.runtime.verify import verify

    spec = f"""{ROWS["maps"]}
- {{layer: C, type: convolution, maps: 2, kernel: 3, padding: same}}
- {{layer: N, type: batch_normalization, activation: relu}}
- {{layer: A, type: activation, activation: relu, from: C}}
- {{layer: M, type: multiply, from: [C, N]}}
- {{layer: S, type: add, from: [A, M, C, In], activation: relu}}
"""
    found = verify(archcompiler.loads(spec).graph, layers=True, gradients=True)
    assert len(found.gradients) == 4
    assert found.within(1e-5)
