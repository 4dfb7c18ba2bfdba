"""The base class of rows, blocks and specs in Python.

Values are kept as they were passed: nothing is checked when an object is made. `Spec.check` checks
the spec as a whole by the rules for its text, and reports all faults at their places in Python.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from keyword import iskeyword
from typing import Any

from pydantic import BaseModel, ConfigDict, PrivateAttr, field_validator, model_validator

from archcompiler.api.site import Site, calling
from archcompiler.operations.words import COMMON


class Part(BaseModel):
    """A piece of a spec. A field that is None was not given.

    The declared fields are for editors and type checkers; other arguments are kept and reported
    by the check.
    """

    model_config = ConfigDict(extra="allow", frozen=True, protected_namespaces=(), defer_build=True)
    _site: Site = PrivateAttr()

    @model_validator(mode="before")
    @classmethod
    def _with_what_is_missing(cls, given: Any) -> Any:
        """Allow required fields to be missing: `defaults` may have them, or the check says so."""
        if not isinstance(given, Mapping):
            return given
        needed = (name for name, field in cls.model_fields.items() if field.is_required())
        return {**dict.fromkeys(needed), **given}

    @field_validator("*", mode="wrap")
    @classmethod
    def _as_it_is(cls, value: Any, check: Any) -> Any:
        """Accept any value: the check of the spec validates it."""
        return value

    def model_post_init(self, context: Any) -> None:
        """Note the place of the call."""
        self._site = calling()

    @property
    def site(self) -> Site:
        """The place of the call that made this."""
        return self._site

    def entries(self) -> dict[str, Any]:
        """Return the given values by their keys in the text of a spec."""
        kind = {"type": self.type} if hasattr(self, "type") else {}
        return kind | {key_of(type(self), name): value for name, value in self._given()}

    def _given(self) -> Iterator[tuple[str, Any]]:
        names = (name for name in type(self).model_fields if name in self.model_fields_set)
        others = (self.model_extra or {}).items()
        for name, value in (*((name, getattr(self, name)) for name in names), *others):
            if value is not None:
                yield name, value

    def __repr_args__(self) -> Iterator[tuple[str, Any]]:
        return self._given()


def key_of(part: type[Part], name: str) -> str:
    """Return the key of an argument in the text of a spec: `from` for `from_`."""
    key = name.rstrip("_")
    is_key = iskeyword(key) and (name in part.model_fields or key in COMMON)
    return key if is_key else name
