"""`${…}`: what an expression is worth, and where it is wrong."""

import contextlib
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archcompiler.language.expressions import ExpressionError, substitute

NAMES = {
    "classes": 10,
    "width": 0.5,
    "deep": True,
    "mode": "same",
    "depths": [3, 4, 6, 3],
    "index": 0,
}

VALUES = [
    ("${classes}", 10),
    ("${ classes }", 10),
    ("${classes * 4}", 40),
    ("${classes - 12}", -2),
    ("${-classes + +1}", -9),
    ("${classes / 4}", 2.5),
    ("${classes // 4}", 2),
    ("${-classes // 4}", -3),
    ("${classes % 4}", 2),
    ("${2 ** 10}", 1024),
    ("${2 ** -1}", 0.5),
    ("${1e3 + 1}", 1001.0),
    ("${int(64 * width)}", 32),
    ("${ceil(7 / 2)}", 4),
    ("${floor(-7 / 2)}", -4),
    ("${round(2.5)}", 2),
    ("${round(3.14159, 2)}", 3.14),
    ("${round(2.5, 0)}", 2.0),
    ("${min(classes, 3)}", 3),
    ("${max(depths)}", 6),
    ("${abs(3 - classes)}", 7),
    ("${depths[2]}", 6),
    ("${depths[-1]}", 3),
    ("${[1, 2][index]}", 1),
    ("${depths}", [3, 4, 6, 3]),
    ("${2 if index == 0 else 1}", 2),
    ("${1 < classes <= 10}", True),
    ("${1 > classes > 1 / 0}", False),  # what follows a false comparison is not looked at
    ("${classes != 10}", False),
    ("${not deep}", False),
    ("${deep and classes > 3}", True),
    ("${0 or 5}", 5),
    ("${3 and 5}", 5),
    ("${1 or 1 / 0}", 1),
    ("${true and false}", False),
    ("${mode == 'same'}", True),
    ("${'va' + 'lid'}", "valid"),
    ("${mode if deep else 'valid'}", "same"),
    ("${classes}x${classes + 1}", "10x11"),
    ("conv${index}", "conv0"),
    ("${deep}, ${width}, ${depths}", "true, 0.5, [3, 4, 6, 3]"),
    ("no expression, $5", "no expression, $5"),
    ("${sum(depths)}", 16),
    ("${sum(depths[:2]) + index}", 7),
    ("${sum([])}", 0),
    ("${sum([0.1, 0.2, 0.3])}", 0.1 + 0.2 + 0.3),  # from left to right
    ("${len(depths)}", 4),
    ("${len([])}", 0),
    ("${depths[:2]}", [3, 4]),
    ("${depths[1:]}", [4, 6, 3]),
    ("${depths[1:3]}", [4, 6]),
    ("${depths[:-1]}", [3, 4, 6]),
    ("${depths[-2:]}", [6, 3]),
    ("${depths[:]}", [3, 4, 6, 3]),
    ("${depths[4:]}", []),
    ("${depths[2:1]}", []),
    ("${depths[:index]}", []),
    ("${[ceil(n * width) for n in depths]}", [2, 2, 3, 2]),
    ("${sum([n * n for n in depths[1:]])}", 61),
    ("${[[n, classes] for n in [1, 2]]}", [[1, 10], [2, 10]]),
    ("${[n for n in [m + 1 for m in depths]]}", [4, 5, 7, 4]),
    ("${[n for n in depths][0] + [n for n in depths][1]}", 7),
    ("${divisible(24 * width, 8)}", 16),
    ("${divisible(1, 8)}", 8),
    ("${divisible(11, 8)}", 16),
    ("${divisible(classes, 1)}", 10),
    ("${divisible(0.4, 1)}", 1),
]

