"""The words that expressions know besides parameters, and what stands for a faulty value."""

from __future__ import annotations

from typing import Any

MISSING: Any = object()  # in the place of a value that is faulty, which was reported

READS = "reads"  # what a row reads, first, in the expressions of that row
SHAPE = ("maps", "height", "width", "depth", "tokens", "features")  # what they may ask of that
