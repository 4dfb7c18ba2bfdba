"""Words that are none of archc's, slips, and numbers said otherwise: no other network comes of it.

A sound spec has one word changed. It may be refused, or mended, or taken as it is: but what comes
out is a network that the word does mean, or none.
"""

from __future__ import annotations

import re
import tempfile
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

import archcompiler
from archcompiler import SpecError
from archcompiler.operations import REGISTRY
from proof import vocabulary
from proof.archc import archc
from proof.case import Case, Complaint, Kind, Tally
from proof.mutations import slip
from proof.reduce import simpler_spec
from proof.spec import Row, lists_of_rows, read, text_of
from proof.writer import pooled

PLACES = ("type", "type", "field", "field", "activation", "slip", "number", "name")
FOREIGN = ("type", "field", "activation")  # where words of other tools are put

FORMS = (
    "{}.0", "{}.", "{}e0", "+{}", "0{}", "{},0", "{},1", "{}_0", "{} px", "{}x", "x{}", "~{}",
    "{};", "{}%", "'{}'", "{} ({})", "{}-{}", "{}/1",
)  # fmt: skip


def draw(random: Random) -> Case:
    """Return a sound spec, and which word of it is changed."""
    while True:
        text = pooled(random)
        spec = read(text)
        assert spec is not None
        rows = [
            (number, row["layer"])
            for number, rows in enumerate(lists_of_rows(spec))
            for row in rows
            if row["type"] in REGISTRY and "when" not in row
        ]
        number, name = random.choice(rows)
        row = _row(spec, number, name)
        assert row is not None
        change = _change(random.choice(PLACES), row, random)
        if change is not None:
            more = {"rows": number, "layer": name, "place": change[0]}
            return Case(text, more | {"field": change[1], "word": change[2]})


def _row(spec: Row, number: int, name: str) -> Row | None:
    """Return a row by its name, and the list that it stands in."""
    lists = list(lists_of_rows(spec))
    rows = lists[number] if number < len(lists) else []
    return next((row for row in rows if isinstance(row, dict) and row.get("layer") == name), None)


def _change(place: str, row: Row, random: Random) -> tuple[str, str, Any] | None:
    """Return the place, the field and the word of a change; None where there is nothing to do."""
    fields = [name for name in REGISTRY[row["type"]].fields if isinstance(row.get(name), str)]
    plain = [name for name in fields if "$" not in row[name]]
    match place:
        case "type":
            return place, "type", random.choice(vocabulary.layers())
        case "activation":
            word = random.choice(vocabulary.functions())
            arguments = random.choice(["", "", "", "(0.2)"])
            return place, "activation", word + arguments
        case "field" if fields:
            return place, random.choice(fields), random.choice(vocabulary.arguments())
        case "slip":
            field = random.choice(["type", *plain, *plain])
            key = random.random() < 0.5
            word = field if key else row[field]
            if re.search("[a-z]{3}", word):
                return ("key" if key else "value"), field, slip(word, random)
        case "number":
            numbers = [name for name in plain if row[name].isdigit()]
            if numbers:
                field = random.choice(numbers)
                return place, field, _said_otherwise(row[field], random)
        case "name" if "from" in row:
            names = [row["from"]] if isinstance(row["from"], str) else list(row["from"])
            names[-1] = re.sub(r"\d+\Z", str(random.randint(1, 40)), names[-1])
            return place, "from", names
    return None


def _said_otherwise(number: str, random: Random) -> str:
    """Return a number as people write it, or what looks like one."""
    return random.choice(FORMS).replace("{}", number)


def _changed(case: Case, meant: Row | None = None) -> str | None:
    """Return the text with its word changed, or with what is `meant` in its place."""
    spec = read(case.text)
    given = case.more
    row = _row(spec, given["rows"], given["layer"]) if spec else None
    if spec is None or row is None or given["field"] not in row:
        return None
    if meant is None:
        is_key = given["place"] in ("field", "key")
        meant = {"key": given["word"]} if is_key else {given["field"]: given["word"]}
    if "key" in meant:
        if meant["key"] != given["field"] and meant["key"] in row:
            return None  # it would stand there twice
        old = dict(row)
        row.clear()
        row |= {meant["key"] if key == given["field"] else key: old[key] for key in old}
    else:
        row |= deepcopy(meant)
    return text_of(spec)


def _meant(case: Case) -> list[str]:
    """Return the specs, in archc's own words, that the changed one may be taken for."""
    word, place = case.more["word"], case.more["place"]
    meanings: list[Row] = [{}]
    if place == "type":
        meanings = [dict(each) for each in vocabulary.type_meanings(word)]
    elif place == "activation":
        name, bracket, arguments = word.partition("(")
        known = vocabulary.function_meanings(name)
        meanings = [{"activation": each + bracket + arguments} for each in known]
    elif place == "field":
        meanings = [{"key": each} for each in vocabulary.field_meanings(word)]
    elif place == "number" and (match := re.fullmatch(r"(\d+),(\d)", word)):
        meanings.append({case.more["field"]: [match[1], match[2]]})  # rows, columns
    found = [case.text if not meant else _changed(case, meant) for meant in meanings]
    return [text for text in found if text is not None]


def check(case: Case, tally: Tally) -> Complaint | None:
    """Have the changed spec validated and mended, and see which network comes out."""
    text, place = _changed(case), case.more["place"]
    if text is None or text == case.text:
        return None
    tally[place] += 1
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "spec.yaml")
        path.write_text(text, encoding="utf-8")
        found = _fingerprint(path.read_text())
        if found is None:
            archc("validate", path, "--fix")
            found = _fingerprint(path.read_text())
        elif place not in FOREIGN:
            return None  # it is another network by itself
        if found is None:
            return None
        tally["taken or mended"] += 1
        if any(found in (_fingerprint(text), _mended(text)) for text in _meant(case)):
            return None  # a word that is taken is the user's, after which sizes may be corrected
        word = case.more["word"]
        words = f"{case.more['field']}: {word}\n\n{text}\nbecomes\n\n{path.read_text()}"
        return Complaint(f"{place}: another network", words)


def _mended(text: str) -> str | None:
    """Return the fingerprint of a spec after `--fix`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "spec.yaml")
        path.write_text(text, encoding="utf-8")
        archc("validate", path, "--fix")
        return _fingerprint(path.read_text(encoding="utf-8"))


def _fingerprint(text: str) -> str | None:
    try:
        return archcompiler.loads(text).fingerprint
    except SpecError:
        return None


def shown(case: Case) -> str:
    """Return the changed spec."""
    return _changed(case) or case.text


KIND = Kind("fixes", draw, check, simpler_spec, shown, frameworks=True, share=2)
