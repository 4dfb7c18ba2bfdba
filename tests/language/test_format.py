"""`archc fmt`: one layout, the same network, every comment."""

import re
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import archcompiler
from archcompiler import SpecError
from archcompiler.diagnostics import Source
from archcompiler.language.format import Form, formatted
from scripts.specs import FAMILIES, SPECS, with_families
from tests.backends import test_blocks
from tests.conftest import ROOT, sampled
from tests.disturbances import commented, comments, rewritten, spaced
from tests.language import test_table
from tests.language.test_security import HOSTILE, MUTATIONS
from tests.random_blocks import sound
from tests.repository.test_docs import BLOCKS, _completed

Golden = Callable[[str, str], None]

UNTIDY = ROOT / "tests" / "data" / "untidy.yaml"
FORMS: tuple[Form, ...] = ("table", "rows")
BROKEN = sorted((ROOT / "tests" / "broken").glob("*.yaml"))
DOCS = [block for block in BLOCKS if block.language == "yaml"]

TEXTS: dict[str, str] = {
    **{path.stem: path.read_text() for path in SPECS},
    **{f"family {path.stem}": path.read_text() for path in FAMILIES},
    **{
        f"{block.page}:{block.line}": block.text
        if re.search(r"^archc:", block.text, re.MULTILINE)
        else _completed(block.text)
        for block in DOCS
    },
    **{name: test_blocks.HEAD + text for name, text in test_blocks.CASES.items()},
    **{f"table, {name}": text for name, text in test_table.FORMS.items()},
    "untidy": UNTIDY.read_text(),
    **{f"random {seed}": sound(seed) for seed in range(6)},
}


def lay_out(text: str, to: Form | None = None) -> str:
    return formatted(Source("spec.yaml", text), to)


