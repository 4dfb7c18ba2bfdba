"""Weights of torchvision's and keras.applications' models give their own outputs in our backends.

`scripts/peers` prints the differences of all of them; docs/peers.md has them.
"""

from operator import attrgetter

import pytest

from peers.compare import TOLERANCE, compare
from peers.networks import KERAS_APPLICATIONS, NETWORKS, TORCHVISION, Network
from scripts.specs import SPECS
from tests.repository.test_names import MODELS

pytestmark = [pytest.mark.keras, pytest.mark.torch]
PEER = attrgetter("peer")
# The first of each family: `scripts/peers` compares all of them.
FIRST = [*{network.rules: network for network in reversed(TORCHVISION)}.values()]
FIRST_OF_KERAS = [*{network.rules: network for network in reversed(KERAS_APPLICATIONS)}.values()]


def _hold(network: Network) -> None:
    found = compare(network)
    assert found.holds, found


@pytest.mark.torchvision
@pytest.mark.slow
@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("network", FIRST, ids=PEER)
def test_weights_of_torchvision_give_its_outputs(network: Network) -> None:
    _hold(network)


@pytest.mark.slow
@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("network", FIRST_OF_KERAS, ids=PEER)
def test_weights_of_keras_applications_give_its_outputs(network: Network) -> None:
    _hold(network)


@pytest.mark.slow
def test_a_hundredth_of_a_millionth_in_an_epsilon_shows() -> None:
    """That the epsilon is 1e-5 instead of 1.001e-5 is far outside of the tolerance."""
    network = next(network for network in KERAS_APPLICATIONS if network.peer == "DenseNet121")
    found = compare(network._replace(params={}))
    assert found.keras > 10 * TOLERANCE
    assert found.torch > 10 * TOLERANCE


def test_names_of_every_family_of_torchvisions_are_held() -> None:
    compared = {network.peer: network.rules for network in TORCHVISION}
    assert {compared[name] for name in MODELS} == {*compared.values()}


def test_every_member_of_a_family_has_a_peer() -> None:
    members = {path.stem for path in SPECS if "\nspec: " in path.read_text()}
    assert members
    assert members <= {network.spec for network in NETWORKS}
