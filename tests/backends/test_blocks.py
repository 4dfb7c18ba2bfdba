"""Blocks, repeats, conditions and branches: the same numbers in both backends, and in the source.

Each case is a small network that bends the language in one way. Both backends build it from the
emitted source, and outputs and gradients are compared; the names of its tensors are the spec's.
"""

import re

import pytest

import archcompiler
from archcompiler.diagnostics import Source
from archcompiler.language.format import formatted
from archcompiler.runtime.verify import verify
from scripts.specs import spec_path
from tests.conftest import ROOT, sampled

HEAD = "archc: 1\nname: Net\n"

CASES = {
    "derived parameters": """
params: {width: 0.5, rates: [1, 2, 3, 1]}
blocks:
  gate:
    params: {squeeze: "${max(1, input.maps // 4)}", wide: "${input.maps}"}
    layers:
    - {layer: fc1, type: convolution, maps: "${squeeze}", kernel: 1, activation: relu}
    - {layer: fc2, type: convolution, maps: "${wide}", kernel: 1, activation: sigmoid}
    - {layer: scaled, type: multiply, from: [input, fc2]}
  inverted:
    params:
      t: int
      c: int
      s: 1
      out: "${divisible(c * width, 4)}"
      start: "${input.maps}"
      residual: "${s == 1 and start == out}"
      number: 1
    layers:
    - {layer: expand, type: convolution, maps: "${start * t}", kernel: 1, when: "${t != 1}"}
    - {layer: expand_bn, type: batch_normalization, activation: relu6, when: "${t != 1}"}
    - layer: dw
      type: convolution
      maps: "${start * t}"
      kernel: 3
      padding: 1
      stride: "${s}"
      groups: "${start * t}"
    - {layer: gate, type: gate}
    - {layer: project, type: convolution, maps: "${out}", kernel: 1}
    - {layer: project_bn, type: batch_normalization}
    - {layer: drop, type: dropout, rate: "${0.1 * number / sum(rates)}", when: "${residual}"}
    - {layer: sum, type: add, from: [drop, input], when: "${residual}"}
layers:
- {layer: In, type: input, maps: 8, size: 12x10}
- {layer: a, type: inverted, t: 1, c: 8}
- {layer: b, type: inverted, t: 3, c: 16, s: "${2 if index == 0 else 1}", repeat: "${rates[1]}"}
- layer: c
  type: inverted
  t: 2
  c: 24
  repeat: "${rates[2]}"
  number: "${sum(rates[:2]) + index}"
- {layer: d, type: inverted, t: 2, c: 24, residual: false, out: 12}
- {layer: Out, type: fully_connected, size: 3}
""",
    "rows next to each other under one condition": """
blocks:
  unit:
    params: {on: true, deep: 1, both: "${on and deep > 1}"}
    layers:
    - {layer: a, type: convolution, maps: "${input.maps}", kernel: 3, padding: 1}
    - {layer: b, type: convolution, maps: "${input.maps}", kernel: 1, from: input, when: "${on}"}
    - {layer: c, type: add, from: [a, b], when: "${on}"}
    - {layer: d, type: batch_normalization, activation: tanh, when: "${on}"}
    - {layer: e, type: concatenate, from: [d, a, input]}
    - {layer: f, type: dropout, rate: 0.5, when: "${deep > 1}"}
    - {layer: g, type: convolution, maps: "${3 * input.maps}", kernel: 1, when: "${deep > 1}"}
    - {layer: h, type: add, from: [g, e], when: "${deep > 1}"}
    - {layer: i, type: convolution, maps: "${3 * input.maps}", kernel: 1, when: "${both}"}
    - {layer: j, type: multiply, from: [h, i], when: "${both}"}
    - {layer: k, type: add, from: [j, e], when: "${both}"}
    - {layer: l, type: convolution, maps: 4, kernel: 1}
    - {layer: m, type: activation, activation: silu, when: "${not on and deep > 1}"}
    - {layer: n, type: add, from: [l, m], when: "${not on and deep > 1}"}
    - {layer: o, type: convolution, maps: 4, kernel: 1, when: "${not on and deep > 1}"}
  join:
    inputs: [low, skip]
    params: {on: true}
    layers:
    - {layer: a, type: add, from: [low, skip], when: "${on}"}
    - {layer: b, type: multiply, from: [skip, a], when: "${on}"}
    - {layer: c, type: add, from: [low, b], when: "${on}"}
    - {layer: d, type: concatenate, from: [c, b, a, low]}
layers:
- {layer: In, type: input, maps: 4, size: 6x5}
- {layer: p, type: unit}
- {layer: q, type: unit, on: false}
- {layer: r, type: unit, deep: 2}
- {layer: s, type: unit, on: false, deep: 2}
- {layer: t, type: join, from: [r, s]}
- {layer: u, type: join, from: [p, s], on: false}
- {layer: Out, type: concatenate, from: [t, u]}
""",
    "what no use computes": """
params: {never: 0}
blocks:
  unit:
    params: {s: 1, half: "${4 if s > 0 else 8 // never}", part: "${8 // s if s else 3}"}
    layers:
    - {layer: a, type: convolution, maps: "${half}", kernel: 1}
    - {layer: b, type: convolution, maps: "${4 if s < 9 else 8 // never}", kernel: 1}
    - {layer: d, type: convolution, maps: "${part}", kernel: 1}
layers:
- {layer: In, type: input, maps: 4, size: 7x6}
- {layer: a, type: unit}
- {layer: b, type: unit, s: 3}
- {layer: c, type: unit, s: 5, half: 2}
""",
    "derived parameters of blocks in blocks, and of several inputs": """
blocks:
  join:
    inputs: [low, skip]
    params: {both: "${low.maps + skip.maps}", same: "${low.maps == skip.maps}"}
    layers:
    - {layer: all, type: concatenate, from: [low, skip]}
    - {layer: mix, type: convolution, maps: "${both // 2}", kernel: 1, when: "${not same}"}
  unit:
    params: {growth: 2, wide: "${input.maps + growth}", kernel: "${3 if wide > 6 else 1}"}
    layers:
    - {layer: conv, type: convolution, maps: "${wide}", kernel: "${kernel}", padding: same}
  stage:
    params: {times: 2, wide: "${2 * input.maps}"}
    layers:
    - {layer: wide, type: convolution, maps: "${wide}", kernel: 1}
    - {layer: units, type: unit, repeat: "${times}"}
    - {layer: join, type: join, from: [units, input]}
    - {layer: more, type: unit, growth: "${wide}", kernel: 1}
layers:
- {layer: In, type: input, maps: 3, size: 7x6}
- {layer: a, type: stage}
- {layer: b, type: stage, times: 3, wide: 5}
- {layer: c, type: unit, growth: 1}
- {layer: d, type: unit, wide: 6}
- {layer: e, type: join, from: [c, d]}
""",
    "a block with a shortcut": """
blocks:
  residual:
    params: {maps: int, stride: 1}
    layers:
    - {layer: conv, type: convolution, maps: "${maps}", kernel: 3, stride: "${stride}", padding: 1}
    - {layer: bn, type: batch_normalization, activation: relu}
    - layer: shortcut
      type: convolution
      from: input
      maps: "${maps}"
      kernel: 1
      stride: "${stride}"
      when: "${stride != 1 or input.maps != maps}"
    - {layer: out, type: add, from: [bn, shortcut], activation: relu}
layers:
- {layer: In, type: input, maps: 4, size: 9x9}
- {layer: a, type: residual, maps: 4}
- {layer: b, type: residual, maps: 8, stride: "${2 if index == 0 else 1}", repeat: 3}
- {layer: Out, type: fully_connected, size: 3}
""",
    "blocks in blocks, repeats in repeats": """
blocks:
  unit:
    params: {maps: int}
    layers:
    - {layer: conv, type: convolution, maps: "${maps}", kernel: 3, padding: same, bias: false}
    - {layer: bn, type: batch_normalization, activation: relu}
  stage:
    params: {maps: int, depth: int}
    layers:
    - {layer: unit, type: unit, maps: "${maps}", repeat: "${depth}"}
    - {layer: pool, type: max_pooling, kernel: 2}
layers:
- {layer: In, type: input, maps: 3, size: 16x16}
- {layer: s, type: stage, maps: "${4 * 2 ** index}", depth: "${index + 1}", repeat: 3}
- {layer: Out, type: global_average_pooling}
""",
    "options that most layers have, and that name what a block is given": """
blocks:
  unit:
    params: {deviation: 0.1}
    layers:
    - layer: many
      type: fully_connected
      repeat: 3
      size: 1
      bias: "${input.maps > 1}"
      kernel_initializer: "normal(${deviation})"
      bias_initializer: constant(0.1)
layers:
- {layer: In, type: input, size: 2x1, maps: 2}
- {layer: a, type: unit, deviation: 0.2}
- {layer: b, type: unit, from: In}
- {layer: Out, type: concatenate, from: [a, b]}
""",
    "rows named as sizes of what some uses are given": """
blocks:
  unit:
    layers:
    - {layer: in_width, type: fully_connected, size: 3}
    - {layer: in_tokens, type: add, from: [in_width, in_width], activation: tanh}
    - {layer: sum, type: add, from: [in_tokens, in_width]}
layers:
- {layer: In, type: input, size: 2x4, maps: 2}
- {layer: a, type: unit}
- {layer: b, type: unit}
""",
    "maps that grow": """
blocks:
  dense:
    params: {growth: 4}
    layers:
    - {layer: bn, type: batch_normalization, activation: relu}
    - {layer: conv, type: convolution, maps: "${growth}", kernel: 3, padding: 1}
    - {layer: out, type: concatenate, from: [input, conv]}
  half:
    layers:
    - {layer: conv, type: convolution, maps: "${input.maps // 2}", kernel: 1}
    - {layer: pool, type: average_pooling, kernel: 2}
layers:
- {layer: In, type: input, maps: 6, size: 8x8}
- {layer: d1, type: dense, repeat: 3}
- {layer: t1, type: half}
- {layer: d2, type: dense, growth: 2, repeat: 2}
- {layer: t2, type: half}
- {layer: Out, type: fully_connected, size: 5}
""",
    "several inputs of a block": """
blocks:
  up:
    params: {maps: int}
    inputs: [low, skip]
    layers:
    - {layer: conv, type: convolution, from: low, maps: "${maps}", kernel: 1, activation: tanh}
    - {layer: joined, type: concatenate, from: [conv, skip]}
    - {layer: out, type: convolution, maps: "${maps}", kernel: 3, padding: same}
layers:
- {layer: In, type: input, maps: 2, size: 6x6}
- {layer: a, type: convolution, maps: 3, kernel: 3, padding: same}
- {layer: b, type: convolution, maps: 5, kernel: 3, padding: same}
- {layer: u1, type: up, maps: 4, from: [b, a]}
- {layer: u2, type: up, maps: 3, from: [u1, In]}
""",
    "plain rows repeated": """
layers:
- {layer: In, type: input, maps: 2, size: 12x12}
- {layer: act, type: convolution, maps: "${3 + index}", kernel: 3, activation: relu, repeat: 3}
- {layer: bare, type: convolution, maps: 4, kernel: 3, padding: same, repeat: 2}
- {layer: uneven, type: convolution, maps: 3, kernel: 2, padding: [0, 1, 0, 1], repeat: 2}
- {layer: odd, type: convolution, maps: 3, kernel: "${index + 1}", stride: 1, repeat: 3}
- {layer: dense, type: fully_connected, size: "${8 - index}", activation: tanh, repeat: 2}
- {layer: drop, type: dropout, rate: 0.5, repeat: 2}
- {layer: swish, type: activation, activation: silu, repeat: 2}
""",
    "rows left out": """
params: {norm: false, wide: true}
blocks:
  unit:
    params: {norm: false, act: true, residual: false, drop: 0.0}
    layers:
    - {layer: conv, type: convolution, maps: 4, kernel: 3, padding: 1, bias: "${not norm}"}
    - {layer: bn, type: batch_normalization, when: "${norm}"}
    - {layer: bn2, type: batch_normalization, activation: relu, when: "${norm and act}"}
    - {layer: act, type: activation, activation: silu, when: "${act}"}
    - {layer: sum, type: add, from: [act, input], when: "${residual}"}
    - {layer: never, type: convolution, maps: 99, kernel: 9, when: false}
    - {layer: dropout, type: dropout, rate: "${drop}", when: "${drop > 0}"}
layers:
- {layer: In, type: input, maps: 4, size: 6x6}
- {layer: top, type: convolution, maps: 4, kernel: 1, when: "${norm}"}
- {layer: a, type: unit}
- {layer: b, type: unit, norm: true, residual: true}
- {layer: c, type: unit, norm: true, act: false, drop: 0.25}
- {layer: d, type: unit, act: false, residual: true, drop: 0.5}
- {layer: last, type: batch_normalization, when: "${wide}"}
- {layer: gone, type: batch_normalization, when: "${not wide}"}
""",
    "uses that cannot share a class": """
blocks:
  unit:
    params: {kernel: 3, activation: relu, pad: same}
    layers:
    - layer: conv
      type: convolution
      maps: 4
      kernel: "${kernel}"
      padding: "${pad}"
      activation: "${activation}"
    - {layer: Out, type: convolution, maps: 4, kernel: 1}
layers:
- {layer: In, type: input, maps: 4, size: 9x9}
- {layer: a, type: unit}
- {layer: b, type: unit, kernel: 5}
- {layer: c, type: unit, kernel: 1x3, activation: tanh}
- {layer: d, type: unit, kernel: 3x1, activation: tanh, pad: valid}
- {layer: e, type: unit, pad: 2, activation: gelu}
""",
    "rows inside of blocks are read": """
outputs: [Out, stem.1.conv, body.unit.1, body.tail]
blocks:
  unit:
    layers:
    - {layer: conv, type: convolution, maps: 4, kernel: 3, padding: same, activation: tanh}
    - {layer: bn, type: batch_normalization}
  body:
    layers:
    - {layer: unit, type: unit, repeat: 3}
    - {layer: tail, type: add, from: [unit, unit.0.conv, unit.1]}
    - {layer: end, type: convolution, maps: 2, kernel: 1}
layers:
- {layer: In, type: input, maps: 4, size: 7x7}
- {layer: stem, type: unit, repeat: 2}
- {layer: body, type: body}
- {layer: Out, type: concatenate, from: [body, stem.0, stem.0.conv]}
""",
    "a head with a flattening": """
blocks:
  head:
    params: {classes: int}
    layers:
    - {layer: flat, type: flatten}
    - {layer: hidden, type: fully_connected, size: 6, activation: relu}
    - {layer: out, type: fully_connected, size: "${classes}"}
  raw:
    layers:
    - {layer: flat, type: flatten}
outputs: [one, two, three]
layers:
- {layer: In, type: input, maps: 3, size: 4x5}
- {layer: one, type: head, classes: 3}
- {layer: conv, type: convolution, maps: 2, kernel: 3, from: In}
- {layer: two, type: head, classes: 4}
- {layer: raw, type: raw, from: conv}
- {layer: three, type: fully_connected, size: 2, from: raw}
""",
    "sizes are asked for": """
blocks:
  squeeze:
    params: {ratio: 4}
    layers:
    - {layer: pool, type: average_pooling, kernel: "${input.height}"}
    - {layer: flat, type: flatten}
    - {layer: out, type: fully_connected, size: "${max(reads.features // ratio, 2)}"}
outputs: [a, b]
layers:
- {layer: In, type: input, maps: 8, size: 4x4}
- {layer: a, type: squeeze}
- {layer: conv, type: convolution, maps: "${reads.maps * 2}", kernel: 3, from: In}
- {layer: b, type: squeeze, ratio: 2}
""",
    "names that are taken": """
blocks:
  train:
    params: {name: 3, x: 1, inputs: 2, index_: 1, self: 1}
    layers:
    - {layer: float, type: convolution, maps: "${name + x}", kernel: "${x}"}
    - {layer: forward, type: convolution, maps: "${inputs * index_}", kernel: "${self}"}
layers:
- {layer: In, type: input, maps: 1, size: 4x4}
- {layer: eval, type: train}
- {layer: pad, type: train, name: 4, repeat: 2}
- {layer: train, type: train, x: 2}
""",
    "steps around a layer": """
blocks:
  steps:
    params: {stride: 1, maps: 4}
    layers:
    - {layer: pool, type: max_pooling, kernel: 3, stride: "${stride}", padding: 1}
    - {layer: average, type: average_pooling, kernel: 3, stride: 1, padding: same}
    - {layer: lrn, type: local_response_normalization}
    - {layer: conv, type: convolution, maps: "${maps}", kernel: 4, stride: 2, padding: same}
    - {layer: leaky, type: activation, activation: leaky_relu}
layers:
- {layer: In, type: input, maps: 4, size: 17x14}
- {layer: a, type: steps}
- {layer: b, type: steps, stride: 2}
- {layer: c, type: steps, maps: 3, repeat: 2}
""",
}


