"""What was compared, told as text, Markdown or JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from archcompiler.backends import BACKENDS
from archcompiler.diagnostics.forms.markdown import code, folded, table
from archcompiler.diagnostics.forms.text import shown
from archcompiler.graph import Graph
from archcompiler.graph.summary import aligned
from archcompiler.runtime.verify.differences import Comparison, Difference, Verification, worst

FORMAT_VERSION = 1

# kind: what one item of it is, and how a sentence names the item
_KINDS = {
    "layers": ("layer", "{}"),
    "outputs": ("output", "{}"),
    "gradients": ("gradient", "the gradient of {}"),
    "losses": ("loss", "the loss of {}"),
    "weights": ("weight after each step", "{} after a step"),
}
_BEYOND = "beyond the tolerance"


class Report(NamedTuple):
    """What is told: of which network, and the tolerance that was asked for, if one was."""

    graph: Graph
    verification: Verification
    tolerance: float | None = None

    def pairs(self) -> dict[tuple[str, str], list[Comparison]]:
        """Return the comparisons of each two sides."""
        found: dict[tuple[str, str], list[Comparison]] = {}
        for comparison in self.verification.comparisons:
            found.setdefault(comparison.sides, []).append(comparison)
        return found

    def verdicts(self) -> Iterator[str]:
        """Yield a sentence for each two sides: whether they agree, or else where they part."""
        for (one, other), comparisons in self.pairs().items():
            title = f"{self.graph.name}: {one} and {other}"
            first = self._first(comparisons)
            if first is None:
                yield f"{title} {self._largest(comparisons)}"
                continue
            place = _place(self.graph, first)
            where = f" ({place['file']}:{place['line']})" if place else ""
            tolerance = comparisons[0].tolerance(self.tolerance)
            yield (
                f"{title} DIFFER, first in {first.name}{where}, "
                f"by {first.share:.1e} of the largest value (tolerance {tolerance:g})"
            )

    def _first(self, comparisons: list[Comparison]) -> Difference | None:
        """Return the first layer that differs, if layers were compared and one does."""
        beyond = [
            item
            for comparison in comparisons
            if comparison.kind == "layers"
            for item in comparison.beyond(self.tolerance)
        ]
        return beyond[0] if beyond else None

    def _largest(self, comparisons: list[Comparison]) -> str:
        """Return whether the sides agree, and their largest difference by the tolerance."""
        comparison = max(comparisons, key=self._badness)
        item, tolerance = worst(comparison.items), comparison.tolerance(self.tolerance)
        agree = not any(found.beyond(self.tolerance) for found in comparisons)
        kinds = {found.kind for found in comparisons}
        more = comparison.kind == "outputs" and kinds.isdisjoint(["layers"]) and not agree
        hint = "; `--layers` names the first row where they part" if more else ""
        return (
            f"{'agree' if agree else 'DIFFER'}; the largest difference is {item.share:.1e} "
            f"of the largest value, in {_KINDS[comparison.kind][1].format(item.name)} "
            f"(tolerance {tolerance:g}){hint if self._ours(comparison) else ''}"
        )

    def _badness(self, comparison: Comparison) -> float:
        share = worst(comparison.items).share
        allowed = comparison.tolerance(self.tolerance) or math.ulp(0)
        return math.inf if math.isnan(share) else share / allowed

    def _ours(self, comparison: Comparison) -> bool:
        """Whether layers can be compared, too: both sides are backends of ours."""
        return all(side in BACKENDS for side in comparison.sides)

    def title(self, comparison: Comparison) -> str:
        """Return what the rows are, and of whom where that is not plain."""
        what = _KINDS[comparison.kind][0]
        one, other = comparison.sides
        return what if len(self.pairs()) == 1 else f"{what} of {one} and {other}"

    def table(self, comparison: Comparison) -> list[tuple[str, ...]]:
        """Return the cells of a comparison; the first row is titles."""
        beyond = set(comparison.beyond(self.tolerance))
        titles: tuple[str, ...] = ("difference", "of the largest value")
        numbers: list[tuple[str, ...]] = [
            (f"{item.difference:.2e}", f"{item.largest:.3g}") for item in comparison.items
        ]
        if comparison.kind == "losses":
            titles = (*comparison.sides, "difference")
            numbers = [
                (f"{one:.9g}", f"{other:.9g}", f"{item.difference:.2e}")
                for item, (one, other) in zip(comparison.items, comparison.values, strict=True)
            ]
        rows = [
            (item.name, *cells, _BEYOND if item in beyond else "")
            for item, cells in zip(comparison.items, numbers, strict=True)
        ]
        return [(self.title(comparison), *titles, ""), *rows]


def _place(graph: Graph, item: Difference) -> dict[str, Any] | None:
    """Return where the row of the item's layer stands in the spec."""
    if not item.layer or graph[item.layer].node is None:
        return None
    span = graph.span(graph[item.layer])
    line, column = span.source.position(span.start)
    return {"file": span.source.name, "line": line, "column": column}


