"""The forms in which diagnostics are printed: one module each, imported when needed."""

from collections.abc import Sequence
from importlib import import_module

from archcompiler.diagnostics.results import SpecResult

FORMS = ("text", "json", "github", "sarif", "junit")


def document(form: str, report: Sequence[SpecResult], version: str) -> str:
    """Return the results as one document; `form` is one of `FORMS` except text."""
    text: str = import_module(f"archcompiler.diagnostics.forms.{form}").render(report, version)
    return text
