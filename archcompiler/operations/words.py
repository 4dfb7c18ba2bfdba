"""What was meant by a word that is not of the language."""

from __future__ import annotations

from collections.abc import Iterable

# What articles, frameworks and people call a field: titles of columns, and what help lines know.
FIELDS_KNOWN_AS = {
    "name": "layer",
    "input": "from",
    "inputs": "from",
    "kernel_size": "kernel",
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
    "strides": "stride",
    "dilation_rate": "dilation",
    "pad": "padding",
    "use_bias": "bias",
    "eps": "epsilon",
    "p": "rate",
    "lr": "learning_rate",
}


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the one of `known` that `word` was most likely meant to be, if any is near."""
    from difflib import get_close_matches  # only a fault pays for it

    matches = get_close_matches(word[:64], list(known), n=1, cutoff=0.6)
    return matches[0] if matches else None


def meant(field: str, known: Iterable[str]) -> str | None:
    """Return the one of the `known` fields that `field` stands for, if any does."""
    known = list(known)
    called = FIELDS_KNOWN_AS.get(field.lower())
    return called if called in known else nearest(field, known)
