"""The bundled editor of `archc serve` is what web/ gives, and asks for nothing."""

import json
import re
import shutil
import subprocess
import sys
from typing import Any

import pytest

from tests.conftest import ROOT

ASSETS = ROOT / "archcompiler" / "pages" / "assets"
BUNDLE = (ASSETS / "editor.js").read_text(encoding="utf-8")
LICENSES = (ASSETS / "editor.LICENSES.txt").read_text(encoding="utf-8")
TOOLS = {"esbuild", "typescript"}  # make the bundle, and are not in it


def _packages() -> dict[str, Any]:
    lock = json.loads((ROOT / "web" / "package-lock.json").read_text(encoding="utf-8"))
    return {path.removeprefix("node_modules/"): entry for path, entry in lock["packages"].items()}


def _unreachable() -> str | None:
    """Return why the bundle cannot be made here, or None if it can."""
    npm = shutil.which("npm")
    if npm is None:
        return "npm is not installed"
    asked = [npm, "view", "esbuild", "name", "--fetch-retries=0", "--fetch-timeout=5000"]
    done = subprocess.run(asked, capture_output=True, check=False)
    return "npm does not reach its registry" if done.returncode else None


@pytest.mark.slow
def test_the_bundle_is_what_its_sources_give() -> None:
    if reason := _unreachable():
        pytest.skip(reason)
    command = [sys.executable, ROOT / "scripts" / "editor", "--check"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_the_licences_name_every_package_in_the_bundle() -> None:
    packages = _packages()
    names = set(packages[""]["devDependencies"]) - TOOLS
    while more := {new for name in names for new in packages[name].get("dependencies", {})} - names:
        names |= more
    told = re.findall(r"^(\S+) (\d+\.\d+\.\d+)$", LICENSES, re.MULTILINE)
    assert dict(told) == {name: packages[name]["version"] for name in names}
    assert {packages[name]["license"] for name in names} == {"MIT"}


def test_packages_are_pinned_and_come_from_no_named_place() -> None:
    packages = _packages()
    for name, version in packages[""]["devDependencies"].items():
        assert packages[name]["version"] == version
    assert not any("resolved" in entry for entry in packages.values())


@pytest.mark.parametrize(
    "word",
    [
        r"\beval\(", r"\bFunction\(", r"\bimport\b", r"\bfetch\(", "XMLHttpRequest", "WebSocket",
        "EventSource", "sendBeacon", "Worker", r"\.src\b", "@import",
        r"https?://(?!www\.w3\.org/2000/svg)",
    ],
)  # fmt: skip
def test_the_bundle_runs_no_text_and_fetches_nothing(word: str) -> None:
    found = re.search(word, BUNDLE)
    assert found is None, BUNDLE[found.start() - 40 : found.end() + 40]
