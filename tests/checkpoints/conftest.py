"""Keras' archives take a process with Keras in it each: here, one for each model."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from archcompiler.backends.keras.runtime import archive


@pytest.fixture(autouse=True, scope="session")
def _archives_are_made_once() -> Iterator[None]:
    made: dict[bytes, tuple[object, bytes]] = {}  # by the source of the model

    def run(command: list[str], **options: Any) -> object:
        path, source = Path(command[-1]), options["input"]
        if source not in made:
            done = subprocess.run(command, **options)
            if done.returncode:
                return done
            made[source] = done, path.read_bytes()
        done, written = made[source]
        path.write_bytes(written)
        return done

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(archive, "subprocess", SimpleNamespace(run=run))
        yield
