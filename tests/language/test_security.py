"""A spec is untrusted text: what hostile or careless text may not do to the reader.

Whatever the text, reading ends soon, in an architecture or in `SpecError` (or `FileError`, where
there is no text), and its rendering is printable.
"""

import os
import random
import subprocess
import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import archcompiler
from archcompiler import SpecError
from archcompiler.diagnostics.forms.text import render_all
from archcompiler.files import FileError
from archcompiler.graph import Limits
from scripts.specs import SPECS
from tests.conftest import ROOT, sampled

HEAD = "archc: 1\nname: Small\nlayers:\n- {layer: In, type: input, maps: 3, size: 32x32}\n"

BRANCHES = """\
archc: 1
name: Branches
params: {maps: 8, deep: true, kernels: [3, 5]}
defaults: {convolution: {padding: same, bias: false}}
layers:
- {layer: In, type: input, maps: 3, size: "?x32"}
- {layer: A, type: convolution, maps: "${maps}", kernel: "${kernels[0]}", groups: 1}
- {layer: B, type: convolution, maps: "${maps * 2 // 2}", kernel: "${kernels[1]}", from: In}
- {layer: S, type: add, from: [A, B], activation: relu, note: "joined"}
- {layer: D, type: dropout, rate: 0.5, when: "${deep and maps > 4}"}
- {layer: J, type: concatenate, from: [D, A], maps: 16, size: "?x32"}
- {layer: G, type: global_average_pooling, size: 16}
- {layer: Out, type: fully_connected, size: 10, activation: softmax}
outputs: [Out]
training: {loss: categorical_crossentropy, optimizer: {type: adam, epsilon: 1e-8}, metrics: []}
"""
TEXTS = [BRANCHES, *(path.read_text(encoding="utf-8") for path in SPECS)]


def faults(text: str, **limits: int) -> list[tuple[str, str]]:
    with pytest.raises(SpecError) as caught:
        archcompiler.loads(text, limits=Limits(**limits))
    assert_printable(str(caught.value))
    return [(d.code, d.message) for d in caught.value.diagnostics]


def assert_printable(text: str) -> None:
    assert all(character.isprintable() for line in text.split("\n") for character in line)


# --- YAML's own dangers


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("params: {a: &a 1}\n", ["the anchor `&a`"]),
        ("params: {a: *a}\n", ["the alias `*a`"]),
        ("params:\n  <<: {a: 1}\n", ["the merge key `<<`"]),
        ("params: {a: &x {<<: *x}}\n", ["the anchor `&x`", "the merge key `<<`", "the alias `*x`"]),
        ("params: {a: !!python/object/apply:os.system ['id']}\n", ["the tag `!!python/object"]),
        ("params: {a: !<tag:yaml.org,2002:int> 3}\n", ["the tag `!<tag:yaml.org,2002:int>`"]),
        ("params: {a: ! 3}\n", ["the tag `!`"]),
        ("params: !!map {a: 3}\n", ["the tag `!!map`"]),
        ("params: &a !!map {a: 3}\n", ["the anchor `&a`", "the tag `!!map`"]),
    ],
)
def test_anchors_aliases_merge_keys_and_tags_are_refused(text, messages):
    found = [message for code, message in faults(HEAD + text) if code == "ARC104"]
    assert len(found) == len(messages)
    for message, start in zip(found, messages, strict=True):
        assert message.startswith(start)
        assert message.endswith("is not part of the language")


