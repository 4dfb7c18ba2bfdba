"""Names in expressions besides parameters, and the value that stands for a faulty one."""

from __future__ import annotations

from typing import Any

MISSING: Any = object()  # in place of a faulty value, whose fault was reported

READS = "reads"  # the first layer that a row reads, in expressions of that row
SHAPE = ("maps", "height", "width", "depth", "tokens", "features")  # sizes that it may have
RESERVED = ("index", "input", READS, "true", "false")  # have a meaning in expressions


def of_unknown_shape(owner: str) -> dict[str, Any]:
    """Return all names that any shape of `owner` could give; their values are `MISSING`."""
    return {f"{owner}.{name}": MISSING for name in SHAPE}
