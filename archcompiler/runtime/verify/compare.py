"""`verify`: models are built, run and compared."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from archcompiler.backends import BACKENDS, PAIR
from archcompiler.graph import Graph
from archcompiler.runtime.frameworks import framework_of
from archcompiler.runtime.inputs import in_precision, random_inputs
from archcompiler.runtime.verify.differences import (
    Comparison,
    Kind,
    Unusable,
    Verification,
    difference,
    of_parameters,
)
from archcompiler.runtime.verify.foreign import Foreign, compared_with, foreign_model
from archcompiler.runtime.verify.side import Batch, Side
from archcompiler.runtime.verify.training import Sides, demand_trainable, targets_for, trained
from archcompiler.runtime.weights import cast, random_weights

if TYPE_CHECKING:
    from archcompiler.runtime.weights import Array, Weights


class _Given(NamedTuple):
    """What all sides compute with: the network without its last activation, weights, inputs."""

    graph: Graph
    weights: Weights
    inputs: list[Array]
    precision: str

    @property
    def doubled(self) -> _Given:
        """The same in float64."""
        inputs = [in_precision(value, "float64") for value in self.inputs]
        return _Given(self.graph, cast(self.weights, "float64"), inputs, "float64")


def verify(
    graph: Graph,
    *,
    backends: Collection[str] = PAIR,
    layers: bool = False,
    gradients: bool = False,
    steps: int = 0,
    precision: str = "float32",
    weights: Weights | None = None,
    against: str = "",
    renamed: Callable[[str], str] | None = None,
    batch: int = 2,
    seed: int = 0,
    device: str = "cpu",
) -> Verification:
    """Build `backends` with equal weights, and compare the first one with each of the others.

    The weights are `weights`, or those of a foreign model, or random. The foreign model is what
    `against`, as `module:callable`, returns; `renamed` translates our names of tensors to its.

    A last softmax is left out, since it hides differences. With `layers`, the outputs of all
    layers are compared; with `gradients`, the gradients of all trained parameters; with `steps`,
    so many steps of training by the section `training`. The latter two use float64, as in float32
    an input of 1e-7 to a rectifier may have different signs in two frameworks, and then so has
    the gradient, while both are right. Of a network with layers that a framework has in float32
    alone, all is compared in float32, and a note says so.

    Raises:
        SpecError: A backend cannot express some layers.
        FrameworkMissing: A framework is not installed.
        DeviceMissing: `device` is not available to a backend.
        Unusable: There is nothing to compare or to train, a backend has no gradients or does
            not train, or the foreign model fails.
        Unlike: The foreign model has other tensors or other output shapes than the spec.
    """
    backends = [name for name in BACKENDS if name in backends]
    _demand_comparable(backends, against, layers=layers, gradients=gradients, steps=steps)
    if steps:
        demand_trainable(graph, backends, batch)
    sides = [_opened(name, device) for name in backends]
    foreign = foreign_model(against, precision, device) if against else None
    if foreign:
        weights = foreign.weights(graph, renamed)
    notes = _single(backends, graph)
    given, generator = _given(graph, weights, batch, seed, "float32" if notes else precision)
    frameworks = dict.fromkeys([*backends, *([foreign.framework] if foreign else [])])
    with _exact(frameworks):
        values = [
            side.outputs(given.graph, given.weights, given.inputs, given.precision)
            for side in sides
        ]
        found = _between(given, sides, values, layers=layers)
        found += _with_foreign(graph, given, sides, values, foreign) if foreign else []
    given = given if notes else given.doubled
    if gradients and graph.totals.trainable:
        found += _gradients(given, sides, values[0], generator)
    if steps:
        data = Batch(given.inputs, targets_for(graph, batch, generator))
        for pair in _pairs(sides):
            found += trained(graph, pair, given.weights, data, steps, given.precision)
    found = [item._replace(notes=(*item.notes, *notes)) for item in found]
    return Verification(tuple(_as_exact_as(frameworks, item) for item in found))


def _single(backends: Collection[str], graph: Graph) -> tuple[str, ...]:
    """Return a note for each framework that has layers of `graph` in float32 alone."""
    return tuple(
        f"`{name}` has {' and '.join(f'`{each}`' for each in types)} in float32 alone, so that"
        " nothing is compared in float64"
        for name in backends
        if (types := framework_of(name).single(graph))
    )


@contextmanager
def _exact(frameworks: Collection[str]) -> Iterator[None]:
    """Compute float32 exactly in all frameworks, see `Framework.exact`."""
    with ExitStack() as settings:
        for name in frameworks:
            settings.enter_context(framework_of(name).exact())
        yield


def _as_exact_as(frameworks: Collection[str], comparison: Comparison) -> Comparison:
    """Return a comparison with the precision that all frameworks reach, and notes on those."""
    if comparison.precision != "float64":
        return comparison
    notes = [note for name in frameworks if (note := framework_of(name).rounding())]
    precision = "float32" if notes else "float64"
    return comparison._replace(precision=precision, notes=(*comparison.notes, *notes))


def _demand_comparable(
    backends: Sequence[str], against: str, *, layers: bool, gradients: bool, steps: int
) -> None:
    """Raise `Unusable` if fewer than two sides are to be compared, or one of them cannot do it."""
    asked = {"--layers": layers, "--gradients": gradients, "--steps": steps}
    both = ",".join(PAIR)
    frameworks = [framework_of(name) for name in backends]
    if len(backends) > 1:
        for framework in frameworks:
            if gradients and not framework.differentiates:
                raise Unusable(f"`{framework.name}` has no gradients: leave `--gradients` out")
            if steps and framework.conventions is None:
                raise Unusable(f"`{framework.name}` does not train: leave `--steps` out")
        return
    if not against:
        raise Unusable(
            "one backend has nothing to be compared with: "
            f"ask for `--backends {both}`, or name a model with `--against MODULE:CALLABLE`"
        )
    for option, given in asked.items():
        if given:
            raise Unusable(
                f"`{option}` compares two backends: ask for `--backends {both}`, or leave it out"
            )


def _opened(name: str, device: str) -> Side:
    framework = framework_of(name)
    framework.require()
    return framework.side(device)


def _pairs(sides: Sequence[Side]) -> list[Sides]:
    """Return the first side with each of the others."""
    return [Sides(sides[0], other) for other in sides[1:]]


def _given(
    graph: Graph, weights: Weights | None, batch: int, seed: int, precision: str
) -> tuple[_Given, Any]:
    """Return what all sides compute with, and the random generator for further draws."""
    import numpy as np

    weights = random_weights(graph, seed) if weights is None else weights
    generator = np.random.default_rng(seed + 1)
    inputs = [in_precision(value, precision) for value in random_inputs(graph, batch, generator)]
    bare = graph.without_final_activation() if graph.has_logits else graph
    return _Given(bare, cast(weights, precision), inputs, precision), generator


def _between(
    given: _Given, sides: list[Side], values: list[list[Array]], *, layers: bool
) -> list[Comparison]:
    """Compare the backends; with `layers`, all layers of the flat network, and also the outputs."""
    if len(sides) == 1:
        return []
    outputs = _all_compared("outputs", given, sides, given.graph.outputs, values)
    if not layers or len(given.graph.layers) == len(given.graph.inputs):
        return outputs
    every = _layers(given, sides)
    return every if given.graph.body.is_flat else [*every, *outputs]


def _layers(given: _Given, sides: list[Side]) -> list[Comparison]:
    """Compare the outputs of all layers, in the network without blocks."""
    graph = given.graph
    shown = [layer.name for layer in graph.layers if not layer.operation.is_given]
    flat = graph.flat(shown)
    own = {
        f"{graph.flat_names[layer.name]}.{parameter.name}": given.weights[
            f"{layer.name}.{parameter.name}"
        ]
        for layer in graph.layers
        for parameter in layer.parameters
    }
    values = [side.outputs(flat, own, given.inputs, given.precision) for side in sides]
    return _all_compared("layers", given, sides, shown, values)


def _all_compared(
    kind: Kind,
    given: _Given,
    sides: list[Side],
    names: Collection[str],
    values: list[list[Array]],
) -> list[Comparison]:
    """Compare the values of the first side with those of each other side."""
    first, *others = values
    return [
        _compared(kind, given, pair.names, names, [first, found])
        for pair, found in zip(_pairs(sides), others, strict=True)
    ]


def _compared(
    kind: Kind,
    given: _Given,
    names_of_sides: tuple[str, str],
    names: Collection[str],
    values: list[list[Array]],
) -> Comparison:
    items = tuple(
        difference(name, one, other, name) for name, one, other in zip(names, *values, strict=True)
    )
    return Comparison(kind, names_of_sides, given.precision, items)


def _with_foreign(
    graph: Graph, given: _Given, sides: list[Side], values: list[list[Array]], foreign: Foreign
) -> list[Comparison]:
    """Compare each side with the foreign model; on probabilities if that returns them."""
    theirs = foreign.outputs(given.inputs)
    complete, note = compared_with(graph, values[0], theirs, foreign.name)
    if complete and graph.has_logits:
        values = [
            side.outputs(graph, given.weights, given.inputs, given.precision) for side in sides
        ]
    return [
        _compared(
            "outputs", given, (side.name, foreign.name), graph.outputs, [ours, theirs]
        )._replace(notes=(note,))
        for side, ours in zip(sides, values, strict=True)
    ]


def _gradients(
    given: _Given, sides: list[Side], outputs: list[Array], generator: Any
) -> list[Comparison]:
    """Compare the gradients of a sum of the `outputs` weighted by random factors."""
    factors = [
        generator.standard_normal(output.shape, "float32").astype(given.precision)
        for output in outputs
        if output.dtype.kind == "f"
    ]
    first, *others = (
        side.gradients(given.graph, given.weights, given.inputs, factors, given.precision)
        for side in sides
    )
    return [
        Comparison("gradients", pair.names, given.precision, of_parameters(first, found, first))
        for pair, found in zip(_pairs(sides), others, strict=True)
    ]
