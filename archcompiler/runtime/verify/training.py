"""Comparison of training in two backends: losses and weights, step by step.

After each step, the second side gets the weights of the first, so that each step is compared by
itself: otherwise a network with batch normalization would multiply a difference by twenty in each
step (from 1e-14 to 1e-9 in four, for ResNet-50 with two samples). The states of the optimizers are
kept. All is in float64: in float32 an input of 1e-7 to a rectifier may have different signs in two
frameworks, and then so has the step, while both are right.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from archcompiler.backends.skeleton import batch_shape
from archcompiler.diagnostics.wording import possessive
from archcompiler.graph import Graph, Layer
from archcompiler.operations.training import Adam, AdamW, Training
from archcompiler.runtime.frameworks import framework_of
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


class Sides(NamedTuple):
    """Two backends whose training is compared."""

    one: Side
    other: Side

    @property
    def names(self) -> tuple[str, str]:
        """The names of the backends."""
        return self.one.name, self.other.name

    def parted(self, convention: str) -> tuple[str, str] | None:
        """Return the side with a convention and the one without; None if they do not differ."""
        with_it = {has_it(name, convention): framework_of(name).title for name in self.names}
        return (with_it[True], with_it[False]) if len(with_it) == 2 else None


def has_it(backend: str, convention: str) -> bool:
    """Whether a backend has one of the `Conventions`."""
    found: bool = getattr(framework_of(backend).conventions, convention)
    return found


def demand_trainable(graph: Graph, backends: Collection[str], batch: int) -> None:
    """Raise `Unusable` if steps of training cannot be compared."""
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
    refusing = [name for name in backends if has_it(name, "unbiased_variances")]
    for layer in _normalizing(graph):
        if refusing and _values(layer, batch) < 2:
            raise Unusable(
                f"`{layer.name}` would have one value to take the variance of, which "
                f"{framework_of(refusing[0]).title} refuses: ask for `--batch 2` or more"
            )


def targets_for(graph: Graph, batch: int, generator: Any) -> Array:
    """Return random targets for the loss: indices of classes, or values with classes last."""
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
    graph: Graph, sides: Sides, weights: Weights, batch: Batch, steps: int, precision: str
) -> list[Comparison]:
    """Train both sides, and compare the loss and the new weights of each step."""
    graph = graph.without_metrics()  # TensorFlow computes top-5 accuracy just in float32
    assert graph.training is not None
    one, other = (side.trainer(graph, weights, batch, precision) for side in sides)
    losses: list[tuple[float, float]] = []
    changes, notes = dict[str, Difference](), _on_losses(graph, graph.training, sides)
    for number in range(1, steps + 1):
        pair = one.step(), other.step()
        if losses and not any(map(math.isfinite, pair)):
            notes += (f"the training diverges: at step {number} neither loss is a number",)
            break
        losses.append(pair)
        after = one.weights(), other.weights()
        for item in _compared(graph, sides, weights, after, len(batch.targets)):
            changes[item.name] = worst((changes.get(item.name, item), item))
        weights = after[0]
        other.take(weights)
    items = tuple(
        Difference(f"step {number}", abs(one - other), abs(other))
        for number, (one, other) in enumerate(losses, 1)
    )
    on_weights = _on_weights(graph, graph.training, sides)
    return [
        Comparison("losses", sides.names, precision, items, tuple(losses), notes),
        Comparison("weights", sides.names, precision, tuple(changes.values()), notes=on_weights),
    ]


def _compared(
    graph: Graph, sides: Sides, before: Weights, after: tuple[Weights, Weights], batch: int
) -> tuple[Difference, ...]:
    """Compare the weights after a step; running variances of both are made unbiased if one is."""
    one, other = after
    if sides.parted("unbiased_variances"):
        one, other = (
            found if has_it(name, "unbiased_variances") else _unbiased(graph, before, found, batch)
            for name, found in zip(sides.names, after, strict=True)
        )
    return of_parameters(one, other, one)


def _normalizing(graph: Graph) -> Iterator[Layer]:
    return (layer for layer in graph.layers if layer.operation.keeps_statistics)


def _values(layer: Layer, batch: int) -> int:
    """Return the number of values in each variance of a batch."""
    places = [length for length in layer.shape.places if length is not None]
    return batch * math.prod(places)  # all are known, see `demand_trainable`


def _unbiased(graph: Graph, before: Weights, after: Weights, batch: int) -> Weights:
    """Return weights after a step with running variances converted from biased to unbiased.

    The unbiased estimate of a variance is sum / (n - 1), the biased one sum / n: what a step adds
    to the running variance is multiplied by n / (n - 1). Sources: the documentation of
    torch.nn.BatchNorm2d, and the source of keras.layers.BatchNormalization.
    """
    found = dict(after)
    for layer in _normalizing(graph):
        operation = layer.operation
        name, n = f"{layer.name}.running_var", _values(layer, batch)
        old = before[name] * (1 - vars(operation)["momentum"])
        found[name] = old + (after[name] - old) * (n / (n - 1))
    return found


def _on_losses(graph: Graph, training: Training, sides: Sides) -> tuple[str, ...]:
    notes = []
    if any(layer.operation.is_random for layer in graph.layers):
        notes.append("dropout is off: each framework would drop other cells")
    parted = sides.parted("penalty_in_loss")
    if training.optimizer.decay and parted:
        counting, other = parted
        notes.append(
            f"{counting} counts the penalty of `weight_decay` in the loss and {other} does not: "
            f"it was added to {possessive(other)}"
        )
    return tuple(notes)


def _on_weights(graph: Graph, training: Training, sides: Sides) -> tuple[str, ...]:
    notes = []
    if isinstance(training.optimizer, (Adam, AdamW)) and (parted := sides.parted("epsilon_first")):
        first, other = parted
        notes.append(
            f"Adam's epsilon is added before the bias correction in {first} and after it in "
            f"{other}: {other} was given epsilon / sqrt(1 - beta_2^step), which is the same"
        )
    has_momentum = bool(getattr(training.optimizer, "momentum", 0))
    parted = sides.parted("rate_in_momenta")
    if has_momentum and training.schedule is not None and parted:
        holding, other = parted
        notes.append(
            f"momenta hold the learning rate in {holding} and not in {other}: where the schedule "
            f"changed it, {possessive(other)} were multiplied by the old rate and divided by the "
            "new one"
        )
    parted = sides.parted("unbiased_variances")
    if any(_normalizing(graph)) and parted:
        unbiased, biased = parted
        notes.append(
            f"running variances are unbiased in {unbiased} and biased in {biased}: "
            f"what {possessive(biased)} gain in a step was taken times n / (n - 1), n being the "
            "values of a batch"
        )
    return tuple(notes)