# text, the part of it that is marked, part of the message
FAULTS = [
    ("${widht}", "widht", "no parameter is named `widht`"),
    ("${8 * widht + 1}", "widht", "no parameter is named `widht`"),
    ("3x${  unknown}", "unknown", "no parameter is named `unknown`"),
    ("${8 *}", "8 *", "not an expression"),
    ("${}", "${}", "no expression here"),
    ("a${ }", "${ }", "no expression here"),
    ("${1 2}", "1 2", "not an expression"),
    ("${classes", "${classes", "no end `}`"),
    ("${classes} ${width", "${width", "no end `}`"),
    ("${1 + classes / (index * 2)}", "classes / (index * 2)", "divides by zero"),
    ("${classes % index}", "classes % index", "divides by zero"),
    ("${0 ** -1}", "0 ** -1", "divides by zero"),
    ("${depths[4]}", "depths[4]", "there is no item 4: the list has 4 items, numbered from 0"),
    ("${[1][-2]}", "[1][-2]", "there is no item -2: the list has 1 item, numbered from 0"),
    ("${depths['a']}", "depths['a']", "items are numbered from 0; this is the text `a`"),
    ("${classes[0]}", "classes[0]", "10 has no items: only a list has"),
    ("${mode[0]}", "mode[0]", "the text `same` has no items"),
    ("${'a' + 1}", "'a' + 1", "this cannot be computed of the text `a` and 1"),
    ("${mode < 3}", "mode < 3", "this cannot be computed of the text `same` and 3"),
    ("${int(mode)}", "int(mode)", "this cannot be computed of the text `same`"),
    ("${depths[0:5]}", "depths[0:5]", "there is no item 4: the list has 4 items"),
    ("${depths[-5:]}", "depths[-5:]", "there is no item -5: the list has 4 items"),
    ("${depths[0.5:]}", "depths[0.5:]", "items are numbered from 0; this is 0.5"),
    ("${depths[0:2:2]}", "depths[0:2:2]", "may not stand"),
    ("${mode[1:]}", "mode[1:]", "the text `same` has no items"),
    ("${sum(classes)}", "sum(classes)", "this cannot be computed of 10"),
    ("${sum(['a'])}", "sum(['a'])", "this cannot be computed of [a]"),
    ("${sum([[1], [2]])}", "sum([[1], [2]])", "this cannot be computed of [[1], [2]]"),
    ("${sum(depths, 3)}", "sum(depths, 3)", "this cannot be computed of [3, 4, 6, 3] and 3"),
    ("${len(mode)}", "len(mode)", "this cannot be computed of the text `same`"),
    ("${divisible(32)}", "divisible(32)", "this cannot be computed of 32"),
    ("${divisible(32, 0)}", "divisible(32, 0)", "this cannot be computed of 32 and 0"),
    ("${divisible(32, 0.5)}", "divisible(32, 0.5)", "this cannot be computed of 32 and 0.5"),
    ("${divisible(32, true)}", "divisible(32, true)", "this cannot be computed of 32 and true"),
    ("${divisible(mode, 8)}", "divisible(mode, 8)", "this cannot be computed of the text `same`"),
    ("${[n for n in classes]}", "classes", "10 has no items"),
    ("${[n + nothing for n in depths]}", "nothing", "no parameter is named `nothing`"),
    ("${[8 / (n - 6) for n in depths]}", "8 / (n - 6)", "divides by zero"),
    ("${[n for n in depths] + [n]}", "n", "no parameter is named `n`"),
    ("${[width for width in depths]}", "width", "`width` is a parameter"),
    ("${[1 for index in depths]}", "index", "`index` is taken"),
    ("${[1 for sum in depths]}", "sum", "`sum` is taken"),
    ("${[1 for true in depths]}", "true", "`true` is taken"),
    ("${min()}", "min()", "cannot be computed"),
    ("${1 if mode}", "1 if mode", "not an expression"),
    ("${mode * 3}", "mode * 3", "only numbers are multiplied"),
    ("${mode % 3}", "mode % 3", "only numbers have a remainder"),
    ("${depths ** 2}", "depths ** 2", "only numbers have powers"),
    ("${3 in depths}", "3 in depths", "compare with"),
    ("${deep is 1}", "deep is 1", "compare with"),
    ("${classes & 1}", "classes & 1", "may not stand"),
    ("${~classes}", "~classes", "may not stand"),
    ("${'é' + nothing}", "nothing", "no parameter"),  # columns are characters, not bytes
    ("${(classes +\n nothing)}", "nothing", "no parameter"),
]

# what an attacker would write
ATTACKS = [
    ("${classes.real}", "classes.real", "may not stand"),
    ("${mode.__class__.__mro__}", "mode.__class__.__mro__", "may not stand"),
    ("${open('x')}", "open('x')", "`open` cannot be called"),
    ("${__import__('os')}", "__import__('os')", "`__import__` cannot be called"),
    ("${mode.upper()}", "mode.upper()", "may not stand"),
    ("${(lambda: 1)()}", "(lambda: 1)()", "may not stand"),
    ("${lambda: 1}", "lambda: 1", "may not stand"),
    ("${[x for x in depths if x]}", "[x for x in depths if x]", "made of another one as in"),
    ("${[1 for x in depths for y in depths]}", "[1 for x in depths for y in depths]", "made of"),
    ("${[1 for x, y in depths]}", "[1 for x, y in depths]", "made of another one as in"),
    ("${[1 async for x in depths]}", "[1 async for x in depths]", "made of another one as in"),
    ("${[[y for y in depths] for x in depths]}", "[y for y in depths]", "inside of another one"),
    ("${sum(x for x in depths)}", "(x for x in depths)", "may not stand"),
    ("${{x for x in depths}}", "${{x for x in depths}}", "no end"),
    ("${[x.real for x in depths]}", "x.real", "may not stand"),
    ("${[x := 1 for y in depths]}", "x := 1", "may not stand"),
    ("${[(x := 1) for y in depths]}", "x := 1", "may not stand"),
    ("${(x := 3)}", "x := 3", "may not stand"),
    ("${min(*depths)}", "*depths", "may not stand"),
    ("${max(1, 2, key=abs)}", "max(1, 2, key=abs)", "may not stand"),
    ("${f'a'}", "f'a'", "may not stand"),
    ("${b'a'}", "b'a'", "may not stand"),
    ("${1j}", "1j", "may not stand"),
    ("${...}", "...", "may not stand"),
    ("${None}", "None", "may not stand"),
    ("${9 ** 9 ** 9}", "9 ** 9 ** 9", "power is too large"),
    ("${2 ** 10 ** 10}", "2 ** 10 ** 10", "power is too large"),
    ("${2 ** 64}", "2 ** 64", "more than 18 digits"),
    ("${10 ** 17 * 10}", "10 ** 17 * 10", "more than 18 digits"),
    ("${1000000000000000000}", "1000000000000000000", "more than 18 digits"),
    ("${1e308 * 10}", "1e308 * 10", "too large"),
    ("${1e999}", "1e999", "too large"),
    ("${int(1e300)}", "int(1e300)", "more than 18 digits"),
    ("${(-8) ** 0.5}", "(-8) ** 0.5", "not a real number"),
    ("${round(5, 0.0)}", "round(5, 0.0)", "cannot be computed"),
    ("${round(5, -999999999999)}", "round(5, -999999999999)", "at most 18 digits"),
    ("${'a' * 1000000000}", "'a' * 1000000000", "only numbers are multiplied"),
    ("${[0] * 1000000000}", "[0] * 1000000000", "only numbers are multiplied"),
    ("${'%1000000000d' % 1}", "'%1000000000d' % 1", "only numbers have a remainder"),
]


