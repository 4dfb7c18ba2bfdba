"""Some steps of training in both backends: losses and weights, step by step.

After each step PyTorch goes on from Keras' weights, so that every step is proven by itself: left
alone, a network with batch normalization makes twenty times as much of a difference in each step
(from 1e-14 to 1e-9 in four, ResNet-50 with two samples). What the optimizers remember stays
theirs. All is in float64: in float32 a rectifier's input of 1e-7 may change its sign, and with it
the step, while both are right.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from archcompiler.backends.skeleton import batch_shape
from archcompiler.graph import Graph, Layer
from archcompiler.operations.elementwise import Dropout
from archcompiler.operations.normalization import BatchNormalization
from archcompiler.operations.training import Adam, AdamW, Training
from archcompiler.runtime.verify.differences import (
    Comparison,
    Difference,
    Unusable,
    of_parameters,
    worst,
)
from archcompiler.runtime.verify.side import Batch, Side

if TYPE_CHECKING:
    from archcompiler.runtime.weights import Array, Weights


def demand_trainable(graph: Graph, batch: int) -> None:
    """Raise `Unusable` where steps of training cannot be compared."""
    if graph.training is None:
        raise Unusable(
            f"`{graph.name}` has no section `training`, which says what `--steps` trains with: "
            "add one, such as `training: {loss: sparse_categorical_crossentropy, optimizer: sgd}`"
        )
    for layer in graph.inputs:
        if layer.shape.elements is None:
            raise Unusable(
                f"`--steps` trains on random targets, whose size depends on that of `{layer.name}`:"
                " state it there"
            )
    for layer in _normalizing(graph):
        if _values(layer, batch) < 2:
            raise Unusable(
                f"`{layer.name}` would have one value to take the variance of, which PyTorch "
                "refuses: ask for `--batch 2` or more"
            )


def targets_for(graph: Graph, batch: int, generator: Any) -> Array:
    """Return random targets for the loss: numbers of classes, or values with classes last."""
    import numpy as np

    assert graph.training is not None
    *cells, classes = batch_shape(graph[graph.outputs[0]], channels_last=True)
    match graph.training.loss:
        case "sparse_categorical_crossentropy":
            drawn = generator.integers(0, classes, (batch, *cells))
        case "categorical_crossentropy":
            drawn = np.eye(classes)[generator.integers(0, classes, (batch, *cells))]
        case "binary_crossentropy":
            drawn = generator.integers(0, 2, (batch, *cells, classes)).astype("float64")
        case _:
            drawn = generator.standard_normal((batch, *cells, classes))
    found: Array = drawn
    return found


def trained(
    graph: Graph, sides: list[Side], weights: Weights, batch: Batch, steps: int
) -> list[Comparison]:
    """Train Keras and PyTorch, and compare the loss and the new weights of each step."""
    graph = graph.without_metrics()  # TensorFlow's best five are for float32 alone
    assert graph.training is not None
    keras, torch = (side.trainer(graph, weights, batch) for side in sides)
    losses: list[tuple[float, float]] = []
    changes, notes = dict[str, Difference](), _on_losses(graph)
    for number in range(1, steps + 1):
        pair = keras.step(), torch.step()
        if losses and not any(map(math.isfinite, pair)):
            notes += (f"the training diverges: at step {number} neither loss is a number",)
            break
        losses.append(pair)
        after = keras.weights()
        ours, theirs = _unbiased(graph, weights, after, len(batch.targets)), torch.weights()
        for item in of_parameters(ours, theirs, ours):
            changes[item.name] = worst((changes.get(item.name, item), item))
        torch.take(after)
        weights = after
    items = tuple(
        Difference(f"step {number}", abs(one - other), abs(other))
        for number, (one, other) in enumerate(losses, 1)
    )
    both, of_weights = (sides[0].name, sides[1].name), _on_weights(graph, graph.training)
    return [
        Comparison("losses", both, "float64", items, tuple(losses), notes),
        Comparison("weights", both, "float64", tuple(changes.values()), notes=of_weights),
    ]


def _normalizing(graph: Graph) -> Iterator[Layer]:
    return (layer for layer in graph.layers if isinstance(layer.operation, BatchNormalization))


def _values(layer: Layer, batch: int) -> int:
    """Return of how many values each variance of a batch is taken."""
    places = [length for length in layer.shape.places if length is not None]
    return batch * math.prod(places)  # all are known: `demand_trainable` saw to it


def _unbiased(graph: Graph, before: Weights, after: Weights, batch: int) -> Weights:
    """Return Keras' weights after a step, with the running variances that PyTorch would have.

    PyTorch keeps the unbiased estimate, sum / (n - 1), Keras the biased, sum / n: so what n values
    add is n / (n - 1) as large there (torch.nn.BatchNorm2d's documentation;
    keras.layers.BatchNormalization's source).
    """
    found = dict(after)
    for layer in _normalizing(graph):
        operation = layer.operation
        assert isinstance(operation, BatchNormalization)
        name, n = f"{layer.name}.running_var", _values(layer, batch)
        old = before[name] * (1 - operation.momentum)
        found[name] = old + (after[name] - old) * (n / (n - 1))
    return found


def _on_losses(graph: Graph) -> tuple[str, ...]:
    notes = []
    if any(isinstance(layer.operation, Dropout) for layer in graph.layers):
        notes.append("dropout is off: each framework would drop other cells")
    if graph.training and graph.training.optimizer.decay:
        notes.append(
            "Keras counts the penalty of `weight_decay` in the loss and PyTorch does not: "
            "it was added to PyTorch's"
        )
    return tuple(notes)


def _on_weights(graph: Graph, training: Training) -> tuple[str, ...]:
    notes = []
    if isinstance(training.optimizer, (Adam, AdamW)):
        notes.append(
            "Adam's epsilon is added before the bias correction in Keras and after it in PyTorch: "
            "PyTorch was given epsilon / sqrt(1 - beta_2^step), which is the same"
        )
    has_momentum = bool(getattr(training.optimizer, "momentum", 0))
    if has_momentum and training.schedule is not None:
        notes.append(
            "momenta hold the learning rate in Keras and not in PyTorch: where the schedule "
            "changed it, PyTorch's were multiplied by the old rate and divided by the new one"
        )
    if any(_normalizing(graph)):
        notes.append(
            "running variances are unbiased in PyTorch and biased in Keras: "
            "what Keras' gain in a step was taken times n / (n - 1), n being the values of a batch"
        )
    return tuple(notes)
