"""What is asked of a backend: outputs, gradients, and some steps of training."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, NamedTuple

from archcompiler.graph import Graph

if TYPE_CHECKING:
    from archcompiler.runtime.weights import Array, Weights


class Batch(NamedTuple):
    """What is trained on: the inputs channels first, the targets classes last."""

    inputs: list[Array]
    targets: Array


class Trainer(ABC):
    """A model that is trained in float64 on one batch, without dropout.

    The loss counts the penalty of `weight_decay`, Adam's epsilon is added before the bias
    correction, and momenta hold the learning rate: a framework that does otherwise is brought to
    it. Running variances are what the framework keeps: see `Conventions`.
    """

    @abstractmethod
    def step(self) -> float:
        """Change the weights once, and return the loss before that."""

    @abstractmethod
    def weights(self) -> Weights:
        """Return a copy of the weights."""

    @abstractmethod
    def take(self, weights: Weights) -> None:
        """Go on from other weights; what the optimizer remembers stays."""


class Side(ABC):
    """A backend on a device. Tensors go in and come out in canonical layouts, channels first."""

    name: str

    @abstractmethod
    def outputs(
        self, graph: Graph, weights: Weights, inputs: list[Array], precision: str
    ) -> list[Array]:
        """Return the outputs of `graph`, as it is used and not trained."""

    def gradients(
        self, graph: Graph, weights: Weights, inputs: list[Array], factors: list[Array]
    ) -> Weights:
        """Return the gradients of all trained parameters, in float64.

        Of the sum over all outputs of real numbers, each times its `factors`; as the network is
        used.
        """
        raise NotImplementedError

    def trainer(self, graph: Graph, weights: Weights, batch: Batch) -> Trainer:
        """Return `graph`, ready to be trained as its section `training` says."""
        raise NotImplementedError