@pytest.mark.parametrize(("text", "value"), VALUES)
def test_the_value_of_an_expression(text, value):
    found = substitute(text, NAMES)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(("text", "marked", "message"), FAULTS + ATTACKS)
def test_the_place_of_a_fault(text, marked, message):
    with pytest.raises(ExpressionError) as caught:
        substitute(text, NAMES)
    error = caught.value
    assert message in error.message
    assert text[error.start : error.end] == marked


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("1 + " * 200 + "1", "at most 500 characters"),
        ("'" + "a" * 600 + "'", "at most 500 characters"),
        ("[" * 240 + "1" + ")" * 240, "not an expression"),
        ("long + long", "longer than 1000"),
        ("many + many", "longer than 1000"),
        ("[many, many]", "longer than 1000"),
        ("[many for n in [1, 2]]", "longer than 1000"),
        ("[n for n in [many]] + [many]", "longer than 1000"),
        ("[[[[[[[[[1]]]]]]]]]", "nested 8 deep at most"),
        ("deep + [deep]", "nested 8 deep at most"),
        ("[sum(many) for n in many]", "more than 10,000 steps"),
        ("[" + "len(many) + " * 20 + "0 for n in many]", "more than 10,000 steps"),
    ],
)
def test_growth_is_bounded(expression, message):
    names = {"long": "a" * 600, "many": [1] * 600, "deep": [[[[[[[[1]]]]]]]]}
    with pytest.raises(ExpressionError, match=message):
        substitute("${" + expression + "}", names)


@pytest.mark.parametrize("opening", ["(", "[", "-", "not "])
def test_nesting_ends_in_a_value_or_a_fault(opening):
    closing = {"(": ")", "[": "]"}.get(opening, "")
    depth = 490 // len(opening + closing)
    with contextlib.suppress(ExpressionError):
        substitute("${" + opening * depth + "1" + closing * depth + "}", {})


def test_a_text_of_many_expressions_is_bounded():
    with pytest.raises(ExpressionError, match="at most 1000 characters"):
        substitute("${long}" * 1000, {"long": "a" * 600})
    with pytest.raises(ExpressionError, match="at most 1000 characters"):
        substitute("${longs}x", {"longs": ["a" * 600] * 1000})


def torchvision_divisible(v: float, divisor: int) -> int:
    """Return what `torchvision.models._utils._make_divisible` does, in its own words."""
    min_value = divisor
    new_v = max(min_value, int(v + divisor / 2) // divisor * divisor)
    if new_v < 0.9 * v:
        new_v += divisor
    return new_v


@given(st.floats(0, 1e6) | st.integers(0, 10**6), st.integers(1, 512))
def test_divisible_rounds_as_torchvision_does(number, divisor):
    found = substitute("${divisible(number, divisor)}", {"number": number, "divisor": divisor})
    assert found == torchvision_divisible(number, divisor)
    assert found % divisor == 0
    assert found >= max(divisor, 0.9 * number)


@given(st.lists(st.integers(-99, 99) | st.floats(-99, 99), max_size=20), st.data())
def test_lists_are_taken_apart_as_python_does_it(items, data):
    start, end = (data.draw(st.integers(-len(items), len(items))) for _ in range(2))
    known = {"items": items, "start": start, "end": end}
    assert substitute("${items[start:end]}", known) == items[start:end]
    assert substitute("${items[start:] + items[:end]}", known) == items[start:] + items[:end]
    assert substitute("${[2 * n - start for n in items]}", known) == [2 * n - start for n in items]
    assert substitute("${len(items)}", known) == len(items)


def test_the_nearest_name_is_offered():
    with pytest.raises(ExpressionError) as caught:
        substitute("${clases}", NAMES)
    assert caught.value.help == "did you mean `classes`?"


@pytest.mark.parametrize("text", ["${1if deep else 2}", "${'\\d' == mode}"])
def test_python_does_not_warn(text):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        substitute(text, NAMES)
