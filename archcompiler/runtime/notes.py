"""Metadata in files that archc writes: the network, its fingerprint, the language version."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping

from archcompiler.graph import Graph
from archcompiler.language.spec import VERSION

NOTE = "archc.json"
LONGEST = 2**16  # bytes


def notes(graph: Graph) -> dict[str, str]:
    """Return the metadata of a file with weights of `graph`."""
    return {
        "archc_language": str(VERSION),
        "archc_network": graph.name,
        "archc_fingerprint": graph.fingerprint,
    }


def noted(metadata: Mapping[str, str]) -> bytes:
    """Return metadata as the content of the part `NOTE` of an archive."""
    return json.dumps(dict(sorted(metadata.items()))).encode()


def note_of(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return the metadata in an archive; an empty dictionary if archc did not write it."""
    for info in archive.infolist():
        if info.filename.rpartition("/")[2] == NOTE and info.file_size <= LONGEST:
            try:
                found = json.loads(archive.read(info))
            except (ValueError, RecursionError):
                return {}
            if isinstance(found, dict):
                return {str(key): str(value) for key, value in found.items()}
    return {}
