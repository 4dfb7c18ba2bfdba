"""Files of weights: inspected, compared with a spec, converted, and written.

A checkpoint is opened (`formats`) and compared with the tensors that a spec expects (`fit`; `rules`
translate names), and the tensors are written to another kind of file (`convert`). Data is read only
when all tensors are known to fit, one tensor at a time.
"""

from archcompiler.checkpoints.convert import Target, convert, init, load, save
from archcompiler.checkpoints.fit import Fit, Wanted, fit, wanted
from archcompiler.checkpoints.formats import open_checkpoint
from archcompiler.checkpoints.initial import initial
from archcompiler.checkpoints.rules import Rules
from archcompiler.checkpoints.tables import DoesNotFit
from archcompiler.checkpoints.tensors import Tensor

__all__ = [
    "DoesNotFit", "Fit", "Rules", "Target", "Tensor", "Wanted", "convert", "fit", "init", "initial",
    "load", "open_checkpoint", "save", "wanted",
]  # fmt: skip
