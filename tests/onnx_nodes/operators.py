"""How operators of ONNX are layers: https://onnx.ai/onnx/operators."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from tests.onnx_nodes.case import Array, Layer, Node, NotApplicable, real, with_channels

Reader = Callable[[Node], Layer]


def _by(lengths: object) -> str:
    return "x".join(map(str, lengths))  # type: ignore[call-overload]


# --- windows


def _padding(node: Node, rank: int) -> str:
    """Return the field `padding`."""
    auto = node.get("auto_pad", "NOTSET")
    node.demand(auto != "SAME_LOWER", "pads more cells in front than behind")
    if auto == "SAME_UPPER":
        return "padding: same"
    pads = list(node.get("pads", [0] * 2 * rank)) if auto == "NOTSET" else [0] * 2 * rank
    cells = [cell for pair in zip(pads[:rank], pads[rank:], strict=True) for cell in pair]
    return f"padding: {cells}"


def _windows(node: Node, kernel: list[int]) -> list[str]:
    rank = len(kernel)
    strides = node.get("strides", [1] * rank)
    return [f"kernel: {_by(kernel)}", f"stride: {_by(strides)}", _padding(node, rank)]


def _dilation(node: Node) -> str:
    dilations = node.get("dilations")
    return f"dilation: {_by(dilations)}" if dilations and {*dilations} != {1} else ""


def _convolution(node: Node) -> Layer:
    x, weight = real(node.inputs[0], node.inputs[1])
    bias = node.input(2)
    fields = [
        f"type: convolution, maps: {len(weight)}, groups: {node.get('group', 1)}",
        f"bias: {str(bias is not None).lower()}",
        *_windows(node, list(weight.shape[2:])),
        _dilation(node),
    ]
    weights = {"weight": weight} | ({} if bias is None else {"bias": bias})
    return Layer(", ".join(filter(None, fields)), (x,), node.outputs[0], weights)


def _transposed(node: Node) -> Layer:
    x, weight = real(node.inputs[0], node.inputs[1])
    bias = node.input(2)
    node.demand(node.get("group", 1) == 1, "a transposed convolution in groups")
    node.demand(not _dilation(node), "a transposed convolution with dilation")
    node.demand("output_shape" not in node.attributes, "the output's shape decides what is cut")
    node.demand(not any(node.get("output_padding", ())), "adds cells behind the output")
    fields = [
        f"type: transposed_convolution, maps: {weight.shape[1]}",
        f"bias: {str(bias is not None).lower()}",
        *_windows(node, list(weight.shape[2:])),
    ]
    weights = {"weight": weight} | ({} if bias is None else {"bias": bias})
    return Layer(", ".join(fields), (x,), node.outputs[0], weights)


def _pooling(kind: str, node: Node) -> Layer:
    (x,) = real(node.inputs[0])
    node.demand(len(node.outputs) == 1, "gives places of the largest values, too")
    rounding = "ceil" if node.get("ceil_mode", 0) else "floor"
    fields = [f"type: {kind}", *_windows(node, node.get("kernel_shape")), f"rounding: {rounding}"]
    if kind == "average_pooling":
        node.demand(not _dilation(node), "the mean of a window with dilation")
        fields.append(f"count_padding: {str(bool(node.get('count_include_pad', 0))).lower()}")
    else:
        fields.append(_dilation(node))
    return Layer(", ".join(filter(None, fields)), (x,), node.outputs[0])


def _over_all(kind: str, node: Node) -> Layer:
    x, y = real(node.inputs[0], node.outputs[0])
    return Layer(f"type: {kind}", (x,), y.reshape(y.shape[:2]))


# --- normalization


def _batch_normalization(node: Node) -> Layer:
    node.demand(not node.get("training_mode", 0), "statistics of the batch: training")
    x, scale, bias, mean, variance = real(*node.inputs)
    weights = {"weight": scale, "bias": bias, "running_mean": mean, "running_var": variance}
    row = f"type: batch_normalization, epsilon: {node.get('epsilon', 1e-5):.9f}"
    return Layer(row, (x,), node.outputs[0], weights)


def _local_response(node: Node) -> Layer:
    (x,) = real(node.inputs[0])
    n = node.get("size")
    alpha = node.get("alpha", 1e-4) / n
    row = (
        f"type: local_response_normalization, n: {n}, alpha: {alpha:.12f}, "
        f"beta: {node.get('beta', 0.75)}, k: {node.get('bias', 1.0)}"
    )
    return Layer(row, (x,), node.outputs[0])


def _scaled(scale: Array, bias: Array | None) -> dict[str, Array]:
    """Return the scale and the bias of a normalization over the channels."""
    weights = {"weight": scale.reshape(-1)}
    return weights if bias is None else {**weights, "bias": bias.reshape(-1)}


def _over_channels(kind: str, node: Node) -> Layer:
    """Return a normalization of each place by itself: over the last axis alone."""
    x, scale = real(node.inputs[0], node.inputs[1])
    axis = node.get("axis", -1)
    node.demand(axis % x.ndim == x.ndim - 1, "over several axes")
    node.demand(len(node.outputs) == 1 or kind == "layer_normalization", "gives more")
    bias = node.input(2)
    row = f"type: {kind}, epsilon: {node.get('epsilon', 1e-5):.9f}"
    if kind == "layer_normalization":
        row += f", bias: {str(bias is not None).lower()}"
    weights = _scaled(scale, bias)
    y = node.outputs[0]
    if x.ndim == 1:
        return Layer(row, (x[None],), y[None], weights)
    if x.ndim == 2:
        return Layer(row, (x,), y, weights)
    return Layer(row, (with_channels(x, -1),), with_channels(y, -1), weights)


def _in_groups(node: Node) -> Layer:
    x, scale, bias = real(*node.inputs)
    instances = node.operator == "InstanceNormalization"
    groups = x.shape[1] if instances else node.get("num_groups")
    row = f"type: group_normalization, groups: {groups}, epsilon: {node.get('epsilon', 1e-5):.9f}"
    return Layer(row, (x,), node.outputs[0], _scaled(scale, bias))


def _blocks(kind: str, node: Node) -> Layer:
    (x,) = real(node.inputs[0])
    first = node.get("mode", "DCR") == "CRD"
    order = "maps rows columns" if first else "rows columns maps"
    row = f"type: {kind}, block: {node.get('blocksize')}, order: {order}"
    return Layer(row, (x,), node.outputs[0])


# --- dense layers, and what is rearranged


def _dense(node: Node) -> Layer:
    x, weight = real(node.inputs[0], node.inputs[1])
    node.demand(not node.get("transA", 0), "the batch behind the features")
    weight = (weight if node.get("transB", 0) else weight.T) * node.get("alpha", 1.0)
    bias = node.input(2)
    weights = {"weight": weight}
    if bias is not None:
        node.demand(bias.ndim < 2 or len(bias) == 1, "a bias for each of the batch")
        bias = np.broadcast_to(bias.reshape(-1), len(weight)) * node.get("beta", 1.0)
        weights["bias"] = bias
    row = f"type: fully_connected, size: {len(weight)}, bias: {str(bias is not None).lower()}"
    return Layer(row, (x,), node.outputs[0], weights)


def _flatten(node: Node) -> Layer:
    (x,) = real(node.inputs[0])
    node.demand(node.get("axis", 1) % x.ndim == 1, "lays out the batch, too, or not all axes")
    return Layer("type: flatten", (with_channels(x),), node.outputs[0])


def _concatenated(node: Node) -> Layer:
    axis = node.get("axis")
    reads = tuple(with_channels(x, axis) for x in real(*node.inputs))
    return Layer("type: concatenate", reads, with_channels(node.outputs[0], axis))


def _crop(node: Node) -> Layer:
    (x,) = real(node.inputs[0])
    (y,) = node.outputs
    node.demand(all(a <= b for a, b in zip(y.shape, x.shape, strict=True)), "pads, too")
    cut = [axis for axis in range(x.ndim) if x.shape[axis] != y.shape[axis]]
    node.demand(len(cut) < 4, "crops along four axes")
    others = [axis for axis in range(x.ndim) if axis not in cut]
    x, y = (each.transpose(*others, *cut) for each in (x, y))
    while x.ndim - len(cut) < 2:
        x, y = x[None], y[None]
    while x.ndim - len(cut) > 2:
        x, y = (each.reshape(-1, *each.shape[2:]) for each in (x, y))
    return Layer(f"type: crop, size: {_by(y.shape[2:])}", (x,), y)


def _padded(node: Node) -> Layer:
    x, y = (np.asarray(each, np.float32) for each in (node.inputs[0], node.outputs[0]))
    mode, value = node.get("mode", "constant"), node.input(2)
    node.demand(mode in ("constant", "reflect"), f"pads by `{mode}`")
    node.demand(value is None or not np.any(value), "pads with other numbers than 0")
    axes = [axis % x.ndim for axis in (range(x.ndim) if node.input(3) is None else node.inputs[3])]
    before, behind = np.array(node.inputs[1]).reshape(2, -1)
    sides = {
        axis: pair
        for axis, pair in zip(axes, zip(before, behind, strict=True), strict=True)
        if any(pair)
    }
    node.demand(not {0, 1} & {*sides}, "pads the batch or the channels")
    node.demand(min(before.min(), behind.min()) >= 0, "cuts cells off")
    cells = [int(cell) for axis in range(2, x.ndim) for cell in sides.get(axis, (0, 0))]
    words = {"constant": "zeros", "reflect": "reflect"}
    return Layer(f"type: pad, padding: {cells}, mode: {words[mode]}", (x,), y)


RESIZED = {"nearest": "nearest", "linear": "bilinear", "cubic": "bicubic"}


def _resized(node: Node) -> Layer:
    (x,), y = real(node.inputs[0]), node.outputs[0]
    mode = node.get("mode", "nearest")
    where = node.get("coordinate_transformation_mode", "half_pixel")
    node.demand(where == "half_pixel", f"lays cells out by `{where}`")
    node.demand(y.shape[:2] == x.shape[:2] and x.ndim > 2, "resizes the batch or the channels")
    pairs = [*zip(x.shape[2:], y.shape[2:], strict=True)]
    scales = node.input(2)
    if scales is not None and len(scales):
        given = [float(scale) for scale in scales[-len(pairs) :]]
        exact = all(a * scale == b for (a, b), scale in zip(pairs, given, strict=True))
        node.demand(exact, "a scale that is not that of the sizes")
    smaller = any(b < a for a, b in pairs)
    if mode == "nearest":
        rounds = node.get("nearest_mode", "round_prefer_floor")
        node.demand(rounds.startswith("round"), f"takes another cell than the nearest: `{rounds}`")
        ties = any((2 * i + 1) * a % (2 * b) == 0 for a, b in pairs for i in range(b))
        node.demand(rounds == "round_prefer_ceil" or not ties, "rounds down between two cells")
    elif mode == "linear":
        node.demand(not node.get("antialias", 0) or not smaller, "antialiased `linear`")
    else:
        node.demand(node.get("antialias", 0), "`cubic` without antialiasing")
        node.demand(node.get("cubic_coeff_a", -0.75) == -0.5, "another curve than Keys' of -0.5")
    return Layer(f"type: resize, size: {_by(y.shape[2:])}, method: {RESIZED[mode]}", (x,), y)


# --- by each value


def _function(name: str, node: Node) -> Layer:
    (x,) = real(node.inputs[0])
    row = f"type: activation, activation: {name}"
    return Layer(row, (with_channels(x),), with_channels(node.outputs[0]))


def _leaky_relu(node: Node) -> Layer:
    return _function(f"leaky_relu({node.get('alpha', 0.01):.9g})", node)


def _elu(node: Node) -> Layer:
    return _function(f"elu({node.get('alpha', 1.0):.9g})", node)


def _celu(node: Node) -> Layer:
    node.demand(node.get("alpha", 1.0) == 1, "a curve of another form than elu's")
    return _function("elu", node)


def _selu(node: Node) -> Layer:
    node.demand(not node.attributes, "other constants than the paper's")
    return _function("selu", node)


def _gelu(node: Node) -> Layer:
    return _function("gelu_tanh" if node.get("approximate", "none") == "tanh" else "gelu", node)


def _hard_sigmoid(node: Node) -> Layer:
    sixth = abs(node.get("alpha", 0.2) - 1 / 6) < 1e-6 and node.get("beta", 0.5) == 0.5
    node.demand(sixth, "a slope of 0.2 or another; hard_sigmoid has 1/6")
    return _function("hard_sigmoid", node)


def _silu(node: Node) -> Layer:
    return _function(f"silu({node.get('alpha', 1.0):.9g})", node)


def _softmax(node: Node) -> Layer:
    (x,) = real(node.inputs[0])
    node.demand(node.version >= 13, "flattened first, as it was until version 13")
    axis = node.get("axis", -1)
    y = with_channels(node.outputs[0], axis)
    return Layer("type: activation, activation: softmax", (with_channels(x, axis),), y)


def _clip(node: Node) -> Layer:
    bounds = node.inputs[1:]
    given = len(bounds) == 2 and None not in (bounds[0] is None, bounds[1] is None)
    node.demand(given and all(each is not None for each in bounds), "a bound on one side")
    node.demand((float(bounds[0]), float(bounds[1])) == (0, 6), "other bounds than 0 and 6")
    return _function("relu6", node)


def _slopes(node: Node) -> Layer:
    x, slope = real(*node.inputs)
    slope = np.atleast_1d(slope)
    axes = [axis for axis in range(-slope.ndim, 0) if slope.shape[axis] > 1]
    node.demand(len(axes) == 1, "a slope for each value")
    axis = axes[0]
    weights = {"weight": slope.reshape(-1)}
    return Layer(
        "type: prelu", (with_channels(x, axis),), with_channels(node.outputs[0], axis), weights
    )


def _dropout(node: Node) -> Layer:
    (x,) = real(node.inputs[0])
    node.demand(len(node.outputs) == 1, "gives what was kept, too")
    training = node.input(2)
    node.demand(training is None or not bool(training), "draws at random: training")
    ratio = node.input(1)
    rate = float(ratio) if ratio is not None else node.get("ratio", 0.5)
    return Layer(
        f"type: dropout, rate: {rate:.9g}", (with_channels(x),), with_channels(node.outputs[0])
    )


# --- of several layers


def _merge(kind: str, node: Node) -> Layer:
    inputs = real(*node.inputs)
    node.demand(len(inputs) > 1, "of one input")
    alike = all(x.shape == inputs[0].shape for x in inputs)
    node.demand(alike, "spread over the other one by position, not a number for each map")
    reads = tuple(map(with_channels, inputs))
    return Layer(f"type: {kind}", reads, with_channels(node.outputs[0]))


READERS: dict[str, Reader] = {
    "Add": partial(_merge, "add"),
    "AveragePool": partial(_pooling, "average_pooling"),
    "BatchNormalization": _batch_normalization,
    "Celu": _celu,
    "CenterCropPad": _crop,
    "Clip": _clip,
    "Concat": _concatenated,
    "Conv": _convolution,
    "ConvTranspose": _transposed,
    "DepthToSpace": partial(_blocks, "depth_to_space"),
    "Dropout": _dropout,
    "Elu": _elu,
    "Exp": partial(_function, "exp"),
    "Flatten": _flatten,
    "Gelu": _gelu,
    "Gemm": _dense,
    "GlobalAveragePool": partial(_over_all, "global_average_pooling"),
    "GlobalMaxPool": partial(_over_all, "global_max_pooling"),
    "GroupNormalization": _in_groups,
    "HardSigmoid": _hard_sigmoid,
    "HardSwish": partial(_function, "hard_swish"),
    "Identity": partial(_function, "linear"),
    "InstanceNormalization": _in_groups,
    "LRN": _local_response,
    "LayerNormalization": partial(_over_channels, "layer_normalization"),
    "LeakyRelu": _leaky_relu,
    "Max": partial(_merge, "maximum"),
    "MaxPool": partial(_pooling, "max_pooling"),
    "Mean": partial(_merge, "average"),
    "Min": partial(_merge, "minimum"),
    "Mish": partial(_function, "mish"),
    "Mul": partial(_merge, "multiply"),
    "PRelu": _slopes,
    "Pad": _padded,
    "RMSNormalization": partial(_over_channels, "rms_normalization"),
    "Relu": partial(_function, "relu"),
    "Resize": _resized,
    "Selu": _selu,
    "Sigmoid": partial(_function, "sigmoid"),
    "Softmax": _softmax,
    "SpaceToDepth": partial(_blocks, "space_to_depth"),
    "Softplus": partial(_function, "softplus"),
    "Sub": partial(_merge, "subtract"),
    "Sum": partial(_merge, "add"),
    "Swish": _silu,
    "Tanh": partial(_function, "tanh"),
}


def layer_of(node: Node) -> Layer:
    """Return a node as a layer.

    Raises:
        NotApplicable: There is none.
    """
    if node.operator not in READERS:
        raise NotApplicable(f"`{node.operator}` is no layer of archc")
    return READERS[node.operator](node)
