"""The JSON document of a verification, see `archcompiler.documents.verify`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from archcompiler.documents import verify as documents
from archcompiler.documents.document import Place
from archcompiler.runtime.verify.differences import Comparison
from archcompiler.runtime.verify.verification_report import VerificationReport, row_span


def document(report: VerificationReport) -> documents.Verification:
    """Return all comparisons; NaN and infinity are null."""
    graph = report.graph
    return documents.Verification(
        format_version=1,
        spec=graph.source.name if graph.source else None,
        name=graph.name,
        fingerprint=graph.fingerprint,
        agree=report.verification.within(report.tolerance),
        verdicts=tuple(report.verdicts()),
        comparisons=tuple(_comparison(report, each) for each in report.verification.comparisons),
    )


def _comparison(report: VerificationReport, comparison: Comparison) -> documents.Comparison:
    beyond = comparison.beyond(report.tolerance)
    return documents.Comparison(
        of=comparison.kind,
        between=comparison.sides,
        precision=comparison.precision,
        tolerance=comparison.tolerance(report.tolerance),
        agree=not beyond,
        first_beyond=beyond[0].name if beyond else None,
        items=tuple(_items(report, comparison)),
        notes=comparison.notes,
    )


def _items(report: VerificationReport, comparison: Comparison) -> Iterator[documents.Item]:
    tolerance = comparison.tolerance(report.tolerance)
    for index, item in enumerate(comparison.items):
        said: dict[str, Any] = {}
        if comparison.values:
            said["values"] = tuple(map(_number, comparison.values[index]))
        span = row_span(report.graph, item)
        if item.layer:
            place = span and Place.at(span.source.name, span.source.position(span.start))
            said["place"] = place
        yield documents.Item(
            name=item.name,
            difference=_number(item.difference),
            largest=_number(item.largest),
            share=_number(item.share),
            within=item.within(tolerance),
            **said,
        )


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
