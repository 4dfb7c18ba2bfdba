"""Listings: emitted source knows which of its lines are of which row of the spec."""

from collections.abc import Iterator
from functools import cache

import pytest

import archcompiler
from archcompiler.backends import BACKENDS
from archcompiler.backends.backend import Listing
from archcompiler.graph import Body, Graph, Passed, Repeat, Use
from scripts.specs import KINDS, spec_path
from tests.backends.test_blocks import CASES, HEAD
from tests.backends.test_emitted_source import hostile, quoted
from tests.conftest import sampled
from tests.random_blocks import sound

OURS = {path.stem: path for path in (*KINDS, spec_path("resnet50"))}
TEXTS = {f"with {name}": HEAD + text for name, text in CASES.items()}
TEXTS |= {f"from seed {seed}": sound(seed) for seed in range(20)}
TEXTS |= hostile()

NOTHING_TO_DO = """archc: 1
name: Net
layers:
- {layer: In, type: input, maps: 4, size: 9x9}
- {layer: linear, type: activation, activation: linear}
- {layer: conv, type: convolution, maps: 4, kernel: 1}
- {layer: flat, type: flatten}
- {layer: again, type: flatten}
- {layer: Out, type: fully_connected, size: 3}
- {layer: end, type: activation, activation: softmax}
"""
TEXTS["with nothing to do"] = NOTHING_TO_DO

SEPARATED = """archc: 1
name: Net
description: {text}
blocks:
  unit:
    description: {text}
    layers:
    - {{layer: conv, type: convolution, maps: 4, kernel: 1}}
layers:
- {{layer: In, type: input, maps: 4, size: 9x9}}
- {{layer: a, type: unit}}
"""


@cache
def graph(name: str) -> Graph:
    if name in OURS:
        return archcompiler.load(OURS[name]).graph
    return archcompiler.loads(TEXTS[name], f"{name}.yaml").graph


def rows_of(body: Body, block: str = "") -> Iterator[tuple[str, bool]]:
    """Return the keys of all rows, and whether the row is there; blocks once for each use."""
    for item in body.items:
        yield f"{block}/{item.name}", not isinstance(item, Passed)
        for use in item.copies if isinstance(item, Repeat) else [item]:
            if isinstance(use, Use):
                yield from rows_of(use.body, use.block.name)


def without_code(name: str, backend: str) -> set[str]:
    """Return the rows that are there and have no code."""
    if backend == "keras":
        return set()
    idle = {"/linear", "/again"} if name == "with nothing to do" else set()  # they change nothing
    return idle | {f"/{layer.name}" for layer in graph(name).inputs}  # parameters of `forward`


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", sampled([*OURS, *TEXTS], 30))
def test_every_row_has_lines(name: str, backend: str) -> None:
    listing = BACKENDS[backend].listing(graph(name))
    assert listing.text == BACKENDS[backend].emit(graph(name)).decode()
    assert "\x1f" not in listing.text
    assert len(listing.rows) == len(listing.text.splitlines())
    rows = list(rows_of(graph(name).body))
    used = set(listing.rows) - {""}
    assert used <= {row for row, _ in rows}
    assert {row for row, there in rows if there} - used == without_code(name, backend)


