"""What other packages bring: found when it is needed, clashes refused, and nothing else broken."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import archcompiler
from archcompiler import plugins
from archcompiler.backends import BACKENDS
from archcompiler.cli import cli, main
from archcompiler.diagnostics import Diagnostic, SpecError
from archcompiler.operations import KNOWN_AS, REGISTRY
from archcompiler.operations.plugins import load
from tests.conftest import ROOT, Installer

SPEC = """\
archc: 1
name: Shuffled
layers:
- {layer: In, type: input, maps: 6, size: 4x3}
- {layer: S1, type: channel_unshuffle, groups: 2}
"""
OPERATION = '''\
from archcompiler.operations import Operation
from archcompiler.operations.operation import operation


@operation("double")
class Double(Operation):
    """Doubles each value.

    Example:
        - {layer: In, type: input, size: 3}
        - {layer: D1, type: double}
    """

    family = "elementwise"
'''
DOUBLED = SPEC.replace("channel_unshuffle, groups: 2", "double")


def archc(*arguments: object, text: str = "") -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], input=text)


def faults(text: str) -> list[Diagnostic]:
    with pytest.raises(SpecError) as caught:
        archcompiler.loads(text)
    return list(caught.value.diagnostics)


def module(folder: Path, name: str, text: str) -> None:
    (folder / f"{name}.py").write_text(text)


# ---- found when it is needed


def test_an_operation_of_another_package_is_one(example: None) -> None:
    network = archcompiler.loads(SPEC.replace("channel_unshuffle", "ChannelUnshuffle"))
    assert network["S1"].type == "channel_unshuffle"
    assert not plugins.left_out()
    fault = faults(SPEC.replace("groups: 2", "groups: 4"))[0]
    assert (fault.code, fault.message) == ("ARC405", "6 maps cannot be split into 4 equal groups")


@pytest.mark.parametrize("text", [SPEC, SPEC.replace("groups", "group")], ids=["row", "word"])
def test_fields_are_known_before_types_are_read(example: None, text: str) -> None:
    """Titles of a table are read before its rows: the whole spec is read again."""
    table = """\
archc: 1
name: Shuffled
layers: |
  layer | type            | maps | size | groups
  In    | input           | 6    | 4x3  |
  S1    | channel_unshuffle |      |      | 2
"""
    assert archcompiler.loads(text).fingerprint == archcompiler.loads(table).fingerprint


def test_a_misspelled_one_is_known_too(example: None) -> None:
    (fault,) = faults(SPEC.replace("channel_unshuffle", "channel_unshufle"))
    assert (fault.code, fault.help) == ("ARC201", ("did you mean `channel_unshuffle`?",))


def test_it_is_laid_out_as_others_are(example: None, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        SPEC.replace("type: channel_unshuffle, groups: 2", "group: 2, type: unshuffleChannels")
    )
    assert archc("fmt", path).exit_code == 0
    assert "{layer: S1, type: channel_unshuffle, groups: 2}" in " ".join(path.read_text().split())


def test_a_sound_spec_looks_for_nothing(example: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "found", None)
    archcompiler.loads(
        SPEC.replace("channel_unshuffle, groups: 2", "convolution, maps: 3, kernel: 1")
    )


@pytest.mark.parametrize(
    ("spec", "looks"), [("specs/alexnet.yaml", False), ("tests/broken/block-file.yaml", True)]
)
def test_what_a_check_imports(spec: str, looks: bool) -> None:
    """Nothing for this, but for faulty specs; and what reads metadata where there is some."""
    code = (
        "import sys, runpy\n"
        "sys.argv[0] = 'archc'\n"
        "try: runpy.run_module('archcompiler', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "print('archcompiler.plugins' in sys.modules, 'importlib.metadata' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "validate", str(ROOT / spec)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == f"{looks} False"


def test_a_block_may_have_the_name_of_one(example: None) -> None:
    block = """\
archc: 1
name: Blocks
blocks:
  channel_unshuffle:
    layers:
    - {layer: C, type: convolution, maps: 8, kernel: 1}
layers:
- {layer: In, type: input, maps: 8, size: 4x3}
- {layer: U1, type: channel_unshuffle}
"""
    before = archcompiler.loads(block)
    assert load()
    after = archcompiler.loads(block)
    assert [layer.type for layer in after.layers] == ["input", "convolution"]
    assert before.fingerprint == after.fingerprint


def test_the_current_directory_is_not_looked_at(
    install: Installer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be a folder of others' specs, and is on the path of `python -m archcompiler`."""
    module(tmp_path, "doubling", OPERATION)
    install("archc_double-1.0", operations={"double": "doubling:Double"})
    monkeypatch.chdir(tmp_path / "site-packages")
    assert faults(DOUBLED)[0].code == "ARC201"


