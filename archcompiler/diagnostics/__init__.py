"""What a fault looks like: spans in a text, diagnostics, and how they are printed."""

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
