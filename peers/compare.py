"""Carry a peer's weights into our backends, and compare what they give with what it gave."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import archcompiler
from archcompiler import checkpoints
from archcompiler.graph import Graph
from archcompiler.runtime.live import build
from archcompiler.runtime.weights import load_into
from peers.networks import Network
from scripts.specs import ROOT

TOLERANCE = 1e-5
APART = 0.04
SIDE = 224  # of an image for a network of any size
PEERS = ROOT / ".venv-peers" / "bin" / "python"

Array = Any
Weights = dict[str, Array]


class Compared(NamedTuple):
    """How far our backends are from a peer, as shares of the largest value that it gave.

    `apart` is how far its outputs for two inputs are from each other: what no constant could give.
    """

    parameters: int
    keras: float
    torch: float
    apart: float

    @property
    def holds(self) -> bool:
        """Whether both give what the peer gives (NaN never does), and that depends on the input."""
        return self.keras <= TOLERANCE and self.torch <= TOLERANCE and self.apart > APART


def compare(network: Network, seed: int = 0) -> Compared:
    """Return how far both our backends are from the network's peer, with its weights."""
    architecture = archcompiler.load(network.path, params=dict(network.params))
    graph = architecture.graph
    graph = graph.without_final_activation() if graph.has_logits else graph
    rules = checkpoints.Rules.read(network.rules_path, graph.body.parameters)
    with tempfile.TemporaryDirectory() as folder:
        shape = graph.inputs[0].shape
        side = shape.channels if shape.is_vector else shape.places[0]
        file = ask(network, seed, side or SIDE, Path(folder))
        signals = np.load(Path(folder) / "signals.npz")
        given = [signals[name] for name in sorted(signals) if name != "output"]
        wanted = signals["output"]
        weights = checkpoints.load(file, graph, rules)
        found = {name: share(run(graph, weights, given), wanted) for name, run in RUNS.items()}
    parameters = sum(tensor.size for tensor in weights.values())
    assert parameters == architecture.totals.parameters
    return Compared(parameters, **found, apart=share(wanted[:1], wanted[1:]))


def ask(network: Network, seed: int, side: int, folder: Path) -> Path:
    """Have the peer write its weights, inputs and its output to `folder`; return the weights.

    Images have sides of `side` cells, texts as many tokens.
    """
    if network.library == "keras_applications":
        python, program, file = sys.executable, "peers.from_keras", "peer.weights.h5"
    else:
        program = f"peers.from_{network.library}"
        python, file = str(PEERS), "weights.safetensors"
    command = [python, "-m", program, network.peer, str(seed), str(side), str(folder)]
    settings = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | settings, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr}")
    return folder / file


def share(ours: Array, theirs: Array) -> float:
    """Return the largest difference as a share of the largest value."""
    assert ours.shape == theirs.shape
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())


def _first(outputs: Any) -> Any:
    """Return the network's own output: GoogLeNet has auxiliary ones, for training."""
    return outputs[0] if isinstance(outputs, (list, tuple)) else outputs


def _keras(graph: Graph, weights: Weights, given: list[Array]) -> Array:
    import keras

    with keras.device("cpu"):
        model = build(graph, "keras")
        load_into(model, graph, "keras", weights)
        reads = [keras.ops.convert_to_tensor(np.moveaxis(values, 1, -1)) for values in given]
        outputs = model(reads if len(reads) > 1 else reads[0], training=False)
        output = keras.ops.convert_to_numpy(_first(outputs))
    del model
    keras.backend.clear_session()
    gc.collect()
    return np.moveaxis(output, -1, 1)  # of maps; a vector is as it was


def _torch(graph: Graph, weights: Weights, given: list[Array]) -> Array:
    import torch

    model = build(graph, "torch")
    load_into(model, graph, "torch", weights)
    with torch.inference_mode():
        return _first(model.eval()(*map(torch.from_numpy, given))).numpy()


RUNS: dict[str, Callable[[Graph, Weights, list[Array]], Array]] = {"keras": _keras, "torch": _torch}
