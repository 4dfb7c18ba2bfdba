"""What rows, blocks and specs are in Python: values that are as they were given.

Nothing is checked when one is made. A spec is checked as a whole, by the rules that hold for its
text: all that is wrong is told at once, each at the place where it was written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from keyword import iskeyword
from typing import Any

from pydantic import BaseModel, ConfigDict, PrivateAttr, field_validator, model_validator

from archcompiler.api.site import Site, calling
from archcompiler.operations.words import COMMON


class Part(BaseModel):
    """A piece of a spec. What is None was not given.

    Its fields are for editors and type checkers; what it was given besides is kept, to be reported.
    """

    model_config = ConfigDict(extra="allow", frozen=True, protected_namespaces=(), defer_build=True)
    _site: Site = PrivateAttr()

    @model_validator(mode="before")
    @classmethod
    def _with_what_is_missing(cls, given: Any) -> Any:
        """Let a needed field be left out: `defaults` may have it, or else that is reported."""
        if not isinstance(given, Mapping):
            return given
        needed = (name for name, field in cls.model_fields.items() if field.is_required())
        return {**dict.fromkeys(needed), **given}

    @field_validator("*", mode="wrap")
    @classmethod
    def _as_it_is(cls, value: Any, check: Any) -> Any:
        """Take any value: its field's kind tells later whether it is right."""
        return value

    def model_post_init(self, context: Any) -> None:
        """Note where this is written."""
        self._site = calling()

    @property
    def site(self) -> Site:
        """Where this was written."""
        return self._site

    def entries(self) -> dict[str, Any]:
        """Return what was given, by the keys that it has in the text of a spec."""
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
    """Return the key that an argument has in the text of a spec: `from` for the field `from_`."""
    key = name.rstrip("_")
    is_key = iskeyword(key) and (name in part.model_fields or key in COMMON)
    return key if is_key else name
