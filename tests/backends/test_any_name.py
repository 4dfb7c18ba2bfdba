"""A network, a block, a parameter, an input, a layer and a file may have any name.

The names that could do harm are those that emitted files use themselves, so they are taken from
emitted files. Each is given to one thing after another; the files must run, and whoever imports
what stands beside them must find what they look for.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import io
import keyword
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import archcompiler
from archcompiler.backends import BACKENDS
from archcompiler.backends.code.names import FRAMEWORK_MODULES, module_name
from archcompiler.backends.torch.names import RESERVED
from archcompiler.diagnostics import SpecError
from archcompiler.language.parameters import NAME
from archcompiler.operations.training import METRICS
from tests.conftest import ROOT

ROLES = ("network", "block", "parameter", "first", "inner", "layer", "given")
PLAIN = {
    "network": "NetQ", "block": "unit_q", "parameter": "size_q", "first": "low_q",
    "inner": "conv_q", "layer": "stem_q", "given": "in_q",
}  # fmt: skip
WHEN = 'when: "${flag_q}"'
TRAINED = (  # loss, metrics, schedule
    (
        "sparse_categorical_crossentropy",
        "accuracy, top_5_accuracy",
        "{type: cosine, steps: 90, warmup: 5, final: 0.1}",
    ),
    ("categorical_crossentropy", "accuracy", "{type: exponential, factor: 0.9, every: 7}"),
    ("mean_squared_error", "mean_absolute_error", "{type: multi_step, at: [3, 5], factor: 0.1}"),
)


def spec(number: int = 0, **names: str) -> str:
    """Return a network that has all that a file can have, with other names in it."""
    name = PLAIN | names
    loss, metrics, schedule = TRAINED[number % len(TRAINED)]
    return f"""archc: 1
name: {name["network"]}
blocks:
  {name["block"]}:
    params: {{{name["parameter"]}: 3, flag_q: true}}
    inputs: [{name["first"]}, high_q]
    layers:
    - layer: {name["inner"]}
      type: convolution
      maps: "${{high_q.maps + 1}}"
      kernel: "${{{name["parameter"]}}}"
      padding: same
      from: {name["first"]}
    - {{layer: pool_q, type: average_pooling, kernel: 2, stride: 1, padding: same, {WHEN}}}
    - {{layer: act_q, type: activation, activation: elu(0.5), {WHEN}}}
    - {{layer: copies_q, type: convolution, maps: "${{index + 2}}", kernel: 1, repeat: 2}}
    - {{layer: sum_q, type: concatenate, from: [copies_q, high_q, {name["inner"]}]}}
  alone_q:
    params: {{more_q: int}}
    layers:
    - layer: a_q
      type: convolution
      maps: "${{input.maps + more_q}}"
      kernel: 3
      padding: [0, 1, 1, 0]
    - {{layer: b_q, type: max_pooling, kernel: 2, stride: 1, padding: "0x1", activation: relu}}
    - {{layer: c_q, type: {name["block"]}, from: [b_q, b_q]}}
    - {{layer: d_q, type: convolution, maps: 2, kernel: 1}}
layers:
- {{layer: {name["given"]}, type: input, maps: 2, size: 6x5}}
- {{layer: other_q, type: input, maps: 3, size: 6x5}}
- {{layer: {name["layer"]}, type: convolution, maps: 2, kernel: 1, from: {name["given"]}}}
- {{layer: one_q, type: {name["block"]}, from: [{name["layer"]}, other_q]}}
- layer: two_q
  type: {name["block"]}
  from: [one_q, {name["layer"]}]
  {name["parameter"]}: 1
  flag_q: false
- {{layer: less_q, type: alone_q, more_q: 1, repeat: 2}}
- {{layer: crop_q, type: crop, size: 2x3}}
- {{layer: max_q, type: max_pooling, kernel: 2, stride: 1, padding: "0x1"}}
- {{layer: mean_q, type: average_pooling, kernel: 2, stride: 1, padding: [1, 0, 0, 1]}}
- {{layer: lrn_q, type: local_response_normalization, activation: gelu_tanh}}
- layer: pad_q
  type: convolution
  maps: 3
  kernel: 3
  padding: [0, 2, 0, 1]
  activation: leaky_relu
  kernel_initializer: he_normal
- {{layer: out_q, type: fully_connected, size: 7, activation: softmax}}
training:
  loss: {loss}
  optimizer: {{type: sgd, learning_rate: 0.1, momentum: 0.9, weight_decay: 0.1}}
  schedule: {schedule}
  metrics: [{metrics}]
