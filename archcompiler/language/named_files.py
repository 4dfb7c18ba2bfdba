"""Specs that name other specs: each file is read once, and no file may lead back to itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from archcompiler.diagnostics import Findings, Source
from archcompiler.language import yaml_reader
from archcompiler.language.nodes import MappingNode, Node, ScalarNode, describe
from archcompiler.language.values import ValueReader

if TYPE_CHECKING:
    from archcompiler.language.spec import Spec

Opener = Callable[[str, Source], Source]  # takes a relative path and the spec that names it


class Unreadable(Exception):
    """A file that a spec names cannot be read; the message says why."""


class Files:
    """Opens the files that specs name.

    The blocks of a spec are read in `finish`, after the spec itself: a long chain of files that
    name each other needs no recursion.
    """

    def __init__(self, opener: Opener | None) -> None:
        self._opener = opener
        self._roots: dict[Source, MappingNode] = {}
        self._named: dict[tuple[Source, int], Source | None] = {}  # by the places that name them
        self._names: dict[Source, list[Source]] = {}  # which files each names
        self._specs: dict[tuple[Source, str], Spec] = {}
        self._waiting: list[Callable[[], object]] = []

    def root(self, source: Source, findings: Findings) -> MappingNode:
        """Return the outermost mapping of `source`; faults of its text are reported once.

        Raises:
            SpecError: The text cannot be read.
        """
        if source not in self._roots:
            self._roots[source] = yaml_reader.read(source, findings)
        return self._roots[source]

    def open(self, node: Node, reader: ValueReader) -> Source | None:
        """Return the file that `node` names; None if a fault was reported, now or before."""
        place = reader.source, node.start
        if place not in self._named:
            self._named[place] = self._opened(node, reader)
        return self._named[place]

    def spec(self, source: Source, settings: Mapping[str, Any], read: Callable[[], Spec]) -> Spec:
        """Return the spec of a file with these settings; `read` is called the first time."""
        key = source, repr(sorted(settings.items()))
        if key not in self._specs:
            self._specs[key] = read()
        return self._specs[key]

    def later(self, work: Callable[[], object]) -> None:
        """Call `work` in `finish`."""
        self._waiting.append(work)

    def finish(self) -> None:
        """Do all deferred work, and the work that is deferred meanwhile."""
        while self._waiting:
            self._waiting.pop(0)()

    def _opened(self, node: Node, reader: ValueReader) -> Source | None:
        text = node.text if isinstance(node, ScalarNode) else ""
        if not text or self._opener is None:
            message = "`spec` is the path of another spec, relative to this one"
            why = f"; this is {describe(node)}" if not text else ", and this text is in no file"
            reader.report("ARC309", message + why, node, help=["for example `spec: resnet.yaml`"])
            return None
        try:
            source = self._opener(text, reader.source)
        except Unreadable as error:
            reader.report("ARC309", str(error), node)
            return None
        circle = self._way(source, reader.source)
        if circle:
            names = [file.name.rpartition("/")[2] for file in [*circle, source]]
            names[3:-2] = ["..."] if len(names) > 6 else names[3:-2]
            reader.report("ARC307", f"these files name each other: {' -> '.join(names)}", node)
            return None
        self._names.setdefault(reader.source, []).append(source)
        return source

    def _way(self, start: Source, end: Source) -> list[Source]:
        """Return the files from `start` to `end`, each named by the one before; empty if none."""
        before: dict[Source, Source | None] = {start: None}
        reached = [start]
        for source in reached:  # which grows
            for other in self._names.get(source, ()) if source is not end else ():
                if other not in before:
                    before[other] = source
                    reached.append(other)
        way, at = [], end if end in before else None
        while at is not None:
            way.append(at)
            at = before[at]
        return way[::-1]
