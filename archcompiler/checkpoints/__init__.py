"""Weights in files: read, compared with a spec, renamed, laid out anew and written, by tensors.

A checkpoint is opened (`formats`), held beside what a spec expects (`fit`, with `rules` where names
differ), and what fits is written in another kind of file (`convert`). No tensor is read before all
of them are known to fit, and never two at a time.
"""

from archcompiler.checkpoints.convert import Target, convert, init, load, save
from archcompiler.checkpoints.fit import Fit, Wanted, fit, wanted
from archcompiler.checkpoints.formats import opened
from archcompiler.checkpoints.initial import initial
from archcompiler.checkpoints.report import DoesNotFit
from archcompiler.checkpoints.rules import Rules
from archcompiler.checkpoints.tensors import Tensor

__all__ = [
    "DoesNotFit", "Fit", "Rules", "Target", "Tensor", "Wanted", "convert", "fit", "init", "initial",
    "load", "opened", "save", "wanted",
]  # fmt: skip
