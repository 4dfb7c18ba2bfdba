"""How a report is printed: a module a form, each imported when it is asked for."""

from collections.abc import Sequence
from importlib import import_module

from archcompiler.diagnostics.report import Checked

FORMS = ("text", "json", "github", "sarif", "junit")


def document(form: str, report: Sequence[Checked], version: str) -> str:
    """Return the report in one of the `FORMS` that are one document, which all but text are."""
    text: str = import_module(f"archcompiler.diagnostics.forms.{form}").render(report, version)
    return text
