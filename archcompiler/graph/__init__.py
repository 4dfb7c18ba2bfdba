"""The shaped graph: frozen layers with proven shapes, parameters and costs."""

from archcompiler.graph.body import Body, Item, Passed, Repeat, Use
from archcompiler.graph.graph import Graph, Limits, Totals
from archcompiler.graph.layer import Layer

__all__ = ["Body", "Graph", "Item", "Layer", "Limits", "Passed", "Repeat", "Totals", "Use"]
