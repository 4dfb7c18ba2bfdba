"""What emitted source is: clean, ASCII, self-contained, the same every time, whatever the spec."""

from __future__ import annotations

import ast
import builtins
import keyword
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache, partial
from itertools import product
from pathlib import Path

import pytest

import archcompiler
from archcompiler.backends import BACKENDS
from archcompiler.backends.torch.names import RESERVED
from archcompiler.graph import Graph
from archcompiler.language.parameters import OF_A_ROW
from archcompiler.operations import REGISTRY
from scripts.specs import KINDS as ONE_OF_A_KIND
from scripts.specs import SPECS
from tests.backends.test_blocks import CASES
from tests.backends.test_repeats import KINDS
from tests.backends.test_repeats import sound as repeats
from tests.conftest import ROOT, sampled
from tests.random_blocks import sound
from tests.random_expressions import sound as expressions

# ---- Specs that try to break out of the source, or to clash with what is in it

TEXTS = {
    "quotes": "\"'\"\"\"'''",
    "an escape at the end": "\\",
    "escapes": '\\x41 \\" \\N{DASH} \\\n',
    "a closed docstring": '"""\nimport os\nos.abort()\n"""',
    "bidi": "\u202e\u2066 never \u2069",
    "no spaces": "\u4e2d\u6587" * 150,
    "astral and control": "\U0001f600 \x7f \x85 \x9f \u2028",
    "template": "{{ name }} {% raw %} {# #} ${classes}",
}


EMITTED = """
    x self torch nn F keras layers ops inputs outputs logits model main argparse contextlib
    arguments device parser module name output weight_decay average_pool p kernels others
    local_response_normalization build_model build_training_model loss_function accuracy
    top_5_accuracy build_optimizer targets best reset_parameters forward train to state_dict
    T_destination l I O X x_ x__ A a pad pad_ pad_1 gelu_2 input_layer C C_padding C_flatten
    C_permute C_relu C_leaky_relu functional init math inf numpy tf
""".split()  # noqa: SIM905


def names() -> list[str]:
    """Return names that mean something to Python, a framework, or the emitted code."""
    python = [word for word in (*keyword.kwlist, *keyword.softkwlist) if word != "_"]
    built_in = ["print", "super", "float", "int", "sum", "tuple", "isinstance", "bool", "type"]
    longest = ["y" * 63 + end for end in "abcdef"]
    return list(dict.fromkeys([*python, *built_in, *EMITTED, *longest, *sorted(RESERVED)]))


def block_names() -> list[tuple[str, str]]:
    """Return names for blocks, each with one for its parameter."""
    taken = {*keyword.kwlist, *OF_A_ROW, *REGISTRY}
    free = [name for name in names() if name not in taken]
    return list(zip(free, [*free[1:], free[0]], strict=True))


def quoted(text: str) -> str:
    """Return a text as YAML writes it, all of it escaped."""
    return '"' + "".join(f"\\U{ord(character):08x}" for character in text) + '"'


def spec(name: str, rows: list[str], extra: str = "") -> str:
    return f"archc: 1\nname: {name}\n{extra}layers:\n" + "".join(f"- {{{row}}}\n" for row in rows)


CONV = "type: convolution, maps: 2, kernel: 1"
IN = "layer: the_input, type: input, maps: 2, size: 5x6"
TRAINING = """training:
  loss: sparse_categorical_crossentropy
  optimizer: {type: sgd, momentum: 0.9, weight_decay: 0.1}
  metrics: [accuracy, top_5_accuracy]
"""
HEAD = "type: fully_connected, size: 7, activation: softmax"
OTHERS = [  # what brings helpers, infinities and steps of their own into the source
    'layer: others_max, type: max_pooling, kernel: 2, stride: 1, padding: "0x1"',
    "layer: others_mean, type: average_pooling, kernel: 2, stride: 1, padding: [1, 0, 0, 1]",
    "layer: others_lrn, type: local_response_normalization, activation: gelu_tanh",
    "layer: others_conv, type: convolution, maps: 3, kernel: 3, padding: [0, 2, 0, 1], "
    "activation: leaky_relu",
]


