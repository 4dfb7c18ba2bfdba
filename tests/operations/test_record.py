"""Operations are frozen values with declared fields."""

import copy
import pickle

import pytest

from archcompiler.operations import REGISTRY
from archcompiler.operations.lengths import VALID

CONVOLUTION = REGISTRY["convolution"]
BASE = CONVOLUTION(maps=3, kernel=(5, 5))


def test_missing_fields_have_their_defaults() -> None:
    assert (BASE.maps, BASE.stride, BASE.padding, BASE.bias) == (3, (1,), VALID, True)


@pytest.mark.parametrize("values", [{"maps": 3}, {"maps": 3, "kernel": (5, 5), "kernal": (5, 5)}])
def test_fields_that_are_missing_or_unknown_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(TypeError, match="has the fields maps, kernel, stride"):
        CONVOLUTION(**values)


@pytest.mark.parametrize(
    ("other", "equal"),
    [
        (CONVOLUTION(kernel=(5, 5), maps=3), True),
        (CONVOLUTION(maps=3, kernel=(5, 5), groups=1), True),
        (copy.deepcopy(BASE), True),
        (pickle.loads(pickle.dumps(BASE)), True),
        (BASE.replaced(), True),
        (BASE.replaced(groups=3), False),
        (CONVOLUTION(maps=4, kernel=(5, 5)), False),
        (REGISTRY["max_pooling"](kernel=(5, 5)), False),
        (None, False),
    ],
)
def test_equality_is_that_of_type_and_fields(other: object, equal: bool) -> None:
    assert (other == BASE) is equal
    assert (hash(BASE) == hash(other)) is equal
    assert (repr(BASE) == repr(other)) is equal


def test_a_value_cannot_be_changed() -> None:
    with pytest.raises(AttributeError, match="frozen"):
        BASE.maps = 4
    with pytest.raises(AttributeError, match="frozen"):
        del BASE.maps
