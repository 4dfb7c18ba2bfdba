"""Numbers that know their expression: what it is worth is the number, in every use alike."""

import doctest
import importlib
import math
import operator
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archcompiler.backends import blocks, code
from archcompiler.backends.code import (
    Expression,
    Literal,
    Name,
    Symbolic,
    alike,
    code_of,
    expression,
    options,
    square,
    symbolic,
    tidy,
)
from archcompiler.backends.code.printer import one_line, print_statements

BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul,
    "/": lambda one, other: one / (abs(other) + 1), "//": lambda one, other: one // (other**2 + 1),
    "%": lambda one, other: one % (abs(other) + 1), "==": operator.eq, "!=": operator.ne,
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "max": max, "min": min, "if": lambda one, other: one if one > other else other * 2,
    "and": lambda one, other: one and other,
}  # fmt: skip
UNARY: dict[str, Callable[[Any], Any]] = {
    "-": operator.neg, "+": operator.pos, "abs": abs, "round": round, "ceil": math.ceil,
    "floor": math.floor, "square": lambda one: one**2, "half": lambda one: -(-one // 2),
}  # fmt: skip
NAMES = ("kernel", "maps", "rate", "height")  # a rate has a fraction, a height is a size
OWN = "own"  # what code has nothing for

# A program is a list of steps; each computes with constants, numbers, and what steps before gave.
STEPS = st.lists(
    st.tuples(
        st.sampled_from([*BINARY, *UNARY]),
        st.integers(min_value=0, max_value=30),
        st.integers(min_value=0, max_value=30),
    ),
    min_size=1,
    max_size=9,
)
USE = st.fixed_dictionaries(
    {name: st.integers(1, 12) for name in (*NAMES, OWN)} | {"rate": st.sampled_from([0.5, 2.0, 3])}
)


@contextmanager
def questions() -> Iterator[list[tuple[Expression | None, Any]]]:
    """Write down what Python asks of numbers, and the answers."""
    asked: list[tuple[Expression | None, Any]] = []

    def recorded(plain: Callable[..., Any]) -> Callable[..., Any]:
        def ask(number: Symbolic) -> Any:
            asked.append((number.code, plain(number)))
            return plain(number)

        return ask

    with pytest.MonkeyPatch.context() as patch:
        for method in ("__bool__", "__index__", "__int__", "__float__"):
            patch.setattr(Symbolic, method, recorded(getattr(Symbolic, method)))
        yield asked


def computed(steps: list[tuple[str, int, int]], use: dict[str, Any], numbers: list[Any]) -> Any:
    """Return what a program gives; a step with a very large result is left out."""
    values = [0, 1, 2, 3, *numbers]
    for sign, one, other in steps:
        left, right = values[-1 - one % len(values)], values[-1 - other % len(values)]
        value = BINARY[sign](left, right) if sign in BINARY else UNARY[sign](left)
        if abs(value) < 10**12:
            values.append(value)
    return values[-1]


def given_numbers(use: dict[str, Any], *, with_own: bool = True) -> list[Any]:
    """Return the numbers of a use with what code has for them."""
    named = [symbolic(use[name], Name(name), is_size=name == "height") for name in NAMES]
    return [*named, symbolic(use[OWN], None)] if with_own else named


def worth(text: str, use: dict[str, Any]) -> Any:
    names = {name: use[name] for name in NAMES}
    return eval(text, {"__builtins__": {"abs": abs, "round": round}, "math": math}, names)


@pytest.mark.slow
@settings(max_examples=1500, deadline=None)
@given(STEPS, USE)
def test_an_expression_is_worth_the_number(
    steps: list[tuple[str, int, int]], use: dict[str, Any]
) -> None:
    found = computed(steps, use, given_numbers(use))
    plain = computed(steps, use, [use[name] for name in (*NAMES, OWN)])
    assert found == plain
    if code_of(found) is not None:
        assert worth(one_line(code_of(found)), use) == plain
    assert worth(one_line(expression(found)), use) == plain


@pytest.mark.slow
@settings(max_examples=1500, deadline=None)
@given(STEPS, USE, USE)
def test_it_holds_in_every_use_that_answers_alike(
    steps: list[tuple[str, int, int]], use: dict[str, Any], other: dict[str, Any]
) -> None:
    """No constant of one use is in an expression: it gives the number of another use, too."""
    with questions() as asked:
        found = computed(steps, use, given_numbers(use, with_own=False))
    with questions() as asked_again:
        again = computed(steps, other, given_numbers(other, with_own=False))
    if asked == asked_again and code_of(found) is not None:
        assert worth(one_line(code_of(found)), other) == again


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(STEPS, USE, st.integers(1, 12))
def test_what_belongs_to_one_use_is_in_no_expression(
    steps: list[tuple[str, int, int]], use: dict[str, Any], own: int
) -> None:
    with questions() as asked:
        found = computed(steps, use, given_numbers(use))
    with questions() as asked_again:
        again = computed(steps, use | {OWN: own}, given_numbers(use | {OWN: own}))
    if code_of(found) == code_of(again) is not None and asked == asked_again:
        assert found == again


def test_expressions_are_as_short_as_people_write_them() -> None:
    kernel, growth = symbolic(3, Name("kernel")), symbolic(32, Name("growth"))
    maps = symbolic(64, Name("maps"))
    texts = {
        "kernel": kernel - 1 + 1,
        "(kernel - 1) // 2": (1 * (kernel - 1) + 1 - 1) // 2,
        "maps + 3 * growth": maps + growth + growth + growth,
        "growth": maps + growth - maps,
        "0": kernel - kernel,
        "3": (kernel + 3) - kernel,
        "maps // 2": maps // 2 // 1,
        "-kernel + maps": 0 - kernel + maps,
        "kernel - 2": kernel + -2,
        "2 * (maps + growth)": 2 * (maps + growth),
        "1 - kernel": 1 - kernel,
    }
    assert {one_line(expression(value)): value for value in texts.values()} == texts
    assert one_line(expression(0 - (-kernel))) == "kernel"
    assert code_of(kernel + 1 > kernel) == Literal(True)
    assert (kernel % 1, kernel * 0, 0 // kernel) == (0, 0, 0)


def test_numbers_are_alike_where_they_are_equal_in_every_use() -> None:
    kernel, own = symbolic(3, Name("kernel")), symbolic(3, None)
    assert alike((kernel, kernel - 1), (kernel, 1 + kernel - 2))
    assert not alike(kernel, 3)  # in another use it is 5
    assert not alike(kernel, own)
    assert alike(own, 3)
    assert not alike((3, 3), (3,))
    long, longer = 1 + kernel * kernel * kernel * kernel * kernel, kernel
    for _ in range(7):
        longer = longer * kernel + kernel
    assert not alike(long, 1 + 3**5)
    assert alike(long, long * 1)
    assert not alike(longer, longer + 1)


def test_options_are_left_out_where_code_says_the_default() -> None:
    stride, own = symbolic(1, Name("stride")), symbolic(1, None)
    assert options(a=(1, 1), b=(2, 1), stride=(stride, 1), own=(own, 1)) == {
        "b": 2,
        "stride": stride,
    }
    assert square((stride, stride)) is stride
    assert square((stride, 1)) == (stride, 1)


def test_a_constant_has_no_last_digits() -> None:
    assert tidy(1 - 0.9) == Literal(0.1)
    assert tidy(1 - symbolic(0.9, None)) == Literal(0.1)
    assert one_line(tidy(1 - symbolic(0.9, Name("momentum")))) == "1 - momentum"


def test_long_expressions_are_numbers() -> None:
    number = symbolic(1, Name("n"))
    short = (number * number + 1) * number
    assert one_line(expression(short)) == "(n * n + 1) * n"
    assert expression((short // 3 + 1) * number) == Literal(1)
    for _ in range(100):
        number = number * number + symbolic(1, Name("m")) - 1
    assert code_of(number) is None


def test_a_truth_value_stays_one() -> None:
    assert expression(symbolic(True, None)) == Literal(True)
    assert one_line(expression(symbolic(True, None))) == "True"


MODULES = [
    importlib.import_module(f"{package.__name__}.{module.name}")
    for package in (code, blocks)
    for module in pkgutil.iter_modules(package.__path__)
]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.split(".", 2)[2])
def test_examples_of_the_modules(module: Any) -> None:
    shown = {name: getattr(code, name) for name in code.__all__}
    shown |= {"one_line": one_line, "print_statements": print_statements} | vars(module)
    finder = doctest.DocTestFinder()
    runner = doctest.DocTestRunner()
    for test in finder.find(module, globs=shown):
        runner.run(test)
    assert runner.summarize(verbose=False).failed == 0
