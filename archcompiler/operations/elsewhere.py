"""The words of other libraries: which are ours, which are almost, and which archc has nothing for.

Loaded when a word is not of the language. A word that says the same as one of ours is beside the
operation (`known_as`); here are the others, so that none of them is taken for a slip of the pen.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import yaml


class Caveat(NamedTuple):
    """A word that libraries mean differently. A row that states the fields `decide` has decided.

    It only is a question where the row has the field `where`, if that names one.
    """

    type: str
    why: str
    decide: tuple[str, ...] = ()
    where: str = ""

    @property
    def advice(self) -> str:
        """What to write instead."""
        if not self.decide:
            return self.why
        return f"{self.why}: state {' and '.join(f'`{name}`' for name in self.decide)}"


_BATCH = Caveat(
    "batch_normalization",
    "Keras' `BatchNormalization` has an epsilon of 0.001 and gives a new batch a share of 0.01,"
    " those of ONNX and PyTorch have 0.00001 and 0.1: `batch_normalization` has `epsilon`, and"
    " `momentum` for that share",
)
_RESPONSE = Caveat(
    "local_response_normalization",
    "PyTorch, ONNX and Caffe divide `alpha` by `n`, and `local_response_normalization`, as in the"
    " paper, does not: there `alpha` is theirs divided by `n`",
)
_COUNTED = Caveat(
    "average_pooling",
    "PyTorch's `AvgPool2d` counts padded cells where nothing else is said, Keras' does not",
    ("count_padding",),
    where="padding",
)
_LAYER = Caveat(
    "layer_normalization",
    "Keras' `LayerNormalization` has an epsilon of 0.001, those of ONNX and PyTorch 0.00001, and"
    " they take the last axes, whichever these are; `layer_normalization` takes the maps",
    ("epsilon",),
)
_ROOT = Caveat(
    "rms_normalization",
    "Keras' and ONNX' epsilons are 0.000001 and 0.00001, that of PyTorch's `RMSNorm` is the"
    " smallest step of the numbers; `rms_normalization` takes the maps",
    ("epsilon",),
)
_GROUPS = Caveat(
    "group_normalization",
    "Keras' `GroupNormalization` has an epsilon of 0.001, those of ONNX and PyTorch 0.00001",
    ("epsilon",),
)
_BLOCKS = (
    "the maps of a block lie in the order `rows columns maps` in TensorFlow and, unless it is told,"
    " in ONNX, and in the order `maps rows columns` in PyTorch"
)
_SLOPE = "its slope is 0.01 in PyTorch, 0.3 in Keras: write `leaky_relu(0.01)` or `leaky_relu(0.3)`"

# As libraries spell them, and as a table's cell has them.
CAVEATS: dict[str, Caveat] = {
    "BatchNormalization": _BATCH,
    "batchnormalization": _BATCH,
    "LocalResponseNorm": _RESPONSE,
    "local_response_norm": _RESPONSE,
    "localresponsenorm": _RESPONSE,
    "CrossMapLRN2d": _RESPONSE,
    "crossmaplrn2d": _RESPONSE,
    "LRN": _RESPONSE,
    "lrn": _RESPONSE,
    "AvgPool2d": _COUNTED,
    "avgpool2d": _COUNTED,
    "PReLU": Caveat(
        "prelu",
        "PyTorch's `PReLU()` has one slope for all maps, Keras' one for each value: `prelu` has one"
        " for each map",
    ),
    **dict.fromkeys(("LayerNormalization", "layernormalization", "LayerNorm", "layernorm"), _LAYER),
    **dict.fromkeys(("RMSNormalization", "rmsnormalization", "RMSNorm", "rmsnorm"), _ROOT),
    **dict.fromkeys(
        ("GroupNormalization", "groupnormalization", "GroupNorm", "groupnorm"), _GROUPS
    ),
    "DepthToSpace": Caveat("depth_to_space", _BLOCKS, ("order",)),
    "depthtospace": Caveat("depth_to_space", _BLOCKS, ("order",)),
    "SpaceToDepth": Caveat("space_to_depth", _BLOCKS, ("order",)),
    "spacetodepth": Caveat("space_to_depth", _BLOCKS, ("order",)),
    "Slice": Caveat(
        "slice", "ONNX' and Caffe's `Slice` cut along any axis: `slice` keeps some of the maps"
    ),
    "Attention": Caveat(
        "attention",
        "Keras' `Attention` reads queries, values and keys and has no heads, and ONNX' has heads in"
        " axes of their own: `attention` reads queries, keys and values, or one layer of all",
    ),
    "Parameter": Caveat(
        "parameter", "PyTorch's and Caffe's are of any axes: `parameter` has `maps` and `size`"
    ),
    "Pad": Caveat("pad", "ONNX' `Pad` puts values around any axis, and cuts: `pad` does of places"),
    **dict.fromkeys(
        ("ZeroPad2d", "zeropad2d", "ReflectionPad2d", "reflectionpad2d"),
        Caveat(
            "pad",
            "PyTorch's four numbers are left, right, top and bottom, and those of `padding` top,"
            " bottom, left and right; for mirror images `pad` has `mode: reflect`",
        ),
    ),
    **dict.fromkeys(
        ("Resizing", "resizing"),
        Caveat("resize", "Keras' `Resizing` is `bilinear` unless it is told", ("method",)),
    ),
    **dict.fromkeys(
        ("UpSampling2D", "upsampling2d"),
        Caveat("resize", "Keras' `UpSampling2D` has a `size` of 2 that is our `scale`", ("scale",)),
    ),
    "Resize": Caveat(
        "resize",
        "ONNX' `Resize` has many ways to say where cells lie: `resize` takes them as areas whose"
        " centres correspond, ONNX' `half_pixel`",
    ),
    "RotaryEmbedding": Caveat(
        "rotary_embedding",
        "ONNX' `RotaryEmbedding` is given tables of cosines and sines, and may take neighbours for"
        " points: `rotary_embedding` has `base`, and halves",
    ),
    "LeakyReLU": Caveat("activation", _SLOPE),
    "leakyrelu": Caveat("activation", _SLOPE),
    "HardSigmoid": Caveat(
        "activation",
        "ONNX' `HardSigmoid` is max(0, min(1, 0.2 x + 0.5)), `hard_sigmoid` is relu6(x + 3) / 6",
    ),
}

_WORDS: dict[str, Any] = yaml.load(
    (Path(__file__).parent / "elsewhere.yaml").read_text("utf-8"),
    getattr(yaml, "CSafeLoader", yaml.SafeLoader),
)

# What archc has no operation for: its word, and what comes nearest.
NEAREST: dict[str, str] = {
    word: group["hint"] for group in _WORDS["nearest"] for word in group["words"].split()
}
NOTHING = frozenset(_WORDS["nothing"].split())  # … and what nothing here comes near to
FUNCTIONS = frozenset(_WORDS["functions"].split())  # of one value, as activations are
ARGUMENTS = frozenset(_WORDS["arguments"].split())  # of operations, which are no fields of ours
