"""The interface of a backend for comparisons: outputs, gradients, and steps of training."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, NamedTuple

from archcompiler.graph import Graph

if TYPE_CHECKING:
    from archcompiler.runtime.weights import Array, Weights


class Batch(NamedTuple):
    """A batch to train on: inputs are channels first, targets have classes last."""

    inputs: list[Array]
    targets: Array


class Trainer(ABC):
    """A model that is trained on one batch, without dropout.

    Implementations follow one convention: the loss includes the penalty of `weight_decay`, Adam
    adds epsilon before the bias correction, and momenta include the learning rate. Running
    variances are those of the framework, see `Conventions`.
    """

    @abstractmethod
    def step(self) -> float:
        """Make one step of training, and return the loss before it."""

    @abstractmethod
    def weights(self) -> Weights:
        """Return a copy of the weights."""

    @abstractmethod
    def take(self, weights: Weights) -> None:
        """Replace the weights; the state of the optimizer is kept."""


class Side(ABC):
    """A backend on a device. All tensors are in canonical layouts, channels first."""

    name: str

    @abstractmethod
    def outputs(
        self, graph: Graph, weights: Weights, inputs: list[Array], precision: str
    ) -> list[Array]:
        """Return the outputs of `graph` in inference."""

    def gradients(
        self,
        graph: Graph,
        weights: Weights,
        inputs: list[Array],
        factors: list[Array],
        precision: str,
    ) -> Weights:
        """Return the gradients of all trained parameters, in inference mode.

        They are those of the sum over all real outputs, each multiplied by its `factors`.
        """
        raise NotImplementedError

    def trainer(self, graph: Graph, weights: Weights, batch: Batch, precision: str) -> Trainer:
        """Return a model of `graph` to be trained by its section `training`."""
        raise NotImplementedError
