"""What `archc verify` asks of PyTorch: outputs, gradients and steps of training."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from archcompiler.backends.torch.runtime.models import forward, kept_in, model_class, tensors
from archcompiler.graph import Graph
from archcompiler.operations.training import Adam, AdamW, Optimizer
from archcompiler.runtime.devices import choose
from archcompiler.runtime.layouts import channels_first
from archcompiler.runtime.live import build, module_of
from archcompiler.runtime.verify.side import Batch, Side, Trainer
from archcompiler.runtime.weights import gathered, load_into, weights_of

if TYPE_CHECKING:
    from archcompiler.runtime.weights import Array, Weights


class TorchSide(Side):
    """PyTorch on a device."""

    name = "torch"

    def __init__(self, device: str) -> None:
        self.device = choose(device, self.name)

    def outputs(
        self, graph: Graph, weights: Weights, inputs: list[Array], precision: str
    ) -> list[Array]:
        """Return the outputs: see `Side`."""
        import torch

        with torch.inference_mode():
            results = forward(self._model(graph, weights, precision), inputs, self.device)
            return [result.cpu().numpy() for result in results]

    def gradients(
        self,
        graph: Graph,
        weights: Weights,
        inputs: list[Array],
        factors: list[Array],
        precision: str,
    ) -> Weights:
        """Return the gradients: see `Side`."""
        import torch

        model = self._model(graph, weights, precision)
        results = forward(model, inputs, self.device)
        scales = tensors(factors, self.device)
        results = [result for result in results if result.is_floating_point()]
        total = sum(
            ((result * scale).sum() for result, scale in zip(results, scales, strict=True)),
            start=torch.zeros(()).to(self.device),
        )
        total.backward()
        return gathered(
            graph,
            self.name,
            lambda stored: kept_in(model, stored).grad.cpu().numpy(),
            trained=True,
        )

    def _model(self, graph: Graph, weights: Weights, precision: str) -> Any:
        model = build(graph, self.name)
        model = model.double() if precision == "float64" else model
        load_into(model, graph, self.name, weights)
        return model.to(self.device).eval()

    def trainer(self, graph: Graph, weights: Weights, batch: Batch, precision: str) -> TorchTrainer:
        """Return what trains the model: see `Side`."""
        return TorchTrainer(graph, weights, batch, self.device, precision)


LEAST_RATE = 1e-30  # for a learning rate of 0, at which momenta that hold one go on


class TorchTrainer(Trainer):
    """Training with the functions of the generated file, as its users do: see `Trainer`.

    PyTorch is brought to what a trainer does by `_epsilon_first`, `_rate_in_momenta`, `_penalty`.
    """

    def __init__(
        self, graph: Graph, weights: Weights, batch: Batch, device: str, precision: str
    ) -> None:
        from torch import nn

        assert graph.training is not None
        self.graph, self.rule, self.steps = graph, graph.training.optimizer, 0
        self.module = module_of(graph, "torch")
        model = model_class(self.module)(**{"logits": True} if graph.trains_on_logits else {})
        model = model.double() if precision == "float64" else model
        self.model = model.to(device).train()
        self.take(weights)
        for part in self.model.modules():
            if isinstance(part, nn.modules.dropout._DropoutNd):  # along any number of axes
                part.p = 0.0
        self.optimizer = self.module.build_optimizer(self.model)
        scheduled = graph.training.schedule is not None
        self.scheduler = self.module.build_scheduler(self.optimizer) if scheduled else None
        self.inputs = tensors(batch.inputs, device)
        (self.targets,) = tensors([classes_first(batch.targets)], device)

    def step(self) -> float:
        """Change the weights once, and return the loss before that."""
        self.steps += 1
        _epsilon_first(self.optimizer, self.rule, self.steps)
        self.optimizer.zero_grad()
        loss = self.module.loss_function(self.model(*self.inputs), self.targets)
        found = float(loss.detach()) + _penalty(self.optimizer, self.rule)
        loss.backward()
        self.optimizer.step()
        if self.scheduler is not None:
            before = [group["lr"] for group in self.optimizer.param_groups]
            self.scheduler.step()
            _rate_in_momenta(self.optimizer, before)
        return found

    def weights(self) -> Weights:
        """Return a copy of the weights."""
        return weights_of(self.model, self.graph, "torch")

    def take(self, weights: Weights) -> None:
        """Go on from other weights."""
        load_into(self.model, self.graph, "torch", weights)


def classes_first(targets: Array) -> Array:
    """Return values, whose classes are last, with them first; numbers of classes as they are."""
    return channels_first(targets) if targets.dtype.kind == "f" else targets


def _epsilon_first(optimizer: Any, rule: Optimizer, step: int) -> None:
    """Have Adam's epsilon be added before the bias correction of the root.

    PyTorch divides by `sqrt(v) / c + eps`, Keras by `(sqrt(v) + eps) / c`, where c is
    `sqrt(1 - beta_2 ** step)` (torch.optim.Adam's documentation; keras.optimizers.Adam's source).
    """
    if isinstance(rule, (Adam, AdamW)):
        for group in optimizer.param_groups:
            group["eps"] = rule.epsilon / math.sqrt(1 - rule.beta_2**step)


def _rate_in_momenta(optimizer: Any, before: list[float]) -> None:
    """Have momenta hold the learning rate that they came about with.

    Keras keeps `v = momentum * v - rate * gradient` and adds it, PyTorch keeps
    `b = momentum * b + gradient` and takes `rate * b` off (torch.optim.SGD's documentation): so
    that PyTorch's are to be multiplied by the old rate, and divided by the new one.
    """
    for group, old in zip(optimizer.param_groups, before, strict=True):
        group["lr"] = max(group["lr"], LEAST_RATE)
        for parameter in group["params"]:
            momentum = optimizer.state[parameter].get("momentum_buffer")
            if momentum is not None:
                momentum.mul_(old / group["lr"])


def _penalty(optimizer: Any, rule: Optimizer) -> float:
    """Return what coupled weight decay adds to the loss, which PyTorch does not count."""
    if not rule.decay:
        return 0.0
    penalties: list[float] = [
        group["weight_decay"] / 2 * float(parameter.detach().square().sum())
        for group in optimizer.param_groups
        for parameter in group["params"]
    ]
    return sum(penalties)
