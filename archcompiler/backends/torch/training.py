"""The `training` section as PyTorch's users write it: a loss, metrics, and an optimizer."""

from __future__ import annotations

from archcompiler.backends.code import (
    Assign,
    Attribute,
    Binary,
    Comprehension,
    Dictionary,
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
from archcompiler.operations.training import SGD, Adam, AdamW, Optimizer

OUTPUTS, TARGETS = Name("outputs"), Name("targets")
PARAMETERS = ("outputs: torch.Tensor", "targets: torch.Tensor")

LOSSES = {
    "sparse_categorical_crossentropy": ("F.cross_entropy", "Cross entropy", "class numbers"),
    "categorical_crossentropy": ("F.cross_entropy", "Cross entropy", "class probabilities"),
    "binary_crossentropy": (
        "F.binary_cross_entropy_with_logits",
        "Binary cross entropy",
        "probabilities",
    ),
    "mean_squared_error": ("F.mse_loss", "Mean squared error", "values"),
    "mean_absolute_error": ("F.l1_loss", "Mean absolute error", "values"),
}


def functions(graph: Graph, class_name: str) -> list[Function]:
    """Return the functions that train the network."""
    training = graph.training
    assert training is not None
    metrics = [_metric(name, training.loss) for name in training.metrics]
    return [_loss(graph, class_name), *metrics, _optimizer(training.optimizer)]


def _loss(graph: Graph, class_name: str) -> Function:
    assert graph.training is not None
    function, what, targets = LOSSES[graph.training.loss]
    of = f"logits (`{class_name}(logits=True)`)" if graph.trains_on_logits else "outputs"
    if graph.training.absorbed and not graph.trains_on_logits:
        of = "outputs, which are logits"
    doc = f"{what} of {of} and {targets}."
    return _of_outputs("loss_function", doc, Return(call(function, OUTPUTS, TARGETS)))


def _of_outputs(name: str, doc: str, *body: Statement) -> Function:
    return Function(name, PARAMETERS, "torch.Tensor", doc, body)


def _metric(name: str, loss: str) -> Function:
    if name in LOSSES:
        function, what, _ = LOSSES[name]
        return _of_outputs(name, f"{what}.", Return(call(function, OUTPUTS, TARGETS)))
    before: list[Statement] = []
    if loss == "categorical_crossentropy":
        before = [Assign("targets", call("targets.argmax", dim=1))]
    right: Expression
    if loss == "binary_crossentropy":
        doc = "Share of outputs that are on the right side."
        sides = Binary(OUTPUTS, ">", expression(0)), Binary(TARGETS, ">", expression(0.5))
        right = call("torch.eq", *sides)
    elif name == "top_5_accuracy":
        doc = "Share of samples whose class is among the five likeliest."
        before.append(Assign("best", Attribute(call("outputs.topk", 5, dim=1), "indices")))
        hits = Binary(Name("best"), "==", call("targets.unsqueeze", 1))
        right = call(Attribute(hits, "any"), dim=1)
    else:
        doc = "Share of samples whose likeliest class is the right one."
        right = Binary(call("outputs.argmax", dim=1), "==", TARGETS)
    mean = call(Attribute(call(Attribute(right, "float")), "mean"))
    return _of_outputs(name, doc, *before, Return(mean))


def _optimizer(optimizer: Optimizer) -> Function:
    kind = type(optimizer).__name__
    options = _options(optimizer)
    doc = f"{kind} over all parameters."
    parameters: Expression = call("model.parameters")
    before: tuple[Statement, ...] = ()
    if optimizer.decay:
        doc = f"{kind}; weight decay is on kernels alone."
        before = (Assign("kernels", _parameters(">")), Assign("others", _parameters("<=")))
        parameters = Group((_group("kernels", optimizer.decay), _group("others", 0.0)), "[]")
    made = call(f"torch.optim.{kind}", parameters, **options)
    result = "torch.optim.Optimizer"
    return Function("build_optimizer", ("model: nn.Module",), result, doc, (*before, Return(made)))


def _group(name: str, decay: float) -> Dictionary:
    return Dictionary((("params", Name(name)), ("weight_decay", expression(decay))))


def _parameters(comparison: str) -> Comprehension:
    dimensions = Binary(Name("p.ndim"), comparison, expression(1))
    return Comprehension(Name("p"), "p", call("model.parameters"), dimensions)


def _options(optimizer: Optimizer) -> dict[str, object]:
    options: dict[str, object] = {"lr": optimizer.learning_rate}
    match optimizer:
        case SGD():
            if optimizer.momentum:
                options["momentum"] = optimizer.momentum
                options |= {"nesterov": True} if optimizer.nesterov else {}
        case Adam() | AdamW():
            options["betas"] = (optimizer.beta_1, optimizer.beta_2)
            options["eps"] = optimizer.epsilon
            if isinstance(optimizer, AdamW):
                options["weight_decay"] = optimizer.decoupled_weight_decay
    return options