# ---- clashes


CLASHES = {
    "an operation of archc": (
        {"convolution": "doubling:Double"},
        "the plug-in `convolution` of the package archc-double 1.0 is left out: archc itself has "
        "an operation `convolution`",
    ),
    "a word for one of archc": (
        {"double": "clashing:Double"},
        "the plug-in `double` of the package archc-double 1.0 is left out: Clash: `Conv2d` is what "
        "`convolution` is called",
    ),
    "another name": (
        {"triple": "doubling:Double"},
        "the plug-in `triple` of the package archc-double 1.0 is left out: it declares `double`, "
        "too, which no entry point names",
    ),
}


@pytest.mark.parametrize("case", CLASHES)
def test_a_clash_is_refused_by_name(install: Installer, tmp_path: Path, case: str) -> None:
    entry_points, message = CLASHES[case]
    module(tmp_path, "doubling", OPERATION)
    module(tmp_path, "clashing", OPERATION.replace('"double"', '"double", "Conv2d"'))
    before = dict(REGISTRY), dict(KNOWN_AS)
    install("archc_double-1.0", operations=entry_points)
    assert load()
    assert plugins.left_out() == [message]
    assert (dict(REGISTRY), dict(KNOWN_AS)) == before


def test_of_two_packages_with_one_name_neither_counts(install: Installer, tmp_path: Path) -> None:
    """Which of both is meant would rest on their names."""
    module(tmp_path, "doubling", OPERATION)
    for name in ("archc_double-1.0", "archc_twice-2.0"):
        install(name, operations={"double": "doubling:Double"})
    (fault,) = faults(DOUBLED)
    why = "there is one in each of the packages archc-double 1.0 and archc-twice 2.0"
    assert fault.help[1:] == (
        f"the plug-in `double` of the package archc-double 1.0 is left out: {why}",
        f"the plug-in `double` of the package archc-twice 2.0 is left out: {why}",
    )


def test_a_package_that_is_there_twice_is_the_first(install: Installer, tmp_path: Path) -> None:
    module(tmp_path, "doubling", OPERATION)
    install("archc_double-1.0", operations={"double": "doubling:Double"})
    install("Archc.Double-2.0", operations={"double": "nowhere:Double"})
    packages = {plugin.package for plugin in plugins.found(plugins.OPERATIONS)}
    assert len(packages) == 1


BACKEND_CLASHES = {
    "keras": "there is another backend that is called `keras`",
    "pytorch": "the backend itself is called `steps`",
    "steps": "",
}


@pytest.mark.parametrize("name", BACKEND_CLASHES)
def test_a_backend_has_a_name_of_its_own(install: Installer, name: str) -> None:
    install("archc_example-1.0", backends={name: "archc_example.steps:BACKEND"})
    why = BACKEND_CLASHES[name]
    assert (name in list(BACKENDS)[2:]) == (not why)
    if name == "keras":
        assert list(BACKENDS) == ["keras", "torch"]
        why = "the backend itself is called `steps`"
    assert plugins.left_out() == (
        [f"the plug-in `{name}` of the package archc-example 1.0 is left out: {why}"] if why else []
    )


def test_a_backend_is_one(install: Installer, tmp_path: Path) -> None:
    module(tmp_path, "none", "BACKEND = 3\n")
    install("archc_none-1.0", backends={"none": "none:BACKEND"})
    assert list(BACKENDS) == ["keras", "torch"]
    assert plugins.left_out() == [
        "the plug-in `none` of the package archc-none 1.0 is left out: "
        "it is a int, and no `archcompiler.backends.backend.Backend`"
    ]


@pytest.mark.parametrize("word", ["torch", "tensorflow"])
def test_a_backend_takes_no_word_of_another(install: Installer, tmp_path: Path, word: str) -> None:
    text = (
        "from archcompiler.backends.backend import Alias\n"
        "from archc_example.steps import Steps\n"
        "class Mine(Steps):\n"
        f"    name = 'mine'\n    known_as = {{{word!r}: Alias()}}\n"
        "BACKEND = Mine()\n"
    )
    module(tmp_path, "mine", text)
    install("archc_mine-1.0", backends={"mine": "mine:BACKEND"})
    assert "mine" not in BACKENDS
    assert f"there is another backend that is called `{word}`" in plugins.left_out()[0]


