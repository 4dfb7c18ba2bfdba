"""What is offered where the inputs of a join differ: every offer, made, mends it."""

from __future__ import annotations

import re
from random import Random
from time import perf_counter
from typing import Any

import pytest

import archcompiler
from archcompiler import SpecError

Row = dict[str, str]

IN = {"layer": "In", "type": "input", "maps": "3", "size": "32x32"}
OUT = {"layer": "Out", "type": "fully_connected", "size": "10"}


def conv(name: str, maps: int, kernel: int, **fields: str) -> Row:
    return {
        "layer": name, "type": "convolution", "maps": str(maps), "kernel": str(kernel), **fields
    }  # fmt: skip


def join(kind: str, sources: str, **fields: str) -> Row:
    return {"layer": "join", "type": kind, "from": f"[{sources}]", **fields}


def text_of(rows: list[Row], head: str = "") -> str:
    lines = [f"- {{{', '.join(f'{key}: {value}' for key, value in row.items())}}}" for row in rows]
    return "\n".join(["archc: 1", "name: Net", *([head] if head else []), "layers:", *lines, ""])


def faults(text: str) -> tuple[Any, ...]:
    try:
        archcompiler.loads(text)
    except SpecError as error:
        return error.diagnostics
    return ()


FIELD = re.compile(r"`(\w+): (\w+)` of `(\w+)` (?:gives|makes)")
BETWEEN = re.compile(r"`(type: .*)` after `(\w+)` gives")
OTHER = re.compile(r"`from: (\[.*\])` reads")


def made(rows: list[Row], offer: str) -> list[Row]:
    """Return the rows with an offer made; one may be of several edits."""
    first, more, rest = offer.partition(", and ")
    if more:
        return made(made(rows, first), rest)
    rows = [dict(row) for row in rows]
    at = next(index for index, row in enumerate(rows) if row["layer"] == "join")
    if field := FIELD.match(offer):
        row = next(row for row in rows if row["layer"] == field[3])
        row[field[1]] = field[2]
    elif between := BETWEEN.match(offer):
        fields = dict(pair.split(": ") for pair in between[1].split(", "))
        name = f"after_{between[2]}"
        rows.insert(at, {"layer": name, **fields, "from": between[2]})
        names = rows[at + 1]["from"].strip("[]").split(", ")
        names[names.index(between[2])] = name
        rows[at + 1]["from"] = f"[{', '.join(names)}]"
    else:
        other = OTHER.match(offer)
        assert other, offer
        rows[at]["from"] = other[1]
    return rows


