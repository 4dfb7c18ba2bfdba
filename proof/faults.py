"""One known fault in a sound spec: that alone is told, and `--fix` makes no other network."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

import archcompiler
from archcompiler import Architecture, SpecError
from proof.archc import archc
from proof.case import Case, Complaint, Kind, Tally
from proof.reduce import simpler_spec
from proof.writer import pooled
from scripts.specs import SPECS, with_families
from tests.seeded_faults import KINDS, Row, Seed, SoundSpec, in_the_file

# These give a row another input, or a block any arguments, which brings about more than one fault
# where an expression asks for the input, or a parameter is declared as no number.
IN_PLAIN_ROWS = ("vector instead of maps", "block inside itself")


def draw(random: Random) -> Case:
    """Return a sound spec, and which fault it is to have."""
    while True:
        text = pooled(random) if random.random() < 0.7 else random.choice(SPECS).read_text()
        if "vocabulary:" in text:  # a layer that is added computes with real numbers
            continue
        with tempfile.TemporaryDirectory() as folder:
            seeds = list(_seeds(_sound(Path(folder), text)))
        if seeds:
            # One of each kind is as likely as one of any other, however many rows it fits.
            kind = random.choice(sorted({seed.kind for seed in seeds}))
            seed = random.choice([seed for seed in seeds if seed.kind == kind])
            return Case(text, {"fault": seed.kind, "block": seed.block, "row": seed.row})


def _sound(folder: Path, text: str) -> SoundSpec:
    """Return a spec that lies beside the families that it may name."""
    with_families(folder)
    path = folder / "spec.yaml"
    path.write_text(text, encoding="utf-8")
    return SoundSpec(path)


def _seeds(spec: SoundSpec) -> Iterator[Seed]:
    """Return the faults that a spec may have, but for those in rows that may be left out.

    What such a row says is looked at when it is known that it is there.
    """
    yield from in_the_file(spec)
    for row in spec.rows:
        if "when" in row.node.names:
            continue
        for kind, make in KINDS.items():
            if kind not in IN_PLAIN_ROWS or _is_plain(row):
                seed = make(row)
                if seed is not None:
                    yield seed


def _is_plain(row: Row) -> bool:
    """Whether nothing in a row, or in its block's parameters, is to be of a certain type."""
    text = row.spec.source.text
    declared = any(f": {sort}" in text for sort in ("bool", "text", "list"))
    asks = re.search(r"\.(maps|height|width|features)\b", text[row.node.start : row.node.end])
    return not asks and not declared


def _chosen(spec: SoundSpec, case: Case) -> Seed | None:
    """Return the fault of a case; None where the spec has no place for it."""
    wanted = tuple(case.more[name] for name in ("fault", "block", "row"))
    return next((s for s in _seeds(spec) if (s.kind, s.block, s.row) == wanted), None)


def _text(spec: SoundSpec, seed: Seed) -> str:
    text = spec.source.text
    for start, end, words in sorted(seed.edits, reverse=True):
        text = text[:start] + words + text[end:]
    return text


def check(case: Case, tally: Tally) -> Complaint | None:
    """Have the faulty spec validated, and mended."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        spec = _sound(folder, case.text)
        seed = _chosen(spec, case)
        if seed is None:
            return None
        text = _text(spec, seed)
        path = folder / "spec.yaml"
        path.write_text(text, encoding="utf-8")
        try:
            archcompiler.load(path)
        except SpecError as error:
            found = [
                (each.code, each.place.partition("spec.yaml:")[2]) for each in error.diagnostics
            ]
        else:
            return Complaint(f"{seed.kind}: nothing is found")
        at = seed.position([*seed.edits])
        place = f"{text.count(chr(10), 0, at) + 1}:{at - text.rfind(chr(10), 0, at)}"
        if found != [(seed.code, place)]:
            codes = ", ".join(sorted({code for code, _ in found}))
            words = f"expected is {seed.code} at {place}; found is {found}"
            return Complaint(f"{seed.kind}: {codes}", words)
        return mended(path, spec.network, seed.kind, tally)


def mended(path: Path, sound: Architecture, what: str, tally: Tally) -> Complaint | None:
    """Have a file mended: it stays, or has faults left, or is the sound network again."""
    before = path.read_bytes()
    archc("validate", path, "--fix")
    if path.read_bytes() == before:
        return None
    try:
        found = archcompiler.load(path)
    except SpecError:
        tally["mended in part"] += 1
        return None
    tally["mended"] += 1
    if found.fingerprint == sound.fingerprint:
        return None
    return Complaint(f"{what}: mended to another network", path.read_text(encoding="utf-8"))


def shown(case: Case) -> str:
    """Return the faulty spec."""
    with tempfile.TemporaryDirectory() as name:
        spec = _sound(Path(name), case.text)
        seed = _chosen(spec, case)
        return _text(spec, seed) if seed else case.text


KIND = Kind("faults", draw, check, simpler_spec, shown, share=2)
