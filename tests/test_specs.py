"""The specs of this repository prove."""

import pytest

import archcompiler

from .conftest import SPECS


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_spec_is_valid_and_every_shape_is_known(path):
    network = archcompiler.load(path)
    assert network.layers
    assert all(layer.shape.elements for layer in network.layers)
    assert network.graph.training is None or network.graph.training.loss
