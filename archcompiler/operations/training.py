"""How a network is trained: losses, metrics and optimizers, as a spec names them."""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Mapping
from typing import ClassVar, NamedTuple, TypeVar

from archcompiler.operations.fields import Count, Flag, Invalid, Kind, Number, Raw, Schema, field
from archcompiler.operations.record import Record

# loss: the activation whose inverse it takes along, being stable on what comes before it
LOSSES: Mapping[str, str | None] = {
    "sparse_categorical_crossentropy": "softmax",
    "categorical_crossentropy": "softmax",
    "binary_crossentropy": "sigmoid",
    "mean_squared_error": None,
    "mean_absolute_error": None,
}
OF_CLASSES = ("sparse_categorical_crossentropy", "categorical_crossentropy")
_OF_VALUES = ("mean_squared_error", "mean_absolute_error")

# What other tools, or people, call them (folded: no case, spaces, hyphens, underscores).
KNOWN_AS = {
    "sparsecrossentropy": "sparse_categorical_crossentropy",
    "bce": "binary_crossentropy",
    "bceloss": "binary_crossentropy",
    "mse": "mean_squared_error",
    "mseloss": "mean_squared_error",
    "mae": "mean_absolute_error",
    "l1": "mean_absolute_error",
    "l1loss": "mean_absolute_error",
    "acc": "accuracy",
    "top5": "top_5_accuracy",
}

# Words that leave open what the targets are, numbers or vectors, or what the model ends in.
ALMOST_KNOWN_AS = {
    "crossentropy": "sparse_categorical_crossentropy",
    "crossentropyloss": "sparse_categorical_crossentropy",
    "softmaxcrossentropy": "sparse_categorical_crossentropy",
    "bcewithlogits": "binary_crossentropy",
    "bcewithlogitsloss": "binary_crossentropy",
}

# metric: the losses whose outputs and targets it is for
METRICS: Mapping[str, tuple[str, ...]] = {
    "accuracy": (*OF_CLASSES, "binary_crossentropy"),
    "top_5_accuracy": OF_CLASSES,
    "mean_squared_error": _OF_VALUES,
    "mean_absolute_error": _OF_VALUES,
}
LIKELIEST = {"top_5_accuracy": 5}  # metric: the classes that it looks at in each sample

PROBABILITIES = ("softmax", "sigmoid")  # activations that only one kind of loss takes along


class Optimizer(Record):
    """A rule that changes parameters by their gradients. A subclass is frozen."""

    type: ClassVar[str]
    known_as: ClassVar[Mapping[str, str]] = {}  # what libraries call a field of this one alone
    learning_rate: float

    @property
    def decay(self) -> float:
        """The coupled weight decay, if it has one."""
        return float(getattr(self, "weight_decay", 0.0))


OPTIMIZERS: dict[str, type[Optimizer]] = {}
T = TypeVar("T", bound=Optimizer)


def _optimizer(cls: type[T]) -> type[T]:
    cls.type = cls.__name__.lower()
    OPTIMIZERS[cls.type] = cls
    return cls


_DECAY = "L2 penalty on the kernels, part of the gradient (coupled)"


@_optimizer
class SGD(Optimizer):
    """Stochastic gradient descent."""

    learning_rate: float = field(Number(0), "step size", 0.01)
    momentum: float = field(Number(0, 1, below=True), "share of the last step that goes on", 0.0)
    nesterov: bool = field(Flag(), "whether the gradient is taken after the momentum step", False)
    weight_decay: float = field(Number(0), _DECAY, 0.0)


@_optimizer
class Adam(Optimizer):
    """Adam (Kingma, Ba 2015)."""

    learning_rate: float = field(Number(0), "step size", 0.001)
    beta_1: float = field(Number(0, 1, below=True), "decay of the gradient's mean", 0.9)
    beta_2: float = field(Number(0, 1, below=True), "decay of the gradient's square", 0.999)
    epsilon: float = field(Number(0, above=True), "added to the root", 1e-8)
    weight_decay: float = field(Number(0), _DECAY, 0.0)