ALIASES = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGES = "a: &a {x: 1}\n" + "".join(
    f"{new}: &{new} {{<<: [{', '.join([f'*{old}'] * 9)}]}}\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
ROW = "- {layer: F, type: fully_connected, size: "


def lists(deeper: str) -> str:
    """Return a spec with a list of 900, and nine lists each of which is made of the one before."""
    params = "".join(f"  l{n + 1}: {deeper.replace('LAST', f'l{n}')}\n" for n in range(9))
    head = HEAD.replace("layers:", f"params:\n  l0: [{'1, ' * 900}]\n{params}layers:")
    return f'{head}{ROW}"${{len(l9)}}"}}\n'


HOSTILE = {
    "aliases": HEAD + ALIASES,
    "merge keys": HEAD + MERGES,
    "50 kB of nested lists": HEAD + "- " + "[" * 50_000,
    "nesting behind a missing space": HEAD + "- {type:" + "[{" * 100_000,
    "5 MB of nested lists": HEAD + "- " + "[" * 5_000_000,
    "5 MB of nested mappings": HEAD + "- " + "{a: " * 1_250_000,
    "5 MB of nested rows": HEAD + "- " * 2_500_000,
    "5 MB of keys of keys": HEAD + "? " * 2_500_000,
    "5 MB of closed nesting": HEAD + "- " + "[" * 2_500_000 + "]" * 2_500_000,
    "600 kB of sexagesimal digits": HEAD + ROW + "1" + ":59" * 200_000 + "}\n",
    "5 MB of digits": HEAD + ROW + "1" * 5_000_000 + "}\n",
    "5 MB of a name": HEAD + "- {layer: " + "x" * 5_000_000 + ", type: flatten}\n",
    "5 MB of a type": HEAD + "- {layer: F, type: " + "x" * 5_000_000 + "}\n",
    "5 MB of a field": HEAD + "- {layer: F, type: flatten, " + "x" * 5_000_000 + ": 1}\n",
    "5 MB of a quote": HEAD + "- {layer: '" + "''" * 2_500_000 + "', type: flatten}\n",
    "5 MB of an expression": HEAD + ROW + '"${' + "1+" * 2_500_000 + '1}"}\n',
    "a million expressions": HEAD + ROW + '"' + "${1}" * 1_000_000 + '"}\n',
    "an expression that grows": HEAD.replace("layers", f"params: {{x: {'a' * 900}}}\nlayers")
    + (ROW + '"' + "${x}" * 100_000 + '"}\n'),
    "lists of lists": lists("[" + '"${LAST}", ' * 1000 + "]"),
    "lists of lists, by expressions": lists('"${[' + "LAST, " * 80 + ']}"'),
    "lists of lists, by numbers": lists('"${[LAST for n in LAST]}"'),
    "800 lists that take long": lists('"${l0}"')
    + "".join(
        f'- {{type: fully_connected, size: "${{len([sum(l0[:8]) for n in l0]) - {n}}}"}}\n'
        for n in range(800)
    ),
    "a million anchors": HEAD + "- [" + "&a b, " * 1_000_000 + "]\n",
    "a million aliases": HEAD + "- [" + "*a , " * 1_000_000 + "]\n",
    "300,000 duplicate keys": HEAD + "a: 1\n" * 300_000,
    "50,000 faulty rows": HEAD + "- {layer: F, type: nothing}\n" * 50_000,
    "30,000 unknown names": HEAD
    + "".join(f"- {{layer: F{i}, type: flatten, from: G{i}}}\n" for i in range(30_000)),
    "20,000 wrong sizes": HEAD
    + "- {type: convolution, maps: 3, kernel: 3, size: 77, from: In}\n" * 20_000,
    "a cycle of 50,000": HEAD
    + "".join(f"- {{layer: F{i}, type: flatten, from: F{i + 1}}}\n" for i in range(50_000))
    + "- {layer: F50000, type: flatten, from: F0}\n",
    "a layer that reads 300,000": HEAD + "- {type: add, from: [" + "In, " * 300_000 + "In]}\n",
    "100,000 columns": HEAD.partition("layers")[0] + "layers: |\n  " + "a|" * 100_000 + "\n  b|c\n",
    "a carriage return a line": "\r".join(["archc: 1"] * 200_000),
}  # fmt: skip


@pytest.fixture(scope="module")
def hostile_files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    for number, text in enumerate(HOSTILE.values()):
        (folder / f"{number}.yaml").write_text(text, encoding="utf-8", newline="")
    return folder


READ = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (4 * 2**30, 4 * 2**30))
from archcompiler import SpecError, load
try:
    load(sys.argv[1])
except SpecError as error:
    text = str(error)
    assert len(text) < 2_000_000, len(text)
    print(error.diagnostics[0].code)
