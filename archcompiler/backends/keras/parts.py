"""Keras: initializers, activations, optimizers, losses and metrics by their names there."""

from __future__ import annotations

from collections.abc import Collection

from archcompiler.backends.code import (
    Assign,
    Binary,
    Call,
    Comment,
    Do,
    Expression,
    Function,
    Group,
    Name,
    Return,
    Statement,
    call,
    expression,
)
from archcompiler.graph import Graph
from archcompiler.operations import Parameter
from archcompiler.operations.fields import Named
from archcompiler.operations.first_weights import distribution_of, uses_fans
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

# Activations that Keras knows by a string, with no arguments of their own.
ACTIVATIONS = {
    "linear": "linear",
    "relu": "relu",
    "relu6": "relu6",
    "selu": "selu",
    "gelu": "gelu",
    "silu": "silu",
    "mish": "mish",
    "softplus": "softplus",
    "sigmoid": "sigmoid",
    "hard_sigmoid": "hard_sigmoid",
    "hard_swish": "hard_silu",
    "tanh": "tanh",
    "softmax": "softmax",
}


def activation_string(activation: Named | None) -> str | None:
    """Return the string that Keras knows an activation by, if there is one."""
    if activation is None:
        return None
    if activation == Named("elu", (1.0,)):
        return "elu"
    return ACTIVATIONS.get(activation.name)


def activation_call(activation: Named, x: Expression, name: Expression) -> Expression:
    """Return an activation as a step of its own."""
    known = activation_string(activation)
    if known is not None:
        return call(call("layers.Activation", known, name=name), x)
    if activation.name == "gelu_tanh":
        return call("ops.gelu", x, approximate=True)
    (slope,) = activation.arguments
    if activation.name == "leaky_relu":
        return call(call("layers.LeakyReLU", negative_slope=slope, name=name), x)
    assert activation.name == "elu"
    return call(call("layers.ELU", alpha=slope, name=name), x)


# The standard deviation is exact: Keras' own normal initializers are truncated.
VARIANCE_SCALING = {
    "glorot_normal": (1.0, "fan_avg", "untruncated_normal"),
    "he_normal": (2.0, "fan_in", "untruncated_normal"),
    "lecun_normal": (1.0, "fan_in", "untruncated_normal"),
    "torch_default": (1 / 3, "fan_in", "uniform"),
}
DRAWN = {
    "glorot_normal": "Draw kernels as Glorot and Bengio do, from a normal distribution.",
    "he_normal": "Draw kernels as He et al. do, from a normal distribution.",
    "lecun_normal": "Draw kernels as LeCun et al. do, from a normal distribution.",
    "torch_default": "Draw kernels as PyTorch does by default.",
}
STRINGS = {
    "glorot_uniform": "glorot_uniform",
    "he_uniform": "he_uniform",
    "lecun_uniform": "lecun_uniform",
    "zeros": "zeros",
    "ones": "ones",
    "orthogonal": "orthogonal",
}
INITIALIZERS = {
    "normal": ("keras.initializers.RandomNormal", ("stddev",)),
    "truncated_normal": ("keras.initializers.TruncatedNormal", ("stddev",)),
    "uniform": ("keras.initializers.RandomUniform", ("minval", "maxval")),
    "constant": ("keras.initializers.Constant", ("value",)),
}


def initializer(parameter: Parameter, own_fans: tuple[int, int]) -> Expression:
    """Return an initializer; each layer has its own, since a shared one repeats its numbers.

    What draws by other fans than those that Keras takes for its tensor is written out.
    """
    chosen = parameter.initializer
    if uses_fans(chosen) and own_fans != parameter.fans:
        chosen = distribution_of(parameter)
    name, arguments = chosen
    if name in STRINGS:
        return expression(STRINGS[name])
    if name in VARIANCE_SCALING:
        return call(name)  # a function of the file: see `initializer_functions`
    function, names = INITIALIZERS[name]
    return call(function, **dict(zip(names, arguments, strict=True)))


def initializer_functions(used: Collection[str]) -> list[Function]:
    """Return the functions for those initializers of `used` that Keras has no word for."""
    functions = []
    for name, (scale, mode, distribution) in VARIANCE_SCALING.items():
        if name in used:
            made = call(
                "keras.initializers.VarianceScaling", scale, mode=mode, distribution=distribution
            )
            kind = "keras.initializers.Initializer"
            functions.append(Function(name, (), kind, DRAWN[name], (Return(made),)))
    return functions


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