@_optimizer
class AdamW(Optimizer):
    """Adam with decoupled weight decay (Loshchilov, Hutter 2019)."""

    known_as = {"weight_decay": "decoupled_weight_decay"}  # as PyTorch's and Keras' AdamW have it

    learning_rate: float = field(Number(0), "step size", 0.001)
    beta_1: float = field(Number(0, 1, below=True), "decay of the gradient's mean", 0.9)
    beta_2: float = field(Number(0, 1, below=True), "decay of the gradient's square", 0.999)
    epsilon: float = field(Number(0, above=True), "added to the root", 1e-8)
    decoupled_weight_decay: float = field(
        Number(0), "share of every parameter that a step of size 1 takes away", 0.01
    )


class Schedule(Record):
    """How the learning rate changes with the steps of training. A subclass is frozen.

    A step is one change of the parameters; the first is step 0.
    """

    type: ClassVar[str]

    def share(self, step: int) -> float:
        """Return the learning rate at a step as a share of the optimizer's own."""
        raise NotImplementedError


SCHEDULES: dict[str, type[Schedule]] = {}
S = TypeVar("S", bound=Schedule)


def _schedule(cls: type[S]) -> type[S]:
    cls.type = "".join(f"_{c.lower()}" if c.isupper() else c for c in cls.__name__).lstrip("_")
    SCHEDULES[cls.type] = cls
    return cls


class Milestones(tuple[int, ...]):
    """Numbers of steps, in order."""


class MilestonesKind(Kind):
    """Whole numbers that grow."""

    expected = "a list of whole numbers from 1 that grow, such as `[32000, 48000]`"

    def parse(self, raw: Raw) -> Milestones:
        """Return the numbers."""
        numbers = Milestones(map(Count().parse, [raw] if isinstance(raw, str) else raw))
        if not numbers:
            raise Invalid
        if list(numbers) != sorted(set(numbers)):
            raise Invalid(f"write `{sorted(set(numbers))}`")
        return numbers

    def schema(self) -> Schema:
        """Return the schema of a list of numbers, or of one."""
        item = Count().schema()
        return {**item, "type": [*item["type"], "array"], "items": item, "minItems": 1}


_FACTOR = "what the learning rate is multiplied by"


@_schedule
class Step(Schedule):
    """Multiplies the learning rate by `factor` at every so many steps."""

    every: int = field(Count(), "steps between two changes")
    factor: float = field(Number(0, 1), _FACTOR, 0.1)

    def share(self, step: int) -> float:
        """Return factor ^ floor(step / every)."""
        return float(self.factor ** (step // self.every))


@_schedule
class MultiStep(Schedule):
    """Multiplies the learning rate by `factor` at each of some steps."""

    at: Milestones = field(MilestonesKind(), "the steps from which on it is smaller")
    factor: float = field(Number(0, 1), _FACTOR, 0.1)

    def share(self, step: int) -> float:
        """Return factor ^ (how many of `at` are behind)."""
        return float(self.factor ** bisect(self.at, step))


@_schedule
class Exponential(Schedule):
    """Multiplies the learning rate by `factor` in so many steps, a little in each."""

    factor: float = field(Number(0, 1), _FACTOR)
    every: int = field(Count(), "steps that this takes", 1)

    def share(self, step: int) -> float:
        """Return factor ^ (step / every)."""
        return float(self.factor ** (step / self.every))


@_schedule
class Cosine(Schedule):
    """Lets the learning rate fall along half a cosine (Loshchilov, Hutter 2017, without restarts).

    In `warmup` steps before, it rises from 0 (Goyal et al. 2017).
    """

    steps: int = field(Count(), "steps in which it falls")
    final: float = field(Number(0, 1), "share of the learning rate that is left then", 0.0)
    warmup: int = field(Count(0), "steps in which it rises", 0)

    def share(self, step: int) -> float:
        """Return step / warmup, and then final + (1 - final) * (1 + cos(pi * share done)) / 2."""
        if step < self.warmup:
            return step / self.warmup
        done = min((step - self.warmup) / self.steps, 1)
        return self.final + (1 - self.final) * (1 + math.cos(math.pi * done)) / 2


class Training(NamedTuple):
    """The `training` section of a spec."""

    loss: str
    optimizer: Optimizer
    metrics: tuple[str, ...] = ()
    schedule: Schedule | None = None

    @property
    def absorbed(self) -> str | None:
        """The last activation that the loss takes along, being taken on logits."""
        return LOSSES[self.loss]
