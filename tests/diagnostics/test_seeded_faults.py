"""All faults in one run, and none that only follows from another.

Every kind of fault is put into every spec of the repository, alone and together with every other
kind; just these faults must be found, at just these places.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations
from pathlib import Path
from random import Random

import pytest

import archcompiler
from archcompiler import SpecError
from archcompiler.diagnostics.alike import apart
from scripts.specs import ALIKE, FAMILIES, SPECS, spec_path
from tests.seeded_faults import KINDS, Seed, SoundSpec, in_the_file

# A quick look takes one with rows, and a few of those that only name a file of a family.
QUICK = {"alexnet", "densenet121", "vgg11"}
MARKED = [
    pytest.param(path, marks=() if path.stem in QUICK else pytest.mark.slow)
    for path in (*(path for path in SPECS if path not in ALIKE), *FAMILIES)
]


@cache
def sound(path: Path) -> SoundSpec:
    return SoundSpec(path)


def seeds(spec: SoundSpec, most: int) -> list[Seed]:
    """Return faults for the spec: of each kind up to `most`, in rows drawn at random."""
    random = Random(spec.path.stem)
    found = list(in_the_file(spec))
    for make in KINDS.values():
        made = [seed for seed in map(make, spec.rows) if seed is not None]
        found += random.sample(made, min(most, len(made)))
    return found


def found_with(spec: SoundSpec, *faults: Seed) -> set[tuple[str, str]]:
    """Return the codes and places that are reported of the spec with `faults` in it."""
    text = spec.source.text
    for start, end, words in sorted((e for f in faults for e in f.edits), reverse=True):
        text = text[:start] + words + text[end:]
    with pytest.raises(SpecError) as caught:
        archcompiler.loads(text, spec.path.as_posix(), folder=spec.path.parent)
    places = [one for fault in caught.value.diagnostics for one in apart(fault)]
    found = [(one.code, one.place.rpartition("/")[2]) for one in places]
    assert len(set(found)) == len(found), found
    return set(found)


def expected(spec: SoundSpec, *faults: Seed) -> set[tuple[str, str]]:
    edits = [edit for fault in faults for edit in fault.edits]
    text = spec.source.text
    for start, end, words in sorted(edits, reverse=True):
        text = text[:start] + words + text[end:]
    places = set()
    for fault in faults:
        at = fault.position(edits)
        line = text.count("\n", 0, at) + 1
        column = at - text.rfind("\n", 0, at)
        places.add((fault.code, f"{spec.path.name}:{line}:{column}"))
    return places


@pytest.mark.parametrize("path", MARKED, ids=lambda path: path.stem)
def test_each_fault_alone(path: Path) -> None:
    spec = sound(path)
    for fault in seeds(spec, 2):
        assert found_with(spec, fault) == expected(spec, fault), fault


PAIRED = (  # of the many others are like these
    *("alexnet", "alexnet_table", "densenet", "two_inputs", "unet", "vgg11_bn"),
)


@pytest.mark.slow
@pytest.mark.parametrize("path", map(spec_path, PAIRED), ids=lambda path: path.stem)
def test_each_pair_of_faults(path: Path) -> None:
    """One of each kind with one of each other; and twice a kind, as the draw has it."""
    spec = sound(path)
    pairs = list(combinations(seeds(spec, 1), 2))
    more = list(combinations(seeds(spec, 6), 2))
    pairs += Random(0).sample(more, min(100, len(more)))
    checked = 0
    for one, other in pairs:
        if spec.clash(one, other) or spec.hides(one, other) or spec.hides(other, one):
            continue
        checked += 1
        assert found_with(spec, one, other) == expected(spec, one, other), (one, other)
    assert checked >= len(pairs) / 2


@pytest.mark.slow
def test_every_kind_finds_a_place() -> None:
    made = {seed.kind for path in (*SPECS, *FAMILIES) for seed in seeds(sound(path), 1)}
    assert set(KINDS) <= made