# a spec, a backend, a row, and all lines that are of it
LINES = [
    (
        "alexnet",
        "keras",
        "/C1",
        """
    x = layers.Conv2D(96, 11, strides=4, activation="relu", name="C1")(inputs)  # 55x55
""",
    ),
    (
        "alexnet",
        "torch",
        "/C1",
        """
        self.C1 = nn.Conv2d(3, 96, kernel_size=11, stride=4)
        x = F.relu(self.C1(x), inplace=True)  # 96x55x55
""",
    ),
    (
        "alexnet",
        "torch",
        "/F9",
        """
        self.F9 = nn.Linear(9216, 4096)
        x = torch.flatten(x, 1)  # 9216
        x = F.relu(self.F9(x), inplace=True)  # 4096
""",
    ),
    (
        "alexnet",
        "torch",
        "/Out",
        """
        self.Out = nn.Linear(4096, 1000)
        x = self.Out(x)  # 1000
        return x if self.logits else F.softmax(x, dim=1)
""",
    ),
    (
        "with nothing to do",
        "torch",
        "/end",
        """
        return x if self.logits else F.softmax(x, dim=1)
""",
    ),
    (
        "resnet50",
        "torch",
        "bottleneck/conv2",
        """
        self.conv2 = nn.Conv2d(
            width, width, kernel_size=3, stride=stride, padding=1, bias=False
        )
        x = self.conv2(x)
""",
    ),
    (
        "resnet50",
        "torch",
        "bottleneck/out",
        """
        return F.relu(bn3 + downsample)
""",
    ),
    (
        "resnet50",
        "keras",
        "bottleneck/downsample",
        """
    downsample = inputs
    if stride != 1 or inputs.shape[-1] != maps:
        downsample = projection(inputs, maps, stride, name=f"{name}-downsample")
""",
    ),
    (
        "resnet50",
        "keras",
        "/layer1",
        """
    for index in range(3):
        x = bottleneck(x, 64, 256, name=f"layer1-{index}")
""",
    ),
    (
        "with rows inside of blocks are read",
        "torch",
        "/stem",
        """
        self.stem = nn.ModuleList()
        self.stem.append(Unit(4))
        self.stem.append(Unit(4))
        stem_0, stem_0_conv = self.stem[0](x)
        stem_1, stem_1_conv = self.stem[1](stem_0)
""",
    ),
    (
        "with rows inside of blocks are read",  # the block is two classes
        "torch",
        "unit/bn",
        """
        self.bn = nn.BatchNorm2d(4)
        bn = self.bn(conv)  # 4x7x7
        self.bn = nn.BatchNorm2d(4)
        x = self.bn(x)  # 4x7x7
""",
    ),
    (
        "with rows left out",
        "torch",
        "unit/act",
        """
        if self.act_:
            x = F.silu(x)  # 4x6x6
""",
    ),
    (
        "with derived parameters",  # one condition, which is the first row's
        "torch",
        "inverted/expand",
        """
        if t != 1:
            self.expand = nn.Conv2d(in_maps, in_maps * t, kernel_size=1)
        x: torch.Tensor = inputs
        if self.t != 1:
            x = self.expand(inputs)
""",
    ),
    (
        "with derived parameters",
        "torch",
        "inverted/expand_bn",
        """
            self.expand_bn = nn.BatchNorm2d(in_maps * t)
            x = F.relu6(self.expand_bn(x), inplace=True)
""",
    ),
    (
        "with derived parameters",
        "keras",
        "inverted/sum",
        """
        x = layers.Add(name=f"{name}-sum")([x, inputs])  # 6x5
""",
    ),
]


def lines_of(listing: Listing, row: str) -> list[str]:
    lines = listing.text.splitlines()
    return [line for line, own in zip(lines, listing.rows, strict=True) if own == row]


@pytest.mark.parametrize(
    ("name", "backend", "row", "lines"), LINES, ids=lambda value: str(value).partition("\n")[0]
)
def test_the_lines_of_a_row(name: str, backend: str, row: str, lines: str) -> None:
    listing = BACKENDS[backend].listing(graph(name))
    assert lines_of(listing, row) == lines.strip("\n").splitlines()


@pytest.mark.parametrize("backend", BACKENDS)
def test_text_of_a_spec_cannot_mark_a_line(backend: str) -> None:
    texts = [SEPARATED.format(text=quoted(f"A network.{mark}/a")) for mark in ("\x1f", " ")]
    names = ["net\x1f.yaml", "net .yaml"]
    marked, plain = (
        BACKENDS[backend].listing(archcompiler.loads(text, name).graph)
        for text, name in zip(texts, names, strict=True)
    )
    assert marked == plain