CHOICE = """
params: {early: true}
blocks:
  pair:
    params: {stride: 1}
    layers:
    - {layer: a, type: convolution, maps: 4, kernel: 3, stride: "${stride if early else 1}"}
    - {layer: b, type: convolution, maps: 5, kernel: 3, stride: "${1 if early else stride}"}
layers:
- {layer: In, type: input, maps: 4, size: 29x29}
- {layer: p, type: pair, stride: 2}
- {layer: q, type: pair}
"""


@pytest.mark.parametrize("early", ["true", "false"])
@pytest.mark.parametrize("backend", ["keras", "torch"])
def test_a_choice_that_the_parameters_of_the_spec_decide_is_not_written(
    backend: str, early: str
) -> None:
    source = archcompiler.loads(HEAD + CHOICE, params={"early": early}).source(backend)
    assert not re.search(r"if (True|False)|else 1", source)
    strided = [line for line in source.splitlines() if "=stride" in line]
    assert len(strided) == 1
    assert re.search(r"self\.[ab]|\{name\}-[ab]", strided[0])[0][-1] == "ba"[early == "true"]


DECLARED = {
    "int": "int integer Integer whole",
    "number": "number float Float real double numeric",
    "bool": "bool boolean flag",
    "text": "text str String",
    "list": "list array tuple sequence",
}
FITTING = {"int": "3", "number": "0.5", "bool": "true", "text": "deep", "list": "[1, 2]"}
DEFAULTS = [
    "relu", "leaky_relu(0.2)", "linear", "he_normal", "normal(0.01)", "valid", "same", "ceil",
    "true", "3", "0.5", "3x3", "[1, 2]", "convolution", "Conv2d", "other", "1,000",
    '"deep"', "'int'", "\"text\"",
]  # fmt: skip


