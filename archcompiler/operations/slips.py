"""Slips of the hand: which word was surely meant by one that is not known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

SHORTEST = 4  # letters of a word in which a slip can be told from another word


def misspelt(word: str, known: Mapping[str, str], beside: Iterable[str] = ()) -> str | None:
    """Return what `word` means if it is one of `known` but for one slip; None if that is unsure.

    `known` has the meaning of each word. All words that are as near, of it and of those `beside`,
    must mean the same.
    """
    if len(word) < SHORTEST:
        return None
    meant = {known.get(other) for other in (*known, *beside) if one_slip(word, other)}
    return meant.pop() if len(meant) == 1 else None


def one_slip(word: str, known: str) -> bool:
    """Whether a letter that is left out, added, changed or swapped makes `word` of `known`.

    Words that differ in digits are different words: `relu6` is never a slip for `relu`.
    """
    if [*filter(str.isdigit, word)] != [*filter(str.isdigit, known)]:
        return False
    same = 0
    while same < min(len(word), len(known)) and word[same] == known[same]:
        same += 1
    rest, wanted = word[same:], known[same:]
    one_letter = wanted == rest[1:] or wanted[1:] in (rest, rest[1:])
    swapped = rest[:2] == wanted[:2][::-1] and rest[2:] == wanted[2:]
    return word != known and (one_letter or swapped)