# ---- what is broken breaks nothing else

BROKEN = {
    "no module": ("", "nowhere:Double", "ModuleNotFoundError: No module named 'nowhere'"),
    "no class": (OPERATION, "broken:Triple", "AttributeError: module 'broken' has no attribute 'T"),
    "a syntax error": ("class", "broken:Double", "SyntaxError: "),
    "an end": ("raise SystemExit(3)", "broken:Double", "SystemExit: 3"),
    "no operation": ("Double = 3", "broken:Double", "it is no subclass of `archcompiler.oper"),
    "not declared": (
        OPERATION.replace('@operation("double")\n', ""),
        "broken:Double",
        'it is not declared with `@operation("double")`',
    ),
    "no family": (
        OPERATION.replace('"elementwise"', '"doubling"'),
        "broken:Double",
        "its `family` is none of input, ",
    ),
    "no words": (
        OPERATION.replace("Example:", ""),
        "broken:Double",
        "its docstring lacks a sentence, or an `Example:`",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_operation_is_named_and_nothing_else_is_broken(
    example: None, install: Installer, tmp_path: Path, case: str
) -> None:
    text, value, why = BROKEN[case]
    module(tmp_path, "broken", text)
    install("archc_broken-0.1", operations={"double": value})
    (fault,) = faults(DOUBLED)
    assert fault.code == "ARC201"
    sentence = f"the plug-in `double` of the package archc-broken 0.1 is left out: {why}"
    assert fault.help[-1].startswith(sentence)
    assert archcompiler.loads(SPEC)["S1"].type == "channel_unshuffle"
    assert "double" not in REGISTRY


def test_commands_warn_of_what_is_broken(
    example: None, install: Installer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("archc_broken-0.1", operations={"double": "nowhere:Double"}, backends={"x": "no:X"})
    warning = "warning: the plug-in `double` of the package archc-broken 0.1 is left out: Module"
    listed = archc("ops")
    assert listed.exit_code == 0
    assert listed.stderr.startswith(warning)
    assert "channel_unshuffle" in listed.stdout
    assert archc("-q", "ops").stderr == ""
    assert archc("schema").stderr.startswith(warning)
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(SPEC)
    result = archc("build", "net.yaml", "--backend", "x")
    assert result.exit_code == 2
    assert "'x' is not one of 'keras', 'torch', 'steps'" in result.stderr
    assert "warning: the plug-in `x` of the package archc-broken 0.1 is left out" in result.stderr
    assert archc("validate", "net.yaml").exit_code == 0


def test_an_example_that_is_faulty_is_told(install: Installer, tmp_path: Path) -> None:
    module(tmp_path, "faulty", OPERATION.replace("type: double}", "type: double, by: 2}"))
    install("archc_double-1.0", operations={"double": "faulty:Double"})
    listed = archc("ops")
    assert (listed.exit_code, "double" in listed.stdout) == (0, False)
    assert "is left out: its example is faulty: unknown field `by`" in listed.stderr
    assert archc("ops", "double").exit_code == 1


def test_whose_code_failed_is_told(
    install: Installer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    text = OPERATION + "\n    def shape(self, inputs):\n        return inputs[1]\n"
    module(tmp_path, "doubling", text)
    install("archc_double-1.0", operations={"double": "doubling:Double"})
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(DOUBLED)
    monkeypatch.setattr(sys, "argv", ["archc", "validate", "net.yaml"])
    with pytest.raises(SystemExit):
        main()
    assert capsys.readouterr().err == (
        "internal error: IndexError: tuple index out of range\n"
        "This is a fault of archc-double 1.0; ARCHC_TRACEBACK=1 shows where it is.\n"
    )


RULES = {
    "none": ("{}", "`torch` has no `double`"),
    "not there": (
        "{'torch': 'nowhere:rule'}",
        "`torch` has no `double`: ModuleNotFoundError: No module named 'nowhere'",
    ),
}


@pytest.mark.parametrize("case", RULES)
def test_code_that_a_backend_lacks_is_told(install: Installer, tmp_path: Path, case: str) -> None:
    rules, message = RULES[case]
    module(tmp_path, "ruled", f"{OPERATION}    rules = {rules}\n")
    install("archc_double-1.0", operations={"double": "ruled:Double"})
    with pytest.raises(SpecError) as caught:
        archcompiler.loads(DOUBLED).source("torch")
    (fault,) = caught.value.diagnostics
    assert (fault.code, fault.message) == ("ARC501", f"`S1`: {message}")
    assert fault.notes == ("no backend expresses it",)
