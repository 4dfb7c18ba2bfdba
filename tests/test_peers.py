"""Weights of torchvision's and keras.applications' models give their own outputs in our backends.

`scripts/peers` prints the differences of all of them; docs/peers.md has them.
"""

from pathlib import Path

import numpy as np
import pytest

import archcompiler
from archcompiler.architecture import Architecture
from archcompiler.runtime.weights import load_into, random_weights
from peers.carry import load
from peers.compare import TOLERANCE, compare
from peers.networks import KERAS_APPLICATIONS, NETWORKS, TORCHVISION, Network
from tests.conftest import SPECS
from tests.test_names import MODELS

QUICK = {"resnet18", "densenet121", "googlenet", "ResNet50", "DenseNet121"}

pytestmark = [pytest.mark.keras, pytest.mark.torch]


def _marked(networks: list[Network]) -> list[object]:
    """Return the networks: those of a family differ in depth and width, so a few are quick."""
    return [
        pytest.param(
            network,
            id=network.peer,
            marks=[] if network.peer in QUICK else [pytest.mark.slow],
        )
        for network in networks
    ]


def _hold(network: Network) -> None:
    found = compare(network)
    assert found.holds, found


@pytest.mark.torchvision
@pytest.mark.parametrize("network", _marked(TORCHVISION))
def test_weights_of_torchvision_give_its_outputs(network: Network) -> None:
    _hold(network)


@pytest.mark.parametrize("network", _marked(KERAS_APPLICATIONS))
def test_weights_of_keras_applications_give_its_outputs(network: Network) -> None:
    _hold(network)


@pytest.mark.slow
def test_a_hundredth_of_a_millionth_in_an_epsilon_shows() -> None:
    """That the epsilon is 1e-5 instead of 1.001e-5 is far outside of the tolerance."""
    network = next(network for network in KERAS_APPLICATIONS if network.peer == "DenseNet121")
    found = compare(network._replace(params={}))
    assert found.keras > 10 * TOLERANCE
    assert found.torch > 10 * TOLERANCE


def test_all_of_torchvisions_are_compared() -> None:
    assert {network.peer for network in TORCHVISION} == set(MODELS)


def test_every_member_of_a_family_has_a_peer() -> None:
    members = {path.stem for path in SPECS if "\nspec: families/" in path.read_text()}
    assert members
    assert members <= {network.spec for network in NETWORKS}


SMALL = """
archc: 1
name: Small
layers:
- {layer: In,   type: input, maps: 3, size: 6x4}
- {layer: conv, type: convolution, maps: 5, kernel: 3x2}
- {layer: bn,   type: batch_normalization, activation: relu}
- {layer: fc,   type: fully_connected, size: 7}
"""


@pytest.fixture
def saved(tmp_path: Path) -> tuple[Architecture, dict[str, np.ndarray], Path]:
    """Return a network, its weights, and a file of Keras that holds them."""
    network = archcompiler.loads(SMALL)
    weights = random_weights(network.graph, 3)
    model = network.build("keras")
    load_into(model, network.graph, "keras", weights)
    model.save_weights(tmp_path / "small.weights.h5")
    return network, weights, tmp_path / "small.weights.h5"


def test_what_keras_saves_comes_back(saved) -> None:
    network, weights, path = saved
    found = load(path, network.graph, str)
    assert found.keys() == weights.keys()
    assert all(np.array_equal(found[name], weights[name]) for name in weights)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("layer: fc,", "layer: head,", "has no head/0, which is our head/0"),
        ("type: batch_normalization, activation: relu", "type: activation, activation: relu",
         "has more than our network: bn/0, bn/1, bn/2, bn/3"),
        ("size: 7", "size: 8", "fc/0 is (60, 7), which is not our (8, 60)"),
        ("maps: 5", "maps: 6", "conv/0 is (3, 2, 3, 5), which is not our (6, 3, 3, 2)"),
    ],
)  # fmt: skip
def test_tensors_correspond_one_to_one(saved, old: str, new: str, message: str) -> None:
    assert old in SMALL
    other = archcompiler.loads(SMALL.replace(old, new))
    with pytest.raises(ValueError, match=r".") as caught:
        load(saved[2], other.graph, str)
    assert message in str(caught.value)