def block_with(declared: str, given: str = "") -> archcompiler.Architecture:
    rows = f"- {{layer: In, type: input, size: 5}}\n- {{layer: a, type: unit{given}}}\n"
    unit = f"  unit:\n    params:\n      p: {declared}\n    layers:\n    - {{type: flatten}}\n"
    other = "  other:\n    layers:\n    - {type: flatten}\n"
    return archcompiler.loads(f"{HEAD}blocks:\n{unit}{other}layers:\n{rows}")


@pytest.mark.parametrize(
    ("word", "kind"), [(word, kind) for kind, words in DECLARED.items() for word in words.split()]
)
def test_a_parameter_is_declared_by_the_words_that_people_use(word: str, kind: str) -> None:
    assert block_with(word, f", p: {FITTING[kind]}").layers
    with pytest.raises(archcompiler.SpecError, match=r"ARC204.*needs `p`"):
        block_with(word)
    wrong = FITTING["list" if kind != "list" else "int"]
    with pytest.raises(archcompiler.SpecError, match=f"ARC203.*is declared as {kind}"):
        block_with(word, f", p: {wrong}")


@pytest.mark.parametrize("default", DEFAULTS)
def test_what_a_field_takes_or_stands_in_quotes_is_a_default(default: str) -> None:
    assert block_with(default).layers
    assert block_with(default, ", p: 7").layers


