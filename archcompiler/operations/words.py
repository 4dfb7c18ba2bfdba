"""The nearest known word to a misspelled one."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the one of `known` that `word` was most likely meant to be, if any is near."""
    from difflib import get_close_matches  # only a fault pays for it

    matches = get_close_matches(word[:64], list(known), n=1, cutoff=0.6)
    return matches[0] if matches else None
