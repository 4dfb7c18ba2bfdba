"""What archc makes of the words of Keras, PyTorch, ONNX and Caffe: the tables of a page.

`python -m peers.vocabulary` writes docs/vocabulary.md. Every word is put into a spec, which
`archc validate --fix` then is asked to mend: the tables say what came of it.
"""

from __future__ import annotations

import inspect
import os
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from archcompiler.check import Task, mended
from archcompiler.graph import Limits
from archcompiler.language.aliases import field_of
from archcompiler.operations import REGISTRY
from archcompiler.operations.meaning import meaning_of

PAGE = Path(__file__).parent.parent / "docs" / "vocabulary.md"

CAFFE = """AbsVal Accuracy ArgMax BatchNorm BatchReindex Bias BNLL Clip Concat ContrastiveLoss
Convolution Crop Data Deconvolution Dropout DummyData Eltwise ELU Embed EuclideanLoss Exp Filter
Flatten HDF5Data HDF5Output HingeLoss Im2col ImageData InfogainLoss InnerProduct Input Log LRN LSTM
MemoryData MultinomialLogisticLoss MVN Parameter Pooling Power PReLU Python Recurrent Reduction ReLU
Reshape RNN Scale Sigmoid SigmoidCrossEntropyLoss Silence Slice Softmax SoftmaxWithLoss Split SPP
Swish TanH Threshold Tile WindowData"""
CAFFE_ARGUMENTS = """alpha axis beta bias_filler bias_term coeff dilation dropout_ratio eps
global_pooling group kernel_h kernel_size kernel_w local_size moving_average_fraction
negative_slope norm_region num_output operation pad pad_h pad_w pool round_mode stride stride_h
stride_w use_global_stats weight_filler"""

INTRODUCTION = """What archc makes of the names of layers in Keras, PyTorch, ONNX and Caffe. A word
that always means the same as one of ours is taken as that, in rows and in tables; `archc fmt`
writes our own. Any other is a fault that says what is nearest, and `archc validate --fix` leaves it
alone: it never puts another operation in its place. The tests build each word that is taken, and
compare it with the library's own layer.

What a row leaves out is as [the operation](operations.md) has it: the stride of a pooling is its
kernel (in ONNX and Caffe it is 1), and softmax is over maps or features (in ONNX over the last
axis). `flatten` lays out maps, height, width (Keras: height, width, maps). A transposed convolution
whose stride is larger than its kernel is Keras' one, which adds cells that no window reaches.

This page is written by `python -m peers.vocabulary`."""

# What a row needs besides its type, for an input of 4 maps.
NEEDED = {
    **dict.fromkeys(
        ("add", "average", "maximum", "minimum", "multiply", "subtract"), "from: [Other, In]"
    ),
    "average_pooling": "kernel: 3",
    "concatenate": "from: [Other, In]",
    "convolution": "maps: 4, kernel: 3",
    "attention": "heads: 2",
    "channel_shuffle": "groups: 2",
    "crop": "size: 5x5",
    "depth_to_space": "block: 2",
    "group_normalization": "groups: 2",
    "adaptive_average_pooling": "size: 4x3",
    "adaptive_max_pooling": "size: 4x3",
    "embedding": "maps: 5",
    "pad": "padding: 2",
    "rescale": "scale: 0.5",
    "rotary_embedding": "heads: 2",
    "resize": "size: 12x13",
    "parameter": "size: 4",
    "slice": "length: 2",
    "space_to_depth": "block: 2",
    "to_maps": "size: 4x4",
    "dropout": "rate: 0.5",
    "fully_connected": "size: 5",
    "max_pooling": "kernel: 3",
    "transposed_convolution": "maps: 4, kernel: 3",
    "activation": "activation: relu",
}
NUMBERS = "size: 6, vocabulary: 20"  # what an embedding reads
HEAD = """archc: 1
name: Word
layers:
"""
OTHER = "- {layer: Other, type: convolution, maps: 4, kernel: 3, padding: same}\n"


class Outcome(NamedTuple):
    """What became of a row: the spec's text, whether it was changed, and what is wrong with it."""

    text: str
    changed: bool
    fault: str = ""
    help: str = ""


@cache
def operations() -> dict[str, list[str]]:
    """Return the names of all layers, modules, operators and layers of the four libraries."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras
    import torch

    return {
        "Keras": [
            name for name in dir(keras.layers) if inspect.isclass(getattr(keras.layers, name))
        ],
        "PyTorch": [
            name
            for name in dir(torch.nn)
            if inspect.isclass(getattr(torch.nn, name))
            and issubclass(getattr(torch.nn, name), torch.nn.Module)
        ],
        "ONNX": operators(),
        "Caffe": sorted(CAFFE.split(), key=str.lower),
    }


def operators() -> list[str]:
    """Return the names of ONNX' operators."""
    import onnx.defs

    schemas = onnx.defs.get_all_schemas()
    return sorted({it.name for it in schemas if not it.domain and not it.deprecated})


