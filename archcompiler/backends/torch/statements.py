"""The statements of a module's `__init__` and `forward`, from the code of its rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from archcompiler.backends.blocks import assigned
from archcompiler.backends.blocks.conditions import RowsUnder, under_conditions
from archcompiler.backends.blocks.loops import expanded
from archcompiler.backends.blocks.row_code import RowCode, marked
from archcompiler.backends.code import (
    Assign,
    Binary,
    Call,
    Choice,
    Expression,
    If,
    Literal,
    Name,
    Statement,
    Unary,
    call,
)
from archcompiler.backends.code.arithmetic import COMPARISONS
from archcompiler.backends.code.names import Namespace
from archcompiler.backends.torch.names import RESERVED

Both = tuple[list[Statement], list[Statement]]  # what makes modules, and what runs them


class Statements:
    """Writes the statements of all rows of `block`, which is empty for the network itself.

    `names` are attributes of the rows, `computed` those that code computes from arguments,
    `results` the variables that the block gives.
    """

    def __init__(
        self,
        block: str,
        names: Mapping[str, str],
        computed: Iterable[tuple[str, Expression]] = (),
        results: Collection[str] = (),
    ) -> None:
        self.block = block
        self.names = names
        self.computed = tuple(computed)
        self.results = results
        self.attributes = Namespace((*RESERVED, *names.values()))
        self.flags: dict[str, Name] = {}  # attributes of derived parameters
        self.kept: list[Statement] = []  # which make them

    def of(self, rows: tuple[RowCode, ...]) -> Both:
        """Return what makes all modules, and what runs them."""
        modules: list[Statement] = []
        forward: list[Statement] = []
        for several in under_conditions(rows, self.results):
            made, run = self._of(several)
            modules += made
            forward += run
        return [*self.kept, *modules], forward

    def _of(self, several: RowsUnder) -> Both:
        when, first = several.when, several.rows[0]
        made, run = list[Statement](), list[Statement]()
        for row in several.rows:
            made += marked(row, self.block, expanded(row.made))
            code = expanded(row.run) if row.there else assigned(row.target, row.source)
            run += marked(row, self.block, code)
        if when is None:
            return made, run
        test = self._test(when)
        if test is None:
            module = self._module_or_identity(several, made)
            if module:
                return module, run
            test = Name(f"self.{self.attributes.free(f'with_{self._attribute(first)}')}")
            made = [Assign(test.text, when), *([If(test, tuple(made))] if made else [])]
        elif made:
            made = [If(test, tuple(made))]
        run = [*several.passing, If(test, tuple(run))]
        return marked(first, self.block, made), marked(first, self.block, run)

    def _test(self, when: Expression) -> Expression | None:
        """Return what `__init__` and `forward` ask for a condition; None if it needs a flag.

        A derived parameter is an attribute of its name. What asks for one argument stays as it is:
        where `forward` uses an argument, the module keeps it.
        """
        name = next((name for name, code in self.computed if code == when), None)
        if name is not None:
            if name not in self.flags:
                self.flags[name] = Name(f"self.{self.attributes.free(name)}")
                self.kept.append(Assign(self.flags[name].text, when))
            return self.flags[name]
        match when:
            case Name() | Unary("not", Name()):
                return when
            case Binary(Name(), sign, Literal()) if sign in COMPARISONS:
                return when
        return None

    def _module_or_identity(self, several: RowsUnder, made: list[Statement]) -> list[Statement]:
        """Return what makes the module of one row that just runs it, or else an identity.

        A condition of several arguments then stands in one place. Empty for other rows.
        """
        me = Name(f"self.{self._attribute(several.rows[0])}")
        match [row.run for row in several.rows], made:
            case (
                [(Assign(value=Call(function, (Name(),))),)],
                [*comments, Assign(value=module) as last],
            ) if function == me and several.when is not None:
                choice = Choice(module, several.when, call("nn.Identity"))
                return [*comments, last._replace(value=choice)]
        return []

    def _attribute(self, row: RowCode) -> str:
        return self.names[row.name.partition(".")[0]]
