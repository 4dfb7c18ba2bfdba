"""What was meant by a word that is not of the language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

# What articles, frameworks and people call a field. Each is the same thing with the same values,
# in every operation that has the field.
FIELDS_KNOWN_AS = {
    "name": "layer",
    "input": "from",
    "inputs": "from",
    "kernel_size": "kernel",
    "kernel_shape": "kernel",
    "filter_size": "kernel",
    "pool_size": "kernel",
    "window": "kernel",
    "feature_maps": "maps",
    "filters": "maps",
    "channels": "maps",
    "out_channels": "maps",
    "output_size": "size",
    "units": "size",
    "out_features": "size",
    "neurons": "size",
    "strides": "stride",
    "dilation_rate": "dilation",
    "dilations": "dilation",
    "pad": "padding",
    "group": "groups",
    "use_bias": "bias",
    "bias_term": "bias",
    "eps": "epsilon",
    "p": "rate",
    "dropout_rate": "rate",
    "dropout_ratio": "rate",
    "count_include_pad": "count_padding",
    "lr": "learning_rate",
}

# What every row may say.
COMMON = ("layer", "type", "from", "activation", "maps", "size", "when", "repeat", "note")

SHORTEST = 3  # letters of a word that may have a slip of the pen: a shorter one is near to any
LONG = 8  # letters from which on it may have two


class Meaning(NamedTuple):
    """What another word for an operation stands for: its type, and the fields that it says."""

    type: str
    fields: Mapping[str, str] = {}


class Guess(NamedTuple):
    """The word that was meant, if any is near; `sure` if nothing else can have been."""

    word: str | None
    sure: bool = False


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the one of `known` that `word` is most like, if any is: to be offered to people."""
    from difflib import get_close_matches  # only a fault pays for it

    matches = get_close_matches(word[:64], list(known), n=1, cutoff=0.6)
    return matches[0] if matches else None


def guessed(word: str, known: Iterable[str]) -> Guess:
    """Return which of `known` was meant by `word`, and whether that is sure.

    It is sure where `word` is one of them but for its case, spaces, hyphens and underscores, or
    for a slip of the pen that no other of them is within reach of.
    """
    return meant_by(word, {one: one for one in known})


def meant_by(word: str, known: Mapping[str, str], beside: Iterable[str] = ()) -> Guess:
    """Guess as `guessed` does, where `known` has the meaning of each word (see `misspelt`)."""
    alike = {meaning for one, meaning in known.items() if folded(one) == folded(word)}
    if len(alike) == 1:
        return Guess(alike.pop(), sure=True)
    meant = misspelt(word.lower(), known, beside)
    return Guess(meant or nearest(word.lower(), known.values()), sure=meant is not None)


def folded(word: str) -> str:
    """Return `word` without case, spaces, hyphens, underscores and a framework's prefix."""
    word = word.rsplit(".", 1)[-1].lower()
    return word.replace(" ", "").replace("-", "").replace("_", "")


def misspelt(word: str, known: Mapping[str, str], beside: Iterable[str] = ()) -> str | None:
    """Return what `word` means if it is one of `known` with a slip of the pen; None if unsure.

    `known` has the meaning of each word. All words of it, and those `beside`, that are within reach
    must mean the same: a slip is a letter put in, left out, changed, or swapped with the next one;
    two of them in a word of eight letters. Digits are no slips: `conv2d` is not `conv3d`.
    """
    reach = 0 if len(word) < SHORTEST else 1 if len(word) < LONG else 2
    if not reach or len(word) > 64:
        return None
    near = [one for one in known if _slips(word, one, reach) <= reach]
    meanings = {known[one] for one in near}
    if len(meanings) != 1 or any(_digits(word) != _digits(one) for one in near):
        return None
    (meaning,) = meanings
    others = (one for one in beside if known.get(one, one) != meaning)
    return None if any(_slips(word, one, reach) <= reach for one in others) else meaning


def _digits(word: str) -> str:
    return "".join(filter(str.isdigit, word))


def _slips(word: str, other: str, most: int) -> int:
    """Return the distance of Damerau and Levenshtein (1966), neighbours swapped once at most."""
    if abs(len(word) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(word, 1):
        before, last, row = row, before, [i]
        for j, one in enumerate(other, 1):
            cost = min(before[j] + 1, row[-1] + 1, before[j - 1] + (letter != one))
            if i > 1 and j > 1 and letter == other[j - 2] and one == word[i - 2]:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > most and min(before) >= most:  # and so is whatever is made of them
            return most + 1
    return row[-1]
