"""A failing case as a file: a spec under lines that say what is wrong and how to try it again."""

from __future__ import annotations

import json
import re
from pathlib import Path

from proof.case import Case, Complaint, Kind

AGAIN = "# case: "
MOST_LINES = 40  # of what is said of a case


def write(folder: Path, kind: Kind, seed: int, complaint: Complaint, case: Case | None) -> Path:
    """Write a failing case into `folder`; return the file."""
    path = folder / f"{kind.name}-{seed}.yaml"
    said = complaint.words.strip().splitlines()
    lines = [
        complaint.way,
        f"python -m proof --only {kind.name} --seed {seed} --cases 1",
        f"python -m proof --again {path.as_posix()}",
        *said[:MOST_LINES],
    ]
    head = "".join(f"# {_plain(line)}".rstrip() + "\n" for line in lines)
    shown = ""
    if case is not None:
        shown = kind.shown(case)
        facts = {"kind": kind.name, "more": case.more}
        facts |= {"text": case.text} if case.text != shown else {}
        head += f"{AGAIN}{json.dumps(facts)}\n"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes((head + shown).encode(errors="surrogateescape"))
    return path


def read(path: Path) -> tuple[str, Case]:
    """Return the kind and the case of a file that `write` wrote."""
    text = path.read_bytes().decode(errors="surrogateescape")
    _, _, rest = text.partition(AGAIN)
    if not rest:
        raise SystemExit(f"{path} has no line that begins with `{AGAIN.strip()}`")
    line, _, body = rest.partition("\n")
    facts = json.loads(line)
    return facts["kind"], Case(facts.get("text", body), facts["more"])


def _plain(line: str) -> str:
    """Return a line without what is no part of a comment."""
    return re.sub(r"[^\x20-\x7e\xa0-\ud7ff]", "?", line)
