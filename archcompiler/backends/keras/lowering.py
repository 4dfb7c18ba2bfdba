"""Each operation as the Keras layer that its users write, channels last."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from archcompiler.backends.backend import (
    demand_known,
    demand_rows_and_columns,
    number_of,
    unsupported,
)
from archcompiler.backends.code import (
    Assign,
    Call,
    Choice,
    Expression,
    Group,
    If,
    Literal,
    Name,
    Statement,
    alike,
    call,
    expression,
    options,
    square,
    tidy,
)
from archcompiler.backends.keras import parts
from archcompiler.backends.keras.names import Names
from archcompiler.backends.keras.order import keeps_natural_order
from archcompiler.backends.keras.storage import fans_of
from archcompiler.graph import Graph, Layer
from archcompiler.operations import Shape
from archcompiler.operations.convolution import Convolution
from archcompiler.operations.crop import Crop
from archcompiler.operations.dense import Flatten, FullyConnected
from archcompiler.operations.elementwise import Activate, Dropout
from archcompiler.operations.merge import Add, Concatenate, Multiply
from archcompiler.operations.normalization import BatchNormalization, LocalResponseNormalization
from archcompiler.operations.pooling import (
    AveragePooling,
    GlobalAveragePooling,
    GlobalMaxPooling,
    MaxPooling,
)
from archcompiler.operations.transposed import TransposedConvolution
from archcompiler.operations.windows import Axis

TORCH_EXPRESSES = "`torch` expresses it"
CHAIN = "x"  # the variable of a value that only the next statement reads


class Step:
    """What a lowering works with: the layer, its inputs, and the statements made so far.

    `fused` is set where the layer's own activation went into the call of its operation.
    """

    def __init__(
        self, graph: Graph, layer: Layer, values: list[Name], names: Names, full_name: str
    ) -> None:
        self.graph = graph
        self.full_name = full_name
        self.layer = layer
        self.values = values
        self.name = names[layer.name]
        self.named = partial(names.step, layer.name)
        self.statements: list[Statement] = []
        self.fused = False

    @property
    def x(self) -> Expression:
        """The only input."""
        return self.values[0]

    @property
    def maps(self) -> Shape:
        """The shape of the only input, which is maps."""
        return self.layer.input_shapes[0]

    @property
    def gives_logits(self) -> bool:
        """Whether the model can be built without the layer's activation."""
        return self.graph.has_logits and self.full_name == self.graph.outputs[0]

    def before(self, value: Expression, size: str = "", where: int = 1) -> None:
        """Add a statement in front of the layer's own, whose input it becomes.

        The chain's variable is free for it: what it held is read by this layer or by none. Uses of
        a block where its number `where` is 0 go without the statement.
        """
        own, test = Assign(CHAIN, value, size), expression(where)
        if isinstance(test, Literal):
            self.statements.append(own)
        else:
            if self.x != Name(CHAIN):
                self.statements.append(Assign(CHAIN, self.x))
            self.statements.append(If(test, (own,)))
        self.values = [Name(CHAIN)]

    def activation(self) -> dict[str, object]:
        """Return the activation as an argument, if Keras has a string for it."""
        known = parts.activation_string(self.layer.activation)
        if known is None:
            return {}
        self.fused = True
        if self.gives_logits:
            return {"activation": Choice(expression(None), Name("logits"), expression(known))}
        return {"activation": known}


def _pairs(axes: tuple[Axis, ...]) -> tuple[tuple[int, int], ...]:
    """Return the cells to pad, what a last window hangs over included."""
    return tuple(
        (number_of(axis.before), number_of(axis.after) + number_of(axis.overhang)) for axis in axes
    )


def _initializers(layer: Layer) -> dict[str, object]:
    chosen: dict[str, object] = {}
    for parameter in layer.parameters:
        kernel = parameter.name == "weight"
        own_fans = fans_of(layer, parameter)
        default = "glorot_uniform" if kernel and own_fans == parameter.fans else "zeros"
        if parameter.initializer.name != default:
            key = "kernel_initializer" if kernel else "bias_initializer"
            chosen[key] = parts.initializer(parameter, own_fans)
    return chosen


def _regularizer(graph: Graph) -> dict[str, object]:
    return {"kernel_regularizer": Name("WEIGHT_DECAY")} if parts.decay_of(graph) else {}


