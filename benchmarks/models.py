"""Generated models beside hand-written ones of the same network: images a second.

The two take turns, step by step, and the ratio is the median over pairs, so that what else the
machine does meets both. They have one thread: several that share a busy machine wait for each
other, and then the wait is what is measured. That the two are the same network is checked first:
with the same weights they give the same outputs.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from importlib.util import find_spec
from statistics import median, quantiles
from time import perf_counter
from typing import Any

from benchmarks.measure import ROOT, in_child, say, table

BATCHES = (1, 32)
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}
SECONDS = 30  # for each line of the table: both models, and as many pairs as fit
Step = Callable[[], Any]
Steps = dict[str, tuple[Step, Step]]  # what is done: by the generated model, by the other


def paired(own: Step, other: Step, batch: int, seconds: float, fewest: int) -> dict[str, Any]:
    """Return images a second of both, and the quartiles of their ratio over pairs."""
    own(), other()  # the first step compiles, allocates and chooses algorithms
    times: list[tuple[float, float]] = []
    end = perf_counter() + seconds
    while perf_counter() < end or len(times) < fewest:
        forwards = len(times) % 2 == 0
        first = _timed(own if forwards else other)
        second = _timed(other if forwards else own)
        times.append((first, second) if forwards else (second, first))
    low, middle, high = quantiles([theirs / ours for ours, theirs in times], n=4)
    return {
        "own": batch / median(ours for ours, _ in times),
        "other": batch / median(theirs for _, theirs in times),
        "ratio": [low, middle, high],
        "pairs": len(times),
    }


def _timed(step: Step) -> float:
    start = perf_counter()
    step()
    return perf_counter() - start


def torch_steps(batch: int) -> Steps:
    """Return what the PyTorch models do: torchvision's, and the one generated from its table."""
    import torch
    from torch.nn.functional import cross_entropy

    import archcompiler

    network = archcompiler.load(ROOT / "benchmarks" / "alexnet_torchvision.yaml")
    own, other = network.build("torch"), _torchvision_alexnet()
    pairs = zip(own.parameters(), other.parameters(), strict=True)
    with torch.no_grad():
        for mine, theirs in pairs:
            mine.copy_(theirs)
    images, classes = torch.rand(batch, 3, 224, 224), torch.randint(1000, (batch,))

    def forward(model: torch.nn.Module) -> Step:
        def step() -> torch.Tensor:
            model.eval()
            with torch.inference_mode():
                return model(images)

        return step

    def training(model: torch.nn.Module) -> Step:
        optimizer = torch.optim.SGD(model.parameters(), lr=0.001)

        def step() -> None:
            model.train()
            optimizer.zero_grad()
            cross_entropy(model(images), classes).backward()
            optimizer.step()

        return step

    torch.testing.assert_close(forward(own)(), forward(other)())
    return {
        "forward": (forward(own), forward(other)),
        "training step": (training(own), training(other)),
    }


def _torchvision_alexnet() -> Any:
    if find_spec("torchvision"):
        from torchvision.models import alexnet

        return alexnet()
    from benchmarks.peers.torchvision_alexnet import AlexNet

    return AlexNet()


def keras_steps(batch: int) -> Steps:
    """Return what the two Keras models do: the article's, and the one generated from its spec."""
    import numpy as np

    import archcompiler
    from archcompiler.runtime.live import as_module
    from benchmarks.peers import article_keras

    network = archcompiler.load(ROOT / "specs" / "alexnet_article.yaml")
    module = as_module(network.source("keras"), "benchmark")
    own, own_training = module.build_model(), module.build_training_model()
    other = article_keras.build_model()
    own.set_weights(other.get_weights())
    own_training.set_weights(other.get_weights())
    images = np.random.default_rng(0).random((batch, 227, 227, 3), dtype=np.float32)
    classes = np.arange(batch) % 10
    np.testing.assert_allclose(
        own.predict_on_batch(images), other.predict_on_batch(images), atol=1e-5
    )
    return {
        "forward": (
            lambda: own.predict_on_batch(images),
            lambda: other.predict_on_batch(images),
        ),
        "training step": (
            lambda: own_training.train_on_batch(images, classes),
            lambda: other.train_on_batch(images, classes),
        ),
    }


FRAMEWORKS = {"torch": torch_steps, "keras": keras_steps}
PEERS = {
    "torch": "PyTorch: torchvision's AlexNet",
    "keras": "Keras: the article's code",
}


def report(*, quick: bool) -> str:
    """Return the table; each framework and batch in a process of its own."""
    rows = []
    for framework, peer in PEERS.items():
        if find_spec(framework) is None:
            continue
        for batch in BATCHES[:1] if quick else BATCHES:
            say(f"models: {framework}, batch {batch}")
            seconds = 0 if quick else SECONDS
            measured = in_child("benchmarks.models", framework, batch, seconds, **ONE_THREAD)
            for what, found in measured.items():
                low, middle, high = found["ratio"]
                rows.append(
                    (
                        f"{peer}, {what}, batch {batch}",
                        f"{found['own']:.1f}",
                        f"{found['other']:.1f}",
                        f"{middle:.2f} ({low:.2f} to {high:.2f}, {found['pairs']} pairs)",
                    )
                )
    titles = ("network", "generated: images/s", "by hand: images/s", "ratio (quartiles)")
    note = "One thread each. The ratio is above 1 where the generated model is faster."
    if not find_spec("torchvision"):
        note += " torchvision's class is a copy of its source."
    return "\n\n".join(["## Generated models beside hand-written ones", table(titles, rows), note])


def main(framework: str, batch: int, seconds: float) -> None:
    steps = FRAMEWORKS[framework](batch)
    found = {
        what: paired(own, other, batch, seconds, 5 if seconds else 2)
        for what, (own, other) in steps.items()
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