else:
    print("valid")
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", sampled(HOSTILE, 5))
def test_hostile_files_end_soon_within_bounds(name, hostile_files):
    """A process of its own, for what would end it; naive readers take minutes, or gigabytes."""
    path = hostile_files / f"{[*HOSTILE].index(name)}.yaml"
    command = [sys.executable, "-c", READ, str(path)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert result.returncode == 0, result.stderr[-2000:]
    assert result.stdout.startswith(("ARC", "valid"))


@pytest.mark.parametrize("depth", [63, 64, 65, 1000, 25_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ("{a: ", "}"), ("- ", "")])
def test_the_depth_is_limited(depth, opening, closing):
    text = opening * depth + "x" + closing * depth
    codes = [code for code, _ in faults(f"archc: 1\nname: X\nlayers:\n  {text}\n")]
    assert ("ARC105" in codes) is (depth >= 64)  # one level is the spec itself


@pytest.mark.parametrize(
    ("field", "text", "meant"),
    [
        ("maps", "3:3", None),
        ("maps", "1:30:45", None),
        ("maps", "0o10", None),
        ("maps", "0x10", None),
        ("maps", "1_000", "write `1000`"),
        ("maps", "1e3", "write `1000`"),
        ("maps", "8.0", "write `8`"),
        ("maps", "~", None),
        ("maps", ".inf", None),
        ("maps", "true", None),
        ("bias", "no", "write `false`"),
        ("bias", "Yes", "write `true`"),
        ("bias", "on", "write `true`"),
        ("bias", "off", "write `false`"),
        ("bias", "True", "write `true`"),
        ("bias", "null", None),
        ("bias", "1", "write `true`"),
    ],
)
def test_surprises_of_yaml_1_1_are_faults(field, text, meant):
    row = {"maps": "8", "bias": "true", field: text}
    fields = ", ".join(f"{name}: {value}" for name, value in row.items())
    with pytest.raises(SpecError) as caught:
        archcompiler.loads(f"{HEAD}- {{type: convolution, kernel: 3, {fields}}}\n")
    (fault,) = caught.value.diagnostics
    assert (fault.code, fault.span.text) == ("ARC203", text)
    assert fault.help == ((meant,) if meant else ())


@pytest.mark.parametrize(("text", "value"), [("010", 10), ("+8", 8), ("'8'", 8), ('"8"', 8)])
def test_numbers_are_decimal(text, value):
    row = f"- {{layer: C, type: convolution, kernel: 3, maps: {text}}}\n"
    assert archcompiler.loads(HEAD + row)["C"].shape.channels == value


@pytest.mark.parametrize(
    ("text", "expected"),
    [("no", "no"), ("010", 10), ("1e3", 1000.0), ("3:3", "3:3"), ("true", True), ("on", "on")],
)
def test_parameters_are_read_as_yaml_1_2_reads_them(text, expected):
    from archcompiler.language.scalars import typed

    assert (typed(text), type(typed(text))) == (expected, type(expected))


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "name: Other\n",
        HEAD + "- {type: flatten, type: flatten}\n",
        HEAD + '- {type: flatten, "ty\\x70e": flatten}\n',
        HEAD + "params: {a: 1, a: 1}\n",
        HEAD + "defaults: {dropout: {rate: 0.1}, dropout: {rate: 0.2}}\n",
    ],
)
def test_duplicate_keys_are_faults(text):
    assert "ARC103" in [code for code, _ in faults(text)]


# --- numbers


@pytest.mark.parametrize(
    ("row", "code", "part"),
    [
        ("type: convolution, kernel: 3, maps: 1000000000000", "ARC406", "1,000,000,000,000"),
        ("type: convolution, kernel: 3, maps: 1" + "0" * 30, "ARC203", "`maps` is a whole number"),
        ("type: fully_connected, size: 1" + "0" * 17, "ARC406", "over the limit of 10,000,000"),
        ("type: fully_connected, size: 9999999999", "ARC406", "over the limit of 10,000,000"),
        ("type: fully_connected, size: 10000000", "ARC406", ""),
        (
            "type: convolution, kernel: 9999999, maps: 3, padding: 9999999",
            "ARC406",
            "over the limit",
        ),
        ("type: convolution, kernel: 1, maps: 3, padding: 5000000", "ARC406", "over the limit"),
        ("type: dropout, rate: 1e-400", "valid", ""),
        ("type: dropout, rate: 1e400", "ARC203", "`rate` is a number"),
        ("type: dropout, rate: nan", "ARC203", "`rate` is a number"),
        ("type: dropout, rate: .inf", "ARC203", "`rate` is a number"),
        ("type: local_response_normalization, n: 999999999999", "valid", ""),
    ],
)
def test_huge_numbers_are_refused_not_computed(row, code, part):
    text = f"{HEAD}- {{layer: Big, {row}}}\n"
    if code == "valid":
        assert archcompiler.loads(text)["Big"].shape
    else:
        found = faults(text, parameters=10**9)
        assert [fault[0] for fault in found] == [code]
        assert part in found[0][1]


@pytest.mark.parametrize("limit", ["dimension", "parameters", "activations"])
def test_limits_can_be_set(limit):
    row = "- {layer: F, type: fully_connected, size: 100}\n"
    assert archcompiler.loads(HEAD + row)
    assert {code for code, _ in faults(HEAD + row, **{limit: 50})} == {"ARC406"}


# --- text


