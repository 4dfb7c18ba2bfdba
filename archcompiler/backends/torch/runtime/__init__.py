"""PyTorch in this process: its canonical layouts are the ones that archc has."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archcompiler.backends.backend import Stored
from archcompiler.backends.torch.runtime.models import kept_in, listed, model_class, tensors
from archcompiler.graph import Graph
from archcompiler.runtime.frameworks import Conventions, Framework, Prepared, is_installed
from archcompiler.runtime.inputs import random_inputs
from archcompiler.runtime.live import module_of
from archcompiler.runtime.notes import NOTE

if TYPE_CHECKING:
    from archcompiler.runtime.verify.foreign import Foreign
    from archcompiler.runtime.verify.side import Side
    from archcompiler.runtime.weights import Array


class Torch(Framework):
    """PyTorch."""

    name = "torch"
    model_type = "torch.nn.Module"
    conventions = Conventions(
        penalty_in_loss=False, epsilon_first=False, rate_in_momenta=False, unbiased_variances=True
    )

    def require(self) -> None:
        """Make sure that PyTorch can be imported: see `Framework`."""
        if not is_installed("torch"):
            raise self.missing()

    def devices(self) -> list[str]:
        """Return the devices: see `Framework`."""
        return devices()

    def peak_memory(self, index: int) -> int | None:
        """Return the most bytes that were in use: see `Framework`."""
        return peak_memory(index)

    def build(self, graph: Graph) -> Any:
        """Return a module: see `Framework`."""
        return model_class(module_of(graph, self.name))()

    def tensor(self, model: Any, stored: Stored) -> Array:
        """Return a copy of a tensor: see `Framework`."""
        values: Array = kept_in(model, stored).detach().cpu().numpy()
        return values.copy()

    def assign(self, model: Any, stored: Stored, values: Array) -> None:
        """Have a tensor hold `values`: see `Framework`."""
        import torch

        values = values if values.flags.writeable else values.copy()
        kept_in(model, stored).data.copy_(torch.from_numpy(values))

    def side(self, device: str) -> Side:
        """Return what is asked by `archc verify`: see `Framework`."""
        from archcompiler.backends.torch.runtime.verify import TorchSide

        return TorchSide(device)

    def prepared(
        self, graph: Graph, device: str, batch: int, precision: str, compiled: bool
    ) -> Prepared:
        """Return what is timed, under autocast in a reduced precision: see `Framework`."""
        import torch

        model = self.build(graph).to(device).eval()
        model = torch.compile(model) if compiled else model
        inputs = tensors(random_inputs(graph, batch), device)
        kind = torch.device(device).type
        reduced = torch.autocast(kind, getattr(torch, precision), enabled=precision != "float32")

        def step() -> Any:
            with reduced:
                outputs = model(*inputs)
            if device != "cpu":
                torch.accelerator.synchronize()
            return outputs

        def shapes(outputs: Any) -> list[tuple[int, ...]]:
            return [tuple(output.shape) for output in listed(outputs)]

        return Prepared(step, shapes, torch.inference_mode())

    def seed(self, seed: int) -> None:
        """Have first weights be drawn from `seed`."""
        import torch

        torch.manual_seed(seed)

    def export(self, model: Any, graph: Graph, path: Path, note: str) -> None:
        """Write an exported program, which takes batches of any size: see `Framework`."""
        import torch

        inputs = tuple(tensors(random_inputs(graph, 2), "cpu"))
        any_batch = tuple({0: torch.export.Dim.DYNAMIC} for _ in inputs)
        program = torch.export.export(model.eval(), inputs, dynamic_shapes=any_batch)
        torch.export.save(program, path, extra_files={NOTE: note})

    def exact(self) -> AbstractContextManager[Any]:
        """Have float32 be float32: see `Framework`."""
        return exact()

    def is_model(self, found: object) -> bool:
        """Whether `found` is a module: see `Framework`."""
        torch = sys.modules.get("torch")
        return torch is not None and isinstance(found, torch.nn.Module)

    def foreign(self, name: str, model: Any, precision: str, device: str) -> Foreign:
        """Return somebody else's module: see `Framework`."""
        from archcompiler.backends.torch.runtime.foreign import TorchModel

        return TorchModel(name, model, precision, device)


def devices() -> list[str]:
    """Return the devices that PyTorch can use, the best first."""
    import torch

    gpus = [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    metal = ["mps"] if torch.backends.mps.is_available() else []
    return [*gpus, *metal, "cpu"]


def peak_memory(index: int) -> int | None:
    """Return the most bytes that were in use on GPU `index`."""
    import torch

    return torch.cuda.max_memory_allocated(index) if torch.cuda.is_available() else None


@contextmanager
def exact() -> Iterator[None]:
    """Have float32 be float32 where TF32 is preferred."""
    import torch

    switches = (torch.backends.cudnn.conv, torch.backends.cuda.matmul)
    before = [switch.fp32_precision for switch in switches]
    for switch in switches:
        switch.fp32_precision = "ieee"
    try:
        yield
    finally:
        for switch, value in zip(switches, before, strict=True):
            switch.fp32_precision = value


FRAMEWORK = Torch()