def _convolution(operation: Convolution, step: Step) -> Expression:
    if max(operation.stride) > 1 and max(operation.dilation) > 1:
        raise unsupported(
            "dilation",
            "a convolution with both stride and dilation above 1 cannot be expressed by `keras`",
            TORCH_EXPRESSES,
        )
    axes = operation.sliding.over(step.maps)
    padding = "same" if operation.padding.mode == "same" else "valid"
    if operation.padding.mode == "explicit":
        if _gives_same(operation, step.maps):
            padding = "same"
        else:
            name = step.named("padding")
            kind = f"layers.ZeroPadding{step.maps.rank}D"
            padded = call(kind, _shortest(_pairs(axes)), name=name)
            step.before(call(padded, step.x), where=operation.padding.cells[0])
    geometry = options(
        strides=(square(operation.stride), 1),
        padding=(padding, "valid"),
        dilation_rate=(square(operation.dilation), 1),
        groups=(operation.groups, 1),
    )
    layer = call(
        f"layers.Conv{step.maps.rank}D",
        operation.maps,
        square(operation.kernel),
        **geometry,
        **step.activation(),
        **options(use_bias=(operation.bias, True)),
        **_initializers(step.layer),
        **_regularizer(step.graph),
        name=step.name,
    )
    return call(layer, step.x)


def _gives_same(operation: Convolution, maps: Shape) -> bool:
    """Whether the cells that are asked for are those that `same` gives, in every use of a block."""
    cells = tuple(cell for axis in range(maps.rank) for cell in operation.sliding.same(axis))
    return alike(operation.stride, (1,) * maps.rank) and alike(operation.padding.cells, cells)


def _transposed(operation: TransposedConvolution, step: Step) -> Expression:
    explicit = operation.padding.mode == "explicit"
    layer = call(
        f"layers.Conv{step.maps.rank}DTranspose",
        operation.maps,
        square(operation.kernel),
        **options(
            strides=(square(operation.stride), 1),
            padding=("valid" if explicit else operation.padding.mode, "valid"),
        ),
        **({} if explicit else step.activation()),
        **options(use_bias=(operation.bias, True)),
        **_initializers(step.layer),
        **_regularizer(step.graph),
        name=step.name,
    )
    if not explicit:
        return call(layer, step.x)
    step.before(call(layer, step.x))
    # Keras' `valid` covers whole strides; the spec's padding is cut off what the kernels cover.
    more = [max(s - k, 0) for s, k in zip(operation.stride, operation.kernel, strict=True)]
    cuts = tuple(
        (before, after + cells) for (before, after), cells in zip(operation.cuts, more, strict=True)
    )
    kind = f"layers.Cropping{step.maps.rank}D"
    return call(call(kind, _shortest(cuts), name=step.named("cropping")), step.x)


def _crop(operation: Crop, step: Step) -> Expression:
    # Keras' own CenterCrop turns on training for all layers behind it where nobody says whether.
    demand_rows_and_columns(step.maps, "keras")
    return call("center_crop", step.x, *operation.size, name=step.name)


def _shortest(cells: tuple[tuple[int, int], ...]) -> object:
    """Return the cells before and after, axis by axis, as Keras takes them."""
    if all(before == after for before, after in cells):
        return square(tuple(before for before, _ in cells))
    return cells if len(cells) > 1 else cells[0]


def _max_pooling(operation: MaxPooling, step: Step) -> Expression:
    if set(operation.dilation) != {1}:
        raise unsupported(
            "dilation",
            "`dilation` of a max pooling cannot be expressed by `keras`",
            TORCH_EXPRESSES,
        )
    axes = operation.sliding.over(step.maps)
    padding: dict[str, object] = {}
    if operation.padding.mode == "same":
        padding["padding"] = "same"
    else:
        demand_known(axes, "keras")
        if any(any(pair) for pair in _pairs(axes)):
            step.before(_padded(step.x, _pairs(axes), -math.inf))
    return call(_pooling_layer("MaxPooling", operation, step, padding), step.x)


def _pooling_layer(
    kind: str, operation: MaxPooling | AveragePooling, step: Step, padding: dict[str, object]
) -> Call:
    if step.maps.rank == 3:
        raise unsupported(
            "type",
            f"`keras` has no code for this layer on {step.maps}",
            "TensorFlow pools along three axes in float32 alone: gradients could not be compared",
        )
    stride = operation.sliding.stride
    return call(
        f"layers.{kind}{step.maps.rank}D",
        square(operation.kernel),
        **options(strides=(square(stride), square(operation.kernel))),
        **padding,
        name=step.name,
    )


