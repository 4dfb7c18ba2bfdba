"""What is written for people to read: clean, plain, and nothing but what emitters may write."""

import ast
import os
import subprocess
import sys

import pytest

import archcompiler
from archcompiler.backends.torch.names import RESERVED
from archcompiler.runtime.live import build
from tests.conftest import ROOT, SPECS

BACKENDS = ("keras", "torch")

# Names that mean something to Python, to a framework, or to the emitted file itself.
NAMES = """
    x self torch nn F layers ops keras argparse main inputs outputs logits weight_decay forward
    train type float half to parameters reset_parameters modules build_model match case class
    lambda None True print list dict sum average_pool l O I loss_function build_optimizer
    accuracy X Self LONG
""".split()  # noqa: SIM905  (forty words, one a line, would hide the tests)
LONG = "L" + "o" * 62 + "g"

EVIL_TEXT = (
    'quotes " and \'\'\' and """ and \\ and \\n, a tab\t, a new\nline, \u202e bidi, \u2028, '
    'caf\u00e9, """\nimport os; os.system("echo owned")\n"""'
)


def hostile() -> str:
    """A network whose every name is another trap, in a chain with side roads."""
    names = [LONG if name == "LONG" else name for name in dict.fromkeys(NAMES)]
    rows = ["- {layer: In, type: input, maps: 2, size: 6x6}"]
    kinds = (
        "type: convolution, maps: 2, kernel: 3, padding: same, activation: relu",
        "type: local_response_normalization",
        "type: average_pooling, kernel: 2, stride: 1, padding: same",
        "type: max_pooling, kernel: 2, stride: 1, padding: [0, 1, 0, 1]",
        "type: add, from: [{0}, {1}]",
    )
    for index, name in enumerate(names):
        above = names[max(index - 1, 0)], names[max(index - 2, 0)]
        kind = kinds[index % len(kinds)].replace("{0}", above[0]).replace("{1}", above[1])
        rows.append(f"- {{layer: {name!r}, {kind}}}")
    rows.append("- {layer: Out, type: fully_connected, size: 3, activation: softmax}")
    training = (
        "training:\n  loss: sparse_categorical_crossentropy\n"
        "  optimizer: {type: sgd, weight_decay: 0.1}\n  metrics: [accuracy]\n"
    )
    text = EVIL_TEXT.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    text = text.replace("\t", "\\t").replace("\u202e", "\\u202e").replace("\u2028", "\\u2028")
    head = f'archc: 1\nname: nn\ndescription: "{text}"\n'
    return f"{head}layers:\n" + "\n".join(rows) + f"\n{training}"


def networks() -> dict[str, archcompiler.Architecture]:
    found = {path.stem: archcompiler.load(path) for path in SPECS}
    return {**found, "hostile": archcompiler.loads(hostile(), "hostile.yaml")}


NETWORKS = networks()
SOURCES = {(n, b): network.source(b) for n, network in NETWORKS.items() for b in BACKENDS}
each_source = pytest.mark.parametrize(
    ("name", "backend"), SOURCES, ids=lambda value: value if isinstance(value, str) else None
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """All sources as files."""
    folder = tmp_path_factory.mktemp("generated")
    for (name, backend), source in SOURCES.items():
        (folder / f"{name}_{backend}.py").write_text(source)
    return folder


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "format", "--isolated", "--check"],
        ["ruff", "check", "--isolated"],
        ["mypy", "--strict", "--ignore-missing-imports", "--follow-imports=silent"],
    ],
    ids=" ".join,
)
@pytest.mark.torch
def test_linters_and_type_checkers_find_nothing(command, folder):
    result = subprocess.run(
        [sys.executable, "-m", *command, "."],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def imports_of(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").split(".")[0]


@each_source
def test_it_stands_alone(name, backend):
    source = SOURCES[name, backend]
    assert source.isascii()
    assert set(imports_of(ast.parse(source))) <= {backend, "argparse", "contextlib"}
    assert "archcompiler" not in source


# All that emitters write: the rest of the language stays out, whatever a spec holds.
STATEMENTS = (
    ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign, ast.Return, ast.Expr,
    ast.For, ast.If, ast.With,
)  # fmt: skip
CALLED = {
    "keras": {
        "argparse", "contextlib", "keras", "layers", "ops", "parser", "model", "print", "main",
        "build_model", "average_pool", "local_response_normalization", "range", "sum", "tuple",
        "float",
    },
    "torch": {
        "argparse", "torch", "nn", "F", "self", "super", "parser", "model", "print", "main", "sum",
        "isinstance", "average_pool", "p", "outputs", "best", "targets", "tuple", "float",
    },
}  # fmt: skip


@each_source
def test_only_what_emitters_write_is_in_it(name, backend):
    tree = ast.parse(SOURCES[name, backend])
    classes = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt):
            assert isinstance(node, STATEMENTS), ast.unparse(node)
        if isinstance(node, ast.Call):
            function = node.func
            while isinstance(function, (ast.Attribute, ast.Call)):
                function = function.value if isinstance(function, ast.Attribute) else function.func
            if isinstance(function, ast.Name):
                assert function.id in CALLED[backend] | classes, ast.unparse(node)
            else:  # `(a == b).any()`, on an operation of tensors
                assert isinstance(function, ast.Compare), ast.unparse(node)
    strings = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    assert not any("os.system" in str(text) for text in strings) or name == "hostile"


@pytest.mark.parametrize("backend", BACKENDS)
def test_free_text_stays_text(backend):
    """The description of the hostile spec is in the docstring, all of it, and nowhere else."""
    source = SOURCES["hostile", backend]
    said = " ".join((ast.get_docstring(ast.parse(source)) or "").split())
    assert "os.system('echo owned')" in said
    assert "\u202e" in said
    assert source.count("os.system") == 1


@pytest.mark.parametrize("backend", BACKENDS)
def test_hostile_names_make_live_models(backend):
    pytest.importorskip(backend)
    network = NETWORKS["hostile"]
    model = build(network.graph, backend)
    if backend == "keras":
        names = {layer.name for layer in network.layers if layer.type != "add"}
        assert names <= {layer.name for layer in model.layers}
    else:
        kept = {name.rstrip("_") for name, _ in model.named_children()}
        owners = {layer.name for layer in network.layers if layer.parameters}
        assert owners <= kept
        assert callable(model.train)


@pytest.mark.torch
def test_every_attribute_of_a_module_is_reserved():
    import torch

    own = {name for name in dir(torch.nn.Module) if not name.startswith("_")} | {"training"}
    assert own <= RESERVED


def test_the_same_bytes_whatever_the_hash_seed_and_no_framework_imported():
    code = (
        "import sys, hashlib, archcompiler\n"
        "for path in sys.argv[1:]:\n"
        "    for backend in ('keras', 'torch'):\n"
        "        source = archcompiler.load(path).source(backend)\n"
        "        print(hashlib.sha256(source.encode()).hexdigest())\n"
        "print(sorted({'keras', 'torch', 'tensorflow', 'jax', 'numpy'} & set(sys.modules)))\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code, *map(str, SPECS)],
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
        ).stdout
        for seed in ("0", "1", "4242")
    }
    (output,) = outputs
    assert output.splitlines()[-1] == "[]"


@pytest.mark.slow
@each_source
def test_each_file_runs_by_itself(name, backend, folder):
    pytest.importorskip(backend)
    result = subprocess.run(
        [sys.executable, f"{name}_{backend}.py", "--device", "cpu", "--batch", "2"],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    units = NETWORKS[name].layers[-1].shape[0]
    assert result.stdout.rstrip().endswith(f"output (2, {units})")
