"""The copies of a repeated row, one after another, until they are written as a loop.

    - {layer: conv, type: convolution, maps: "${16 * (index + 1)}", kernel: 3, repeat: 3}

is lowered copy by copy, since each reads what the one before gives. A backend keeps the three
pieces of code as `Copies`; `loops` then writes what they have in common once.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from archcompiler.backends.code import Expression, Name


class Copies(NamedTuple):
    """The code of each copy, as the argument of what holds them all; there are `times`.

    `differ`: uses of a block have different numbers of them, so that only a loop will do.
    """

    items: tuple[Any, ...]
    times: Expression
    differ: bool = False


class Loop(NamedTuple):
    """Statements that run once for each copy.

    `over` is what the loop goes through, under the name `element`; the numbers of the copies
    where it is None.
    """

    copies: Copies
    element: str = "index"
    over: Expression | None = None

    @property
    def counter(self) -> Name | None:
        """What the statements know the number of their copy by; None where they do not."""
        return Name(self.element) if self.over is None else None
