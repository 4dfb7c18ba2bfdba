"""Every network under specs/ that has blocks: both backends agree, on a small input for speed."""

import re
from pathlib import Path

import pytest

import archcompiler
from archcompiler.runtime.verify import verify
from peers.networks import NETWORKS
from scripts.specs import FAMILIES, SPECS, spec_path
from tests.conftest import FLAT

# Of these, every layer is compared.
BY_LAYER = (
    "vgg11",
    "resnet18",
    "resnext50_32x4d",
    "googlenet",
    "unet",
    "two_inputs",
    "fully_convolutional",
    "mobilenet_v2",
    "mobilenet_v3_small",
    "efficientnet_b0",
    "convnext_tiny",
    "shufflenet_v2_x0_5",
    "vit_b_32",
    "unet_resize",
    "dcgan",
    "vae",
    "unet_3d",
    "text_cnn",
    "bert_base",
    "llama_small",
)
# The others of a family differ in depth and width alone: the outputs of these are, and of the rest
# when they are compared with their peers.
BY_OUTPUT = (
    "vgg11_bn", "resnet50", "resnet50_v1", "densenet121",
    "squeezenet1_1", "inception_v3", "mobilenet_v3_large", "regnet_x_400mf",
    "deeplab_v3_resnet50", "fcn_resnet50", "fpn_resnet50", "yolo_v3", "mobilenet_v1", "mnasnet0_5",
    "squeezenet1_0", "xception", "regnet_y_400mf", "efficientnet_v2_s",
)  # fmt: skip
# Half a minute each: of these the training is compared, step by step.
TRAINED = ("resnet18", "mobilenet_v2", "squeezenet1_0", "efficientnet_b0")
QUICK = ("resnet18", "two_inputs", "fully_convolutional", "vae")

PARAMS = {
    "bert_base": {"tokens": 6, "width": 24, "heads": 2, "depth": 2},
    "llama_small": {
        "tokens": 6,
        "width": 24,
        "heads": 6,
        "groups": 2,
        "depth": 2,
        "vocabulary": 50,
        "hidden": 20,
    },
}
# of the input; 32 elsewhere
SIZES = {
    "unet_3d": 16,
    "googlenet": 80,
    "unet": 188,
    "two_inputs": 64,
    "xception": 64,
    "inception_v3": 299,
}


def small(text: str, size: int) -> str:
    """Return a spec with another input, and without the sizes that it states behind it."""
    text = re.sub(r"(type: input,.*size: )\d+x\d+x\d+", rf"\g<1>{size}X{size}X{size}", text)
    text = re.sub(r"(type: input,.*size: )\d+x\d+", rf"\g<1>{size}X{size}", text)
    text = re.sub(r"resolution: \d+", f"resolution: {size}", text)
    text = re.sub(r"size: (?!1x1\b)\d+x\d+(x\d+)?,? *", "", text)
    # Wide dilations of small maps take minutes on TensorFlow.
    text = re.sub(r"rate: (?=12|24|36)\d+", "rate: 2", text)
    return re.sub(r"cut: \d+", "cut: 8", text)


TRAINING = """
training: {loss: sparse_categorical_crossentropy, optimizer: {type: sgd, learning_rate: 0.01}}
"""


def load_small(name: str, folder: Path) -> archcompiler.Architecture:
    size = SIZES.get(name, 32)
    for path in spec_path(name).parent.glob("*.yaml"):
        text = path.read_text()
        if "\nlayers:" in text and not re.search("^(training|outputs):", text, re.MULTILINE):
            text += TRAINING
        (folder / path.name).write_text(small(text, size) if name != "two_inputs" else text)
    return archcompiler.load(folder / f"{name}.yaml", params=PARAMS.get(name, {}))


@pytest.mark.keras
@pytest.mark.torch
@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize(
    "name",
    [
        name if name in QUICK else pytest.param(name, marks=pytest.mark.slow)
        for name in (*BY_LAYER, *BY_OUTPUT)
    ],
)
def test_outputs_and_gradients_agree(name: str, tmp_path: Path) -> None:
    architecture = load_small(name, tmp_path)
    found = verify(architecture.graph, layers=name in BY_LAYER, gradients=True)
    trained = sum(item.trainable for layer in architecture.layers for item in layer.parameters)
    assert len(found.gradients) == trained
    assert found.within(1e-5), max(found.outputs + found.gradients, key=lambda item: item.share)


@pytest.mark.slow
@pytest.mark.keras
@pytest.mark.torch
@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("name", TRAINED)
def test_three_steps_of_training_agree(name: str, tmp_path: Path) -> None:
    found = verify(load_small(name, tmp_path).graph, steps=3)
    (losses,) = (each for each in found.comparisons if each.kind == "losses")
    assert len(losses.values) == 3
    assert found.within(1e-5), found


def test_every_spec_is_verified() -> None:
    flat = {path.stem for path in FLAT}  # in full size: tests/runtime/test_run_and_verify.py
    names = {path.stem: path for path in SPECS}
    left = {*names}.difference(BY_LAYER, BY_OUTPUT, flat)
    assert {*names}.issuperset({*BY_LAYER, *BY_OUTPUT, *flat})
    assert left <= {network.spec for network in NETWORKS}
    of = {name: re.search(r"^spec: (.*)", names[name].read_text(), re.MULTILINE) for name in names}
    families = {found[1] for name, found in of.items() if found and name not in left}
    assert all(of[name] and of[name][1] in families for name in left)


@pytest.mark.parametrize("path", [*SPECS, *FAMILIES], ids=lambda path: path.stem)
def test_no_spec_is_longer_than_110_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 110
