"""The shaped graph: frozen layers with proven shapes, parameters and costs."""

from archcompiler.graph.body import Body, Item, Passed, Repeat, Use
from archcompiler.graph.graph import Graph, Limits, Totals
from archcompiler.graph.layer import Layer
from archcompiler.language.blocks import Block

__all__ = ["Block", "Body", "Graph", "Item", "Layer", "Limits", "Passed", "Repeat", "Totals", "Use"]
