"""The value that a scalar of YAML has where no field says what it is: parameters, arguments."""

from __future__ import annotations

import re
from typing import Any

from archcompiler.operations.numbers import real

_INTEGER = re.compile(r"[-+]?[0-9]{1,18}\Z")


def typed(text: str) -> int | float | bool | str:
    """Return the value of a plain scalar by YAML 1.2's core schema: `3`, `0.5`, `true`, `same`."""
    if _INTEGER.match(text):
        return int(text)
    if text in ("true", "false"):
        return text == "true"
    number = real(text)
    return text if number is None else number


def setting(value: Any) -> Any:
    """Return the value of a parameter set from outside, such as `-p depths=[3, 4]` as a list."""
    if not isinstance(value, str):
        return list(value) if isinstance(value, tuple) else value
    if value.startswith("[") and value.endswith("]"):
        return [typed(item.strip()) for item in value[1:-1].split(",") if item.strip()]
    return typed(value)
