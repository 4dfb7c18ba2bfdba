"""A model of keras.applications with disturbed weights: its weights, an input and its output.

`python -m peers.from_keras MODEL SEED SIDE FOLDER`: a process of its own gives all memory back.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np

from peers import disturb


def disturb_kernels(model: Any, generator: np.random.Generator) -> None:
    for layer in model.layers:
        kernels = []
        if isinstance(layer, keras.layers.SeparableConv2D):
            kernels = [layer.pointwise_kernel]
            rows, columns, *_ = shape = tuple(layer.depthwise_kernel.shape)
            layer.depthwise_kernel.assign(disturb.kernel(shape, rows * columns, generator))
        elif isinstance(layer, keras.layers.Conv2D | keras.layers.Dense):
            kernels = [layer.kernel]
        for kernel in kernels:
            shape = tuple(kernel.shape)
            kernel.assign(disturb.kernel(shape, int(np.prod(shape[:-1])), generator))
            if layer.bias is not None:
                layer.bias.assign(disturb.bias(tuple(layer.bias.shape), generator))


def disturb_normalizations(model: Any, images: Any, generator: np.random.Generator) -> None:
    """Give each normalization its tensors when its input is known, layer by layer."""
    values = {id(model.input): images}
    for layer in model.layers[1:]:
        read = layer.input
        known = [values[id(tensor)] for tensor in (read if isinstance(read, list) else [read])]
        if isinstance(layer, keras.layers.BatchNormalization):
            rows = keras.ops.convert_to_numpy(known[0]).reshape(-1, known[0].shape[-1]).T
            tensors = disturb.normalization(rows, layer.epsilon, generator)
            names = ("gamma", "beta", "moving_mean", "moving_variance")
            for name, tensor in zip(names, tensors, strict=True):
                getattr(layer, name).assign(tensor)
        values[id(layer.output)] = layer(known if isinstance(read, list) else known[0])


def main(name: str, seed: int, side: int, folder: Path) -> None:
    generator = np.random.default_rng(seed)
    images = disturb.network_input(seed + 1, side)
    # Logits: a softmax would hide differences.
    model = getattr(keras.applications, name)(weights=None, classifier_activation=None)
    given = keras.ops.convert_to_tensor(images.transpose(0, 2, 3, 1))
    disturb_kernels(model, generator)
    if any(isinstance(layer, keras.layers.BatchNormalization) for layer in model.layers):
        disturb_normalizations(model, given, generator)
    output = keras.ops.convert_to_numpy(model(given, training=False))
    model.save_weights(folder / "peer.weights.h5")
    np.savez(folder / "signals.npz", input=images, output=output)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
