"""Named axes: the way from one layout to another is derived, and leads back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archcompiler.operations.axes import rearrangement, shape_of

np = pytest.importorskip("numpy")

LENGTHS = {"out": 4, "in": 3, "kh": 5, "kw": 2}


def rearranged(tensor, source, target, lengths):
    way = rearrangement(source, target, lengths)
    return tensor.reshape(way.split).transpose(way.order).reshape(way.shape)


@pytest.mark.parametrize(
    ("source", "target", "einsum"),
    [
        ("out in kh kw", "kh kw in out", "oihw->hwio"),
        ("out in kh kw", "out in kh kw", "oihw->oihw"),
        ("in out", "out in", "io->oi"),
    ],
)
def test_a_permutation_is_that_of_einsum(source, target, einsum):
    tensor = np.arange(np.prod(shape_of(source, LENGTHS))).reshape(shape_of(source, LENGTHS))
    assert (rearranged(tensor, source, target, LENGTHS) == np.einsum(einsum, tensor)).all()


def test_a_factored_axis_is_permuted_within():
    lengths = {"out": 2, "c": 3, "h": 4, "w": 5}
    tensor = np.arange(120).reshape(2, 60)
    expected = tensor.reshape(2, 3, 4, 5).transpose(2, 3, 1, 0).reshape(60, 2)
    assert (rearranged(tensor, "out (c h w)", "(h w c) out", lengths) == expected).all()


@given(st.permutations(["out", "c", "h", "w"]), st.lists(st.integers(1, 5), min_size=4, max_size=4))
def test_there_and_back_is_where_we_were(order, sizes):
    lengths = dict(zip(("out", "c", "h", "w"), sizes, strict=True))
    source, target = "out (c h w)", " ".join(order)
    tensor = np.arange(np.prod(sizes)).reshape(shape_of(source, lengths))
    there = rearranged(tensor, source, target, lengths)
    assert there.shape == shape_of(target, lengths)
    assert (rearranged(there, target, source, lengths) == tensor).all()


def test_layouts_that_name_different_axes_are_refused():
    with pytest.raises(ValueError, match="different axes"):
        rearrangement("out in", "out c", {"out": 1, "in": 1, "c": 1})
