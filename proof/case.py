"""What is tried, what is wrong with it, and what each kind of trial has."""

from __future__ import annotations

import re
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent
EMITTED = "<archc_"  # what emitted source is called in a traceback
PACKAGES = (str(ROOT / "archcompiler"), EMITTED)
LINES = 30  # of a traceback
LONGEST = 4000  # characters of what is said of a case


class Case(NamedTuple):
    """A text, mostly a spec, with whatever else the trial depends on, as plain values.

    Bytes that are no UTF-8 stand in the text as Python's `surrogateescape` has them.
    """

    text: str
    more: dict[str, Any] = {}

    def given(self, name: str, otherwise: Any = None) -> Any:
        """Return one of the other values."""
        return self.more.get(name, otherwise)

    @property
    def data(self) -> bytes:
        """The text as the bytes of a file."""
        return self.text.encode(errors="surrogateescape")


class Complaint(NamedTuple):
    """What is wrong with a case. `way` stays the same while the case is made smaller."""

    way: str
    words: str = ""


Tally = Counter[str]  # what was looked at in the cases of a kind, by what it is called
Check = Callable[[Case, Tally], Complaint | None]


class Kind(NamedTuple):
    """A kind of trial: what draws a case from a seed, and the oracle that judges it.

    `simpler` gives smaller cases, those that lose most first. `shown` is the case as a file that
    its reader can try, if that is not its text. A kind that needs the frameworks says so: it is
    tried in a process of its own, for at most `seconds` a case.
    """

    name: str
    draw: Callable[[Random], Case]
    check: Check
    simpler: Callable[[Case], Iterator[Case]]
    shown: Callable[[Case], str] = lambda case: case.text
    frameworks: bool = False
    seconds: float = 60
    share: int = 1  # of the time, beside the others


def judged(kind: Kind, case: Case, tally: Tally) -> Complaint | None:
    """Return what is wrong with `case`; an exception that leaves archc always is."""
    try:
        return kind.check(case, tally)
    except Exception as error:
        return raised(error)


def raised(error: BaseException) -> Complaint:
    """Return the complaint of an exception: its way is its type, and the place in archc.

    Of emitted source it is the message, whose numbers and names depend on the case.
    """
    if isinstance(error, RecursionError):  # wherever it is, it came about somewhere else
        return Complaint("RecursionError", _last_lines(error))
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename.startswith(PACKAGES)] or frames
    where = "nowhere"
    if own and own[-1].filename.startswith(EMITTED):
        said = re.sub(r"\W*\d\S*|[`'\"][^`'\"]*[`'\"]", " ...", str(error).partition("\n")[0])
        where = f"{own[-1].filename.split('_')[1]} source: {said[:80]}"
    elif own:
        where = f"{Path(own[-1].filename).stem}.{own[-1].name}"
    return Complaint(f"{type(error).__name__} in {where}", _last_lines(error))


def _last_lines(error: BaseException) -> str:
    text = "".join(traceback.format_exception(error))[-LONGEST:]
    return "\n".join(text.splitlines()[-LINES:])
