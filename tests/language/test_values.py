"""Values as people write them: which are read, what is proposed for others, and what is safe."""

import math
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import archcompiler
from archcompiler.language.scalars import typed
from archcompiler.operations.fields import (
    ACTIVATION,
    INITIALIZER,
    Count,
    Flag,
    Invalid,
    Kind,
    Named,
    Number,
)
from archcompiler.operations.lengths import PaddingKind, Size, Window
from archcompiler.operations.pooling import ROUNDING
from archcompiler.operations.training import MilestonesKind
from tests.cli.test_commands import archc


@given(st.floats(allow_nan=False, allow_infinity=False))
@example(0.00029999999999996696)
@example(1e-05)
@example(1e16)
@example(1.7976931348623157e308)
@example(5e-324)
def test_every_number_that_python_prints_reads_back(number: float) -> None:
    for value in (Number().parse(repr(number)), typed(repr(number))):
        assert math.copysign(1, value) == math.copysign(1, number)
        assert value == number
        assert type(value) is float


@given(st.floats(0, 1, exclude_max=True))
def test_bounds_take_what_is_within_them(number: float) -> None:
    assert Number(0, 1, below=True).parse(repr(number)) == number


@given(st.integers(0, 10**18 - 1))
def test_every_whole_number_reads_back(number: int) -> None:
    assert typed(str(number)) == Count(0).parse(str(number)) == number
    assert Count(0).parse(f"{number:,}") == number
    assert Number().parse(f"{number:,}") == Number().parse(str(number)) == float(number)


@given(st.floats(-1e6, 1e6), st.sampled_from(["constant", "leaky_relu"]))
def test_arguments_are_written_as_they_are_read(number: float, name: str) -> None:
    kind = INITIALIZER if name == "constant" else ACTIVATION
    function = Named(name, (abs(number),))
    assert kind.parse(str(function)) == function


@pytest.mark.slow
@pytest.mark.parametrize("kind", [Count(), Number(), Window(), Size(), PaddingKind(), ACTIVATION])
@pytest.mark.parametrize("text", ["9" * 2**20, "1," * 2**19, "0." + "9" * 2**20, "x" * 2**20])
def test_a_megabyte_of_digits_is_refused(kind: Kind, text: str) -> None:
    with pytest.raises(Invalid) as caught:
        kind.parse(text)
    assert len(caught.value.help or "") < 1000


READ = [
    (Count(), "1,000", 1000),
    (Count(), "4,096", 4096),
    (Count(), "1,000,000", 1000000),
    (Number(0), "1,000.5", 1000.5),
    (Window(), "1,000", (1000,)),
    (Window(), "3x1,024", (3, 1024)),
    (Size(), "10,000", (10000,)),
    (Size(), "?x1,080", (None, 1080)),
]


@pytest.mark.parametrize(("kind", "raw", "value"), READ)
def test_commas_between_thousands_are_read(kind: Kind, raw: str, value: object) -> None:
    assert kind.parse(raw) == value


SAFE = [
    (Count(), "8.0", "8"),
    (Count(), "1e3", "1000"),
    (Count(), "10_000", "10000"),
    (Window(), "8.0x3", "8x3"),
    (Window(), ["8.0", "3"], "[8, 3]"),
    (PaddingKind(), "SAME", "same"),
    (PaddingKind(), ["1.0", "2", "3", "4"], "[1, 2, 3, 4]"),
    (PaddingKind(), "smae", "same"),
    (ROUNDING, "Ceil", "ceil"),
    (ROUNDING, "flor", "floor"),
    (Number(0, 1), "50%", "0.5"),
    (Number(0, 1), "33.3%", "0.333"),
    (Number(0, 1), "33.333333 %", "0.33333333"),
    (Flag(), "True", "true"),
    (Flag(), "yes", "true"),
    (Flag(), "OFF", "false"),
    (ACTIVATION, "ReLU", "relu"),
    (ACTIVATION, "ReLU()", "relu"),
    (ACTIVATION, "relu()", "relu"),
    (ACTIVATION, "ReLU6", "relu6"),
    (ACTIVATION, "rleu", "relu"),
    (ACTIVATION, "rellu6", "relu6"),
    (ACTIVATION, "signoid", "sigmoid"),
    (ACTIVATION, "LeakyReLU(0.2)", "leaky_relu(0.2)"),
    (ACTIVATION, "Leaky ReLU (0.2)", "leaky_relu(0.2)"),
    (ACTIVATION, "LeakyRelLU(0.2)", "leaky_relu(0.2)"),
    (ACTIVATION, "ELU", "elu"),
    (ACTIVATION, "ELU(0.5)", "elu(0.5)"),
    (ACTIVATION, "Softplus", "softplus"),
    (ACTIVATION, "swish", "silu"),
    (ACTIVATION, "Swish", "silu"),
    (ACTIVATION, "None", "linear"),
    (ACTIVATION, "Swish(1.5)", "silu(1.5)"),
    (INITIALIZER, "GlorotUniform", "glorot_uniform"),
    (INITIALIZER, "kaiming_normal", "he_normal"),
    (INITIALIZER, "Constant(0.1)", "constant(0.1)"),
    (INITIALIZER, "RandomUniform(-0.1, 0.2)", "uniform(-0.1, 0.2)"),
]
OFFERED = [
    (Window(), "224,224", "224x224"),
    (Window(), "2,1", "2x1"),
    (Window(), "(3, 3)", "3x3"),
    (Size(), "224, 224", "224x224"),
    (PaddingKind(), "1,1,2,2", "1x1x2x2"),
    (Number(0, 1), "0,5", "0.5"),
    (ACTIVATION, "LeakyReLU", "leaky_relu"),
    (ACTIVATION, "LeakyReLU()", "leaky_relu"),
    (ACTIVATION, "leaky_relu()", "leaky_relu(0.01)"),
    (ACTIVATION, "leaky_relu(0.1, 0.2)", "leaky_relu(0.01)"),
    (ACTIVATION, "relu(6)", "relu"),
    (ACTIVATION, "ReLU(6)", "relu"),
    (ACTIVATION, "relu7", "relu"),
    (ACTIVATION, "Softplus(2)", "softplus"),
    (ACTIVATION, "HardSigmoid", "hard_sigmoid"),
    (ACTIVATION, "tahn", "tanh"),
    (ACTIVATION, "Bilinear", "linear"),  # a word of its own elsewhere
    (ACTIVATION, "LeakyRelLU", "leaky_relu"),
    (INITIALIZER, "HeNormla", "he_normal"),
    (INITIALIZER, "normal", "normal(0.01)"),
    (INITIALIZER, "Constant", "constant(0.01)"),
    (INITIALIZER, "HeNormal", "he_normal"),
    (INITIALIZER, "TruncatedNormal(0.05)", "truncated_normal(0.05)"),
    (INITIALIZER, "RandomNormal(0.0, 0.05)", "normal(0.01)"),
    (MilestonesKind(), ["3", "2"], "[2, 3]"),
]
REFUSED = [
    (Count(), "2,1"),
    (Count(), "1,00"),
    (Count(), "0,001"),
    (Count(), "1_0"),
    (Count(), "0.5"),
    (Count(), "0"),
    (Window(), "3x1,224"),
    (Window(), "1,2,3,4"),
    (Window(), "3x"),
    (Size(), "x?"),
    (Window(), ""),
    (Number(0, 1), "150%"),
    (Number(0, 1), "1,000"),
    (Number(), "1e999"),
    (ACTIVATION, "PReLU"),
    (ACTIVATION, "PReLU(0.25)"),
    (ACTIVATION, "rrelu"),
    (ACTIVATION, "GLU"),
    (ACTIVATION, "tan"),
    (ACTIVATION, "LogSoftmax"),
    (INITIALIZER, "xavier"),
    (INITIALIZER, "Identity"),
]
ALL = [
    *((kind, raw, text, True) for kind, raw, text in SAFE),
    *((kind, raw, text, False) for kind, raw, text in OFFERED),
    *((kind, raw, None, False) for kind, raw in REFUSED),
]