def text(report: Report) -> str:
    """Return the report for a terminal: a table for each comparison, and the verdict."""
    parts = [
        [
            *aligned(report.table(comparison), "  ", range(0)),
            *(f"note: {note}" for note in comparison.notes),
        ]
        for comparison in report.verification.comparisons
    ]
    between = [""] if len(parts) > 1 else []
    lines = [line for part in parts for line in (*part, *between)]
    return "\n".join(map(shown, (*lines, *report.verdicts()))) + "\n"


def markdown(report: Report) -> str:
    """Return the report as a comment on a pull request: the verdict first, long tables folded."""
    parts = [f"**{shown(verdict)}**" for verdict in report.verdicts()]
    for comparison in report.verification.comparisons:
        titles, *rows = report.table(comparison)
        cells = [(code(row[0]).replace("|", r"\|"), *row[1:]) for row in rows]
        shape = table(titles, range(1, len(titles) - 1), cells)
        long = comparison.kind != "losses" and len(rows) > 1
        parts.append(folded(f"{report.title(comparison)}: {len(rows)}", shape) if long else shape)
        parts += [f"- {shown(note)}" for note in comparison.notes]
    return "\n\n".join(parts) + "\n"


def as_json(report: Report) -> str:
    """Return everything as JSON; numbers that are none (NaN) are null."""
    graph, tolerance = report.graph, report.tolerance
    document = {
        "format_version": FORMAT_VERSION,
        "spec": graph.source.name if graph.source else None,
        "name": graph.name,
        "fingerprint": graph.fingerprint,
        "agree": report.verification.within(tolerance),
        "verdicts": list(report.verdicts()),
        "comparisons": [
            {
                "of": comparison.kind,
                "between": comparison.sides,
                "precision": comparison.precision,
                "tolerance": comparison.tolerance(tolerance),
                "agree": not comparison.beyond(tolerance),
                "first_beyond": next((item.name for item in comparison.beyond(tolerance)), None),
                "items": list(_items(report, comparison)),
                "notes": comparison.notes,
            }
            for comparison in report.verification.comparisons
        ],
    }
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def _items(report: Report, comparison: Comparison) -> Iterator[dict[str, Any]]:
    tolerance = comparison.tolerance(report.tolerance)
    for index, item in enumerate(comparison.items):
        values = comparison.values[index] if comparison.values else ()
        yield {
            "name": item.name,
            "difference": _number(item.difference),
            "largest": _number(item.largest),
            "share": _number(item.share),
            "within": item.within(tolerance),
            **({"values": [*map(_number, values)]} if values else {}),
            **({"place": _place(report.graph, item)} if item.layer else {}),
        }


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


FORMATS: dict[str, Callable[[Report], str]] = {
    "text": text,
    "markdown": markdown,
    "json": as_json,
}
