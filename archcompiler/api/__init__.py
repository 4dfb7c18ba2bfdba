"""Specs in Python without YAML: rows, blocks and specs as typed objects.

>>> from archcompiler.api import FullyConnected, Input, Spec
>>> rows = [Input(size=784), FullyConnected(size=10, activation="softmax")]
>>> Spec(name="Small", layers=rows).check()
<Small: 2 layers, 7,850 parameters>
"""

from archcompiler.api import rows
from archcompiler.api.rows import *  # noqa: F403
from archcompiler.api.spec import Block, Spec, row

__all__ = ["Block", "Spec", "row"]
__all__ += rows.__all__