def hostile() -> dict[str, str]:
    """Return specs with every hostile name as a layer, in all the roles that a name can have."""
    listed = ", ".join(names())
    specs = {
        "in a chain": spec(
            "Chain", [IN, *(f"layer: {name}, {CONV}" for name in names()), *OTHERS, HEAD], TRAINING
        ),
        "side by side": spec(
            "Beside",
            [
                IN,
                *(f"layer: {name}, {CONV}, from: the_input" for name in names()),
                f"layer: total, type: add, from: [{listed}]",
                *OTHERS,
                "layer: joined, type: concatenate, from: [others_conv, others_conv]",
                HEAD,
            ],
            TRAINING,
        ),
        "as inputs": spec(
            "Inputs",
            [
                *(f"layer: {name}, type: input, maps: 2, size: 5x6" for name in names()),
                f"layer: total, type: concatenate, from: [{listed}]",
            ],
        ),
        "as outputs": spec(
            "Outputs",
            [IN, *(f"layer: {name}, {CONV}, from: the_input" for name in names())],
            f"outputs: [{listed}]\n",
        ),
    }
    blocks = "".join(
        f"  {name}:\n    description: {quoted(TEXTS['a closed docstring'])}\n"
        f"    params: {{{parameter}: 1}}\n    layers:\n"
        f'    - {{layer: {name}, type: convolution, maps: 2, kernel: "${{{parameter}}}"}}\n'
        for name, parameter in block_names()
    )
    specs["as blocks"] = spec(
        "Blocks",
        [
            IN,
            *(
                f"layer: use_{index}, type: {name}, from: the_input, "
                f'{parameter}: "${{index + 1}}", repeat: 2'
                for index, (name, parameter) in enumerate(block_names())
            ),
            "layer: total, type: add, from: ["
            + ", ".join(f"use_{index}" for index in range(len(block_names())))
            + "]",
        ],
        f"blocks:\n{blocks}",
    )
    for text, written in TEXTS.items():
        extra = f"description: {quoted(written)}\n"
        specs[f"described by {text}"] = spec("Described", [IN, HEAD], extra)
    return specs


NETWORK_NAMES = ["super", "print", "class", "nn", "torch", "F", "keras", "main", "Module", "float"]
NETWORK_NAMES += ["accuracy", "the_input", "build_model", "int", "match", "N" * 64, "Exception"]


# The text of every other spec by its name: with blocks in many forms, and hostile. Random ones are
# looked for when they are asked for.
WRITTEN = {
    **{f"repeated, {name}": text for name, text in KINDS.items()},
    **{f"with {name}": f"archc: 1\nname: Net\n{text}" for name, text in CASES.items()},
    **{f"named {name}": spec(name, [IN, *OTHERS, HEAD], TRAINING) for name in NETWORK_NAMES},
    **hostile(),
}
RANDOM = {
    f"{kind}from seed {seed}": partial(drawn, seed)
    for kind, drawn, seeds in (
        ("", sound, range(20)),
        ("with expressions, ", expressions, range(20)),
        ("repeated, ", repeats, range(30)),
    )
    for seed in seeds
}


OURS = {path.stem: path for path in SPECS}


@cache
def graph(name: str) -> Graph:
    if name in OURS:
        return archcompiler.load(OURS[name]).graph
    text = RANDOM[name]() if name in RANDOM else WRITTEN[name]
    return archcompiler.loads(text, f"{name}.yaml").graph


@cache
def source(name: str, backend: str) -> str:
    return archcompiler.Architecture(graph(name)).source(backend)


FILES = [(name, backend) for name in (*OURS, *RANDOM, *WRITTEN) for backend in BACKENDS]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("emitted")
    for name, backend in FILES:
        path = folder / file_name(name, backend)
        path.write_text(source(name, backend), encoding="ascii", newline="\n")
    return folder


def file_name(name: str, backend: str) -> str:
    return f"{backend}_{FILES.index((name, backend))}.py"


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        "ruff format --isolated --check",
        "ruff check --isolated",
        pytest.param(
            "mypy --strict --ignore-missing-imports --config-file=",
            marks=[pytest.mark.slow, pytest.mark.keras, pytest.mark.torch],
        ),
    ],
)
def test_tools_find_nothing(folder: Path, command: str) -> None:
    cache = {"MYPY_CACHE_DIR": str(ROOT / ".mypy_cache")}  # what it learnt of PyTorch stays there
    done = subprocess.run(
        [sys.executable, "-m", *command.split(), "."],
        cwd=folder,
        env=os.environ | cache,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-5000:]