@cache
def arguments() -> dict[str, list[str]]:
    """Return the names of all arguments of those."""
    import keras
    import onnx.defs
    import torch

    def of(owner: object, names: list[str]) -> list[str]:
        found = set[str]()
        for name in names:
            found.update(inspect.signature(getattr(owner, name).__init__).parameters)
        return sorted(found - {"self", "args", "kwargs"})

    schemas = [it for it in onnx.defs.get_all_schemas() if not it.domain and not it.deprecated]
    return {
        "Keras": of(keras.layers, operations()["Keras"]),
        "PyTorch": of(torch.nn, operations()["PyTorch"]),
        "ONNX": sorted({name for schema in schemas for name in schema.attributes}),
        "Caffe": CAFFE_ARGUMENTS.split(),
    }


@cache
def functions() -> list[str]:
    """Return the names of Keras' activations."""
    import keras

    known = vars(keras.activations).items()
    return sorted(
        name
        for name, it in known
        if callable(it) and name not in ("get", "serialize", "deserialize")
    )


def row_of(word: str, more: str = "", given: str = "maps: 4, size: 8x9") -> str:
    """Return a spec with a row of the type `word`, and all that such a row needs if it is known.

    `more` are further fields of it, `given` is what it reads.
    """
    stated = {field_of(item.partition(":")[0]) for item in more.split(", ")}
    meaning = meaning_of(word, stated)
    kind = meaning.type if meaning else ""
    given = NUMBERS if kind == "embedding" else given
    said = {*stated, *(meaning.fields if meaning else ())}
    fields = [f"layer: L, type: {word}", more]
    if kind == "input":
        return f"{HEAD}- {{{fields[0]}, {given}}}\n"
    if "from" in NEEDED.get(kind, ""):
        fields.append(NEEDED[kind])
    else:
        needed = NEEDED.get(kind, "").split(", ")
        fields += [item for item in needed if item.partition(":")[0] not in said]
    other = OTHER if "Other" in fields[-1] else ""
    row = ", ".join(filter(None, fields))
    return f"{HEAD}- {{layer: In, type: input, {given}}}\n{other}- {{{row}}}\n"


def outcome(text: str) -> Outcome:
    """Return what `archc validate --fix` makes of a spec."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "word.yaml")
        path.write_text(text, encoding="utf-8")
        count, left = mended(str(path), Task({}, Limits()))
        found = left.diagnostics[:1]
        message, helps = (found[0].message, found[0].help) if found else ("", ())
        return Outcome(path.read_text("utf-8"), bool(count), message, " ".join(helps[:1]))


def table_of_operations(words: list[str]) -> Iterator[str]:
    """Return lines that say what becomes of each word as a type."""
    taken: dict[str, list[str]] = {}
    refused: dict[str, list[str]] = {}
    for word in words:
        found = outcome(row_of(word))
        if not found.fault:
            meaning = meaning_of(word)
            assert meaning is not None
            assert not found.changed
            said = "".join(f", {key}: {value}" for key, value in meaning.fields.items())
            taken.setdefault(f"`type: {meaning.type}{said}`", []).append(word)
        elif "does not mean the same" in found.fault:
            refused.setdefault(found.help, []).append(word)
        else:
            assert found.fault.startswith("archc has no operation"), (word, found)
            hint = "" if found.help.startswith("one of") else found.help
            refused.setdefault(hint, []).append(word)
    yield from ("| word | is |", "| --- | --- |")
    yield from (f"| {_code(words)} | {what} |" for what, words in sorted(taken.items()))
    yield from ("", "| not taken | why, and what there is |", "| --- | --- |")
    hints = sorted(hint for hint in refused if hint)
    yield from (f"| {_code(refused[hint])} | {hint} |" for hint in hints)
    if refused.get(""):
        yield f"| {_code(refused[''])} | archc has no such operation |"


def table_of_arguments(words: list[str]) -> Iterator[str]:
    """Return lines that say which arguments are understood."""
    own = sorted({name for operation in REGISTRY.values() for name in operation.fields})
    taken = {word: field_of(word) for word in words if field_of(word) in own and word not in own}
    yield from ("| argument | is the field |", "| --- | --- |")
    yield from (f"| `{word}` | `{field}` |" for word, field in sorted(taken.items()))


def table_of_functions() -> Iterator[str]:
    """Return lines that say what becomes of each of Keras' functions as an `activation`."""
    found: dict[str, list[str]] = {}
    for word in functions():
        became = outcome(row_of("activation", f"activation: {word}"))
        written = became.text.rpartition("activation: ")[2].partition("}")[0]
        said = "archc has no such function" if became.fault else f"is mended to `{written}`"
        found.setdefault(said if became.fault or became.changed else "is taken", []).append(word)
    yield from ("| word | as `activation` |", "| --- | --- |")
    yield from (f"| {_code(words)} | {said} |" for said, words in sorted(found.items()))


def _code(words: list[str]) -> str:
    return " ".join(f"`{word}`" for word in words)


def page() -> str:
    """Return the page."""
    lines = [
        "# The words of other libraries",
        "",
        INTRODUCTION,
    ]
    for library, words in operations().items():
        lines += ["", f"## {library}", "", *table_of_operations(words)]
        lines += ["", *table_of_arguments(arguments()[library])]
    lines += ["", "## Activations of Keras", "", *table_of_functions()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
