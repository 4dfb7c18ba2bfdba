"""Diagnostics: spans in a text, faults and warnings as data, and the forms they are printed in."""

from archcompiler.diagnostics.diagnostic import (
    Diagnostic,
    Edit,
    Fault,
    Fix,
    Label,
    Place,
)
from archcompiler.diagnostics.findings import Findings, SpecError
from archcompiler.diagnostics.source import Source, Span

__all__ = [
    "Diagnostic",
    "Edit",
    "Fault",
    "Findings",
    "Fix",
    "Label",
    "Place",
    "Source",
    "Span",
    "SpecError",
]