"""


@cache
def own_names() -> tuple[str, ...]:
    """Return all names that emitted files have where their spec's names are plain ones."""
    found = set()
    for number, backend in product(range(len(TRAINED)), BACKENDS):
        tree = ast.parse(archcompiler.loads(spec(number)).source(backend))
        found |= set(identifiers(tree))
    return tuple(sorted(name for name in found if NAME.match(name) and not name.endswith("_q")))


def identifiers(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.arg(arg=name) | ast.Attribute(attr=name):
                yield name
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.keyword(arg=str(name)):
                yield name
            case ast.alias(name=name, asname=other):
                yield other or name.partition(".")[0]


@cache
def names() -> tuple[str, ...]:
    """Return all names that mean something to an emitted file, Python, or a framework."""
    words = [*own_names(), *keyword.kwlist, *keyword.softkwlist, *dir(builtins), *sorted(RESERVED)]
    ours = [re.sub("_q$", f"_{end}", name) for name in PLAIN.values() for end in ("2", "q_")]
    others = ["x_", "inputs_", "UnitQ", "UnitQ2", "unit_q_2", "alone_q_2", "AloneQ", "AloneQ2"]
    given = [f"{name}_{word}" for name in ("in", "low_q", "high_q") for word in ("maps", "height")]
    flags = ["with_act_q", "copies_q_maps", "pool_q_padding", "l", "O", "self"]
    found = dict.fromkeys([*words, *ours, *others, *given, *flags])
    return tuple(name for name in found if NAME.match(name))


def test_what_is_in_a_file_is_among_the_names() -> None:
    assert {"parser", "arguments", "device", "model", "outputs", "average_pool", "nn", "done"} <= {
        *names()
    }


def emitted(backend: str, number: int = 0, **roles: str) -> str | None:
    """Return a file; None where the language itself has another meaning for the name."""
    try:
        return archcompiler.loads(spec(number, **roles)).source(backend)
    except SpecError as error:
        if {"ARC205", "ARC303"} & {fault.code for fault in error.diagnostics}:
            return None
        raise


def run(source: str, backend: str) -> None:
    """Run the file as a program, and all functions that it has."""
    module = ModuleType("emitted")
    exec(compile(source, "emitted.py", "exec"), vars(module))
    arguments, sys.argv = sys.argv, ["emitted.py", "--device", "cpu", "--batch", "2"]
    try:
        with contextlib.redirect_stdout(io.StringIO()) as said:
            module.main()
    finally:
        sys.argv = arguments
    assert said.getvalue().splitlines()[-1] == "output (2, 7)"
    if backend == "keras":
        assert module.build_training_model().optimizer
    else:
        train(module)


def train(module: Any) -> None:
    import torch

    kinds = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, torch.nn.Module)
    ]
    model = kinds[-1](logits=True)
    optimizer = module.build_optimizer(model)
    schedule = module.build_scheduler(optimizer)
    outputs = model(torch.rand(2, 2, 6, 5), torch.rand(2, 3, 6, 5))
    numbers = "class numbers" in module.loss_function.__doc__
    targets = torch.tensor([1, 3]) if numbers else torch.rand(2, 7)
    module.loss_function(outputs, targets).backward()
    for metric in METRICS:
        if hasattr(module, metric):
            assert getattr(module, metric)(outputs, targets) >= 0
    optimizer.step()
    schedule.step()


EVERY = {"torch": 41, "keras": 173}  # of these, one at a time
EVERY_SLOWLY = {"torch": 3, "keras": 11}  # in every role: a Keras model takes half a second
PARTS = 4


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_file_with_any_name_in_it_runs(backend: str) -> None:
    pytest.importorskip(backend)
    pairs = list(product(names(), ROLES))[:: EVERY[backend]]
    found = [failure(backend, number, {role: name}) for number, (name, role) in enumerate(pairs)]
    assert not any(found), "\n".join(filter(None, found))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("backend", BACKENDS)
def test_every_name_in_every_role(backend: str, part: int) -> None:
    """All roles have such names at once, each another one: where that fails, who did it is told."""
    pytest.importorskip(backend)
    found = []
    for number in range(0, len(names()), EVERY_SLOWLY[backend])[part::PARTS]:
        given = [names()[(number + 32 * index) % len(names())] for index in range(len(ROLES))]
        roles = dict(zip(ROLES, given, strict=True))
        if emitted(backend, number, **roles) is None:
            roles = {r: n for r, n in roles.items() if emitted(backend, number, **{r: n})}
            assert emitted(backend, number, **roles)
        together = failure(backend, number, roles)
        if together:
            alone = [failure(backend, number, {role: name}) for role, name in roles.items()]
            found += list(filter(None, alone)) or [together]
    assert not found, "\n".join(found)


