"""Names in expressions besides parameters, and the value that stands for a faulty one."""

from __future__ import annotations

from typing import Any

MISSING: Any = object()  # in place of a faulty value, whose fault was reported

READS = "reads"  # the first layer that a row reads, in expressions of that row
SHAPE = ("maps", "height", "width", "depth", "tokens", "features")  # sizes that it may have
