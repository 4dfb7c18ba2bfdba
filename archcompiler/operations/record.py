"""Frozen values with declared fields: what operations and optimizers are.

They are much like data classes, but no code is compiled for them at import: with two dozen
classes, that took longer than reading and proving a spec.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, NoReturn, Self, dataclass_transform

from archcompiler.operations.fields import REQUIRED, Field, field


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
class Record:
    """A frozen value. A subclass declares its fields: `name: type = field(kind, doc, default)`."""

    fields: ClassVar[Mapping[str, Field]] = {}
    _defaults: ClassVar[Mapping[str, Any]] = {}

    def __init_subclass__(cls) -> None:
        own = {name: value for name, value in vars(cls).items() if isinstance(value, Field)}
        cls.fields = {**cls.fields, **own}
        cls._defaults = {name: item.default for name, item in cls.fields.items()}

    def __init__(self, **values: Any) -> None:
        state = {**self._defaults, **values}
        if len(state) > len(self.fields) or REQUIRED in state.values():
            raise TypeError(f"{type(self).__name__} has the fields {', '.join(self.fields)}")
        vars(self).update(state)

    def replaced(self, **values: Any) -> Self:
        """Return the same value with other `values` of some fields."""
        return type(self)(**{**vars(self), **values})

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a {type(self).__name__} is frozen")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a {type(self).__name__} is frozen")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    def __hash__(self) -> int:
        return hash((type(self), *vars(self).values()))

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({values})"
