"""What other tools call things, and what of it archc has: a second opinion, written by hand.

The words are read from the frameworks that are installed; what they mean is said here, and not
taken from archc, which it is held against.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any

from archcompiler.operations import REGISTRY
from archcompiler.operations.fields import ACTIVATIONS
from peers.vocabulary import CAFFE, CAFFE_ARGUMENTS

MODULES = {
    "layers": ("torch.nn", "keras.layers"),
    "functions": ("torch.nn.functional", "keras.activations", "keras.ops.nn"),
}

# type: the words, folded, that mean it, and nothing else
_TYPES = {
    "convolution": "conv conv2d convolution convolution2d lazyconv2d",
    "transposed_convolution": "convtranspose convtranspose2d conv2dtranspose deconvolution"
    " convolution2dtranspose lazyconvtranspose2d",
    "max_pooling": "maxpool maxpool2d maxpooling2d",
    "average_pooling": "averagepool avgpool2d averagepooling2d averagepool2d",
    "global_average_pooling": "globalaveragepooling2d globalaveragepool2d globalaveragepool"
    " adaptiveavgpool2d",
    "global_max_pooling": "globalmaxpooling2d globalmaxpool2d globalmaxpool adaptivemaxpool2d",
    "batch_normalization": "batchnormalization batchnorm1d batchnorm2d lazybatchnorm1d"
    " lazybatchnorm2d syncbatchnorm batchnorm",
    "local_response_normalization": "localresponsenorm lrn",
    "fully_connected": "linear dense lazylinear gemm innerproduct",
    "flatten": "flatten",
    "dropout": "dropout",
    "add": "add sum eltwise",
    "multiply": "multiply mul",
    "concatenate": "concatenate concat",
    "activation": "activation",
    "input": "input inputlayer data",
    "crop": "cropping2d centercrop crop",
}
_WHOLE_MAPS = ("dropout2d", "spatialdropout2d")

# word of a layer, folded: the type and the fields that mean the same
TYPES = {word: {"type": kind} for kind, words in _TYPES.items() for word in words.split()}
TYPES |= {word: {"type": "dropout", "spatial": "true"} for word in _WHOLE_MAPS}
FUNCTIONS = {
    "relu": "relu", "relu6": "relu6", "leakyrelu": "leaky_relu", "elu": "elu", "selu": "selu",
    "gelu": "gelu", "silu": "silu", "swish": "silu", "mish": "mish", "softplus": "softplus",
    "sigmoid": "sigmoid", "hardsigmoid": "hard_sigmoid", "hardswish": "hard_swish",
    "hardsilu": "hard_swish", "tanh": "tanh", "softmax": "softmax", "softmax2d": "softmax",
    "linear": "linear", "identity": "linear",
}  # fmt: skip
FIELDS = {
    "kernelsize": "kernel", "kernelshape": "kernel", "poolsize": "kernel", "filters": "maps",
    "outchannels": "maps", "channels": "maps", "units": "size", "outfeatures": "size",
    "numoutput": "maps size", "strides": "stride", "dilationrate": "dilation",
    "dilations": "dilation", "group": "groups", "usebias": "bias", "biasterm": "bias",
    "eps": "epsilon", "p": "rate", "dropoutratio": "rate", "pad": "padding", "name": "layer",
    "outputsize": "size", "countincludepad": "count_padding", "inputs": "from", "input": "from",
}  # fmt: skip


def folded(word: str) -> str:
    """Return a word without case, dots, hyphens and underscores."""
    return "".join(letter for letter in word.lower() if letter.isalnum())


@cache
def layers() -> list[str]:
    """Return the names of layers, and of functions, which people write as types too."""
    found = {name for module in _modules("layers") for name in _classes(module)}
    found |= {schema.name for schema in _schemas()} | set(CAFFE.split())
    return sorted(found | set(functions()))


@cache
def functions() -> list[str]:
    """Return the names of functions, and of the layers that apply one."""
    found = {
        name
        for module in _modules("functions")
        for name, value in vars(module).items()
        if callable(value) and not inspect.isclass(value) and _is_word(name)
    }
    return sorted(found | {name for module in _modules("layers") for name in _classes(module)})


@cache
def arguments() -> list[str]:
    """Return the names of what layers are given."""
    found: set[str] = set()
    for module in _modules("layers"):
        for name in _classes(module):
            try:
                found |= set(inspect.signature(vars(module)[name]).parameters)
            except (ValueError, TypeError):  # it does not tell
                continue
    found |= {name for schema in _schemas() for name in schema.attributes}
    found |= set(CAFFE_ARGUMENTS.split())
    return sorted(name for name in found - {"self", "args", "kwargs"} if _is_word(name))


def _modules(what: str) -> Iterator[Any]:
    for name in MODULES[what]:
        try:
            yield import_module(name)
        except ImportError:
            continue


def _schemas() -> Iterator[Any]:
    """Return ONNX' operators."""
    with contextlib.suppress(ImportError):
        yield from import_module("onnx.defs").get_all_schemas()


def _classes(module: Any) -> list[str]:
    return [name for name, value in vars(module).items() if inspect.isclass(value)]


def _is_word(name: str) -> bool:
    return name.isidentifier() and not name.startswith("_")


def type_meanings(word: str) -> list[dict[str, str]]:
    """Return the fields that may stand for a type: none where archc has no such operation."""
    found = [{"type": word}] if word in REGISTRY else []
    found += [TYPES[folded(word)]] if folded(word) in TYPES else []
    found += [{"type": "activation", "activation": name} for name in function_meanings(word)]
    return found


def function_meanings(word: str) -> list[str]:
    """Return the activations that a word may stand for."""
    found = [word] if word in ACTIVATIONS else []
    return found + ([FUNCTIONS[folded(word)]] if folded(word) in FUNCTIONS else [])


def field_meanings(word: str) -> list[str]:
    """Return the fields that a word may stand for; a field of archc stands for itself."""
    known = {name for operation in REGISTRY.values() for name in operation.fields}
    known |= {"layer", "type", "from", "activation", "maps", "size", "when", "repeat", "note"}
    found = [word] if word in known else []
    return found + FIELDS.get(folded(word), "").split()
