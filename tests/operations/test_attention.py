"""What attention reads: its faults, costs, and the words and masks that it is given."""

from __future__ import annotations

import pytest

import archcompiler
from archcompiler.diagnostics import SpecError

INPUTS = (
    "layer: x, type: input, maps: 24, size: 7",
    "layer: narrow, type: input, maps: 8, size: 7",
    "layer: short, type: input, maps: 24, size: 5",
    "layer: maps, type: input, maps: 24, size: 7x7",
    "layer: mask, type: input, size: 7, vocabulary: 2",
    "layer: five, type: input, size: 5, vocabulary: 2",
    "layer: real, type: input, size: 7",
)


def network(row: str) -> archcompiler.Architecture:
    read = [each for each in INPUTS if each.split(",")[0].removeprefix("layer: ") in row]
    listed = "".join(f"- {{{each}}}\n" for each in (*read, row))
    return archcompiler.loads(f"archc: 1\nname: Case\nlayers:\n{listed}")


@pytest.mark.parametrize(
    ("row", "shape", "multiply_adds"),
    [
        ("type: attention, heads: 2, from: x", "8 maps of 7", 7 * 7 * 16),
        ("type: attention, heads: 2, from: [x, mask]", "8 maps of 7", 7 * 7 * 16),
        ("type: attention, heads: 3, from: [x, x, x]", "24 maps of 7", 7 * 7 * 48),
        ("type: attention, heads: 3, from: [x, short, short, five]", "24 maps of 7", 7 * 5 * 48),
        # three heads of eight share the keys, and the values, of one
        ("type: attention, heads: 3, from: [x, narrow, narrow, mask]", "24 maps of 7", 7 * 7 * 48),
        ("type: attention, heads: 3, from: [x, narrow, x]", "72 maps of 7", 7 * 7 * 96),
    ],
)
def test_shapes_and_costs(row: str, shape: str, multiply_adds: int) -> None:
    layer = network(row).layers[-1]
    assert (str(layer.shape), layer.multiply_adds) == (shape, multiply_adds)


@pytest.mark.parametrize(
    ("row", "code", "said"),
    [
        ("heads: 2, from: maps", "ARC403", "reads sequences, but an input of"),
        ("heads: 5, from: x", "ARC405", "8 features of the queries cannot be split into 5 heads"),
        ("heads: 2, from: narrow", "ARC405", "8 features are no queries, keys and values"),
        ("heads: 2, from: [x, short, x]", "ARC410", "do not fit each other"),
        ("heads: 2, from: [x, narrow, narrow]", "ARC410", "cannot share them"),
        ("heads: 5, from: [x, x, x]", "ARC405", "24 features of the queries"),
        ("heads: 2, from: [x, real]", "ARC410", "a mask has a whole number for each of 7 keys"),
        ("heads: 2, from: [x, five]", "ARC410", "a mask has a whole number for each of 7 keys"),
        ("heads: 2, from: [x, x]", "ARC410", "and the last input is 24 maps of 7"),
        ("heads: 2, from: [x, x, x, short]", "ARC410", "and the last input is 24 maps of 5"),
        ("heads: 2, dropout: 1, from: x", "ARC203", "up to, not including, 1"),
    ],
)
def test_faults_of_attention(row: str, code: str, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        network(f"layer: A, type: attention, {row}")
    (found,) = (each for each in caught.value.diagnostics if each.code != "ARC306")
    assert found.code == code
    assert said in found.message


@pytest.mark.parametrize(
    ("row", "code", "said"),
    [
        ("rotary_embedding, heads: 2, from: maps", "ARC403", "reads a sequence, but the input"),
        ("rotary_embedding, heads: 5, from: x", "ARC405", "two halves for each of 5 heads"),
        ("embedding, maps: 3, from: real", "ARC403", "an embedding reads whole numbers"),
        ("fully_connected, maps: 3, from: mask", "ARC403", "real numbers"),
    ],
)
def test_faults_of_what_stands_before_it(row: str, code: str, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        network(f"type: {row}")
    (found,) = (each for each in caught.value.diagnostics if each.code != "ARC306")
    assert found.code == code
    assert said in found.message


@pytest.mark.torch
def test_rotations_keep_lengths_and_depend_on_distances_alone() -> None:
    import torch

    model = network("type: rotary_embedding, heads: 3, from: x").build("torch")
    x = torch.rand(1, 24, 1).expand(1, 24, 7)
    turned = model(x)[0].reshape(3, 8, 7)  # heads, features, tokens
    assert torch.allclose(turned.norm(dim=1), x[0].reshape(3, 8, 7).norm(dim=1), atol=1e-5)
    products = torch.einsum("hfi,hfj->hij", turned, turned)
    for head in products:  # of equal tokens as far apart from each other
        for distance in range(7):
            assert torch.allclose(head.diagonal(distance), head[0, distance], atol=1e-5)
    assert torch.allclose(turned[:, :, 0], x[0].reshape(3, 8, 7)[:, :, 0])  # the first is not


@pytest.mark.torch
@pytest.mark.parametrize(
    "row", ["heads: 2, from: [x, mask]", "heads: 3, causal: true, from: [x, narrow, narrow, mask]"]
)
def test_what_is_masked_is_not_looked_at(row: str) -> None:
    import torch

    architecture = network(f"type: attention, {row}")
    model = architecture.build("torch")
    given = {
        "x": torch.rand(2, 24, 7),
        "narrow": torch.rand(2, 8, 7),
        "mask": torch.tensor([[1, 1, 0, 1, 0, 1, 1], [1, 0, 0, 0, 0, 0, 0]]),
    }
    names = [layer.name for layer in architecture.layers if layer.type == "input"]
    before = model(*(given[name] for name in names))
    hidden = given["mask"][:, None] == 0
    for name in ("x", "narrow"):  # other keys and values there; queries stand for themselves
        given[name] = torch.where(hidden, given[name] + 5, given[name])
    after = model(*(given[name] for name in names))
    seen = ~hidden.expand(before.shape)
    assert torch.allclose(before[seen], after[seen], atol=1e-6)
    assert not torch.allclose(before[~seen], after[~seen], atol=1e-3)
