"""What others call activations and initializers: asked when a name is none of ours."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from archcompiler.operations.elsewhere import FUNCTIONS, NEAREST, NOTHING
from archcompiler.operations.words import misspelt, nearest

_CALL = re.compile(r"([^()]*?)\s*(\(.*\))?\Z")
_LONGEST = 100  # characters of a call that are looked at


class Names(NamedTuple):
    """Names without case, spaces, hyphens and underscores.

    Those that mean the `same` everywhere; those that mean different things in different
    frameworks, and whether arguments tell which; and those of what is `lacking` here.
    """

    same: Mapping[str, str]
    unsure: Mapping[str, bool]
    lacking: tuple[str, ...] = ()


ACTIVATIONS = Names(
    {"swish": "silu", "hardsilu": "hard_swish", "none": "linear", "identity": "linear",
     "exponential": "exp"},
    {"leakyrelu": True, "hardsigmoid": False},
    (
        *FUNCTIONS, "abs", "atan", "atanh", "cos", "cosh", "crelu", "geglu", "maxout", "reglu",
        "relun1to1", "sin", "sinh", "snake", "sqrt", "tan",
    ),
)  # fmt: skip
INITIALIZERS = Names(
    {
        "xavieruniform": "glorot_uniform",
        "xaviernormal": "glorot_normal",
        "kaiminguniform": "he_uniform",
        "kaimingnormal": "he_normal",
        "gaussian": "normal",
        "randomnormal": "normal",
        "randomuniform": "uniform",
        "zero": "zeros",
        "one": "ones",
    },
    # Normal ones are truncated elsewhere, or their first argument is the mean.
    dict.fromkeys(
        ("glorotnormal", "henormal", "lecunnormal", "truncatednormal", "gaussian", "randomnormal"),
        False,
    ),
    ("identity", "eye", "dirac", "sparse", "variancescaling", "bilinear"),
)


# Words of other libraries, of which none is a slip of the pen, whatever is asked for.
_ELSEWHERE = {*ACTIVATIONS.lacking, *INITIALIZERS.lacking, *NEAREST, *NOTHING}


def proposed(
    text: str,
    table: Mapping[str, object],
    others: Names,
    bare: Callable[[str], str],
    reads: Callable[[str], bool],
) -> tuple[str, bool]:
    """Return a help line for a `text` that names none of `table`, and whether it says the same.

    `bare` gives a name as it may stand alone, `reads` tells whether a text is right as it is.
    """
    called = _CALL.match(text[:_LONGEST])
    name, arguments = (called[1], called[2] or "") if called else (text[:_LONGEST], "")
    word = re.sub(r"[^a-z0-9]+", "", name.lower())
    choices = ", ".join(f"`{known}`" for known in table)
    if word in others.lacking:
        return f"archc has no such function; it has {choices}", False
    same = {known: meaning for known, meaning in others.same.items() if meaning in table}
    names = {known.replace("_", ""): known for known in table} | same
    sure = names.get(word) or misspelt(word, names, _ELSEWHERE)
    near = sure or nearest(re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_"), table)
    if near is None:
        return f"one of {choices}", False
    whole = near + arguments.replace("()", "")
    kept = reads(whole)
    spelt = word if word in names else near.replace("_", "")
    told = others.unsure[spelt] and whole != near if spelt in others.unsure else sure is not None
    return f"did you mean `{whole if kept else bare(near)}`?", kept and told
