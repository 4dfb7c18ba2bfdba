"""Comparison of two networks: changed layers, and whether checkpoints still load."""

from archcompiler.diff.compare import Diff, FieldChange, LayerChange, Tensor, TensorChange, compare

__all__ = ["Diff", "FieldChange", "LayerChange", "Tensor", "TensorChange", "compare"]
