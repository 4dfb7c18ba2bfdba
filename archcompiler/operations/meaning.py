"""What a word for a type stands for: ours, another library's for the same, or none that we have."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from archcompiler.operations.fields import ACTIVATIONS
from archcompiler.operations.operation import FIELDS, KNOWN_AS, REGISTRY
from archcompiler.operations.words import (
    COMMON,
    FIELDS_KNOWN_AS,
    Guess,
    Meaning,
    folded,
    meant_by,
    misspelt,
    nearest,
)


def meaning_of(word: str, stated: Collection[str] = ()) -> Meaning | None:
    """Return what `word` stands for in a row that states some fields; None if that is unsure.

    `ReLU` is an activation, and so is `leaky_relu(0.1)`.
    """
    if word in REGISTRY:
        return Meaning(word)
    name, bracket, rest = word.partition("(")
    found = KNOWN_AS.get(folded(name))
    if found is None or (not bracket and _differs(word, found, stated)):
        return None
    if not bracket:
        return found
    function = found.fields.get("activation", "")
    if not ACTIVATIONS.get(function) or not rest.endswith(")"):
        return None
    return Meaning(found.type, {"activation": f"{function}({rest}"})


def _differs(word: str, found: Meaning, stated: Collection[str]) -> bool:
    """Whether libraries mean different things by `word`, and the row does not decide which."""
    if word in found.fields.values():
        return False  # one of our own: `leaky_relu`
    from archcompiler.operations.elsewhere import CAVEATS

    caveat = CAVEATS.get(word)
    if caveat is None or (caveat.where and caveat.where not in stated):
        return False
    return not caveat.decide or not set(caveat.decide) <= set(stated)


def field_meant(field: str, known: Collection[str]) -> Guess:
    """Return the one of the `known` fields of a row that an unknown `field` stands for.

    A word that is a field elsewhere, in archc or in another library, is no slip of the pen.
    """
    from archcompiler.operations.elsewhere import ARGUMENTS

    elsewhere = {*ARGUMENTS, *FIELDS_KNOWN_AS, *FIELDS, *COMMON}
    if field.lower() in elsewhere:
        return Guess(nearest(field.lower(), known))
    others = {word: name for word, name in FIELDS_KNOWN_AS.items() if name in known}
    return meant_by(field, {**others, **{name: name for name in known}}, elsewhere)


class Unknown(NamedTuple):
    """A type that is none: what to say of it, and what was meant, if anything is near."""

    message: str
    help: tuple[str, ...]
    guess: Guess = Guess(None)


def unknown_type(word: str, blocks: Collection[str] = ()) -> Unknown:
    """Return what is to be said of a word that is no type, in a file that has some `blocks`."""
    from archcompiler import plugins
    from archcompiler.operations import elsewhere

    name = folded(word.partition("(")[0])
    caveat = elsewhere.CAVEATS.get(word) or elsewhere.CAVEATS.get(name)
    if caveat is not None and (name in KNOWN_AS or word in elsewhere.CAVEATS):
        message = f"`{word}` does not mean the same in all libraries"
        return Unknown(message, (caveat.advice,), Guess(caveat.type))
    if name in elsewhere.NEAREST:
        return Unknown(f"archc has no operation `{word}`", (elsewhere.NEAREST[name],))
    left_out = plugins.left_out(plugins.OPERATIONS)  # one of them may be it
    if name in elsewhere.NOTHING:
        return Unknown(f"archc has no operation `{word}`", (_choices(blocks), *left_out))
    others = {*elsewhere.NEAREST, *elsewhere.NOTHING, *KNOWN_AS, *map(folded, elsewhere.CAVEATS)}
    guess = _guess(word, blocks, others)
    hint = f"did you mean `{guess.word}`?" if guess.word else _choices(blocks)
    return Unknown(f"unknown layer type `{word}`", (hint, *left_out), guess)


def _guess(word: str, blocks: Collection[str], beside: Iterable[str]) -> Guess:
    if word in blocks:  # a block, where a type of ours is wanted
        return Guess(None)
    known = {name: meaning.type for name, meaning in KNOWN_AS.items() if not meaning.fields}
    known |= {folded(block): block for block in blocks}
    saying = [name for name, meaning in KNOWN_AS.items() if meaning.fields]
    meant = misspelt(folded(word), known, [*beside, *saying])
    if meant is not None:
        return Guess(meant, sure=True)
    near = nearest(word.lower(), [*REGISTRY, *blocks])
    alias = None if near else nearest(folded(word), known)
    return Guess(near or (known[alias] if alias else None))


def _choices(blocks: Collection[str]) -> str:
    return f"one of {', '.join(f'`{name}`' for name in (*blocks, *sorted(REGISTRY)))}"
