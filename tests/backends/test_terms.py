"""Blocks that compute their fields: the source says what the author wrote, and it is right.

What is right is the same network with its blocks and copies written out, number by number.
"""

import re

import pytest

import archcompiler
from archcompiler.backends import BACKENDS
from tests.backends.test_repeats import assert_right
from tests.conftest import sampled
from tests.random_expressions import sound

HEAD = "archc: 1\nname: Net\n"


@pytest.mark.keras
@pytest.mark.torch
@pytest.mark.parametrize("seed", sampled(range(40), 8))
def test_random_expressions(seed: int) -> None:
    assert_right(sound(seed))


@pytest.mark.slow
def test_there_are_many_kinds_of_them() -> None:
    sources = [archcompiler.loads(sound(seed)).source("torch") for seed in range(60)]
    parts = (" // ", " % ", " - ", " if ", "max(", "in_height", "for index in range(", " == ", "_2")
    for part in parts:
        assert sum(part in source for source in sources) >= 3, part


def definitions(text: str, backend: str = "torch") -> str:
    """Return the classes, or functions, of the blocks alone."""
    source = archcompiler.loads(HEAD + text).source(backend)
    start, end = ("\nclass ", "\nclass Net") if backend == "torch" else ("\ndef ", "\ndef build_")
    return source[source.index(start) : source.index(end)]


STAGE = """
blocks:
  dense:
    params: {growth: 4}
    layers:
    - {layer: conv, type: convolution, maps: "${growth}", kernel: 3, padding: 1}
    - {layer: out, type: concatenate, from: [input, conv]}
  stage:
    params: {growth: 4, times: int}
    layers:
    - {layer: units, type: dense, growth: "${growth}", repeat: "${times}"}
    - {layer: less, type: convolution, maps: "${reads.maps // 2}", kernel: 1}
layers:
- {layer: In, type: input, maps: 6, size: 8x8}
- {layer: a, type: stage, times: 12}
- {layer: b, type: stage, growth: 3, times: 9}
- {layer: c, type: stage, times: 1}
"""


def test_a_loop_adds_up() -> None:
    code = definitions(STAGE)
    assert "Dense(in_maps + index * growth, growth=growth) for index in range(times)" in code
    assert "in_maps + times * growth, (in_maps + times * growth) // 2" in code
    assert code.count("class Stage") == 1
    assert "(inputs.shape[-1] + times * growth) // 2" in definitions(STAGE, "keras")


FIELDS = """
blocks:
  unit:
    params: {maps: 8, kernel: 3, stride: 1, groups: 2}
    layers:
    - {layer: a, type: convolution, maps: "${maps * 3 - 4}", kernel: "${kernel}",
       padding: "${kernel // 2}", bias: "${stride > 1}"}
    - {layer: b, type: convolution, maps: "${reads.maps % 5 + 1}", kernel: 1, stride: "${stride}"}
    - {layer: c, type: fully_connected, size: "${maps // groups}"}
layers:
- {layer: In, type: input, maps: 3, size: 9x9}
- {layer: u, type: unit}
- {layer: v, type: unit, maps: 16, kernel: 5, stride: 2, from: In}
- {layer: w, type: unit, maps: 12, stride: 1, groups: 3, from: In}
outputs: [u, v, w]
"""


def test_fields_are_as_the_author_wrote_them() -> None:
    code = re.sub(r"\s+", " ", definitions(FIELDS))
    assert "in_maps, maps * 3 - 4, kernel_size=kernel, padding=kernel // 2, bias=stride > 1" in code
    assert "nn.Conv2d( maps * 3 - 4, (maps * 3 - 4) % 5 + 1, kernel_size=1, stride=stride" in code
    assert "maps // groups" in code
    assert code.count("class Unit") == 1


FLATTENED = """
blocks:
  head:
    params: {classes: int}
    layers:
    - {layer: norm, type: batch_normalization}
    - {layer: less, type: convolution, maps: 2, kernel: 3}
    - {layer: hidden, type: fully_connected, size: "${classes * 2}"}
    - {layer: out, type: fully_connected, size: "${classes}"}
layers:
- {layer: In, type: input, maps: 3, size: 9x8}
- {layer: a, type: head, classes: 3}
- {layer: conv, type: convolution, maps: 4, kernel: 4, from: In}
- {layer: b, type: head, classes: 2}
outputs: [a, b]
"""


def test_sizes_reach_what_is_flattened() -> None:
    code = re.sub(r"\s+", " ", definitions(FLATTENED))
    assert "nn.Linear(2 * (in_height - 2) * (in_width - 2), classes * 2)" in code
    assert "nn.Linear(classes * 2, classes)" in code


OWN = """
blocks:
  head:
    layers:
    - {layer: pool, type: max_pooling, kernel: 2}
    - {layer: out, type: fully_connected, size: 3}
layers:
- {layer: In, type: input, maps: 3, size: 9x8}
- {layer: a, type: head}
- {layer: conv, type: convolution, maps: 4, kernel: 4, from: In}
- {layer: b, type: head}
outputs: [a, b]
"""