SAME = {"padding": "same"}
CASES: dict[str, tuple[list[Row], list[str]]] = {
    "a padding was forgotten": (
        [IN, conv("a", 8, 3, **SAME), conv("b", 8, 3), join("add", "a, b"), OUT],
        ["`padding: same` of `b` gives 8 maps of 32x32: `same`: ceil(32 / 1) = 32",
         "`type: crop, size: 30x30` after `a` gives 8 maps of 30x30"],
    ),
    "a shortcut wants a projection": (
        [IN, conv("a", 64, 1), conv("b", 128, 3, **SAME, stride="2"), conv("c", 128, 3, **SAME),
         join("add", "a, c"), OUT],
        ["`type: convolution, maps: 128, kernel: 1, stride: 2` after `a` gives 128 maps of 16x16",
         "`from: [b, c]` reads maps of one shape"],
    ),
    "a number of maps": (
        [IN, conv("a", 64, 1), {**conv("b", 65, 1), "from": "In"}, join("multiply", "a, b"), OUT],
        ["`maps: 65` of `a` gives 65 maps of 32x32",
         "`maps: 64` of `b` gives 64 maps of 32x32",
         "`type: convolution, maps: 64, kernel: 1` after `b` gives 64 maps of 32x32"],
    ),
    "sizes that part some rows above": (
        [IN, conv("a", 8, 3, **SAME, stride="2"), conv("b", 8, 3, **SAME),
         {**conv("c", 8, 3, **SAME), "from": "In"}, join("concatenate", "b, c"), OUT],
        ["`stride: 2` of `c` gives 8 maps of 16x16: `same`: ceil(32 / 2) = 16",
         "`stride: 1` of `a` makes `b` 8 maps of 32x32: `same`: ceil(32 / 1) = 32",
         "`type: max_pooling, kernel: 2` after `c` gives 8 maps of 16x16"],
    ),
    "the word of the rows and of the join is kept": (
        [IN, conv("a", 8, 3, size="30x30"), {**conv("b", 8, 5), "from": "In"},
         join("concatenate", "a, b", maps="16", size="30x30"), OUT],
        ["`padding: 1` of `b` gives 8 maps of 30x30: (32 - 5 + 2*1) / 1 + 1 = 30"],
    ),
    "one branch of many": (
        [IN, conv("a", 8, 1), {**conv("b", 8, 5), "from": "In"}, {**conv("c", 4, 1), "from": "In"},
         join("concatenate", "a, b, c"), OUT],
        ["`padding: same` of `b` gives 8 maps of 32x32: `same`: ceil(32 / 1) = 32"],
    ),
    "all branches": (
        [IN, {**conv("a", 8, 3), "from": "In"}, {**conv("b", 8, 5), "from": "In"},
         join("concatenate", "In, a, b"), OUT],
        ["`padding: same` of `a` gives 8 maps of 32x32, and "
         "`padding: same` of `b` gives 8 maps of 32x32"],
    ),
    "several of the branches": (
        [IN, {**conv("a", 8, 3), "from": "In"}, {**conv("b", 8, 5), "from": "In"},
         {**conv("c", 8, 1), "from": "In"}, join("concatenate", "In, a, b, c"), OUT],
        ["`padding: same` of `a` gives 8 maps of 32x32, and "
         "`padding: same` of `b` gives 8 maps of 32x32"],
    ),
    "a crop": (
        [IN, conv("a", 8, 3, size="30x30"), conv("b", 8, 3, size="28x28"),
         join("concatenate", "a, b"), OUT],
        ["`type: crop, size: 28x28` after `a` gives 8 maps of 28x28"],
    ),
    "features": (
        [IN, {"layer": "a", "type": "fully_connected", "size": "7"},
         {"layer": "b", "type": "fully_connected", "size": "9", "from": "In"},
         join("add", "a, b"), OUT],
        ["`size: 9` of `a` gives a vector of 9", "`size: 7` of `b` gives a vector of 7"],
    ),
    "maps and a vector": (
        [IN, {"layer": "f", "type": "fully_connected", "size": "9"}, join("concatenate", "In, f"),
         OUT],
        ["`type: flatten` after `In` gives a vector of 3072"],
    ),
    "nothing fits": (
        [IN, conv("a", 8, 3, size="30x30"),
         {"layer": "g", "type": "global_average_pooling"}, join("multiply", "g, a"), OUT],
        ["the first of `from` gives the shape: put the 8 maps of 30x30 first"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "offers"), CASES.values(), ids=CASES)
def test_what_is_offered(rows: list[Row], offers: list[str]) -> None:
    (fault,) = faults(text_of(rows))
    assert (fault.code, list(fault.help)) == ("ARC410", offers)


def network(random: Random) -> list[Row]:
    """Return a network of some ways from one layer that meet in a join."""
    rows, ends = [IN, conv("stem", 4, 1)], []
    for way in range(random.choice((2, 2, 2, 3, 4))):
        above = "stem"
        for number in range(random.choice((0, 1, 1, 2, 3))):
            name = f"w{way}_{number}"
            row = conv(name, random.choice((4, 4, 4, 5)), random.choice((1, 3, 5)))
            if random.random() < 0.3:
                row = {"layer": name, "type": "max_pooling", "kernel": random.choice("23")}
            row["padding"] = random.choice(("same", "same", "valid"))
            row["stride"] = random.choice("1112")
            rows.append({**row, "from": above})
            above = name
        ends.append(above)
    ends = list(dict.fromkeys(ends))
    if len(ends) < 2:
        return network(random)
    return [*rows, join(random.choice(("add", "concatenate")), ", ".join(ends)), OUT]


@pytest.mark.slow
def test_every_offer_mends_what_it_is_offered_for() -> None:
    random, kinds, silent = Random(1), dict.fromkeys((FIELD, BETWEEN, OTHER), 0), 0
    for _ in range(400):
        rows = network(random)
        text = text_of(rows)
        found = faults(text)
        assert {fault.code for fault in found} <= {"ARC410"}, text
        for fault in found:
            assert len(fault.help) <= 4
            for offer in fault.help:
                if not offer.startswith("`") or "`concatenate` joins" in offer:
                    silent += 1
                    continue
                kinds[next(kind for kind in kinds if kind.match(offer))] += 1
                assert faults(text_of(made(rows, offer))) == (), (text, offer)
    assert min(kinds.values()) > 10
    assert silent < sum(kinds.values()) / 4


def test_an_edit_in_a_block_leaves_other_uses_as_they_are() -> None:
    block = """blocks:
  unit:
    params: {stride: 1}
    layers:
    - {layer: c, type: convolution, maps: 3, kernel: 3, stride: "${stride}", padding: same}
    - {layer: join, type: add, from: [input, c]}"""
    one = {"layer": "a", "type": "unit"}
    two = {"layer": "b", "type": "unit", "stride": "2"}
    (fault,) = faults(text_of([IN, one, two, OUT], block))
    projection = "`type: convolution, maps: 3, kernel: 1, stride: 2` after `input` gives 3 maps"
    assert fault.help == (f"{projection} of 16x16",)


@pytest.mark.slow
def test_looking_for_offers_is_bounded() -> None:
    """Many joins that fail, behind long ways, cost about what reading them does."""
    rows = [IN, conv("a", 8, 1)]
    for number in range(300):
        for way, kernel in (("x", 3), ("y", 1)):
            rows.append({**conv(f"{way}{number}_0", 8, kernel), "from": "a"})
            rows += [conv(f"{way}{number}_{place}", 8, 1) for place in range(1, 20)]
        rows.append({**join("add", f"x{number}_19, y{number}_19"), "layer": f"join{number}"})
    names = ", ".join(f"join{number}" for number in range(300))
    start = perf_counter()
    found = faults(text_of(rows, f"outputs: [{names}]"))
    assert [fault.code for fault in found] == ["ARC410"] * 300
    assert perf_counter() - start < 10
    assert sum("or one map of its size" in line for fault in found for line in fault.help) == 280
