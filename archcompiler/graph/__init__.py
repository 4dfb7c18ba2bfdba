"""The shaped graph: frozen layers with proven shapes, parameters and costs."""

from archcompiler.graph.graph import Graph, Layer, Limits, Totals

__all__ = ["Graph", "Layer", "Limits", "Totals"]
