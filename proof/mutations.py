"""Texts that are a little wrong, or very: bytes, words, lines and structure are changed."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random
from typing import Any

from proof.spec import read, text_of

# Control characters, ends of lines that are none, marks, letters of more than one unit, digits of
# other scripts, and bytes that are no UTF-8.
CHARACTERS = [
    *map(chr, range(32)), "\x7f", "\x85", "\xa0", "\xad", "\u200b", "\u200d", "\u202e", "\u2028",
    "\u2029", "\ufeff", "\ufffe", "\uffff", "\u0301", "\xe9", "\xdf", "\u0130", "\xd7", "\u2212",
    "\uff13", "\xb2", "\u0663", "\xbd", "\u540d", "\U0001f600", "\U0010ffff", "\udcff", "\udc80",
]  # fmt: skip
MARKS = list("{}[],:&*!|>'\"%@`#-?$~=<>()\\/.+_;^ \t\n\r")
VALUES = [
    "", "~", "null", "true", "no", "on", "-0", "0", "-1", "1e3", "1e400", "-1e400", ".inf", ".nan",
    "0x10", "010", "12:30:45", "2,1", "1,000", "1_000", "3x", "x3", "3x3x3", "3 x 3", "3\xd73", "?",
    "?x?", "50%", "9" * 20, "9" * 400, "0.1" + "1" * 300, "1e" + "9" * 50, "2024-01-01", "same",
    "input", "index", "In", "${", "${}", "${index}", "${reads.maps}", "${1 / 0}", "${9 ** 64}",
    "${'a' * 3}", "${[1][9]}", "${input.maps}", "$", "}", "[[[]]]", "{a: {b: {}}}", "[1, 2, 3]",
    "{}", "[]", "&a", "*a", "!!python/object:os.system", "<<", "|", ">", "- -", "? :",
    "../../etc/passwd", "/dev/zero", "spec.yaml", ".", "a" * 3000, "<script>alert(1)</script>",
    "]]>", "::error::x", "\x1b[31m", "a.b.c", "use.0.conv", "'", '"', "\\", "%0A", "a\\nb", "#",
    " # x",
]  # fmt: skip
KEYS = [
    "archc", "name", "description", "params", "defaults", "blocks", "layers", "outputs", "training",
    "spec", "layer", "type", "from", "activation", "maps", "size", "when", "repeat", "note",
    "inputs", "kernel", "stride", "padding", "loss", "optimizer", "metrics", "schedule", "rate",
]  # fmt: skip
WORD = re.compile(r"[\w.$]+|[^\w\s]")


def mutated(text: str, other: str, random: Random) -> str:
    """Return `text` with some changes; `other` is another text, of which parts are taken."""
    for _ in range(random.choice([1, 1, 2, 3, 8])):
        text = random.choice(MUTATIONS)(text, other, random)
    return text


Mutation = Callable[[str, str, Random], str]
MUTATIONS: list[Mutation] = []


def mutation(function: Mutation) -> Mutation:
    """Register a mutation."""
    MUTATIONS.append(function)
    return function


def _place(text: str, random: Random) -> int:
    return random.randint(0, len(text))


def _spliced(text: str, start: int, end: int, words: str) -> str:
    return text[:start] + words + text[end:]


@mutation
def byte_changed(text: str, other: str, random: Random) -> str:
    data = bytearray(text.encode(errors="surrogateescape"))
    for _ in range(random.randint(1, 4)):
        if data:
            data[random.randrange(len(data))] = random.randrange(256)
    return data.decode(errors="surrogateescape")


@mutation
def cut_off(text: str, other: str, random: Random) -> str:
    return text[: _place(text, random)]


@mutation
def part_taken_out(text: str, other: str, random: Random) -> str:
    start = _place(text, random)
    return _spliced(text, start, start + random.choice([1, 1, 2, 5, 40]), "")


@mutation
def part_of_another(text: str, other: str, random: Random) -> str:
    start, at = _place(other, random), _place(text, random)
    part = other[start : start + random.choice([3, 20, 200])]
    return _spliced(text, at, at, part)


@mutation
def character_put_in(text: str, other: str, random: Random) -> str:
    at = _place(text, random)
    return _spliced(text, at, at, random.choice(CHARACTERS) * random.choice([1, 1, 1, 3]))


@mutation
def mark_put_in(text: str, other: str, random: Random) -> str:
    at = _place(text, random)
    return _spliced(text, at, at + random.choice([0, 1]), random.choice(MARKS))


@mutation
def word_changed(text: str, other: str, random: Random) -> str:
    words = list(WORD.finditer(text))
    if not words:
        return text
    match = random.choice(words)
    choices = [random.choice(VALUES), random.choice(KEYS), random.choice(words)[0], match[0] * 2]
    choices += [slip(match[0], random), match[0].upper(), ""]
    return _spliced(text, *match.span(), random.choice(choices))


def slip(word: str, random: Random) -> str:
    """Return a word as it is misspelled: two letters exchanged, one lost, one doubled."""
    at = random.randrange(len(word))
    return random.choice(
        [word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:], word[:at] + word[at:][::-1]]
    )


@mutation
def value_changed(text: str, other: str, random: Random) -> str:
    values = list(re.finditer(r"(?<=: )[^,{}\[\]\n]+", text))
    if not values:
        return text
    return _spliced(text, *random.choice(values).span(), random.choice(VALUES))


@mutation
def line_moved(text: str, other: str, random: Random) -> str:
    lines = text.splitlines(keepends=True)
    if not lines:
        return text
    line = lines.pop(random.randrange(len(lines)))
    for _ in range(random.choice([0, 1, 1, 2])):
        lines.insert(random.randint(0, len(lines)), line)
    return "".join(lines)


@mutation
def line_indented(text: str, other: str, random: Random) -> str:
    lines = text.splitlines(keepends=True)
    if lines:
        at = random.randrange(len(lines))
        lines[at] = random.choice([" ", "  ", "\t", ""]) + lines[at].lstrip(" ")
    return "".join(lines)


@mutation
def nested(text: str, other: str, random: Random) -> str:
    deep = random.choice([5, 40, 200, 2000, 20000])
    at = _place(text, random)
    opening = random.choice(["[", "{a: ", "- ", "(", "${", "{", "[{"])
    return _spliced(text, at, at, opening * deep)


@mutation
def repeated(text: str, other: str, random: Random) -> str:
    start = _place(text, random)
    part = text[start : start + random.choice([1, 10, 80])]
    return _spliced(text, start, start, part * random.choice([2, 30, 500]))


@mutation
def structure_changed(text: str, other: str, random: Random) -> str:
    spec = read(text)
    if spec is None:
        return text
    for _ in range(random.randint(1, 3)):
        _change(spec, random)
    return text_of(spec)


def _change(value: Any, random: Random) -> None:
    """Change something in a structure: put in, taken out, exchanged, wrapped."""
    while isinstance(value, dict | list) and value:
        keys: list[Any] = list(value) if isinstance(value, dict) else list(range(len(value)))
        key = random.choice(keys)
        if isinstance(value[key], dict | list) and random.random() < 0.75:
            value = value[key]
            continue
        other = value[random.choice(keys)]
        new: list[Any] = [
            random.choice(VALUES),
            other,
            [value[key]],
            {random.choice(KEYS): value[key]},
        ]
        value[key] = random.choice([*new, {}, [], [value[key]] * 3])
        if isinstance(value, dict):
            value[random.choice(KEYS)] = random.choice([other, random.choice(VALUES)])
            if random.random() < 0.3:
                del value[key]
        elif random.random() < 0.3:
            del value[key]
        return