# ---- The tree of an emitted file, against what emitters may write

STATEMENTS = {
    *("Module", "Import", "ImportFrom", "ClassDef", "FunctionDef", "Return", "Assign", "AnnAssign"),
    *("For", "If", "With", "Expr", "arguments", "arg", "alias", "withitem", "keyword"),
}
EXPRESSIONS = {
    *("Name", "Attribute", "Constant", "Call", "Tuple", "List", "Dict", "Subscript", "Slice"),
    *("BinOp", "UnaryOp", "BoolOp", "Compare", "IfExp", "ListComp", "GeneratorExp"),
    *("comprehension", "JoinedStr", "FormattedValue", "Starred"),
}
OPERATORS = {
    *("Load", "Store", "Add", "Sub", "Mult", "Div", "FloorDiv", "Mod", "Pow", "USub", "And", "Or"),
    *("Not", "Eq", "NotEq", "Gt", "GtE", "Lt", "LtE", "Is", "IsNot", "BitAnd", "BitOr"),
}
MODULES = {
    "keras": {"argparse", "contextlib", "keras", "math"},
    "torch": {"argparse", "math", "torch", "torch.nn.functional"},
}
BUILT_INS = {"float", "int", "isinstance", "max", "print", "range", "sum", "super", "tuple"}
BUILT_INS |= {"abs", "min", "round"}  # what an author computes with
CALLEES = {
    "keras": r"""keras\.(Input|Model|Model\(\)|device|random\.(randint|uniform))
        |keras\.(initializers|losses|metrics|optimizers|regularizers)\.(schedules\.)?[A-Z]\w+
        |layers\.[A-Z]\w+(\(\))?
        |keras\.initializers\.(get|serialize)|keras\.saving\.register_keras_serializable
        |ops\.(average_pool|broadcast_to|dot_product_attention|gelu|ones_like|pad|power|reshape)
        |ops\.(shape|split|square|swapaxes|transpose)|ops\.(arange|cast|cos|einsum|logical_and|repeat|sin|stack|tril)|Parameter\(\)|super\(\)\.(__init__|get_config)|self\.add_weight|parts\.items
        |(transposed_)?convolution\(\)|dense\(\)
        |contextlib\.nullcontext|model|model\.(compile|summary)""",
    "torch": r"""nn\.[A-Z]\w+|nn\.init\.[a-z_]+_|F\.[a-z_0-9]+
        |torch\.optim\.(lr_scheduler\.)?[A-Z]\w+
        |torch\.(amax|arange|cat|cos|device|empty|eq|exp|flatten|inference_mode|maximum|mean|minimum|ones_like)
        |torch\.(rand|randint|sigmoid|tanh|unflatten)|self\.weight\.expand|qkv\.chunk
        |torch\.(sin|stack)|torch\.(cos|sin)\(\)\.to|\.(to|unbind)|mask\.bool|seen\.new_ones|\.tril
        |(x|fc2|inputs|\w+)\.(permute|transpose|reshape)|\.(flatten|permute|transpose)
        |torch\.accelerator\.current_accelerator
        |super\(\)\.__init__|self\.[A-Za-z]\w*(\[\]|\.append)?|layer
        |x\.new_ones|\w+\.new_tensor|turned\.flatten|(outputs|targets)\.(argmax|topk|unsqueeze)|\.(any|float|mean)|p\.numel
        |model|model\.(parameters|to)|\.eval""",
}
COMMON = r"|argparse\.ArgumentParser|parser\.(add_argument|parse_args)|" + "|".join(BUILT_INS)


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module is not None
            yield node.module


def callee(node: ast.expr) -> str:
    """Return what is called: a dotted name, `name()` for a call's result, `.name` for the rest."""
    match node:
        case ast.Name(name):
            return name
        case ast.Call(inner):
            return f"{callee(inner)}()"
        case ast.Subscript(inner):
            return f"{callee(inner)}[]"
        case ast.Attribute(ast.Name() | ast.Attribute() as inner, name):
            return f"{callee(inner)}.{name}"
        case ast.Attribute(ast.Call(ast.Name("super")), name):
            return f"super().{name}"
        case ast.Attribute(_, name):
            return f".{name}"
    raise AssertionError(ast.dump(node))


