"""Broken texts: whatever is written, there is an answer, and it comes soon."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from xml.etree import ElementTree

import archcompiler
from archcompiler import Architecture, SpecError
from archcompiler.diagnostics import Source
from archcompiler.diagnostics.forms import FORMS
from archcompiler.drawing import FORMS as PICTURES
from archcompiler.drawing import STYLES
from archcompiler.editor.complete import completions
from archcompiler.editor.document import Document
from archcompiler.editor.hover import definition, hover
from archcompiler.files import FileError
from archcompiler.graph.formats import FORMATS as SUMMARIES
from archcompiler.language.format import formatted
from proof.archc import archc
from proof.case import ROOT, Case, Complaint, Kind, Tally
from proof.mutations import mutated
from proof.reduce import simpler_text
from proof.writer import BACKENDS, pooled
from scripts.specs import with_families

INJECTED = "::stop-commands::x"  # what GitHub would obey at the beginning of a line
RAW = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")  # what a terminal may obey
LARGE = 20_000  # characters from which on not all forms of a report are looked at
MANY = 2000  # layers beyond which nothing is drawn or written: that takes as long as it takes
RUNS = 5  # of `--fix` until it has nothing to do
PLACES = 4  # in a text at which an editor asks


FILES = ("spec.yaml", "torch.yaml", "1.yaml", "a b.yaml", "a\x1b[31m.yaml", f"a\n{INJECTED}.yaml")


@cache
def texts() -> list[str]:
    """Return the specs of the repository, the sound and the broken ones."""
    paths = [*(ROOT / "specs").rglob("*.yaml"), *(ROOT / "tests" / "broken").rglob("*.yaml")]
    return [path.read_text(encoding="utf-8", errors="surrogateescape") for path in sorted(paths)]


def draw(random: Random) -> Case:
    """Return a text with some changes, or files that name each other."""
    more: dict[str, Any] = {"seed": random.randint(0, 10**6)}
    if random.random() < 0.1:
        return _family(random, more)
    sound = _as_table(pooled(random)) if random.random() < 0.4 else random.choice(texts())
    text = mutated(sound, random.choice(texts()), random)
    file = random.choice(FILES) if random.random() < 0.1 else FILES[0]
    return Case(text, more | {"sound": sound, "file": file})


def _as_table(text: str) -> str:
    """Return a spec with its rows as a table, half of the time and where it can be one."""
    if len(text) % 2:
        return text
    try:
        return formatted(Source("spec.yaml", text), "table")
    except SpecError:
        return text


def _family(random: Random, more: dict[str, Any]) -> Case:
    """Return a spec and others, each with the next as a block, as a whole, or both."""
    count = random.randint(1, 20)
    names = [f"file{number}.yaml" for number in range(count)]
    files = {}
    for number, name in enumerate(names):
        others = names if random.random() < 0.1 else names[number + 1 :]
        files[name] = _member(random, number, random.choice(others) if others else "")
    first = _member(random, count, names[0])
    return Case(first, more | {"files": files})


def _member(random: Random, number: int, other: str) -> str:
    whole = f"archc: 1\nname: N{number}\n"
    if not other:
        return (
            f"{whole}layers:\n- {{layer: In, type: input, maps: 2, size: 8x8}}\n"
            "- {layer: C, type: convolution, maps: 2, kernel: 1}\n"
        )
    if random.random() < 0.5:
        return f"{whole}spec: {other}\n"
    rows = "".join(f"- {{layer: r{index}, type: unit}}\n" for index in range(random.randint(1, 2)))
    head = f"{whole}blocks:\n  unit: {{spec: {other}}}\nlayers:\n"
    return f"{head}- {{layer: In, type: input, maps: 2, size: 8x8}}\n{rows}"


def check(case: Case, tally: Tally) -> Complaint | None:
    """Have all commands that read a spec read it."""
    random = Random(case.given("seed", 0))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with_families(folder)
        for file, text in case.given("files", {}).items():
            (folder / file).write_text(text, encoding="utf-8")
        spec = folder / case.given("file", FILES[0])
        spec.write_bytes(case.data)
        try:
            network: Architecture | None = archcompiler.load(spec)
            tally["still sound"] += 1
        except SpecError as error:
            network = None
            tally["diagnostics"] += len(error.diagnostics)
            complaint = _spans(error)
            if complaint:
                return complaint
        except FileError:
            network = None
            tally["not read"] += 1
        complaint = _reports(spec, case, random) or _editor(spec, case, random)
        complaint = complaint or _layout(spec, network, random) or _mended(spec)
        if network is not None and len(network.layers) <= MANY:
            complaint = complaint or _sound(spec, network, case, random)
        return complaint


def _spans(error: SpecError) -> Complaint | None:
    """Every place is in its file, and each diagnostic is told once."""
    for each in error.diagnostics:
        spans = [each.span, *(label.span for label in each.labels)]
        spans += [place.span for place in each.also]
        spans += [edit.span for edit in each.fix.edits] if each.fix else []
        for source, start, end in spans:
            if not 0 <= start <= end <= max(1, len(source.text) + 1):
                words = f"{start} to {end} of {len(source.text)}: {each.message}"
                return Complaint(f"{each.code}: a place that is not in the file", words)
        if not each.message.strip():
            return Complaint(f"{each.code}: no message")
    told = [(each.code, each.span, each.message) for each in error.diagnostics]
    twice = next((each for each in told if told.count(each) > 1), None) if len(told) < 99 else None
    return Complaint(f"{twice[0]}: told twice", twice[2]) if twice else None


def _reports(spec: Path, case: Case, random: Random) -> Complaint | None:
    """`archc validate` says the same in every form, and what programs read can be read."""
    codes = set()
    for form in FORMS if len(case.text) < LARGE else random.sample(FORMS, 2):
        result = archc("validate", spec, "--format", form)
        codes.add(result.exit_code)
        raw = RAW.search(result.output)
        if raw or any(line.startswith(INJECTED) for line in result.output.splitlines()):
            return Complaint(f"validate --format {form}: something raw is printed", result.output)
        if form in ("json", "sarif"):
            json.loads(result.stdout)
        elif form == "junit":
            ElementTree.fromstring(result.stdout)
    return None if len(codes) == 1 else Complaint("validate: other exit codes", repr(codes))


def _editor(spec: Path, case: Case, random: Random) -> Complaint | None:
    """An editor that asks anywhere gets an answer."""
    text = case.data.decode(errors="replace")
    document = Document(str(spec), text, Document(str(spec), case.given("sound", text)))
    for _ in range(PLACES):
        at = random.randint(0, len(text))
        said = hover(document, at)
        if said is not None and not 0 <= said[1].start <= said[1].end <= len(text) + 1:
            return Complaint("hover: a place that is not in the file", repr(said[1][1:]))
        completions(document, at)
        definition(document, at)
    return None


def _layout(spec: Path, network: Architecture | None, random: Random) -> Complaint | None:
    """`archc fmt` leaves the network as it is, and what it has laid out."""
    options = random.choice([[], [], ["--to", "table"], ["--to", "rows"]])
    copy = spec.with_name("copy.yaml")
    copy.write_bytes(spec.read_bytes())
    result = archc("fmt", copy, *options)
    if "fault of archc" in result.stderr:
        return Complaint("fmt: another network", result.stderr)
    laid_out = copy.read_bytes()
    if result.exit_code:
        same = laid_out == spec.read_bytes()
        return None if same else Complaint("fmt: a file changed though it failed", result.stderr)
    archc("fmt", copy, *options)
    if copy.read_bytes() != laid_out:
        return Complaint("fmt: not done at once", copy.read_bytes().decode(errors="replace"))
    if network is not None and archcompiler.load(copy).fingerprint != network.fingerprint:
        return Complaint("fmt: another network", laid_out.decode(errors="replace"))
    return None


def _mended(spec: Path) -> Complaint | None:
    """`--fix` comes to an end: what waits for another edit is mended in one of the next runs."""
    copy = spec.with_name("mended.yaml")
    copy.write_bytes(spec.read_bytes())
    for _ in range(RUNS):
        before = copy.read_bytes()
        result = archc("validate", copy, "--fix")
        if copy.read_bytes() == before:
            same = " mended" not in result.stderr
            return None if same else Complaint("--fix: nothing is mended", result.stderr)
    return Complaint("--fix: it does not come to an end", result.stderr)


def _sound(spec: Path, network: Architecture, case: Case, random: Random) -> Complaint | None:
    """All that is said of a sound spec can be said."""
    archc("summary", spec, "--format", random.choice(list(SUMMARIES)))
    flat = archcompiler.loads(archc("expand", spec).stdout)
    if flat.totals != network.totals:
        return Complaint("expand: other totals", f"{flat.totals} instead of {network.totals}")
    style, form = random.choice(STYLES), random.choice([form for form in PICTURES if form != "png"])
    archc("draw", spec, "--style", style, "-o", spec.with_name(f"picture.{form}"))
    other = spec.with_name("sound.yaml")
    other.write_text(case.given("sound", case.text), encoding="utf-8", errors="surrogateescape")
    archc("diff", other, spec)
    for backend in BACKENDS:
        try:
            source = network.source(backend)
        except SpecError as error:
            if {each.code for each in error.diagnostics} != {"ARC501"}:
                raise
        else:
            compile(source, f"<{backend}>", "exec")
    return None


def simpler(case: Case) -> Iterator[Case]:
    """Return a case with fewer files, or less in one of them."""
    files = case.given("files", {})
    for name, text in files.items():
        others = {other: words for other, words in files.items() if other != name}
        yield case._replace(more=case.more | {"files": others})
        for small in simpler_text(case._replace(text=text)):
            yield case._replace(more=case.more | {"files": files | {name: small.text}})
    yield from simpler_text(case)


KIND = Kind("texts", draw, check, simpler, seconds=60, share=4)
