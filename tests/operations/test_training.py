"""The training section: one step on both backends from the same weights gives the same weights."""

import pytest

import archcompiler
from archcompiler.backends.torch.runtime.models import model_class
from archcompiler.diagnostics import SpecError
from archcompiler.graph.expand import expanded
from archcompiler.runtime.live import as_module
from archcompiler.runtime.verify import verify
from archcompiler.runtime.weights import load_into, random_weights, weights_of
from scripts.specs import spec_path
from tests.conftest import sampled

np = pytest.importorskip("numpy")
pytestmark = [pytest.mark.keras, pytest.mark.torch]

SPEC = """\
archc: 1
name: Tiny
layers:
- {{layer: In, type: input, maps: 3, size: 8x8}}
- {{layer: C1, type: convolution, maps: 4, kernel: 3, activation: tanh}}
- {{layer: D1, type: dropout, rate: 0}}
- {{layer: F1, type: fully_connected, size: 6, activation: tanh}}
- {{layer: Out, type: fully_connected, size: {size}, activation: {activation}}}
training:
  loss: {loss}
  optimizer: {optimizer}
  metrics: [{metrics}]
"""

BATCH = 4
SGD = "{type: sgd, learning_rate: 0.1}"
CLASSES = ("sparse_categorical_crossentropy", "softmax", 7, "accuracy, top_5_accuracy")

# loss, last activation, outputs, metrics, optimizer, tolerance
CASES = {
    "sgd": (*CLASSES, SGD, 1e-6),
    "momentum": (*CLASSES, "{type: sgd, momentum: 0.9}", 1e-6),
    "nesterov": (*CLASSES, "{type: sgd, momentum: 0.9, nesterov: true}", 1e-6),
    "nesterov without momentum": (*CLASSES, "{type: sgd, nesterov: true}", 1e-6),
    "coupled decay": (*CLASSES, "{type: sgd, momentum: 0.9, weight_decay: 0.1}", 1e-6),
    # Adam divides by the root of a gradient's square: where that is near 0, so is its sign's worth
    "adam": (*CLASSES, "{type: adam, learning_rate: 0.01}", 5e-5),
    "adam with decay": (*CLASSES, "{type: adam, weight_decay: 0.1}", 5e-5),
    "adamw": (*CLASSES, "{type: adamw, decoupled_weight_decay: 0.1}", 5e-5),
    "a word": (*CLASSES, "sgd", 1e-6),
    "one-hot": ("categorical_crossentropy", "softmax", 7, "accuracy, top_5_accuracy", SGD, 1e-6),
    "logits": ("sparse_categorical_crossentropy", "linear", 7, "accuracy", SGD, 1e-6),
    "five classes": (CLASSES[0], "softmax", 5, "accuracy, top_5_accuracy", SGD, 1e-6),
    "five, one-hot": ("categorical_crossentropy", "softmax", 5, "top_5_accuracy", SGD, 1e-6),
    "binary": ("binary_crossentropy", "sigmoid", 3, "accuracy", SGD, 1e-6),
    "squares": ("mean_squared_error", "linear", 3, "mean_absolute_error", SGD, 1e-6),
    "distances": ("mean_absolute_error", "tanh", 3, "mean_squared_error", SGD, 1e-6),
    "squares of shares": ("mean_squared_error", "softmax", 3, "mean_squared_error", SGD, 1e-6),
}


def targets_for(loss, size, generator):
    if loss == "sparse_categorical_crossentropy":
        return generator.integers(0, size, BATCH)
    if loss == "categorical_crossentropy":
        return np.eye(size, dtype="float32")[generator.integers(0, size, BATCH)]
    if loss == "binary_crossentropy":
        return generator.integers(0, 2, (BATCH, size)).astype("float32")
    return generator.standard_normal((BATCH, size), dtype="float32")


