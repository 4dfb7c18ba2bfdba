"""The families under specs/ beside torchvision's models: counts, names and shapes, one to one."""

from collections.abc import Iterator

import pytest

import archcompiler
from archcompiler.checkpoints import Rules
from peers.networks import TORCHVISION, Network
from tests.conftest import ROOT

NAMES = ROOT / "tests" / "data" / "torchvision_names.txt"

Shapes = dict[str, tuple[int, ...]]


def models() -> Iterator[tuple[str, int, Shapes]]:
    """Return the models: name, number of trained parameters, and tensors."""
    for part in NAMES.read_text().split("\n# ")[2:]:
        head, *lines = part.splitlines()
        name, count = head.split()
        shapes: Shapes = {}
        above = ""
        for line in lines:
            shared, rest, shape = line.split()
            above = above[: int(shared)] + rest
            shapes[above] = tuple(map(int, shape.split("x")))
        yield name, int(count), shapes


MODELS = {name: (count, shapes) for name, count, shapes in models()}


def network_of(name: str) -> Network:
    return next(network for network in TORCHVISION if network.peer == name)


@pytest.mark.parametrize("name", MODELS)
def test_parameters_are_as_many_as_torchvisions(name: str) -> None:
    totals = archcompiler.load(network_of(name).path).totals
    assert totals.trainable == MODELS[name][0]


@pytest.mark.parametrize("name", MODELS)
def test_names_correspond_one_to_one(name: str) -> None:
    network = network_of(name)
    architecture = archcompiler.load(network.path)
    renamed = Rules.read(network.rules_path, architecture.graph.body.parameters)
    found: Shapes = {}
    for layer in architecture.layers:
        for parameter in layer.parameters:
            theirs = renamed(f"{layer.name}.{parameter.name}")
            assert theirs not in found
            found[theirs] = parameter.shape
    assert _without_cells(found) == _without_cells(MODELS[name][1])


def _without_cells(shapes: Shapes) -> Shapes:
    """Return shapes without axes of length 1.

    Libraries write a layer on a vector as a convolution of 1x1, and tensors of no layer with the
    axes of what they are added to.
    """
    return {name: tuple(length for length in shape if length > 1) for name, shape in shapes.items()}
