"""Random specs with blocks: both backends compute the same, with blocks and without."""

import pytest

import archcompiler
from archcompiler.runtime.verify import verify
from tests.conftest import sampled
from tests.random_blocks import sound


@pytest.mark.keras
@pytest.mark.torch
@pytest.mark.parametrize("seed", sampled(range(30), 6))
def test_both_backends_compute_the_same(seed: int) -> None:
    architecture = archcompiler.loads(sound(seed))
    found = verify(architecture.graph, layers=True, gradients=True)
    assert len(found.outputs) >= len(architecture.layers) - 1
    assert found.within(1e-5), found


def test_there_are_many_kinds_of_them() -> None:
    texts = [sound(seed) for seed in range(60)]
    parts = ("repeat: 3", "when:", "index", "reads.maps", "input.maps", "one.maps", "kernel // 2")
    for part in parts:
        assert sum(part in text for text in texts) >= 3
