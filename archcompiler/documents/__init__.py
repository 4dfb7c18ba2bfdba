"""The JSON documents that archc writes, as pydantic models.

Each is made through its model, by the room that knows what is in it; the schemas under `schema/`
come from the same models. Nothing here is imported before such a document is made: pydantic alone
takes as long as proving a spec.

>>> from archcompiler.documents.summary import Summary
>>> summary = Summary.model_validate_json(text)  # what `archc summary --format json` printed
>>> summary.totals.parameters
62378344
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archcompiler.documents.document import Document

# The name of each document, and where its model is.
DOCUMENTS = {
    "summary": ("summary", "Summary"),
    "diff": ("diff", "Diff"),
    "verify": ("verify", "Verification"),
    "inspect": ("checkpoint", "Contents"),
    "ops": ("operations", "Reference"),
    "diagnostics": ("diagnostics", "Report"),
}


def document_named(name: str) -> type[Document]:
    """Return the model of one of the `DOCUMENTS`."""
    from importlib import import_module

    module, model = DOCUMENTS[name]
    found: type[Document] = getattr(import_module(f"{__name__}.{module}"), model)
    return found


def schema_of(name: str) -> dict[str, object]:
    """Return the JSON Schema (draft 2020-12) of one of the `DOCUMENTS`."""
    return document_named(name).schema_called(name)
