"""Random networks: what is proven of them is what both frameworks compute, and the same in both."""

from __future__ import annotations

import contextlib
import io
import math
import re
import runpy
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import Any

import archcompiler
from archcompiler import Architecture, SpecError
from archcompiler.backends.skeleton import UNKNOWN_LENGTH
from archcompiler.graph.expand import expanded
from archcompiler.operations.training import Adam, AdamW
from archcompiler.runtime.frameworks import framework_of
from archcompiler.runtime.inputs import random_inputs
from archcompiler.runtime.weights import random_weights
from proof import metrics
from proof.case import Case, Complaint, Kind, Tally
from proof.reduce import simpler_spec
from proof.spec import lists_of_rows, read, text_of
from proof.writer import BACKENDS, network

LARGE = 1e6  # values beyond it are no sign of anything: rounding is multiplied as they are


def draw(random: Random) -> Case:
    """Return a random network, and what is looked at beside its outputs."""
    text = network(random)
    more = {
        "gradients": random.random() < 0.25,
        "as a file": random.random() < 0.25 or "name: Random\n" not in text,
        "seed": random.randint(0, 10**6),
    }
    return Case(text, more)


def check(case: Case, tally: Tally) -> Complaint | None:
    """Hold the proven shapes and counts, and one framework, against the other."""
    try:
        found = archcompiler.loads(case.text)
    except SpecError:
        return None  # what was proven when it was drawn: it is a fault by now
    tally["layers"] += len(found.layers)
    complaint = _flat(found)
    if not _holds_when_run(case.text):
        tally["not of one size when run"] += 1
        return complaint
    backends = [name for name in BACKENDS if _expressible(found, name)]
    for name in backends:
        complaint = complaint or _counts(found, name)
        if case.given("as a file"):
            complaint = complaint or _as_a_file(found, name)
        if found.graph.training and found.graph.training.metrics and _is_known(found):
            tally["with metrics"] += name == backends[0]
            metrics.compute(found, name, case.given("seed", 0))
    if not backends:
        return complaint
    complaint = complaint or _shapes(found, backends[-1], tally)
    if len(backends) < 2:
        tally["in one backend alone"] += 1
        return complaint
    return complaint or _agree(case, found, tally)


def _holds_when_run(text: str) -> bool:
    """Whether sizes that are not known fit each other where they are what they are run with."""
    spec = read(text)
    if spec is None or "?" not in text:
        return True
    for rows in lists_of_rows(spec):
        for row in rows:
            size = row.get("size", "")
            if "?" in size and row.get("type") == "input":
                row["size"] = size.replace("?", str(UNKNOWN_LENGTH))
            elif "?" in size:
                del row["size"]
    try:
        archcompiler.loads(text_of(spec))
    except SpecError:
        return False
    return True


def _is_known(found: Architecture) -> bool:
    """Whether all sizes are known, so that there can be targets."""
    return all(layer.shape.elements is not None for layer in found.layers)


def _expressible(found: Architecture, backend: str) -> bool:
    """Whether a backend has source for a network; if not, it has to say why."""
    try:
        found.source(backend)
    except SpecError as error:
        if any(each.code != "ARC501" or not each.notes for each in error.diagnostics):
            raise
        return False
    return True


def _flat(found: Architecture) -> Complaint | None:
    """The network without blocks is the same network."""
    flat = archcompiler.loads(expanded(found.graph))
    if flat.totals != found.totals:
        return Complaint("expand: other totals", f"{flat.totals} instead of {found.totals}")
    shapes = [[layer.shape for layer in each.layers] for each in (flat, found)]
    return None if shapes[0] == shapes[1] else Complaint("expand: other shapes", repr(shapes))


def _counts(found: Architecture, backend: str) -> Complaint | None:
    """The live model has as many parameters as were computed."""
    model = found.build(backend)
    totals = found.totals
    proven = (totals.trainable, totals.not_trainable)
    if backend == "torch":
        trainable = sum(t.numel() for t in model.parameters() if t.requires_grad)
        frozen = sum(t.numel() for t in model.parameters() if not t.requires_grad)
        named = model.named_buffers()
        counted = (b.numel() for name, b in named if not name.endswith("num_batches_tracked"))
        others = frozen + sum(counted)
    else:
        trainable, others = (
            sum(
                math.prod(tensor.shape) for tensor in tensors if "seed_generator" not in tensor.path
            )
            for tensors in (model.trainable_variables, model.non_trainable_variables)
        )  # dropout keeps the state of a generator there
    if (trainable, others) == proven:
        return None
    return Complaint(
        f"{backend}: other counts of parameters",
        f"{trainable} and {others} not trainable; proven are {proven[0]} and {proven[1]}",
    )


