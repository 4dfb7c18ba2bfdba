"""Names in emitted code: legal, unique, and the spec's own wherever they can be."""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Iterable
from itertools import pairwise


class Namespace:
    """Hands out identifiers that are free."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = set(taken)

    def free(self, wanted: str) -> str:
        """Return `wanted`, with underscores after it until nothing else has that name."""
        name = wanted
        while name in self.taken or keyword.iskeyword(name) or keyword.issoftkeyword(name):
            name += "_"
        self.taken.add(name)
        return name

    def numbered(self, wanted: str, between: str = "") -> str:
        """Return `wanted`, with a number after it if something else has that name."""
        name, number = wanted, 1
        while name in self.taken or keyword.iskeyword(name) or keyword.issoftkeyword(name):
            number += 1
            name = f"{wanted}{between}{number}"
        self.taken.add(name)
        return name


LONGEST = 24  # of a variable: a statement should fit on a line
AMBIGUOUS = ("l", "I", "O")  # easily taken for digits; linters refuse them


Values = list[tuple[str, tuple[str, ...]]]  # in order of computation: a value, and what it reads


def variables(
    values: Values,
    outputs: tuple[str, ...],
    chain: str,
    taken: Iterable[str],
    own: Iterable[str] = (),
) -> dict[str, str]:
    """Return the variable that holds each value.

    A value that goes on from the one before, and that only the very next statement reads, is
    called `chain`, as people write it; any other has its own name, and so have those of `own`.
    """
    namespace = Namespace([*taken, *dir(builtins), *AMBIGUOUS, chain])
    order = [name for name, _ in values]
    following = dict(pairwise(order))
    readers: dict[str, list[str]] = {name: [] for name in order}
    for name, sources in values:
        for source in sources:
            readers[source].append(name)
    names: dict[str, str] = {}
    for (name, sources), before in zip(values, ["", *order], strict=False):
        goes_on = not sources or before in sources
        passing = goes_on and readers[name] == [following.get(name)] and name not in outputs
        if (passing and name not in own) or (name == order[-1] and outputs == (name,)):
            names[name] = chain
        else:
            names[name] = namespace.free(name.replace(".", "_").lower()[:LONGEST].rstrip("_"))
    return names