@pytest.mark.parametrize(
    "name",
    [
        "x = 1",
        '"x\\nimport os"',
        '"x\\"\\"\\"\\nimport os"',
        "x;import os",
        "a.b",
        "a-b",
        "1a",
        "_a",
        "été",
        "ａ",  # noqa: RUF001  (a wide letter, which Python would make an `a`)
        "'a\u200bb'",
        '"a\\0b"',
        "''",
        "a" * 65,
        "[a]",
        "{a: b}",
        "'${x}'",
    ],
)
@pytest.mark.parametrize(
    "place",
    [
        "name: {}\nlayers: [{{type: input, size: 3}}]\n",
        "name: X\nlayers: [{{layer: {}, type: input, size: 3}}]\n",
        "name: X\nlayers: [{{type: input, size: 3}}]\nparams: {{? {} : 1}}\n",
    ],
)
def test_names_are_identifiers(name, place):
    codes = [code for code, _ in faults("archc: 1\n" + place.format(name))]
    assert codes in (["ARC205"], ["ARC106"])


@pytest.mark.parametrize("character", ["\0", "\x07", "\x1b", "\x7f", "\x80", "\ufffe", "\ud800"])
def test_control_characters_are_refused(character):
    found = faults(HEAD + f"description: 'a{character}b'\n")
    assert found[0][0] in ("ARC101", "ARC102")


HIDDEN = ["\u202e", "\u2066", "\u200b", "\ufeff", "\u00ad", "\u2028", "\u0085", "\U000e0041"]


@pytest.mark.parametrize("character", HIDDEN)
@pytest.mark.parametrize("escaped", [False, True])
def test_hidden_characters_are_shown_in_diagnostics(character, escaped):
    written = f"\\U{ord(character):08X}" if escaped else character
    with pytest.raises(SpecError) as caught:
        archcompiler.loads(
            f'{HEAD}- {{layer: "a{written}b", type: flatten}}\n', f"{character}.yaml"
        )
    text = str(caught.value)
    assert character not in text
    assert f"<U+{ord(character):04X}>" in text
    assert_printable(text)


def test_escape_sequences_never_reach_a_terminal():
    with pytest.raises(SpecError) as caught:
        archcompiler.loads(HEAD + '- {layer: "\\e]0;title\\a\\e[2J", type: "\\e[31m"}\n')
    plain = render_all(caught.value.diagnostics)
    assert "\x1b" not in plain
    assert "<U+001B>[31m" in plain
    coloured = render_all(caught.value.diagnostics, colour=True)
    assert "\x1b[31m" not in coloured
    assert "\x1b[2J" not in coloured


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\xff\xfea\x00r\x00", "ARC102"),  # UTF-16
        (b"archc: 1\nname: \xe9\n", "ARC102"),  # Latin-1
        (b"archc: 1\nname: \xed\xa0\x80\n", "ARC102"),  # a surrogate
        (b"archc: 1\nname: \xc0\x80\n", "ARC102"),  # an overlong NUL
        (b"archc: 1\nname: \xf0\x9f\x99", "ARC102"),  # cut short
        (b"", "ARC106"),
        (b"\xef\xbb\xbf", "ARC106"),
        (b"\x00" * 100, "ARC101"),
        (bytes(range(256)), "ARC102"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "ARC102"),
    ],
)
def test_bytes_that_are_no_text(data, code, tmp_path):
    path = tmp_path / "spec.yaml"
    path.write_bytes(data)
    with pytest.raises(SpecError) as caught:
        archcompiler.load(path)
    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == [code]
    assert_printable(str(caught.value))


def test_a_byte_order_mark_moves_no_column(tmp_path):
    path = tmp_path / "spec.yaml"
    path.write_bytes(b"\xef\xbb\xbfarchc: 2\nname: X\nlayers: [{type: input, size: 3}]\n")
    for read in (lambda: archcompiler.load(path), lambda: archcompiler.loads(path.read_text())):
        with pytest.raises(SpecError) as caught:
            read()
        assert caught.value.diagnostics[0].place.endswith(":1:8")


# --- files


def test_a_large_file_is_refused_before_it_is_parsed(tmp_path):
    path = tmp_path / "spec.yaml"
    path.write_text(HEAD + "#" * 1000)
    with pytest.raises(SpecError) as caught:
        archcompiler.load(path, limits=Limits(bytes=1000))
    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == ["ARC108"]
    assert archcompiler.load(path, limits=Limits(bytes=2000))


def fifo(folder):
    os.mkfifo(folder / "fifo")
    return folder / "fifo"


def loop(folder):
    (folder / "loop").symlink_to(folder / "loop")
    return folder / "loop"


def link_to_a_device(folder):
    (folder / "link").symlink_to("/dev/zero")
    return folder / "link"