def _as_a_file(found: Architecture, backend: str) -> Complaint | None:
    """The emitted file runs as a program."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, f"emitted_{backend}.py")
        file.write_text(found.source(backend), encoding="utf-8")
        before, sys.argv = sys.argv, [str(file)]
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                runpy.run_path(str(file), run_name="__main__")
        except Exception as error:
            way = f"{backend}: the file does not run: {type(error).__name__}"
            return Complaint(way, f"{error}\n\n{file.read_text(encoding='utf-8')}")
        finally:
            sys.argv = before
    return None


def _shapes(found: Architecture, backend: str, tally: Tally) -> Complaint | None:
    """Every layer has the shape that was proven."""
    names = [layer.name for layer in found.layers if not layer.operation.is_given]
    if not names:
        return None
    values = _every_layer(found, names, backend)
    tally["shapes"] += len(names)
    for name, value in zip(names, values, strict=True):
        shape = found[name].shape
        proven = shape.lengths
        if len(value.shape) != len(proven) + 1 or any(
            length not in (None, real) for length, real in zip(proven, value.shape[1:], strict=True)
        ):
            words = f"`{name}` is {tuple(value.shape[1:])}; proven is {shape}"
            return Complaint(f"{backend}: another shape", words)
    return None


def _every_layer(found: Architecture, names: list[str], backend: str) -> list[Any]:
    """Return the outputs of all layers, channels first."""
    flat = found.graph.flat(names)
    given = random_weights(flat, 0), random_inputs(flat, 2)
    return framework_of(backend).side("cpu").outputs(flat, *given, "float32")


def _agree(case: Case, found: Architecture, tally: Tally) -> Complaint | None:
    """Both frameworks compute the same, by `archc verify`."""
    from archcompiler.runtime.verify import Unusable, verify

    options: dict[str, Any] = {"layers": True, "seed": case.given("seed", 0)}
    options["gradients"] = bool(case.given("gradients"))
    options["steps"] = 2 if _trains_alike(found) else 0
    try:
        result = verify(found.graph, **options)
    except Unusable as error:
        tally[f"not trained: {_skeleton(error)}"] += 1
        options["steps"] = 0
        result = verify(found.graph, **options)
    tally["with gradients"] += options["gradients"]
    tally["trained"] += bool(options["steps"])
    tally["tensors compared"] += sum(len(each.items) for each in result.comparisons)
    if result.within():
        return None
    if any(not item.largest < LARGE for item in result.outputs):
        tally["with values too large to compare"] += 1
        return None
    # In float32 rounding alone may come to more, where a network multiplies it.
    options["steps"] *= not _rounds_slopes(found)
    exact = verify(found.graph, **options, precision="float64")
    beyond = [(each.kind, item) for each in exact.comparisons for item in each.beyond()]
    if not beyond:
        tally["rounded apart in float32"] += 1
        return None
    words = "\n".join(f"{kind}: {item}" for kind, item in beyond)
    return Complaint(f"keras and torch differ in {beyond[0][0]}", words)


def _trains_alike(found: Architecture) -> bool:
    """Whether both frameworks train the same: not on what ARC602 warns of."""
    told = any(warning.code == "ARC602" for warning in found.warnings)
    return found.graph.training is not None and not told


def _rounds_slopes(found: Architecture) -> bool:
    """Whether TensorFlow's float32 for the slope of a leaky rectifier may show in float64.

    It does where Adam divides small gradients by their size.
    """
    training = found.graph.training
    functions = (layer.function for layer in found.graph.layers)
    leaky = any(function and function.name == "leaky_relu" for function in functions)
    return leaky and training is not None and isinstance(training.optimizer, Adam | AdamW)


def _skeleton(error: Exception) -> str:
    """Return why something cannot be trained, without the names of the case."""
    return re.sub(r"`[^`]*` ", "", str(error)).partition(":")[0].partition(",")[0]


KIND = Kind("networks", draw, check, simpler_spec, frameworks=True, seconds=120, share=8)