def failure(backend: str, number: int, roles: dict[str, str]) -> str | None:
    """Return what goes wrong in a file with these names, if anything does."""
    source = emitted(backend, number, **roles)
    if source is None:
        return None
    try:
        run(source, backend)
    except (Exception, SystemExit) as error:  # whatever comes
        return f"{roles}: {type(error).__name__}: {error}"[:300]
    return None


# ---- Files

RECORDER = """
import runpy, sys
class Recorder:
    names = set()
    def find_spec(self, name, path=None, target=None):
        if path is None:
            self.names.add(name.partition(".")[0])
sys.meta_path.insert(0, Recorder())
runpy.run_path(sys.argv.pop(1), run_name="__main__")
print("looked for", *Recorder.names)
"""


def program(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a program, which has to end well."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done


def files(folder: Path, *stems: str) -> Path:
    """Return `folder` with a spec under each name."""
    for stem in stems:
        (folder / f"{stem}.yaml").write_text(spec())
    return folder


@pytest.mark.slow
@pytest.mark.keras
@pytest.mark.torch
@pytest.mark.parametrize("backend", BACKENDS)
def test_no_file_hides_what_its_siblings_look_for(backend: str, tmp_path: Path) -> None:
    """Whatever is imported on the way to a first batch is no name of a file."""
    files(tmp_path, "net")
    program("-m", "archcompiler", "build", "net.yaml", "--backend", backend, cwd=tmp_path)
    made = str(tmp_path / "generated" / backend / "net.py")
    said = program("-c", RECORDER, made, cwd=tmp_path).stdout.splitlines()[-1]
    looked_for = {name for name in said.split()[2:] if not name.startswith("_")}
    assert {backend, "argparse", "numpy"} <= looked_for
    assert not [name for name in looked_for if module_name(name) == name]


HIDING = ("torch", "keras", "math", "argparse", "contextlib", "numpy", "token", "tensorflow", "six")
UNNAMED = ("1net", "class", "my-net", "__init__", "torch.nn")


@pytest.mark.slow
@pytest.mark.keras
@pytest.mark.torch
@pytest.mark.parametrize("backend", BACKENDS)
def test_siblings_of_any_name_run_and_import_each_other(backend: str, tmp_path: Path) -> None:
    files(tmp_path, *HIDING, *UNNAMED)
    said = program("-m", "archcompiler", "build", ".", "--backend", backend, cwd=tmp_path).stderr
    folder = tmp_path / "generated" / backend
    made = sorted(path.stem for path in folder.glob("*.py"))
    assert len(made) == len(HIDING) + len(UNNAMED)
    assert all(name.isidentifier() and not keyword.iskeyword(name) for name in made)
    for name in HIDING:
        assert f"{name}.yaml becomes {name}_.py: a module `{name}` would hide another one" in said
    assert "1net.yaml becomes _1net.py: no module can be named `1net`" in said
    assert "class.yaml becomes class_.py: no module can be named `class`" in said
    assert "my-net.yaml becomes" not in said
    last = program("torch_.py", "--device", "cpu", cwd=folder).stdout.splitlines()[-1]
    assert last == "output (1, 7)"
    imports = "\n".join(f"import {name}\nassert {name}.main" for name in made)
    program("-c", imports, cwd=folder)


def test_two_specs_that_become_one_file_are_told(tmp_path: Path) -> None:
    files(tmp_path, "torch", "torch_")
    done = subprocess.run(
        [sys.executable, "-m", "archcompiler", "build", ".", "--backend", "torch"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "would both be written to" in done.stderr
    assert not (tmp_path / "generated").exists()


@pytest.mark.parametrize("name", sorted({*sys.stdlib_module_names, *FRAMEWORK_MODULES}))
def test_a_name_of_a_module_gets_an_underscore(name: str) -> None:
    assert module_name(name) == f"{name}_"


@given(st.text(min_size=1, max_size=20))
def test_a_module_has_a_name_that_can_be_imported(text: str) -> None:
    name = module_name(text)
    ast.parse(f"import {name}")
    assert name not in sys.stdlib_module_names
    assert module_name(name) == name