@pytest.mark.skipif(
    sys.platform == "win32", reason="devices and pipes are files there in name only"
)
@pytest.mark.parametrize(
    "path_in",
    [
        lambda folder: folder,
        lambda folder: folder / "missing.yaml",
        lambda folder: folder / "missing" / "spec.yaml",
        lambda folder: f"{folder}/\0",
        lambda folder: f"{folder}/" + "x" * 5000,
        lambda folder: "/dev/zero",
        lambda folder: "/dev/null",
        fifo,
        loop,
        link_to_a_device,
    ],
)
def test_only_files_are_read(path_in, tmp_path):
    with pytest.raises(FileError):
        archcompiler.load(path_in(tmp_path))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads anything")
def test_a_file_that_may_not_be_read(tmp_path):
    path = tmp_path / "spec.yaml"
    path.write_text(HEAD)
    path.chmod(0)
    with pytest.raises(FileError, match="Permission denied"):
        archcompiler.load(path)


# --- whatever the text


def read(text: str) -> None:
    """Either it is a spec, or its faults can be told."""
    try:
        network = archcompiler.loads(text)
    except SpecError as caught:
        error = caught
    else:
        assert network.fingerprint
        return
    assert error.diagnostics
    for diagnostic in error.diagnostics:
        for span, _ in (diagnostic.label, *diagnostic.labels):
            assert 0 <= span.start < span.end <= len(text) + 1
    assert_printable(str(error))
    assert render_all(error.diagnostics, colour=True, unchecked=error.unchecked)


WORDS = st.sampled_from(
    [
        *"[]{}:,-?&*!|>'\"%@`#~\t\n\r \\$\x00\ud800",
        *("- ", ": ", "${", "}", "\n  ", "<<", "---\n", "...\n", "%YAML"),
        *("archc: 1\n", "name: X\n", "layers:\n", "params:", "defaults:", "outputs:", "training:"),
        *("layer", "type", "input", "convolution", "add", "from", "maps", "size", "kernel", "when"),
        *("loss: ", "optimizer: ", "sgd", "3", "32x32", "?x?", "-1", "1e999", "true"),
    ]
)


@given(st.text(st.characters(exclude_categories=[])) | st.lists(WORDS).map("".join))
@example("\ufeff")
@example("archc: 1\nname: X\nlayers: |\n  a|b\n")
@example("archc: 1\nname: X\nlayers:\n- {type: input, size: 3, when: false}\n")
@settings(max_examples=500, deadline=None)
def test_no_text_escapes(text):
    read(text)


TOKENS = sorted({token for text in TEXTS for token in text.replace(",", " , ").split()})


@pytest.mark.slow
@given(st.integers(0, 2**32))
@settings(max_examples=1500, deadline=None)
def test_no_mutation_of_a_spec_escapes(seed):
    """Characters edited, lines deleted or repeated, tokens swapped, one to four times."""
    dice = random.Random(seed)
    text = dice.choice(TEXTS)
    for _ in range(dice.randint(1, 4)):
        text = dice.choice(MUTATIONS)(dice, text)
    read(text)


def edit_a_character(dice: random.Random, text: str) -> str:
    at = dice.randrange(len(text))
    return text[:at] + dice.choice("\0\n\t []{}:,-?&*!|>'\"%@`#~$\\09azAZé\u202e") + text[at + 1 :]


def delete_characters(dice: random.Random, text: str) -> str:
    at = dice.randrange(len(text))
    return text[:at] + text[at + dice.randint(1, 9) :] or "x"


def delete_a_line(dice: random.Random, text: str) -> str:
    lines = text.splitlines(keepends=True)
    del lines[dice.randrange(len(lines))]
    return "".join(lines) or "x"


def repeat_a_line(dice: random.Random, text: str) -> str:
    lines = text.splitlines(keepends=True)
    lines.insert(dice.randrange(len(lines)), dice.choice(lines))
    return "".join(lines)


def swap_tokens(dice: random.Random, text: str) -> str:
    one, other = dice.choice(TOKENS), dice.choice(TOKENS)
    return text.replace(one, "\0").replace(other, one).replace("\0", other)


def replace_a_token(dice: random.Random, text: str) -> str:
    old, new = dice.choice(TOKENS), dice.choice([*TOKENS, "0", "-1", "[]", "{}", "''", "${x}", "?"])
    return text.replace(old, new, 1)


MUTATIONS = [
    edit_a_character,
    delete_characters,
    delete_a_line,
    repeat_a_line,
    swap_tokens,
    replace_a_token,
]