def keras_steps(graph, source, weights, inputs, targets, steps):
    """Return loss and metrics of the first step, and the weights after the last."""
    model = as_module(source, "keras_training").build_training_model()
    load_into(model, graph, "keras", weights)
    logs = [
        model.train_on_batch(inputs.transpose(0, 2, 3, 1), targets, return_dict=True)
        for _ in range(steps)
    ]
    after = weights_of(model, graph, "keras")
    return logs[0], after


def torch_steps(graph, source, weights, inputs, targets, steps):
    import torch

    module = as_module(source, "torch_training")
    model = model_class(module)(**({"logits": True} if graph.trains_on_logits else {}))
    load_into(model, graph, "torch", weights)
    optimizer = module.build_optimizer(model)
    x, y = torch.from_numpy(inputs), torch.from_numpy(targets)
    logs = []
    for _ in range(steps):
        optimizer.zero_grad()
        outputs = model.train()(x)
        loss = module.loss_function(outputs, y)
        loss.backward()
        optimizer.step()
        metrics = {name: getattr(module, name)(outputs, y) for name in graph.training.metrics}
        logs.append({"loss": loss, **metrics})
    first = {name: float(value.detach()) for name, value in logs[0].items()}
    return first, {name: value.detach().numpy() for name, value in model.state_dict().items()}


def both(network, targets, *, steps):
    graph = network.graph
    weights = random_weights(graph, 0)
    shape = (len(targets), *graph.inputs[0].shape.lengths)
    inputs = np.random.default_rng(1).standard_normal(shape, dtype="float32")
    return [
        run(graph, network.source(name), weights, inputs, targets, steps)
        for name, run in (("keras", keras_steps), ("torch", torch_steps))
    ]


SCHEDULES = [
    "{type: step, every: 3}",
    "{type: step, every: 1, factor: 0.5}",
    "{type: multi_step, at: [2, 5, 6], factor: 0.5}",
    "{type: multi_step, at: 4}",
    "{type: exponential, factor: 0.9}",
    "{type: exponential, factor: 0.5, every: 4}",
    "{type: cosine, steps: 6}",
    "{type: cosine, steps: 6, final: 0.1}",
    "{type: cosine, steps: 6, final: 0.1, warmup: 3}",
    "{type: cosine, steps: 5, warmup: 1}",
]


def scheduled(schedule):
    text = SPEC.format(
        size=7, activation="softmax", loss=CLASSES[0], metrics="accuracy",
        optimizer="{type: sgd, learning_rate: 0.1, momentum: 0.9}",
    )  # fmt: skip
    return archcompiler.loads(f"{text}  schedule: {schedule}\n")


