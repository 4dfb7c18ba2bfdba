"""Numbers as people write them, and what was meant by a text that is none."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

Raw = str | Sequence[str]  # a scalar's text, or a list of them

MAXIMUM_DIGITS = 18  # of a whole number
_LONGEST = 80  # characters of a text in which a number is looked for

# Patterns of texts, in schemas too. Python prints a number with up to 20 digits behind the point.
WHOLE = rf"\+?[0-9]{{1,{MAXIMUM_DIGITS}}}"
DECIMAL = r"[+-]?([0-9]{1,18}(\.[0-9]{0,40})?|\.[0-9]{1,40})([eE][+-]?[0-9]{1,3})?"
THOUSANDS = r"[1-9][0-9]{0,2}(,[0-9]{3}){1,5}"  # `1,000`, but not `2,1` or `0,5`
GROUPED = rf"[+-]?{THOUSANDS}(\.[0-9]{{0,40}})?"
# Between lengths a comma may stand for `x`, but no length begins with 0: `1,000` is one of them.
LENGTH = rf"({WHOLE}|\+?[1-9][0-9]{{0,2}}(,[0-9]{{3}}){{0,4}},0[0-9]{{2}}(,[0-9]{{3}}){{0,4}})"

_WHOLE = re.compile(rf"([+-]?[0-9]{{1,{MAXIMUM_DIGITS}}}|\+?{THOUSANDS})\Z")
_DECIMAL = re.compile(rf"{DECIMAL}\Z")
_GROUPED = re.compile(rf"{GROUPED}\Z")
_LENGTH = re.compile(rf"{LENGTH}\Z")
_UNDERSCORES = re.compile(r"[0-9]{1,3}(_[0-9]{3})+\Z")
_SHARE = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?) *%\Z")
_LIST = re.compile(r"\(?\s*([0-9]+(?:\s*[,*]\s*[0-9]+)+)\s*\)?\Z")


def whole(text: str) -> int | None:
    """Return the whole number that `text` is, if it is one."""
    return int(text.replace(",", "")) if _WHOLE.match(text) else None


def length(text: str) -> int | None:
    """Return the whole number that `text` is among others: `224,224` is two of them, so none."""
    return int(text.replace(",", "")) if _LENGTH.match(text) else None


def real(text: str) -> float | None:
    """Return the number that `text` is, if it is one; without commas in it."""
    number = float(text) if _DECIMAL.match(text) else math.inf
    return number if math.isfinite(number) else None


def grouped(text: str) -> float | None:
    """Return the number that `text` is, if it is one; there may be commas between thousands."""
    return real(text.replace(",", "") if _GROUPED.match(text) else text)


def whole_meant(text: str) -> int | None:
    """Return the whole number that `1e3`, `8.0` and `10_000` say in other words."""
    text = text[:_LONGEST]
    number = real(text.replace("_", "") if _UNDERSCORES.match(text) else text)
    return int(number) if number is not None and number % 1 == 0 and abs(number) < 1e15 else None


def real_meant(text: str) -> tuple[float | None, bool]:
    """Return the number that `50%` or `0,5` is, and whether that is sure: a comma is not."""
    share = _SHARE.match(text[:_LONGEST])
    if share:
        return round(float(share[1]) / 100, 8), True
    return real(text[:_LONGEST].replace(",", ".", 1)), False


def lengths(raw: Raw, unknown: str | None = None) -> list[int | None] | None:
    """Return the numbers in `3x3` or `[3, 3]`; None if one of the texts is no number.

    The text `unknown` is a number that is not known.
    """
    texts = _texts(raw)
    cells = [length(text) for text in texts]
    pairs = zip(texts, cells, strict=True)
    return cells if all(cell is not None or text == unknown for text, cell in pairs) else None


def lengths_meant(raw: Raw, allowed: Sequence[int], minimum: int) -> tuple[str, bool]:
    """Return what to write for lengths in other words, and whether it says the same; or nothing.

    `8.0x8.0` is `8x8`. `224,224` may be two lengths, but a number, too.
    """
    cells = [whole_meant(text) for text in _texts(raw)]
    if len(cells) in allowed and all(cell is not None and cell >= minimum for cell in cells):
        words = [str(cell) for cell in cells]
        return "x".join(words) if isinstance(raw, str) else f"[{', '.join(words)}]", True
    found = _LIST.match(raw[:_LONGEST]) if isinstance(raw, str) else None
    several = re.split(r"\s*[,*]\s*", found[1]) if found else []
    if len(several) in allowed and all(int(cell) >= minimum for cell in several):
        return "x".join(several), False
    return "", False


def _texts(raw: Raw) -> list[str]:
    texts = raw.lower().replace("\u00d7", "x").split("x") if isinstance(raw, str) else raw
    return [text.strip() for text in texts]


def short(number: float) -> str:
    """Return a text that reads back as `number`, as short as may be."""
    text = f"{number:g}"
    return text if float(text) == number else repr(number)
