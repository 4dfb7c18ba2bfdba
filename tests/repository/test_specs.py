"""The specs of this repository prove."""

import pytest

import archcompiler
from scripts.specs import SPECS


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_spec_is_valid_and_every_shape_is_known(path):
    network = archcompiler.load(path)
    assert network.layers
    is_open = path.stem == "fully_convolutional"  # its input is of any size
    assert all(layer.shape.elements or is_open for layer in network.layers)
    assert network.graph.training is None or network.graph.training.loss
