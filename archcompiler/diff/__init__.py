"""What changed from one network to another, and how it is told."""

from archcompiler.diff.compare import Diff, FieldChange, LayerChange, Tensor, TensorChange, compare

__all__ = ["Diff", "FieldChange", "LayerChange", "Tensor", "TensorChange", "compare"]