def outcome(text: str, folder: Path) -> Any:
    """Return what a spec describes: its network, or its faults."""
    path = folder / "spec.yaml"
    path.write_bytes(text.encode())
    try:
        network = archcompiler.load(path)
    except SpecError as error:
        # a message may end in what is written there: `this is the list [3,3,3]`
        return Counter(
            (d.code, d.message.partition("; this is ")[0])
            for d in error.diagnostics
            for _ in (d, *d.also)
        )
    graph = network.graph
    return (
        network.fingerprint,
        network.totals,
        network.name,
        graph.description.strip(),
        [(layer.name, layer.shape) for layer in network.layers],
        graph.outputs,
        graph.training,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the families that specs name."""
    return with_families(tmp_path_factory.mktemp("specs"))


def assert_sound(text: str, folder: Path) -> str:
    """Return the spec laid out, which is the same, has all comments, and stays so."""
    after = lay_out(text)
    assert lay_out(after) == after
    assert comments(after) == comments(text.replace("\r\n", "\n"))
    assert outcome(after, folder) == outcome(text, folder)
    return after


@pytest.mark.parametrize("text", sampled(TEXTS.values(), 15), ids=TEXTS)
def test_the_network_stays_the_same(text: str, folder: Path) -> None:
    assert_sound(text, folder)


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_faults_stay_the_same(path: Path, folder: Path) -> None:
    try:
        text = path.read_bytes().decode()
        after = lay_out(text)
    except (SpecError, UnicodeDecodeError):
        return
    assert lay_out(after) == after
    assert comments(after) == comments(text)
    assert outcome(after, folder) == outcome(text, folder)


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(TEXTS)), st.integers(0, 2**32))
def test_what_is_written_otherwise_is_laid_out_alike(folder: Path, name: str, seed: int) -> None:
    """Braces, quotes and comments anywhere; then other spaces, which must make no difference."""
    dice = Random(seed)
    text = TEXTS[name].replace("\r\n", "\n")
    if dice.random() < 0.5:
        text = rewritten(text, dice)
    if dice.random() < 0.5:
        text = commented(text, dice)
    after = assert_sound(text, folder)
    other = spaced(text, dice)
    if dice.random() < 0.3:
        other = other.replace("\n", "\r\n")
    assert lay_out(other) == after


PIECES = [
    *("\n\n", "  \n", "|", "|2", "|+", ">-", "? ", ": ", "- ", "#x", "\t", "''", '""', "{}", "[]"),
    *("[a: 1]", "{a}", "\\\n", "---\n", "...\n", "é", " \n \n", "'\n\n'", "\\x41", "${a | b}", "~"),
]


@pytest.mark.slow
@settings(max_examples=250, deadline=None)
@given(st.sampled_from(sorted(TEXTS)), st.integers(0, 2**32))
def test_no_text_is_changed_in_what_it_says(folder: Path, name: str, seed: int) -> None:
    """Whatever became of a spec: if it can be read, it says the same when it is laid out."""
    dice = Random(seed)
    text = TEXTS[name].replace("\r\n", "\n")
    text = rewritten(text, dice) if dice.random() < 0.4 else text
    text = commented(text, dice) if dice.random() < 0.4 else text
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(text))
        piece = text[:at] + dice.choice(PIECES) + text[at:]
        text = piece if dice.random() < 0.5 else dice.choice(MUTATIONS)(dice, text)
    try:
        lay_out(text)
    except SpecError:
        return
    assert_sound(text, folder)
    for to in FORMS:
        try:
            other = lay_out(text, to)
        except SpecError:
            continue
        assert lay_out(other) == other
        assert not Counter(comments(text.replace("\r\n", "\n"))) - Counter(comments(other))
        assert same_kind(outcome(other, folder), outcome(text, folder))


@pytest.mark.parametrize("key", ["blocks", "blokcs", "block]"])
def test_a_block_that_is_called_like_an_alias_keeps_its_name(key: str) -> None:
    text = (
        f"archc: 1\nname: Net\n{key}:\n  residual:\n    layers: []\nlayers:\n- {{type: residual}}\n"
    )
    assert "type: residual" in lay_out(text)


def same_kind(one: Any, other: Any) -> bool:
    """Whether two outcomes are the same; of faults, whose wording follows the text, the codes."""
    if isinstance(one, Counter) and isinstance(other, Counter):
        return Counter(code for code, _ in one) == Counter(code for code, _ in other)
    return bool(one == other)


@pytest.mark.parametrize("backend", ["keras", "torch"])
@pytest.mark.parametrize("text", test_blocks.CASES.values(), ids=test_blocks.CASES)
def test_the_source_stays_the_same(text: str, backend: str) -> None:
    text = test_blocks.HEAD + text
    after = archcompiler.loads(lay_out(text))
    assert after.source(backend) == archcompiler.loads(text).source(backend)


@pytest.mark.parametrize("path", [*SPECS, *FAMILIES], ids=lambda path: path.stem)
def test_the_specs_of_the_repository_are_laid_out(path: Path) -> None:
    assert lay_out(path.read_text()) == path.read_text()


def test_a_spec_that_nobody_laid_out(golden: Golden) -> None:
    text = UNTIDY.read_text()
    golden("fmt.yaml", lay_out(text))
    golden("fmt.rows.yaml", lay_out(text, "rows"))


def test_the_table_of_an_article(golden: Golden) -> None:
    golden("fmt.table.yaml", lay_out((ROOT / "specs" / "alexnet_2012.yaml").read_text(), "table"))
    rows = lay_out((ROOT / "specs" / "alexnet_table.yaml").read_text(), "rows")
    golden("fmt.rows_of_the_article.yaml", rows)


HEAD = "archc: 1\nname: X\nlayers:\n"


def layouts() -> list[Any]:
    """Return the cases of tests/data/layouts.txt."""
    text = (UNTIDY.parent / "layouts.txt").read_text()
    return [
        pytest.param(*re.split(r"^->\n", case, flags=re.MULTILINE), id=name)
        for name, case in re.findall(r"^== (.*)\n((?s:.)*?)(?=\n^== |\Z)", text, re.MULTILINE)
    ]


@pytest.mark.parametrize(("before", "after"), layouts())
def test_layouts(before: str, after: str) -> None:
    head = HEAD if re.match(r"(#.*\n)*- ", after) else ""
    assert lay_out(head + before) == head + after
    assert lay_out(head + after) == head + after


@pytest.mark.parametrize("text", sampled(TEXTS.values(), 15), ids=TEXTS)
def test_rows_become_a_table_and_rows_again(text: str, folder: Path) -> None:
    """A table has no columns for parameters of blocks, no cells for lists: that is told."""
    try:
        table = lay_out(text, "table")
    except SpecError:
        assert {code for code, *_ in faults(text, "table")} == {"ARC208"}
        return
    assert "layers:\n-" not in table
    rows = lay_out(table, "rows")
    assert "layers: |" not in rows
    for other in (table, rows):
        assert outcome(other, folder) == outcome(text, folder)
        assert lay_out(other) == other


def test_most_specs_of_plain_rows_become_a_table() -> None:
    for name in ("alexnet", "alexnet_2012", "alexnet_article", "alexnet_table"):
        assert "layers: |\n  | Layer" in lay_out(TEXTS[name], "table")


def faults(text: str, to: Form | None = None) -> list[tuple[str, str, str]]:
    with pytest.raises(SpecError) as caught:
        lay_out(text, to)
    return [(d.code, d.place.partition(":")[2], d.message) for d in caught.value.diagnostics]


@pytest.mark.parametrize(
    ("row", "column", "message"),
    [
        ("{type: add, cut: 3}", 15, "a table has no column for `cut`"),
        (
            "{type: add, padding: [1, 2, 3, 4]}",
            24,
            "no cell of a table can say what stands in `padding`",
        ),
        ('{type: add, note: "a | b"}', 21, "no cell of a table can say what stands in `note`"),
        ("{type: add, note: '-'}", 21, "no cell of a table can say what stands in `note`"),
        ("{type: add, activation: uniform(-1)}", 27, "no cell"),
        ("{type: Mine, from: x}", 10, "no cell of a table can say what stands in `type`"),
        ("{type: add, from: [[a]]}", 21, "no cell of a table can say what stands in `from`"),
        ("{type: add, rate: }", 21, "no cell of a table can say what stands in `rate`"),
        ("{type: add, rate: {a: 1}}", 21, "no cell of a table can say what stands in `rate`"),
        ("[add]", 3, "a row of a table is a mapping"),
        ("{type: input, size: 3}", 3, "a table whose last row is an input is read upwards"),
    ],
)
def test_what_no_table_can_hold(row: str, column: int, message: str) -> None:
    """In one run: the row stands among the rows of the spec and of a block."""
    text = f"{HEAD}- {{type: flatten}}\n- {row}\n"
    (found,) = faults(text, "table")
    assert found[:2] == ("ARC208", f"5:{column}")
    assert message in found[2]
    block = f"blocks:\n  b:\n    layers:\n    - {{type: flatten}}\n    - {row}\n"
    assert [code for code, *_ in faults(text + block, "table")] == ["ARC208"] * 2


def test_what_rows_cannot_hold() -> None:
    table = "archc: 1\nname: X\nlayers: |\n  Layer | Type | Colour\n  In | input | red\n"
    assert [found[:2] for found in faults(table, "rows")] == [("ARC202", "4:18")]
    early = "archc: 1\nlayers: |1\n    Layer | Type\n  In | input\n"
    assert ("ARC208", "2:9") in [found[:2] for found in faults(early, "rows")]


def test_comments_of_rows_stand_above_their_table() -> None:
    text = "archc: 1\n# a\nlayers: # b\n# c\n- {type: input} # d\n\n- type: add # e\n  # f\n"
    assert lay_out(text, "table") == (
        "archc: 1\n# a\n# c\n# d\n# e\n# f\nlayers: |  # b\n  | Type  |\n  |-------|\n"
        "  | input |\n  | add   |\n"
    )


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("archc: 1\nname: [\n", "ARC101", "2:8"),
        ("archc: 1\narchc: 1\n", "ARC103", "2:1"),
        ("a: &x 1\n", "ARC104", "1:4"),
        ("", "ARC106", "1:1"),
        ("archc: 1\rname: X\n", "ARC102", "1:9"),
        ("archc: 1\u2028name: X\n", "ARC102", "1:9"),
        (f"? {'x' * 2000}\n: 1\n", "ARC205", "1:3"),
    ],
)
def test_what_stays_as_it_is(text: str, code: str, place: str) -> None:
    assert faults(text)[0][:2] == (code, place)


WIDE = HEAD.partition("layers")[0] + "layers: |\n  " + "a|" * 100_000 + "\n" + "  b|c\n" * 100_000

HEAVY = {
    **HOSTILE,
    "5 MB of a quoted note": HEAD + '- {note: "' + "a, b: " * 800_000 + '"}\n',
    "5 MB of a long key": HEAD + "- ? " + "x" * 5_000_000 + "\n  : 1\n",
    "200,000 comments in braces": HEAD + "- {a: 1, " + "# c\n" * 200_000 + " b: 1}\n",
    "a row of 100,000 fields": HEAD + "- {" + "".join(f"k{i}: v, " for i in range(100_000)) + "}\n",
    "names of all lengths": HEAD
    + "".join(f"- {{layer: {'x' * (i % 25)}, type: flatten}} # c\n" for i in range(50_000)),
    "many columns, many rows": WIDE,
    "one long cell": WIDE.replace("a|" * 100_000, "a|b\n  " + "x" * 1_000_000),
    "deep lists with comments": HEAD
    + "- "
    + "{a: " * 50
    + "["
    + "1, # c\n" * 50_000
    + "]"
    + "}" * 50,
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "to"),
    [(name, to) for name in HEAVY for to in (None, *FORMS) if to != "rows" or "|" in HEAVY[name]],
)
def test_hostile_files_end_soon_in_a_text_that_is_not_much_longer(
    name: str, to: Form | None
) -> None:
    text, start = HEAVY[name], time.monotonic()
    try:
        after = lay_out(text, to)
    except SpecError as error:
        after = str(error)
    assert time.monotonic() - start < 60
    assert len(after) < max(20 * len(text), 2_000_000)