@pytest.mark.slow
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_learning_rates_are_those_of_the_schedule_on_both_backends(schedule):
    network = scheduled(schedule)
    wanted = [0.1 * network.graph.training.schedule.share(step) for step in range(12)]
    assert len(set(wanted)) > 1
    keras_model = as_module(network.source("keras"), "keras_schedule").build_training_model()
    rates = [float(keras_model.optimizer._learning_rate(step)) for step in range(12)]
    assert rates == pytest.approx(wanted, rel=1e-6, abs=1e-9)
    module = as_module(network.source("torch"), "torch_schedule")
    optimizer = module.build_optimizer(model_class(module)(logits=True))
    scheduler = module.build_scheduler(optimizer)
    rates = []
    for _ in wanted:
        rates.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    assert rates == pytest.approx(wanted, rel=1e-9, abs=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("schedule", sampled(SCHEDULES[::3], 4))
def test_training_with_a_schedule_is_the_same_on_both_backends(schedule):
    found = verify(scheduled(schedule).graph, steps=8)
    assert found.within()
    assert len(found.of("losses")) == 8


@pytest.mark.parametrize(
    ("schedule", "fault"),
    [
        ("cosine", "ARC204: the schedule `cosine` needs `steps`"),
        ("{type: cosin, steps: 3}", "ARC203: a schedule is one of 4 words"),
        ("{every: 3}", "ARC204: a schedule needs `type`"),
        ("{type: step, every: 0}", "ARC203: `every` is a whole number from 1"),
        ("{type: step, every: 3, factor: 2}", "ARC203: `factor` is a number from 0 to 1"),
        ("{type: step, evry: 3}", "ARC202: unknown field `evry` of the schedule `step`"),
        ("{type: multi_step, at: [4, 2]}", "ARC203: `at` is a list of whole numbers"),
        ("{type: multi_step, at: []}", "ARC203: `at` is a list of whole numbers"),
        ("[step]", "ARC203: a schedule is one of 4 words"),
    ],
)
def test_no_schedule_without_sense(schedule, fault):
    with pytest.raises(SpecError) as caught:
        scheduled(schedule)
    (found,) = caught.value.diagnostics
    assert f"{found.code}: {found.message}".startswith(fault)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_schedule_is_written_as_it_is_read(schedule):
    graph = scheduled(schedule).graph
    again = archcompiler.loads(expanded(graph)).graph
    assert again.training == graph.training


@pytest.mark.slow
@pytest.mark.parametrize("case", sampled(CASES, 6))
def test_two_steps_are_the_same_on_both_backends(case):
    loss, activation, size, metrics, optimizer, tolerance = CASES[case]
    network = archcompiler.loads(
        SPEC.format(
            loss=loss, activation=activation, size=size, metrics=metrics, optimizer=optimizer
        )
    )
    targets = targets_for(loss, size, np.random.default_rng(2))
    (keras_log, keras_after), (torch_log, torch_after) = both(network, targets, steps=2)
    assert set(keras_after) == set(torch_after)
    for name, tensor in keras_after.items():
        assert np.abs(tensor - torch_after[name]).max() <= tolerance, name
    before = random_weights(network.graph, 0)
    assert all(np.abs(before[name] - torch_after[name]).max() > 1e-5 for name in before)
    assert torch_log.get("top_5_accuracy", 1) == 1 or size > 5
    decay = network.graph.training.optimizer.decay
    for name, value in torch_log.items():
        if name == "loss" and decay:  # Keras shows the penalty as a part of the loss
            kernels = [w for w in before.values() if w.ndim > 1]
            value += decay / 2 * sum(float((kernel**2).sum()) for kernel in kernels)
        assert keras_log[name] == pytest.approx(value, rel=1e-5, abs=1e-6), name


# Small networks with what the two AlexNets are made of.
ARTICLE = """\
archc: 1
name: Article
defaults: {batch_normalization: {momentum: 0.25}}
layers:
- {layer: In, type: input, maps: 3, size: 11x9}
- {layer: C1, type: convolution, maps: 4, kernel: 3, stride: 2, activation: tanh}
- {layer: B1, type: batch_normalization}
- {layer: S2, type: max_pooling, kernel: 2, stride: 1, activation: tanh}
- {layer: Flat, type: flatten}
- {layer: B2, type: batch_normalization}
- {layer: F9, type: fully_connected, size: 5, activation: tanh}
- {layer: D9, type: dropout, rate: 0}
- {layer: Out, type: fully_connected, size: 7}
- {layer: Likely, type: activation, activation: softmax}
training:
  loss: sparse_categorical_crossentropy
  optimizer: {type: sgd, learning_rate: 0.1}
  metrics: [accuracy, accuracy]
"""
PAPER = """\
archc: 1
name: Paper
layers:
- {layer: In, type: input, maps: 4, size: 11x9}
- {layer: C1, type: convolution, maps: 6, kernel: 3, padding: 1, groups: 2, activation: tanh}
- {layer: N1, type: local_response_normalization, alpha: 0.1}
- {layer: S1, type: max_pooling, kernel: 3, stride: 2}
- {layer: F1, type: fully_connected, size: 5, activation: tanh}
- {layer: Out, type: fully_connected, size: 7, activation: softmax}
training:
  loss: sparse_categorical_crossentropy
  optimizer: {type: sgd, momentum: 0.9, weight_decay: 0.05}
  metrics: [accuracy, top_5_accuracy]
"""


@pytest.mark.slow
@pytest.mark.parametrize("text", [ARTICLE, PAPER], ids=["article", "paper"])
def test_a_step_of_small_networks_like_the_real_ones(text):
    network = archcompiler.loads(text)
    (keras_log, keras_after), (torch_log, torch_after) = both(network, np.arange(21) % 7, steps=1)
    before = random_weights(network.graph, 0)
    for key, tensor in keras_after.items():
        other = torch_after[key]
        if key.endswith("running_var"):
            # PyTorch keeps the unbiased estimate, Keras the biased one.
            values = 21 * {"B1": 5 * 4, "B2": 1}[key.partition(".")[0]]
            old = (1 - 0.25) * before[key]
            tensor = old + (tensor - old) * values / (values - 1)
        assert np.abs(tensor - other).max() <= 2e-6, key
        assert np.abs(before[key] - other).max() > 1e-4, key
    for name in network.graph.training.metrics:
        assert keras_log[name] == pytest.approx(torch_log[name])


# A last activation that no argument `logits` can leave out.
INSIDE = {
    "a block": "- {layer: Out, type: head}",
    "a repeated row": "- {layer: Out, type: fully_connected, size: 3, activation: softmax, repeat: 2}",  # noqa: E501,
}


@pytest.mark.slow
@pytest.mark.parametrize("row", INSIDE.values(), ids=INSIDE)
def test_an_activation_inside_stays_in_training_with_a_warning(row):
    """Keras on TensorFlow finds the logits of a last softmax by itself, so that losses differ."""
    network = archcompiler.loads(
        "archc: 1\nname: Tiny\nblocks:\n  head:\n    layers:\n"
        "    - {layer: fc, type: fully_connected, size: 3, activation: softmax}\n"
        f"layers:\n- {{layer: In, type: input, maps: 3, size: 8x8}}\n{row}\n"
        f"training: {{loss: {CLASSES[0]}, optimizer: {SGD}, metrics: [accuracy]}}\n"
    )
    assert [warning.code for warning in network.warnings] == ["ARC602"]
    (keras_log, _), (torch_log, _) = both(network, np.arange(4) % 3, steps=1)
    assert keras_log["accuracy"] == torch_log["accuracy"]
    assert np.log(3) - 1 < torch_log["loss"] < np.log(3) + 1  # what probabilities as logits give
    assert np.isfinite(keras_log["loss"])


@pytest.mark.parametrize("inner", ["softmax", "sigmoid"])
def test_probabilities_that_another_layer_passes_on_are_warned_of(inner):
    """Keras looks for the logits of either behind any loss that takes some."""
    network = archcompiler.loads(
        "archc: 1\nname: Net\nlayers:\n- {layer: In, type: input, size: 4}\n"
        f"- {{layer: F, type: fully_connected, size: 3, activation: {inner}}}\n"
        "- {layer: same, type: activation, activation: linear}\n"
        "training: {loss: categorical_crossentropy, optimizer: sgd}\n"
    )
    assert [warning.code for warning in network.warnings] == ["ARC602"]


FAULTS = {
    "a softmax and a binary loss": (
        ("softmax", "binary_crossentropy", "accuracy", ""),
        "`binary_crossentropy` is for a last sigmoid, and the last is softmax",
    ),
    "a sigmoid and a loss of classes": (
        ("sigmoid", "categorical_crossentropy", "accuracy", ""),
        "`categorical_crossentropy` is for a last softmax, and the last is sigmoid",
    ),
    "a metric of values, a loss of classes": (
        ("softmax", "categorical_crossentropy", "mean_squared_error", ""),
        "the metric `mean_squared_error` is not for the loss `categorical_crossentropy`",
    ),
    "a metric of classes, a loss of values": (
        ("linear", "mean_absolute_error", "top_5_accuracy", ""),
        "the metric `top_5_accuracy` is not for the loss `mean_absolute_error`",
    ),
    "five likeliest of three": (
        ("softmax", "categorical_crossentropy", "accuracy, top_5_accuracy", ""),
        "`top_5_accuracy` asks for the 5 likeliest classes, and `Out` has 3",
    ),
    "five likeliest of three logits": (
        ("linear", "sparse_categorical_crossentropy", "top_5_accuracy", ""),
        "`top_5_accuracy` asks for the 5 likeliest classes, and `Out` has 3",
    ),
    "one class": (
        ("softmax", "sparse_categorical_crossentropy", "accuracy", "", 1),
        "`sparse_categorical_crossentropy` tells classes apart, and `Out` has just 1",
    ),
    "one class and its five likeliest": (
        ("linear", "categorical_crossentropy", "top_5_accuracy", "", 1),
        "`categorical_crossentropy` tells classes apart, and `Out` has just 1",
    ),
    "two outputs": (
        ("linear", "mean_squared_error", "mean_squared_error", "outputs: [C1, Out]\n"),
        "a loss is of one output, and the network has 2",
    ),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_training_that_would_be_another_in_silence_is_a_fault(case):
    (activation, loss, metrics, extra, *size), message = FAULTS[case]
    size = size[0] if size else 3
    text = SPEC.format(
        activation=activation, loss=loss, metrics=metrics, size=size, optimizer="sgd"
    ).replace("layers:", f"{extra}layers:")
    with pytest.raises(SpecError) as caught:
        archcompiler.loads(text)
    (fault,) = caught.value.diagnostics
    assert fault.message == message


def test_a_training_of_a_network_without_parameters_is_a_fault():
    with pytest.raises(SpecError, match="`Pool` has no parameters to train") as caught:
        archcompiler.loads(
            "archc: 1\nname: Pool\nlayers:\n- {layer: In, type: input, maps: 1, size: 4x4}\n"
            "- {layer: P, type: max_pooling, kernel: 2}\n"
            "training: {loss: mean_squared_error, optimizer: sgd}\n"
        )
    (fault,) = caught.value.diagnostics
    assert (fault.code, fault.span.text) == ("ARC203", "mean_squared_error")


@pytest.mark.slow
@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", "binary_crossentropy"])
def test_cross_entropy_stays_finite_on_huge_logits(loss):
    activation = "softmax" if loss.startswith("sparse") else "sigmoid"
    network = archcompiler.loads(
        SPEC.format(loss=loss, activation=activation, size=3, metrics="", optimizer=SGD)
    )
    weights = random_weights(network.graph, 0)
    weights["Out.bias"] = np.array([1000, -1000, 0], dtype="float32")
    targets = np.array([1, 1, 1, 1]) if activation == "softmax" else np.ones((4, 3), "float32")
    inputs = np.zeros((BATCH, 3, 8, 8), dtype="float32")
    for name, run in (("keras", keras_steps), ("torch", torch_steps)):
        log, after = run(network.graph, network.source(name), weights, inputs, targets, 1)
        assert log["loss"] == pytest.approx(2000 if activation == "softmax" else 1000 / 3, rel=0.01)
        assert all(np.isfinite(tensor).all() for tensor in after.values())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["alexnet_article", "alexnet_2012"])
def test_a_step_of_the_real_networks(name):
    """Dropout draws other cells in each framework: its rate is set to 0 for the comparison."""
    text = spec_path(name).read_text().replace("rate: 0.5", "rate: 0")
    network = archcompiler.loads(text)
    (keras_log, keras_after), (torch_log, torch_after) = both(network, np.array([3, 7]), steps=1)
    assert np.isfinite(keras_log["loss"])
    assert np.isfinite(torch_log["loss"])
    for key in network.graph.training.metrics:
        assert keras_log[key] == pytest.approx(torch_log[key])
    for key, tensor in keras_after.items():
        if "running_var" in key:  # unbiased in PyTorch, biased in Keras: n / (n - 1) apart
            continue
        largest = max(np.abs(tensor).max(), 1.0)
        assert np.abs(tensor - torch_after[key]).max() <= 1e-3 * largest, key
