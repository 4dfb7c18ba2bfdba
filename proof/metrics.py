"""The metrics of the generated files can be computed, whatever the network gives."""

from __future__ import annotations

from typing import Any

import numpy as np

from archcompiler import Architecture
from archcompiler.backends.keras.runtime.models import given
from archcompiler.backends.torch.runtime.models import model_class, tensors
from archcompiler.backends.torch.runtime.verify import classes_first
from archcompiler.runtime.inputs import random_inputs
from archcompiler.runtime.live import module_of
from archcompiler.runtime.verify.training import targets_for

BATCH = 4


def compute(found: Architecture, backend: str, seed: int) -> None:
    """Compute the metrics of a network with random inputs and targets, in float32."""
    graph = found.graph
    generator = np.random.default_rng(seed)
    inputs = random_inputs(graph, BATCH, generator)
    targets = targets_for(graph, BATCH, generator)
    targets = targets.astype(np.float32) if targets.dtype == np.float64 else targets
    module = module_of(graph, backend)
    if backend == "keras":
        model = module.build_training_model()
        model.test_on_batch(given(inputs), targets)
    else:
        _by_torch(found, module, inputs, targets)


def _by_torch(found: Architecture, module: Any, inputs: list[Any], targets: Any) -> None:
    import torch

    logits = {"logits": True} if found.graph.trains_on_logits else {}
    model = model_class(module)(**logits).eval()
    targets = classes_first(targets)
    assert found.graph.training is not None
    with torch.inference_mode():
        outputs = model(*tensors(inputs, "cpu"))
        for name in found.graph.training.metrics:
            getattr(module, name)(outputs, torch.from_numpy(targets.copy()))
