"""Verification that backends agree: equal weights and inputs, and the largest differences."""

from __future__ import annotations

from archcompiler.runtime.verify.compare import verify
from archcompiler.runtime.verify.differences import (
    TOLERANCES,
    Comparison,
    Difference,
    Unlike,
    Unusable,
    Verification,
)

__all__ = [
    "TOLERANCES",
    "Comparison",
    "Difference",
    "Unlike",
    "Unusable",
    "Verification",
    "verify",
]
