"""The page on how blocks become source shows what each step really gives."""

import re
import textwrap
from collections.abc import Callable
from typing import Any

import pytest

import archcompiler
from archcompiler.backends.blocks.anti_unification import Gap, merged
from archcompiler.backends.blocks.terms import Row, given_shape, rows_in_terms
from archcompiler.backends.code import (
    Assign,
    Call,
    Do,
    Expression,
    Name,
    Statement,
    code_of,
    expression,
    replaced,
)
from archcompiler.backends.code.printer import one_line, print_statements
from archcompiler.backends.torch.rows import lower
from archcompiler.graph import Body, Layer
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "blocks-to-source.md").read_text()
SPECS = dict(re.findall(r"<!-- file: (\S+) -->\n```yaml\n(.*?)^```$", PAGE, re.M | re.S))
STEP = re.compile(r"^ *<!-- step: (.*?) -->\n *```\w+\n(.*?)^ *```$", re.M | re.S)
GRAPHS = {name: archcompiler.loads(text, name).graph for name, text in SPECS.items()}
USES = {item.name: item for item in GRAPHS["units.yaml"].body.items[1:3]}
GIVEN = {f"input.{word}": Name(f"in_{word}") for word in ("maps", "height", "width")}


def rows_of(body: Body, *parameters: str) -> list[Row]:
    names = {name: Name(name) for name in parameters}
    shapes = (given_shape("input", body.input_shapes[0], GIVEN),)
    return rows_in_terms(body, names, GIVEN, shapes)


def number(value: Any) -> str:
    code = code_of(value)
    return f"{value} = {one_line(code)}" if code is not None else f"{value}"


SHOWN: list[tuple[str, str, Callable[[Row], Any]]] = [
    ("wide", "maps", lambda row: row.shape.channels),
    ("wide", "kernel", lambda row: row.item.operation.kernel[0]),
    ("wide", "padding", lambda row: row.item.operation.padding.cells[0]),
    ("pool", "reads maps", lambda row: row.shapes[0].channels),
    ("pool", "gives height", lambda row: row.shape.places[0]),
    ("out", "reads features", lambda row: row.shapes[0].elements),
    ("out", "size", lambda row: row.item.operation.size),
]


def terms() -> str:
    rows = [
        {row.item.name: row for row in rows_of(use.body, "maps", "kernel")} for use in USES.values()
    ]
    lines = [f"{'':22}{'in a':20}in b"]
    for name, what, field in SHOWN:
        one, other = (number(field(each[name])) for each in rows)
        lines.append(f"{name + ' ' + what:22}{one:20}{other}")
    return "\n".join(lines)


def code(use: str) -> list[Statement]:
    found: list[Statement] = []
    for row in rows_of(USES[use].body, "maps", "kernel"):
        assert isinstance(row.item, Layer)
        me = Name(f"self.{row.item.name}")
        module = lower(row.item, me, [Name("x")]).module
        assert module is not None
        found.append(Assign(me.text, module))
    return found


def common() -> str:
    found = merged([tuple(code(use)) for use in USES])
    gaps: list[Gap] = []

    def named(part: Any) -> Expression | None:
        if not isinstance(part, Gap):
            return None
        gaps.append(part)
        return Name(f"gap_{len(gaps)}")

    text = print_statements(replaced(found, named), 0)
    for index, gap in enumerate(gaps):
        values = [one_line(value) for value in gap.values if value is not None]
        text += f"\n\ngap_{index + 1}: {values[0]} in a, {values[1]} in b"
    return text


def copies() -> str:
    body = GRAPHS["tower.yaml"].body.items[1].body
    row = rows_of(body, "growth", "floors")[0]
    calls = [
        Call(Name("Grow"), (expression(copy.shapes[0].channels),), (("growth", Name("growth")),))
        for copy in row.copies
    ]
    return print_statements([Do(made) for made in calls], 0)


def between(spec: str, start: str, end: str, backend: str = "torch") -> str:
    """Return the lines of a source from the one with `start` to the one before `end`."""
    lines = archcompiler.loads(SPECS[spec], spec).source(backend).splitlines()
    first = next(index for index, line in enumerate(lines) if start in line)
    last = next(index for index, line in enumerate(lines) if end in line and index > first)
    return textwrap.dedent("\n".join(lines[first:last])).strip()


STEPS: dict[str, Callable[[], str]] = {
    "result": lambda: between("units.yaml", "class Unit(", "def forward"),
    "terms": terms,
    "code of a": lambda: print_statements(code("a"), 0),
    "code of b": lambda: print_statements(code("b"), 0),
    "two ways": lambda: between("asks.yaml", "class Unit(", "class Asks"),
    "a condition": lambda: between("asks.yaml", "def unit(", "def build_model", "keras"),
    "common": common,
    "calls": lambda: between("units.yaml", "self.a = ", "self.reset"),
    "inside the block": lambda: between("inside.yaml", "def forward", "class Inside"),
    "where it is used": lambda: between("inside.yaml", "a, x =", "return x"),
    "copies": copies,
    "tower": lambda: between("tower.yaml", "class Tower(", "def forward"),
}
SHOWN_STEPS = {name: textwrap.dedent(text) for name, text in STEP.findall(PAGE)}


@pytest.mark.parametrize("step", STEPS)
def test_each_step_gives_what_stands_there(step: str) -> None:
    assert SHOWN_STEPS[step].rstrip() == STEPS[step]()


def test_nothing_else_is_shown() -> None:
    assert SHOWN_STEPS.keys() == STEPS.keys()
