"""The printer: what it prints is laid out as `ruff format` would, and means what was meant."""

from __future__ import annotations

import ast
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archcompiler.backends.code import (
    Assign,
    Binary,
    Call,
    Choice,
    Comment,
    Dictionary,
    Do,
    Expression,
    For,
    Function,
    Group,
    If,
    Literal,
    Name,
    Return,
    Statement,
    call,
)
from archcompiler.backends.code.printer import (
    OF_ROW,
    docstring,
    literal_text,
    one_line,
    print_function,
)

# ---- Trees of the kinds that backends make, with names of all lengths that a spec may have

NAMES = st.integers(0, 63).map(lambda length: f"v{'abcdefg' * 9}"[: length + 1])
VARIABLES = NAMES.map(Name)
CALLEES = st.one_of(
    NAMES.map(lambda name: Name(f"self.{name}")),
    st.sampled_from(
        ["F.relu", "layers.Conv2D", "nn.init.normal_", "keras.initializers.Constant"]
    ).map(Name),
)
NUMBERS = st.one_of(
    st.integers(0, 10**9),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.none(),
).map(Literal)
LITERALS = NUMBERS | NAMES.map(Literal)
PAIRS = st.lists(NUMBERS, min_size=2, max_size=4).map(lambda items: Group(tuple(items)))
GROUPS = PAIRS | st.lists(PAIRS, min_size=2, max_size=4).map(lambda items: Group(tuple(items)))
MERGED = st.lists(VARIABLES, min_size=2, max_size=6).map(lambda items: Group(tuple(items), "[]"))


def sums(names: list[Name]) -> Expression:
    first, *others = names
    total: Expression = first
    for name in others:
        total = Binary(total, "+", name)
    return total


SUMS = st.lists(VARIABLES, min_size=2, max_size=4).map(sums)


def calls(arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Call]:
    """Return calls with at least one argument."""
    keywords = st.lists(st.tuples(NAMES, arguments), max_size=4, unique_by=lambda pair: pair[0])
    return st.builds(
        lambda callee, first, others, named: Call(callee, (first, *others), tuple(named)),
        CALLEES,
        arguments,
        st.lists(arguments, max_size=2),
        keywords,
    )


PLAIN = VARIABLES | LITERALS | GROUPS
LAYERS = calls(PLAIN | calls(LITERALS))
LAYER_CALLS = st.builds(
    lambda layer, given: Call(layer, (given,)), LAYERS, st.one_of(VARIABLES, MERGED)
)
NESTED = calls(VARIABLES | calls(VARIABLES | GROUPS | SUMS) | SUMS)
VALUES = st.one_of(LAYERS, LAYER_CALLS, NESTED, SUMS)
CHOICES = st.builds(Choice, VARIABLES, st.just(Name("logits")), LAYER_CALLS | NESTED)

TYPES = st.sampled_from(["", "torch.Tensor"])
SIZES = st.sampled_from(["", "55x55", "96x55x55", "9216"])
DONE = LAYERS.map(Do)
TARGETS = NAMES | NAMES.map(lambda name: f"self.{name}")
STATEMENTS = st.one_of(
    st.builds(Assign, TARGETS, VALUES | CHOICES, SIZES, st.just(""), st.just("")),
    st.builds(Assign, NAMES, VALUES | VARIABLES, st.just(""), TYPES, st.just("")),
    DONE,
    NAMES.map(lambda name: Comment(f"`{name}` has words of the backend's own " + "word " * 20)),
    st.builds(
        lambda items, body: For("name", Group(tuple(map(Literal, items))), (body,)),
        st.lists(NAMES, min_size=2, max_size=5),
        DONE,
    ),
    st.builds(
        lambda body: If(call("isinstance", Name("m"), Group((Name("a"), Name("b")))), (body,)), DONE
    ),
)
RESULTS = st.one_of(
    VARIABLES,
    VALUES,
    CHOICES,
    st.lists(VARIABLES, min_size=2, max_size=5).map(lambda items: Group(tuple(items))),
)


def function(
    name: str, parameters: list[str], doc: str, body: list[Statement], result: Expression
) -> Function:
    typed = ("self", *(f"{parameter}: torch.Tensor" for parameter in parameters))
    return Function(name, typed, "torch.Tensor", doc, (*body, Return(result)))


FUNCTIONS = st.builds(
    function,
    st.sampled_from(["forward", "loss_function"]),
    st.lists(NAMES, max_size=5),
    st.sampled_from(["", "A short docstring."]),
    st.lists(STATEMENTS, min_size=1, max_size=6),
    RESULTS,
)


def formatted(text: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--isolated", "-"],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stderr}\n{text}"
    return done.stdout


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(st.lists(FUNCTIONS, min_size=1, max_size=15), st.booleans())
def test_ruff_would_lay_it_out_so(functions: list[Function], in_a_class: bool) -> None:
    apart = "\n\n" if in_a_class else "\n\n\n"
    text = apart.join(print_function(item, int(in_a_class)) for item in functions) + "\n"
    if in_a_class:
        text = "class Network:\n" + text
    assert text.isascii()
    assert text == formatted(text)


# ---- Literals and docstrings: whatever the text, it stays a text


ANY_TEXT = st.text(st.characters(codec=None)) | st.text(st.sampled_from("'\"\\\n\r{}#% N\u202e"))


@given(st.one_of(ANY_TEXT, st.integers(), st.floats(allow_nan=False), st.booleans(), st.none()))
def test_literals_are_read_back(value: int | float | str | bool | None) -> None:
    text = literal_text(value)
    assert text.isascii()
    assert OF_ROW not in text
    assert "\n" not in text
    read: Any = eval(text, {"float": float})
    assert read == value
    assert type(read) is type(value)


@given(st.dictionaries(ANY_TEXT, st.integers()))
def test_dictionaries_are_read_back(value: dict[str, int]) -> None:
    items = tuple((key, Literal(number)) for key, number in value.items())
    assert ast.literal_eval(one_line(Dictionary(items))) == value


def words_of(*texts: str) -> str:
    return " ".join(" ".join(texts).split())


@given(ANY_TEXT, st.lists(ANY_TEXT, max_size=3), st.integers(0, 2))
def test_docstrings_are_one_text(title: str, paragraphs: list[str], level: int) -> None:
    text = docstring(title, paragraphs, level)
    assert text.isascii()
    assert OF_ROW not in text
    (statement,) = ast.parse(text.strip()).body
    assert isinstance(statement, ast.Expr)
    assert isinstance(statement.value, ast.Constant)
    read = statement.value.value
    assert words_of(read) == words_of(title, *paragraphs).replace('"', "'")


@settings(deadline=None, max_examples=30)
@given(st.lists(ANY_TEXT | st.text("ab- \u4e2d\\'\"", min_size=80), min_size=1, max_size=8))
def test_ruff_would_leave_docstrings_alone(texts: list[str]) -> None:
    printed = [docstring(title, texts, 1) for title in texts]
    text = "\n\n\n".join(f"def f() -> None:\n{doc}" for doc in printed) + "\n"
    assert text == formatted(text)