def test_what_code_has_no_words_for_is_one_argument_with_its_name() -> None:
    """A size that is divided, times the maps: not an argument for each factor."""
    code = definitions(OWN)
    assert "def __init__(self, out_inputs: int)" in code
    assert "nn.Linear(out_inputs, 3)" in code


ASKED = """
blocks:
  unit:
    params: {kernel: 3, stride: 1, m: 0.2}
    layers:
    - {layer: fixed, type: convolution, maps: 4, kernel: "${kernel}", padding: 1}
    - {layer: same, type: convolution, maps: 4, kernel: "${kernel}", padding: same}
    - {layer: odd, type: convolution, maps: 4, kernel: 3, padding: same}
    - {layer: half, type: convolution, maps: 4, kernel: 3, stride: "${stride}", padding: 1}
    - {layer: cells, type: convolution, maps: 4, kernel: 1, padding: "${stride - 1}"}
    - {layer: long, type: convolution, maps: 4, kernel: 1,
       padding: "${(kernel + stride) * kernel % (stride + kernel + 1) // 3}"}
    - {layer: norm, type: batch_normalization, momentum: "${m}"}
layers:
- {layer: In, type: input, maps: 3, size: 9x9}
- {layer: u, type: unit}
- {layer: v, type: unit, kernel: 4, stride: 2, m: 0.9, from: In}
- {layer: w, type: unit, kernel: 1, from: In}
outputs: [u, v, w]
"""


def test_code_holds_in_every_use_and_asks_where_some_can_do_without() -> None:
    keras, torch = (re.sub(r"\s+", " ", definitions(ASKED, name)) for name in ("keras", "torch"))
    assert keras.count("def unit") == 1
    # three cells wide, a window has one cell on both sides; others have not
    assert 'ZeroPadding2D(1, name=f"{name}-fixed_padding")' in keras
    assert 'layers.Conv2D(4, kernel, padding="same", name=f"{name}-same")' in keras
    assert 'nn.Conv2d(4, 4, kernel_size=kernel, padding="same")' in torch
    assert "self.odd = nn.Conv2d(4, 4, kernel_size=3, padding=1)" in torch
    # with a stride, `same` is another padding
    assert 'ZeroPadding2D(1, name=f"{name}-half_padding")' in keras
    assert "if stride - 1: x = layers.ZeroPadding2D(stride - 1, name" in keras
    # a condition that is too long to be read
    assert "x = layers.ZeroPadding2D(long_inputs, name" in keras
    assert "momentum=1 - m" in keras


@pytest.mark.keras
@pytest.mark.torch
def test_what_is_asked_is_right() -> None:
    assert_right(HEAD + ASKED)


def nested(depth: int) -> str:
    blocks = "".join(
        f"  b{level}:\n    params: {{m: int}}\n    layers:\n"
        f'    - {{layer: x, type: b{level + 1}, m: "${{m + m - m}}"}}\n'
        for level in range(depth)
    )
    return (
        f"{HEAD}blocks:\n{blocks}  b{depth}:\n    params: {{m: int}}\n    layers:\n"
        '    - {layer: c, type: convolution, maps: "${m}", kernel: 1}\n'
        "layers:\n- {layer: In, type: input, maps: 3, size: 4x4}\n- {layer: B, type: b0, m: 2}\n"
    )


@pytest.mark.parametrize("backend", BACKENDS)
def test_expressions_inside_of_expressions_do_not_grow_without_end(backend: str) -> None:
    """Each of thirty blocks says its parameter three times: written out that were 3**30 names."""
    source = archcompiler.loads(nested(30)).source(backend)
    assert len(source.splitlines()) < 800


WHOLE = """
blocks:
  unit:
    params: {maps: int, width: 0.5}
    layers:
    - {layer: wide, type: convolution, maps: "${int(2 * maps - 1)}", kernel: 1}
    - {layer: part, type: convolution, maps: "${int(maps * width)}", kernel: 1}
layers:
- {layer: In, type: input, maps: 4, size: 8x8}
- {layer: a, type: unit, maps: 8}
- {layer: b, type: unit, maps: 6, width: 1.5}
"""


@pytest.mark.parametrize("backend", ["keras", "torch"])
def test_int_of_what_is_whole_is_not_written(backend: str) -> None:
    source = definitions(WHOLE, backend)
    assert "(2 * maps - 1)" not in source
    assert "2 * maps - 1" in source
    assert "int(maps * width)" in source


ONE = """
blocks:
  unit:
    params: {maps: int}
    layers:
    - {layer: conv, type: convolution, maps: "${maps}", kernel: 3, padding: same}
layers:
- {layer: In, type: input, maps: 4, size: 8x6}
- {layer: a, type: unit, maps: "${8 + index}", repeat: 1}
- {layer: b, type: unit, maps: "${9 + index}", repeat: 2}
- {layer: c, type: max_pooling, kernel: 2, repeat: 1}
"""


def test_one_copy_is_no_loop() -> None:
    source = archcompiler.loads(HEAD + ONE).source("keras")
    assert 'x = unit(inputs, 8, name="a-0")  # 8x6\n    for index in range(2):' in source
    assert "range(1)" not in source
    assert 'layers.MaxPooling2D(2, name="c-0")(x)  # 4x3' in source
    assert_right(HEAD + ONE)