def _padded(x: Expression, cells: tuple[tuple[int, int], ...], value: float = 0.0) -> Expression:
    constant = {"constant_values": value} if value else {}
    return call("ops.pad", x, ((0, 0), *cells, (0, 0)), **constant)


def _average_pooling(operation: AveragePooling, step: Step) -> Expression:
    axes = operation.sliding.over(step.maps)
    demand_known(axes, "keras")
    cells = _pairs(axes)
    if operation.count_padding:
        real = tuple(axis._replace(overhang=0) for axis in axes)
        if any(any(pair) for pair in _pairs(real)):
            step.before(_padded(step.x, _pairs(real)))
        cells = tuple((0, axis.overhang or 0) for axis in axes)
    if not any(any(pair) for pair in cells):
        return call(_pooling_layer("AveragePooling", operation, step, {}), step.x)
    demand_rows_and_columns(step.maps, "keras")
    stride = operation.sliding.stride
    padding = ((0, 0), *cells, (0, 0))
    name = step.name
    return call("average_pool", step.x, operation.kernel, stride, padding, name=name)


def _batch_normalization(operation: BatchNormalization, step: Step) -> Expression:
    changed = options(
        momentum=(tidy(1 - operation.momentum), 0.99), epsilon=(operation.epsilon, 1e-3)
    )
    return call(call("layers.BatchNormalization", **changed, name=step.name), step.x)


def _local_response(operation: LocalResponseNormalization, step: Step) -> Expression:
    demand_rows_and_columns(step.maps, "keras")
    return call(
        "local_response_normalization",
        step.x,
        n=operation.n,
        k=operation.k,
        alpha=operation.alpha,
        beta=operation.beta,
        name=step.name,
    )


def _fully_connected(operation: FullyConnected, step: Step) -> Expression:
    shape = step.layer.input_shapes[0]
    if not shape.is_vector:
        flat = call(call("layers.Flatten", name=step.named("flatten")), step.x)
        step.before(flat, str(shape.elements))
    layer = call(
        "layers.Dense",
        operation.size,
        **step.activation(),
        **options(use_bias=(operation.bias, True)),
        **_initializers(step.layer),
        **_regularizer(step.graph),
        name=step.name,
    )
    return call(layer, step.x)


def _flatten(operation: Flatten, step: Step) -> Expression:
    rank = step.maps.rank
    if rank and not keeps_natural_order(step.graph, step.graph[step.full_name]):
        name = step.named("permute")
        order = (rank + 1, *range(1, rank + 1))
        step.before(call(call("layers.Permute", order, name=name), step.x))
    return call(call("layers.Flatten", name=step.name), step.x)


def _dropout(operation: Dropout, step: Step) -> Expression:
    kind = f"layers.SpatialDropout{step.maps.rank}D" if operation.spatial else "layers.Dropout"
    return call(call(kind, operation.rate, name=step.name), step.x)


def _activate(operation: Activate, step: Step) -> Expression:
    value = parts.activation_call(operation.activation, step.x, step.name)
    return Choice(step.x, Name("logits"), value) if step.gives_logits else value


def _global(kind: str) -> Callable[..., Expression]:
    def lower(operation: object, step: Step) -> Expression:
        return call(call(f"layers.{kind}{step.maps.rank}D", name=step.name), step.x)

    return lower


def _plain(kind: str) -> Callable[..., Expression]:
    def lower(operation: object, step: Step) -> Expression:
        values = Group(tuple(step.values), "[]") if len(step.values) > 1 else step.x
        return call(call(f"layers.{kind}", name=step.name), values)

    return lower


LOWERINGS: dict[type, Callable[..., Expression]] = {
    Activate: _activate,
    Add: _plain("Add"),
    AveragePooling: _average_pooling,
    BatchNormalization: _batch_normalization,
    Concatenate: _plain("Concatenate"),
    Convolution: _convolution,
    Crop: _crop,
    Dropout: _dropout,
    Flatten: _flatten,
    FullyConnected: _fully_connected,
    GlobalAveragePooling: _global("GlobalAveragePooling"),
    GlobalMaxPooling: _global("GlobalMaxPooling"),
    LocalResponseNormalization: _local_response,
    MaxPooling: _max_pooling,
    Multiply: _plain("Multiply"),
    TransposedConvolution: _transposed,
}
