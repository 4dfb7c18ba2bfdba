"""The verdicts of a verification as sentences, and the cells of its tables."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from archcompiler.backends import BACKENDS
from archcompiler.diagnostics import Span
from archcompiler.graph import Graph
from archcompiler.runtime.verify.differences import Comparison, Difference, Verification, worst

# by kind: what an item is, and how a sentence names it
_KINDS = {
    "layers": ("layer", "{}"),
    "outputs": ("output", "{}"),
    "gradients": ("gradient", "the gradient of {}"),
    "losses": ("loss", "the loss of {}"),
    "weights": ("weight after each step", "{} after a step"),
}
_BEYOND = "beyond the tolerance"


class VerificationReport(NamedTuple):
    """A verification of a network; `tolerance` is None for the defaults."""

    graph: Graph
    verification: Verification
    tolerance: float | None = None

    def pairs(self) -> dict[tuple[str, str], list[Comparison]]:
        """Return the comparisons by pairs of sides."""
        found: dict[tuple[str, str], list[Comparison]] = {}
        for comparison in self.verification.comparisons:
            found.setdefault(comparison.sides, []).append(comparison)
        return found

    def verdicts(self) -> Iterator[str]:
        """Yield a sentence per pair of sides: whether they agree, or where they differ first."""
        for (one, other), comparisons in self.pairs().items():
            title = f"{self.graph.name}: {one} and {other}"
            first = self._first(comparisons)
            if first is None:
                yield f"{title} {self._largest(comparisons)}"
                continue
            span = row_span(self.graph, first)
            line = span.source.position(span.start)[0] if span else 0
            where = f" ({span.source.name}:{line})" if span else ""
            tolerance = comparisons[0].tolerance(self.tolerance)
            yield (
                f"{title} DIFFER, first in {first.name}{where}, "
                f"by {first.share:.1e} of the largest value (tolerance {tolerance:g})"
            )

    def _first(self, comparisons: list[Comparison]) -> Difference | None:
        """Return the first layer that differs; None if none does, or none were compared."""
        beyond = [
            item
            for comparison in comparisons
            if comparison.kind == "layers"
            for item in comparison.beyond(self.tolerance)
        ]
        return beyond[0] if beyond else None

    def _largest(self, comparisons: list[Comparison]) -> str:
        """Return whether the sides agree, and their largest difference."""
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
        """Whether both sides are backends, so that their layers can be compared."""
        return all(side in BACKENDS for side in comparison.sides)

    def title(self, comparison: Comparison) -> str:
        """Return the title of the rows, with the sides if there are several pairs."""
        what = _KINDS[comparison.kind][0]
        one, other = comparison.sides
        return what if len(self.pairs()) == 1 else f"{what} of {one} and {other}"

    def table(self, comparison: Comparison) -> list[tuple[str, ...]]:
        """Return the rows of a comparison; the first row holds the titles."""
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


def row_span(graph: Graph, item: Difference) -> Span | None:
    """Return the span of the row of the item's layer; None if it has none."""
    if not item.layer or graph[item.layer].node is None:
        return None
    return graph.span(graph[item.layer]).origin
