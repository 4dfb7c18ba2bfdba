"""Keras' own archive of a model without its weights, made in a process of its own.

    python -m archcompiler.backends.keras.runtime.archive OUT.keras < generated_source.py

Keras numbers layers by their kind, in an order that it derives from the model. Nobody but Keras
knows that, so that Keras writes the archive, with empty groups where weights belong. No variable
gets memory: a network of any size is written in that of its names.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from archcompiler.files import FileError
from archcompiler.runtime.frameworks import framework_of


def write_archive(source: str, path: Path) -> None:
    """Write the archive of the model that the generated `source` builds.

    Raises:
        FileError: Keras cannot build it, or write it.
        FrameworkMissing: Keras is not installed.
    """
    framework_of("keras").require()
    command = [sys.executable, "-m", __name__, str(path)]
    done = subprocess.run(command, input=source.encode(), capture_output=True, check=False)
    if done.returncode or not path.stat().st_size:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise FileError(f"Keras cannot write this model: {said[-1] if said else 'no reason given'}")


def _main(path: str, source: str) -> None:
    import keras

    from archcompiler.runtime.live import as_module

    module = as_module(source, "keras_archive")
    with keras.StatelessScope(initialize_variables=False):
        model = module.build_model()
    for layer in model.layers:
        layer.save_own_variables = lambda store: None  # what stands there is written later
    model.save(path)


if __name__ == "__main__":
    _main(sys.argv[1], sys.stdin.read())
