"""What a backend adds to make definitions of blocks: its code for each row."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, NamedTuple

from archcompiler.backends.blocks.row_code import RowCode
from archcompiler.backends.blocks.terms import Row, Terms
from archcompiler.backends.code import Assign, Name, Statement
from archcompiler.graph import Block, Body
from archcompiler.operations import Shape


class Rows(NamedTuple):
    """The rows of one body with all that a writer needs to know of them.

    `prefix` is the full name of one use of the block, for what depends on the whole network.
    """

    body: Body
    each: list[Row]
    variables: Mapping[str, str]
    prefix: str
    passing: Mapping[str, str]  # rows that are never there, and what they pass on

    def variable(self, path: str) -> str:
        """Return the variable that holds what `path` leads to."""
        return self.variables[self.real(path)]

    def real(self, path: str) -> str:
        """Return the path of the row that computes `path`: rows that are never there pass it on."""
        return real(path, self.passing)


class Writer(ABC):
    """What a backend adds: its words for a row, and for the size of what a block reads."""

    chain: ClassVar[str] = "x"
    reserved: tuple[str, ...] = ()

    @abstractmethod
    def given(self, name: str, variable: str, shape: Shape) -> Terms:
        """Return what code has for the maps, height, ... of what a block is given as `name`."""

    @abstractmethod
    def write(self, rows: Rows, row: Row) -> RowCode:
        """Return the code of one row."""

    def write_all(self, rows: Rows) -> tuple[RowCode, ...]:
        """Return the code of all rows that are ever there."""
        present = (row for row in rows.each if row.item.name not in rows.passing)
        return tuple(self.write(rows, row) for row in present)

    @abstractmethod
    def definition_name(self, block: Block) -> str:
        """Return a name that a block's code may have."""


def real(path: str, passing: Mapping[str, str]) -> str:
    """Return the path of what computes `path`, past rows that are never there."""
    while path in passing:
        path = passing[path]
    return path


def assigned(target: str, source: str) -> list[Statement]:
    """Return the statement that lets `target` be `source`, if they differ."""
    return [] if target == source else [Assign(target, Name(source))]
