"""A PyTorch module that somebody else wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archcompiler.backends.backend import Stored
from archcompiler.backends.torch import BACKEND
from archcompiler.backends.torch.runtime.models import forward
from archcompiler.runtime.devices import choose
from archcompiler.runtime.verify.foreign import Foreign

if TYPE_CHECKING:
    from archcompiler.runtime.weights import Array


class TorchModel(Foreign):
    """A module, as it is used and not trained: see `Foreign`."""

    framework = "torch"

    def __init__(self, name: str, model: Any, precision: str, device: str) -> None:
        import torch

        super().__init__(name, model, precision, choose(device, "torch"))
        model.to(self.device, getattr(torch, precision)).eval()

    def named(self, layer: str, stored: Stored) -> str:
        """Return the tensor's name in the state of the module."""
        return f"{layer}.{stored.name}"

    def tensors(self) -> dict[str, Array]:
        """Return the state of the module, without what only counts."""
        return {
            name: self.array(tensor)
            for name, tensor in self.model.state_dict().items()
            if not name.endswith(BACKEND.counters)
        }

    def forward(self, inputs: list[Array]) -> list[Any]:
        """Return what the module gives."""
        import torch

        with torch.inference_mode():
            return forward(self.model, inputs, self.device)

    def array(self, value: Any) -> Array:
        """Return a tensor of the module's as an array."""
        tensor: Array = value.detach().cpu().numpy()
        return tensor