def test_the_layout_leaves_the_quotes_of_defaults() -> None:
    params = """{a: "int", b: 'deep', c: relu, d: "3"}"""
    text = f"{HEAD}blocks:\n  unit:\n    params: {params}\n    layers:\n    - {{type: flatten}}\n"
    laid_out = formatted(Source("x", f"{text}layers:\n- {{type: input, size: 5}}\n"))
    assert 'params: {a: "int", b: "deep", c: relu, d: "3"}' in laid_out


@pytest.mark.slow
@pytest.mark.keras
@pytest.mark.torch
@pytest.mark.parametrize("text", sampled(CASES.values(), 4), ids=CASES)
def test_both_backends_compute_the_same(text: str) -> None:
    graph = archcompiler.loads(HEAD + text).graph
    found = verify(graph, gradients=True)
    assert found.gradients
    assert found.within(1e-5), found


@pytest.mark.torch
@pytest.mark.parametrize("text", CASES.values(), ids=CASES)
def test_tensors_have_the_names_of_the_spec(text: str) -> None:
    architecture = archcompiler.loads(HEAD + text)
    names = [
        f"{layer.name}.{parameter.name}"
        for layer in architecture.layers
        for parameter in layer.parameters
    ]
    reserved = re.compile(r"(?<![A-Za-z])(train|eval|float|forward)(?=\.)")
    state = architecture.build("torch").state_dict()
    kept = [name for name in state if not name.endswith("num_batches_tracked")]
    assert sorted(kept) == sorted(reserved.sub(r"\1_", name) for name in names)


