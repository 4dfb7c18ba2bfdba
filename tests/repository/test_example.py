"""The example package, installed into a fresh environment, brings its operation and its backend.

`docs/plugins.md` quotes its code; `test_docs.py` compares them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from importlib.util import find_spec
from pathlib import Path

import jsonschema
import pytest
import yaml

from tests.conftest import EXAMPLE, ROOT

MISSING = [name for name in ("pip", "setuptools") if find_spec(name) is None]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"needs {' and '.join(MISSING)}")

SPEC = """\
archc: 1
name: Shuffled
layers:
- {layer: In, type: input, maps: 6, size: 4x3}
- {layer: S1, type: ChannelUnshuffle, groups: 2}
- {layer: F1, type: fully_connected, size: 5, activation: tanh}
- {layer: Out, type: fully_connected, size: 3, activation: softmax}
"""


class Environment:
    """A Python environment that sees archc and what is installed here, and packages of its own."""

    def __init__(self, folder: Path) -> None:
        venv.create(folder, symlinks=os.name != "nt")
        places = {"base": str(folder), "platbase": str(folder)}
        site = Path(sysconfig.get_path("purelib", "venv", places))
        here = dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib"))
        (site / "here.pth").write_text("\n".join([str(ROOT), *here]) + "\n")
        scripts = Path(sysconfig.get_path("scripts", "venv", places))
        self.python = scripts / ("python.exe" if os.name == "nt" else "python")
        self.folder = folder

    def pip(self, *arguments: object) -> None:
        """Run pip, without a network."""
        own = ("--python", self.python, "--disable-pip-version-check")
        subprocess.run(
            [sys.executable, "-m", "pip", *map(str, (*own, *arguments))],
            check=True,
            capture_output=True,
        )

    def run(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        """Run Python, in the environment's folder."""
        own = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
        return subprocess.run(
            list(map(str, (self.python, *arguments))),
            cwd=self.folder,
            env=own,
            capture_output=True,
            text=True,
            check=False,
        )

    def archc(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        """Run archc."""
        return self.run("-m", "archcompiler", *arguments)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Return an environment without the package."""
    environment = Environment(tmp_path_factory.mktemp("environment"))
    (environment.folder / "net.yaml").write_text(SPEC)
    return environment


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Return an environment with the package, installed as its users do."""
    environment = Environment(tmp_path_factory.mktemp("environment"))
    source = tmp_path_factory.mktemp("source") / "plugin"
    shutil.copytree(EXAMPLE, source, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    environment.pip("install", "--no-index", "--no-deps", "--no-build-isolation", source)
    (environment.folder / "net.yaml").write_text(SPEC)
    return environment


def test_without_it_the_spec_is_faulty(bare: Environment) -> None:
    done = bare.archc("validate", "net.yaml")
    assert done.returncode == 1
    assert "error[ARC201]: unknown layer type `ChannelUnshuffle`" in done.stdout
    assert "channel_unshuffle" not in bare.archc("ops").stdout


@pytest.mark.slow
def test_its_operation_is_in_every_list(installed: Environment) -> None:
    assert "\n  channel_unshuffle " in installed.archc("ops").stdout
    shown = installed.archc("ops", "ChannelUnshuffle", "--format", "json")
    assert json.loads(shown.stdout)["operations"][0]["type"] == "channel_unshuffle"
    schema = json.loads(installed.archc("schema").stdout)
    own = SPEC.replace("ChannelUnshuffle", "channel_unshuffle")
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid(yaml.safe_load(own))
    assert not validator.is_valid(yaml.safe_load(own.replace("groups: 2", "groups: two")))
    fields = schema["$defs"]["channel_unshuffle_layer"]["properties"]
    assert fields["groups"]["description"].startswith("Groups that the maps are put into")


@pytest.mark.slow
def test_a_spec_with_it_is_proven(installed: Environment) -> None:
    done = installed.archc("validate", "net.yaml")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Shuffled, 4 layers" in done.stdout
    assert "S1" in installed.archc("summary", "net.yaml").stdout


ASKED = """
import json
from archcompiler.editor.complete import completions
from archcompiler.editor.document import Document
from archcompiler.editor.hover import hover

text = open("net.yaml").read()
document = Document("net.yaml", text)
at = text.index("ChannelUnshuffle")
begun = text.replace("ChannelUnshuffle, groups: 2", "chann")
field = text.replace("groups: 2", "gro")
end = field.index("gro") + 3
print(json.dumps({
    "hover": hover(document, at + 2)[0],
    "types": [word.word for word in completions(Document("net.yaml", begun), at + 5)],
    "fields": [word.word for word in completions(Document("net.yaml", field), end)],
}))
"""


@pytest.mark.slow
def test_an_editor_knows_it(installed: Environment) -> None:
    done = installed.run("-c", ASKED)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert "Puts maps that lie in turn back into groups" in found["hover"]
    assert "channel_unshuffle" in found["types"]
    assert "groups" in found["fields"]


def test_a_shell_completes_it(installed: Environment) -> None:
    code = (
        "from click.shell_completion import ShellComplete\n"
        "from archcompiler.cli import cli\n"
        "shell = ShellComplete(cli, {}, 'archc', '_ARCHC_COMPLETE')\n"
        "print([item.value for item in shell.get_completions(['ops'], 'channel_u')])\n"
        "print([item.value for item in shell.get_completions(['build', '--backend'], '')])\n"
    )
    done = installed.run("-c", code)
    assert done.stdout.splitlines() == ["['channel_unshuffle']", "['keras', 'torch', 'steps']"]


@pytest.mark.slow
def test_it_is_built_for_every_backend(installed: Environment) -> None:
    for backend, word in {
        "keras": 'layers.Reshape((4, 3, 6), name="S1")',
        "torch": "self.S1 = nn.ChannelShuffle(3)",
        "steps": '"do": "unshuffle"',
    }.items():
        done = installed.archc("build", "net.yaml", "--backend", backend, "-o", "-")
        assert word in done.stdout, done.stderr
    assert "[keras|torch|steps]" in installed.archc("build", "--help").stdout


@pytest.mark.slow
@pytest.mark.keras
@pytest.mark.torch
def test_all_backends_agree(installed: Environment) -> None:
    done = installed.archc("verify", "net.yaml", "--backends", "keras,torch,steps", "--layers")
    assert done.returncode == 0, done.stderr
    verdicts = done.stdout.splitlines()[-2:]
    assert [verdict.partition(" agree;")[0] for verdict in verdicts] == [
        "Shuffled: keras and torch",
        "Shuffled: keras and steps",
    ]


@pytest.mark.slow
def test_what_is_no_longer_installed_is_gone(installed: Environment) -> None:
    """The last one: a spec alone loads nothing."""
    installed.pip("uninstall", "--yes", "archc-example")
    assert installed.archc("validate", "net.yaml").returncode == 1
