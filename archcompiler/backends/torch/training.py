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
from archcompiler.operations.training import (
    METRICS,
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

OUTPUTS, TARGETS = Name("outputs"), Name("targets")
PARAMETERS = ("outputs: torch.Tensor", "targets: torch.Tensor")

NAMES = ("loss_function", "build_optimizer", "build_scheduler", "learning_rate_share", *METRICS)

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
    schedule = _schedule(training.schedule) if training.schedule else []
    return [_loss(graph, class_name), *metrics, _optimizer(training.optimizer), *schedule]


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


def _schedule(schedule: Schedule) -> list[Function]:
    doc = "Call `step()` after each `optimizer.step()`: "
    before: list[Function] = []
    match schedule:
        case Step(every=every, factor=factor):
            doc += f"times {factor:g} every {every:,} steps."
            made = _scheduler("StepLR", step_size=every, gamma=factor)
        case MultiStep(at=at, factor=factor):
            doc += f"times {factor:g} at each of the milestones."
            milestones = Group(tuple(map(expression, at)), "[]")
            made = _scheduler("MultiStepLR", milestones=milestones, gamma=factor)
        case Exponential(every=every, factor=factor):
            doc += (
                f"times {factor:g} in {every:,} steps."
                if every > 1
                else f"times {factor:g} each time."
            )
            exponent = Binary(expression(1), "/", expression(every))
            each = expression(factor)
            made = _scheduler(
                "ExponentialLR", gamma=Binary(each, "**", exponent) if every > 1 else each
            )
        case Cosine():
            doc += "half a cosine."
            before.append(_cosine(schedule))
            made = _scheduler("LambdaLR", Name(before[0].name))
    result = "torch.optim.lr_scheduler.LRScheduler"
    parameters = ("optimizer: torch.optim.Optimizer",)
    return [*before, Function("build_scheduler", parameters, result, doc, (Return(made),))]


def _scheduler(kind: str, *arguments: object, **options: object) -> Expression:
    return call(f"torch.optim.lr_scheduler.{kind}", Name("optimizer"), *arguments, **options)


def _cosine(schedule: Cosine) -> Function:
    """Return the share of the learning rate at a step: `Cosine.share` as one expression."""
    step: Expression = Name("step")
    if schedule.warmup:
        step = call("max", Binary(step, "-", expression(schedule.warmup)), 0)
    done = call("min", Binary(step, "/", expression(schedule.steps)), 1.0)
    cosine = call("math.cos", Binary(Name("math.pi"), "*", Name("done")))
    share: Expression = Binary(Binary(expression(1), "+", cosine), "/", expression(2))
    if schedule.final:
        left = expression(1 - schedule.final)
        share = Binary(expression(schedule.final), "+", Binary(left, "*", share))
    doc = f"Share of the learning rate: half a cosine in {schedule.steps:,} steps."
    body: list[Statement] = [Assign("done", done)]
    if schedule.warmup:
        doc = f"{doc[:-1]}, after a rise in {schedule.warmup:,}."
        body.append(
            Assign("rise", call("min", Binary(Name("step"), "/", expression(schedule.warmup)), 1.0))
        )
        share = Binary(Name("rise"), "*", share)
    body.append(Return(share))
    return Function("learning_rate_share", ("step: int",), "float", doc, tuple(body))


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