@pytest.mark.parametrize(("name", "backend"), sampled([pytest.param(*file) for file in FILES], 21))
def test_only_what_emitters_write(name: str, backend: str) -> None:
    text = source(name, backend)
    assert text.isascii()
    tree = ast.parse(text)
    kinds = {type(node).__name__ for node in ast.walk(tree)}
    assert kinds <= STATEMENTS | EXPRESSIONS | OPERATORS
    assert set(imported(tree)) <= MODULES[backend]
    own = {node.name for node in tree.body if isinstance(node, (ast.ClassDef, ast.FunctionDef))}
    calls = {callee(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)} - own
    allowed = re.compile(CALLEES[backend] + COMMON, re.VERBOSE)
    assert not [call for call in calls if not allowed.fullmatch(call)]
    stored = {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    imports = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    given = {alias.asname or alias.name for node in imports for alias in node.names}
    assert not stored & (own | given)
    assert not (stored | own) & set(dir(builtins))


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("backend", BACKENDS)
def test_free_text_stays_text(text: str, backend: str) -> None:
    """What a description says is in the docstring, all of it, and nowhere else."""
    described = source(f"described by {text}", backend)
    said = " ".join((ast.get_docstring(ast.parse(described)) or "").split())
    assert " ".join(TEXTS[text].split()).replace('"', "'") in said
    plain = archcompiler.loads(spec("Described", [IN, HEAD]), f"described by {text}.yaml")
    assert ast.dump(without_docstring(described)) == ast.dump(
        without_docstring(plain.source(backend))
    )


def without_docstring(text: str) -> ast.Module:
    tree = ast.parse(text)
    del tree.body[0]
    return tree


@pytest.mark.slow
@pytest.mark.keras
@pytest.mark.torch
@pytest.mark.parametrize(
    "name", sampled(["in a chain", "side by side", "as inputs", "as outputs"], 4)
)
def test_hostile_names_make_live_models_that_agree(name: str) -> None:
    from archcompiler.runtime.verify import verify

    found = verify(graph(name), gradients=True)
    assert found.within(1e-5)
    assert len(found.outputs) == len(graph(name).outputs)


@pytest.mark.torch
@pytest.mark.parametrize("name", [f"named {name}" for name in NETWORK_NAMES])
def test_a_network_may_have_any_name(name: str) -> None:
    import torch

    from archcompiler.runtime.live import build

    assert build(graph(name), "torch").eval()(torch.zeros(1, 2, 5, 6)).shape == (1, 7)


@pytest.mark.torch
def test_every_attribute_of_a_module_is_reserved() -> None:
    import torch

    own = {name for name in dir(torch.nn.Module()) if not name.startswith("_")}
    assert own <= RESERVED


@pytest.mark.slow
def test_the_same_bytes_whatever_the_hash_seed_and_no_framework_imported() -> None:
    code = (
        "import sys, archcompiler, archcompiler.backends\n"
        "for path in sys.argv[1:]:\n"
        "    for backend in archcompiler.backends.BACKENDS:\n"
        "        print(archcompiler.load(path).source(backend))\n"
        "print({'keras', 'torch', 'tensorflow', 'jax', 'numpy'} & set(sys.modules))\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code, *map(str, ONE_OF_A_KIND)],
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
        ).stdout
        for seed in ("0", "1", "4242")
    }
    (output,) = outputs
    kinds = [path for path in ONE_OF_A_KIND if path in SPECS]
    assert output.endswith("\nset()\n")
    assert all(
        source(path.stem, backend)[-200:] in output for path, backend in product(kinds, BACKENDS)
    )


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", ["alexnet_2012", "in a chain", "as inputs", "as outputs"])
def test_each_file_runs_by_itself(name: str, backend: str, folder: Path) -> None:
    pytest.importorskip(backend)
    done = subprocess.run(
        [sys.executable, file_name(name, backend), "--device", "cpu", "--batch", "2"],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("output (2, ")
