"""archc: a layer table in YAML to proven shapes, Keras and PyTorch source, and live models.

>>> import archcompiler
>>> network = archcompiler.load("specs/alexnet.yaml")
>>> network["C1"].shape
Shape(96, (55, 55))
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archcompiler.architecture import Architecture, load, loads
    from archcompiler.diagnostics import SpecError

__version__ = "0.1.0"
__all__ = ["Architecture", "SpecError", "load", "loads"]


def __getattr__(name: str) -> Any:
    """Import what is asked for, and nothing before."""
    if name in ("Architecture", "load", "loads"):
        from archcompiler import architecture

        return getattr(architecture, name)
    if name == "SpecError":
        from archcompiler.diagnostics import SpecError

        return SpecError
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
