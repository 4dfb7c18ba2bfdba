"""Equal faults at many places, as in each row of a table, are merged into one diagnostic."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from archcompiler.diagnostics.diagnostic import Diagnostic, Fix, Place

# Faults of the text. Faults of computed shapes are not merged: sizes differ from row to row.
OF_WORDS = frozenset({"ARC104", "ARC106", "ARC109", *(f"ARC20{number}" for number in range(1, 7))})
OF_NAMES = frozenset({"ARC301"})  # messages differ: they name the row that reads
WHATEVER_STANDS_THERE = frozenset({"ARC202", "ARC204"})  # the message says all


def merged(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Merge equal diagnostics of one file; the other places are in `Diagnostic.also`."""
    groups: dict[Hashable, list[Diagnostic]] = {}
    for diagnostic in diagnostics:
        groups.setdefault(_said(diagnostic), []).append(diagnostic)
    return [_one(group) if len(group) > 1 else group[0] for group in groups.values()]


def _said(diagnostic: Diagnostic) -> Hashable:
    """Return a key that is equal for diagnostics to merge, and unique for others."""
    code, fix = diagnostic.code, diagnostic.fix
    if code not in OF_WORDS | OF_NAMES or (fix and len(fix.edits) > 1):
        return object()
    return (
        code,
        id(diagnostic.span.source),
        "" if code in OF_NAMES else diagnostic.message,
        "" if code in WHATEVER_STANDS_THERE else diagnostic.span.text,
        tuple(label.text for label in (diagnostic.label, *diagnostic.labels)),
        diagnostic.notes,
        diagnostic.help,
        fix and (fix.edits[0].text, fix.safe),
    )


def _one(group: list[Diagnostic]) -> Diagnostic:
    """Return the first diagnostic with the places and the edits of all."""
    first, *others = group
    edits = tuple(edit for one in group if one.fix for edit in one.fix.edits)
    return first._replace(
        also=tuple(Place(other.span) for other in others),
        fix=first.fix and first.fix._replace(edits=edits),
    )


def apart(diagnostic: Diagnostic) -> list[Diagnostic]:
    """Return a diagnostic for each place, with the edit of that place: the reverse of `merged`."""
    if not diagnostic.also:
        return [diagnostic]
    places = [Place(diagnostic.span, diagnostic.layer, diagnostic.path), *diagnostic.also]
    fixes: list[Fix | None] = [None] * len(places)
    if diagnostic.fix:
        fixes = [diagnostic.fix._replace(edits=(edit,)) for edit in diagnostic.fix.edits]
    return [
        diagnostic._replace(
            label=diagnostic.label._replace(span=span), layer=layer, path=path, fix=fix, also=()
        )
        for (span, layer, path), fix in zip(places, fixes, strict=True)
    ]
