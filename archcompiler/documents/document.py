"""What all documents share: how they are written, how they are read, and their schemas."""

from __future__ import annotations

import json
from typing import Any, Self, get_args

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import GenerateJsonSchema

Lengths = tuple[int | None, ...]  # of a value; None is not known until the model runs
VERSION = "The version of the document; it changes when a program that reads it would have to."


class Part(BaseModel):
    """A part of a document. Values have the types of their fields: nothing is converted.

    A reader passes over keys that it does not know, so that a later archc may add some.
    """

    model_config = ConfigDict(frozen=True, strict=True)


class Document(Part):
    """A whole document."""

    format_version: int

    def text(self) -> str:
        """Return the document as archc prints it; what was not given is left out."""
        values = self.model_dump(mode="json", exclude_unset=True)
        return json.dumps(values, indent=2, allow_nan=False) + "\n"

    @classmethod
    def schema_called(cls, name: str) -> dict[str, Any]:
        """Return the JSON Schema (draft 2020-12) of the document, which commands call `name`."""
        (version,) = get_args(cls.model_fields["format_version"].annotation)
        schema = cls.model_json_schema(schema_generator=_Schema)
        head = {
            "$schema": _Schema.schema_dialect,
            "$id": f"urn:archc:schema:{name}:{version}",
            "title": f"archc {name}",
        }
        return head | schema | head


class Place(Part):
    """Where a layer is written."""

    file: str = Field(description="The file, as it was named.")
    line: int = Field(description="Its line, counted from 1.")
    column: int = Field(description="Its column, counted from 1.")

    @classmethod
    def at(cls, file: str, position: tuple[int, int]) -> Self:
        """Return the place at a line and a column."""
        return cls(file=file, line=position[0], column=position[1])


class _Schema(GenerateJsonSchema):
    """Leaves out titles, which would say the names of fields and models again."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False