@pytest.mark.parametrize(("kind", "raw", "text", "safe"), ALL, ids=[str(case[1]) for case in ALL])
def test_what_is_proposed_and_whether_it_says_the_same(
    kind: Kind, raw: object, text: str | None, safe: bool
) -> None:
    with pytest.raises(Invalid) as caught:
        kind.parse(raw)
    proposed = re.match(r"(?:write|did you mean) `(.*)`", caught.value.help or "")
    assert (proposed and proposed[1]) == text
    assert caught.value.safe is safe
    if text and "[" not in text:
        kind.parse(text)


HEAD = "archc: 1\nname: Net\nlayers:\n- {layer: In, type: input, maps: 3, size: 32x32}\n"
EDITS = {
    "one of two lengths": ("kernel: [3.0, 5]", "kernel: [3, 5]"),
    "one of two lengths in a text": ("kernel: 3.0x5", "kernel: 3x5"),
    "an expression in a list": ('kernel: ["${3.5 - 0.5}", 5]', None),
    "two lengths": ('kernel: "3,5"', None),
    "arguments between quotes": (
        'kernel: 3, kernel_initializer: "RandomUniform(-0.1, 0.2)"',
        'kernel: 3, kernel_initializer: "uniform(-0.1, 0.2)"',
    ),
    "a slope": ("kernel: 3, activation: LeakyReLU(0.2)", "kernel: 3, activation: leaky_relu(0.2)"),
    "a slope that nobody knows": ("kernel: 3, activation: LeakyReLU", None),
    "an argument to drop": ("kernel: 3, activation: relu(6)", None),
    "a number to invent": ("kernel: 3, kernel_initializer: normal", None),
}


@pytest.mark.parametrize(("before", "after"), EDITS.values(), ids=EDITS)
def test_an_edit_is_made_where_it_says_the_same(
    before: str, after: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "net.yaml"
    text = f"{HEAD}- {{layer: C, type: convolution, maps: 2, {before}}}\n"
    path.write_text(text)
    assert archc("validate", "--fix", path).exit_code == (0 if after else 1)
    assert path.read_text() == (text.replace(before, after) if after else text)


def test_numbers_in_a_table_and_in_expressions() -> None:
    table = "  Layer | Type | Maps | Size\n  In | input | 1 | 1x1,024\n  D | fc | - | 4,096\n"
    text = f"archc: 1\nname: Net\nlayers: |\n{table.replace('fc', 'fully connected')}"
    assert archcompiler.loads(text)["D"].shape.channels == 4096
    rows = f'{HEAD}- {{layer: D, type: fully_connected, size: "${{n}}"}}\n'
    text = rows.replace("layers:", "params: {n: '1,000'}\nlayers:")
    assert archcompiler.loads(text)["D"].shape.channels == 1000
    text = HEAD.replace("32x32", '"${n}"').replace("layers:", "params: {n: '224,224'}\nlayers:")
    with pytest.raises(archcompiler.SpecError, match="write `224x224`"):
        archcompiler.loads(text)