@pytest.mark.parametrize("backend", ["keras", "torch"])
@pytest.mark.parametrize("text", CASES.values(), ids=CASES)
def test_no_statement_nests_deeper_than_a_loop_and_a_condition(text: str, backend: str) -> None:
    source = archcompiler.loads(HEAD + text).source(backend)
    assert max(len(line) for line in source.splitlines()) <= 88
    depths = [len(line) - len(line.lstrip()) for line in source.splitlines()]
    assert max(depths) <= 28


def lines(text: str, start: str, end: str) -> int:
    """Return the number of lines that hold anything, from `start` on, up to `end`."""
    part = text[text.index(start) :]
    return sum(bool(line.strip()) for line in part[: part.index(end)].splitlines())


# The network part of torchvision 0.29.1's resnet.py for ResNet-50: conv3x3, conv1x1, Bottleneck
# and ResNet, lines that hold anything.
TORCHVISION = 171


@pytest.mark.parametrize(
    ("backend", "start", "end", "others"),
    [
        ("torch", "class Projection", "def loss_function", TORCHVISION),
        ("keras", "def he_normal", "def build_training", None),
    ],
)
def test_resnet_50_is_about_as_long_as_by_hand(
    backend: str, start: str, end: str, others: int | None
) -> None:
    source = (ROOT / "generated" / backend / "resnet50.py").read_text()
    by_hand = (ROOT / "tests" / "data" / "handwritten_resnet50.py").read_text() + "\n# end"
    others = others or lines(by_hand, "def he_normal", "# end")
    assert lines(source, start, end) <= 1.3 * others


