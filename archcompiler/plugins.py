"""Plug-ins of installed packages: found by entry points, and loaded when they are needed.

A package names its operations and backends in its metadata:

    [project.entry-points."archc.operations"]
    channel_unshuffle = "archc_example.channel_unshuffle:ChannelUnshuffle"

A spec cannot make archc load code. A plug-in that cannot be used is left out, with a message. The
search takes a millisecond if there are no plug-ins; `importlib.metadata`, which does the same,
takes thirty milliseconds to import.
"""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

OPERATIONS, BACKENDS = "archc.operations", "archc.backends"
_OURS = re.compile(rb"^\[archc\.(operations|backends)\]", re.MULTILINE)
_METADATA = (".dist-info", ".egg-info")  # suffixes of metadata folders
_left_out: dict[Plugin, str] = {}  # plug-ins that cannot be used, and why


class Plugin(NamedTuple):
    """An entry point of a package: group, name, value (`module:object`), and the package."""

    group: str
    name: str
    value: str
    package: str = ""

    def __str__(self) -> str:
        return f"`{self.name}`{self.package and f' of the package {self.package}'}"


def found(group: str) -> tuple[Plugin, ...]:
    """Return the plug-ins of a group; a name that two packages define is left out."""
    plugins = [plugin for plugin in _installed() if plugin.group == group]
    count = Counter(plugin.name for plugin in plugins)
    for plugin in plugins:
        if count[plugin.name] > 1:
            others = [other.package for other in plugins if other.name == plugin.name]
            leave_out(plugin, f"there is one in each of the packages {' and '.join(others)}")
    return tuple(plugin for plugin in plugins if count[plugin.name] == 1)


def load(plugin: Plugin) -> Any:
    """Return the object of a plug-in; None if it cannot be loaded, see `why_left_out`."""
    module, _, path = plugin.value.partition(":")
    try:
        found: Any = import_module(module.strip())
        for name in filter(None, path.strip().split(".")):
            found = getattr(found, name)
    except (Exception, SystemExit) as error:  # foreign code may raise anything
        leave_out(plugin, f"{type(error).__name__}: {error}".partition("\n")[0])
        return None
    return found


def leave_out(plugin: Plugin, why: str) -> None:
    """Note that a plug-in cannot be used."""
    _left_out[plugin] = why


def why_left_out(plugin: Plugin) -> str:
    """Return why a plug-in cannot be used; an empty text if it can, or was not loaded."""
    return _left_out.get(plugin, "")


def left_out(*groups: str) -> list[str]:
    """Return messages about plug-ins that cannot be used, in some groups or in all."""
    return [
        f"the plug-in {plugin} is left out: {why}"
        for plugin, why in _left_out.items()
        if not groups or plugin.group in groups
    ]


def to_blame(error: BaseException) -> str:
    """Return the package whose code raised `error`; an empty text if it is no plug-in."""
    packages = {plugin.value.partition(".")[0].partition(":")[0]: plugin for plugin in _installed()}
    names, at = list[str](), error.__traceback__
    while at is not None:
        names.append(at.tb_frame.f_globals.get("__name__", ""))
        at = at.tb_next
    for name in reversed(names):
        first = name.partition(".")[0]
        if first == "archcompiler":
            break
        if first in packages:
            return packages[first].package
    return ""


@cache
def _installed() -> tuple[Plugin, ...]:
    """Return all plug-ins, sorted by package."""
    packages: dict[str, Path] = {}
    for folder in _folders():
        for path in _with_our_groups(folder):
            name = re.sub(r"[-_.]+", "_", path.name.partition("-")[0]).lower()
            packages.setdefault(name, path)  # the first on the path is what Python imports
    return tuple(plugin for name in sorted(packages) for plugin in _brought(packages[name]))


def _folders() -> Iterator[str]:
    """Yield the folders of `sys.path`, except the current directory.

    `python -m archcompiler` puts that on the path, and it may be a folder of untrusted specs.
    """
    here = os.path.realpath(os.curdir)
    return (folder for folder in sys.path if folder and os.path.realpath(folder) != here)


def _with_our_groups(folder: str) -> Iterator[Path]:
    """Yield the metadata folders of packages with entry points in our groups."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(_METADATA):
                path = f"{entry.path}/entry_points.txt"
                with suppress(OSError), open(path, "rb") as file:  # noqa: PTH123  (it is faster)
                    if _OURS.search(file.read()):
                        yield Path(entry)


def _brought(path: Path) -> Iterator[Plugin]:
    from importlib.metadata import Distribution

    name, _, version = path.stem.partition("-")
    package = f"{name.replace('_', '-')} {version}".rstrip()
    for entry in Distribution.at(path).entry_points:
        if entry.group in (OPERATIONS, BACKENDS):
            yield Plugin(entry.group, entry.name, entry.value, package)
