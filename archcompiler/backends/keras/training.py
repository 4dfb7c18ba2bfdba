"""How a model is compiled for training: optimizer, schedule, loss and metrics in Keras."""

from __future__ import annotations

from archcompiler.backends.code import (
    Assign,
    Binary,
    Call,
    Comment,
    Do,
    Expression,
    Group,
    Name,
    Return,
    Statement,
    call,
    expression,
)
from archcompiler.graph import Graph
from archcompiler.operations.training import (
    SGD,
    Adam,
    AdamW,
    Cosine,
    Exponential,
    MultiStep,
    Optimizer,
    Schedule,
    Step,
)

LOSSES = {
    "sparse_categorical_crossentropy": "SparseCategoricalCrossentropy",
    "categorical_crossentropy": "CategoricalCrossentropy",
    "binary_crossentropy": "BinaryCrossentropy",
    "mean_squared_error": "MeanSquaredError",
    "mean_absolute_error": "MeanAbsoluteError",
}


def _metric(name: str, loss: str) -> Expression:
    if name == "accuracy" and loss == "binary_crossentropy":
        # outputs are logits: the boundary is at 0
        return call("keras.metrics.BinaryAccuracy", name="accuracy", threshold=0.0)
    if name == "top_5_accuracy":
        kind = "Categorical" if loss == "categorical_crossentropy" else "SparseCategorical"
        kind = kind.replace("Categorical", "TopKCategorical")
        return call(f"keras.metrics.{kind}Accuracy", k=5, name=name)
    return expression(name)


def _learning_rate(start: float, schedule: Schedule | None) -> object:
    """Return a number, or what Keras asks for one at each step."""
    match schedule:
        case Step(every=every, factor=factor):
            return _scheduled(
                "ExponentialDecay", start, decay_steps=every, decay_rate=factor, staircase=True
            )
        case Exponential(every=every, factor=factor):
            return _scheduled("ExponentialDecay", start, decay_steps=every, decay_rate=factor)
        case MultiStep(at=at):
            rates = [start, *(start * schedule.share(step) for step in at)]
            exact = [float(f"{rate:.12g}") for rate in rates]  # 0.01, and not 0.010000000000000002
            # a boundary belongs to the rate before it
            return _scheduled("PiecewiseConstantDecay", [step - 1 for step in at], exact)
        case Cosine(steps=steps, final=final, warmup=warmup):
            ends: dict[str, object] = {"decay_steps": steps}
            ends |= {"alpha": final} if final else {}
            if not warmup:
                return _scheduled("CosineDecay", start, **ends)
            return _scheduled("CosineDecay", 0.0, **ends, warmup_target=start, warmup_steps=warmup)
    return start


def _scheduled(kind: str, *arguments: object, **options: object) -> Call:
    lists = (
        Group(tuple(map(expression, item)), "[]") if isinstance(item, list) else item
        for item in arguments
    )
    return call(f"keras.optimizers.schedules.{kind}", *lists, **options)


def _optimizer(optimizer: Optimizer, schedule: Schedule | None) -> Call:
    rate = _learning_rate(optimizer.learning_rate, schedule)
    options: dict[str, object] = {"learning_rate": rate}
    match optimizer:
        case SGD():
            if optimizer.momentum:
                options["momentum"] = optimizer.momentum
                options |= {"nesterov": True} if optimizer.nesterov else {}
        case Adam() | AdamW():
            options["beta_1"], options["beta_2"] = optimizer.beta_1, optimizer.beta_2
            options["epsilon"] = optimizer.epsilon
            if isinstance(optimizer, AdamW):
                options["weight_decay"] = optimizer.decoupled_weight_decay
    return call(f"keras.optimizers.{type(optimizer).__name__}", **options)


def decay_of(graph: Graph) -> float:
    """Return the coupled weight decay of the training section, or 0."""
    return graph.training.optimizer.decay if graph.training else 0.0


def decay_statements(graph: Graph) -> list[Statement]:
    """Return what makes coupled weight decay: Keras' optimizers have only the decoupled one."""
    half = Binary(expression(decay_of(graph)), "/", expression(2))
    return [
        Comment("L2(c) adds c * w ** 2 to the loss: the gradient of weight decay is twice that c."),
        Assign("WEIGHT_DECAY", call("keras.regularizers.L2", half)),
    ]


def compile_statements(graph: Graph) -> list[Statement]:
    """Return the body of the function that compiles the model for training."""
    training = graph.training
    assert training is not None
    logits = {"logits": True} if graph.trains_on_logits else {}
    from_logits = {"from_logits": True} if training.absorbed else {}
    metrics = tuple(_metric(name, training.loss) for name in training.metrics)
    return [
        Assign("model", call("build_model", **logits)),
        Do(
            call(
                "model.compile",
                optimizer=_optimizer(training.optimizer, training.schedule),
                loss=call(f"keras.losses.{LOSSES[training.loss]}", **from_logits),
                **({"metrics": Group(metrics, "[]")} if metrics else {}),
            )
        ),
        Return(Name("model")),
    ]