@pytest.mark.slow
@pytest.mark.keras
def test_the_one_by_hand_is_the_same_network() -> None:
    from tests.data import handwritten_resnet50

    architecture = archcompiler.load(spec_path("resnet50"))
    by_hand = handwritten_resnet50.build_model()
    assert by_hand.count_params() == architecture.totals.parameters
    ours = architecture.build("keras")
    shapes = [sorted(tuple(w.shape) for w in model.weights) for model in (by_hand, ours)]
    assert shapes[0] == shapes[1]


def test_a_thousand_equal_blocks_are_walked_once() -> None:
    """Shapes of identical uses are computed once: the work does not grow with their number."""
    spec = """
archc: 1
name: Deep
blocks:
  unit:
    params: {maps: 8}
    layers:
    - {layer: conv, type: convolution, maps: "${maps}", kernel: 3, padding: same}
    - {layer: bn, type: batch_normalization, activation: relu}
    - {layer: out, type: add, from: [input, bn]}
layers:
- {layer: In, type: input, maps: 8, size: 8x8}
- {layer: body, type: unit, repeat: 1000}
"""
    graph = archcompiler.loads(spec).graph
    assert len(graph.layers) == 3001
    repeat = graph.body.items[1]
    assert len({id(copy.body) for copy in repeat.copies}) == 1


@pytest.mark.parametrize("backend", ["keras", "torch"])
def test_blocks_deep_in_each_other_are_written_once(backend: str) -> None:
    """Three copies in each of eight levels are 6,561 layers: each block is looked at once."""
    blocks = "".join(
        f"  b{level}:\n    layers:\n    - {{layer: x, type: b{level + 1}, repeat: 3}}\n"
        for level in range(7)
    )
    last = "  b7:\n    layers:\n    - {layer: x, type: dropout, rate: 0.1}\n"
    rows = "- {layer: In, type: input, size: 9}\n- {layer: B, type: b0, repeat: 3}\n"
    network = archcompiler.loads(f"archc: 1\nname: Deep\nblocks:\n{blocks}{last}layers:\n{rows}")
    assert len(network.layers) == 1 + 3**8
    assert len(network.source(backend).splitlines()) < 200


WITH_CHOICES = """blocks:
  unit:
    params: {{project: true}}
    layers:
    - {{layer: A, type: convolution, maps: 4, kernel: 1}}
{more}
    - {{layer: B, type: convolution, maps: 4, kernel: 1, from: A, when: "${{project}}"}}
    - {{layer: C, type: convolution, maps: 4, kernel: 1, from: A, when: "${{not project}}"}}
layers:
- {{layer: In, type: input, maps: 3, size: 8x8}}
{row}
- {{layer: Z, type: unit, project: false}}
"""


@pytest.mark.parametrize("where", ["row", "more"])
def test_rows_that_a_use_would_leave_out_are_not_unread_where_no_use_is_known(where: str) -> None:
    text = WITH_CHOICES.format(**({"row": "", "more": ""} | {where: "- oops"}))
    text = text.replace("\n- oops\n    - ", "\n    - oops\n    - ")
    with pytest.raises(archcompiler.SpecError) as caught:
        archcompiler.loads(HEAD + text)
    assert [fault.code for fault in caught.value.diagnostics] == ["ARC106"]
