"""Every network under specs/ that has blocks: both backends agree, on a small input for speed."""

import re
from pathlib import Path

import pytest

import archcompiler
from archcompiler.runtime.verify import verify
from tests.conftest import FLAT, ROOT

SPECS = ROOT / "specs"

# Of these, every layer is compared: members of a family differ in depth and width alone.
BY_LAYER = (
    "vgg11",
    "resnet18",
    "resnext50_32x4d",
    "googlenet",
    "unet",
    "two_inputs",
    "fully_convolutional",
    "mobilenet_v1",
    "squeezenet1_0",
    "xception",
)
BY_OUTPUT = (
    "vgg13", "vgg16", "vgg19", "vgg11_bn", "vgg13_bn", "vgg16_bn", "vgg19_bn",
    "resnet34", "resnet50", "resnet101", "resnet152", "wide_resnet50_2", "wide_resnet101_2",
    "resnext101_32x8d", "resnext101_64x4d", "densenet121", "densenet161", "densenet169",
    "densenet201", "resnet50_v1", "resnet101_v1", "resnet152_v1", "squeezenet1_1", "inception_v3",
)  # fmt: skip
QUICK = ("resnet18", "two_inputs", "fully_convolutional")

# of the input; 32 elsewhere
SIZES = {"googlenet": 80, "unet": 188, "two_inputs": 64, "xception": 64, "inception_v3": 299}


def small(text: str, size: int) -> str:
    """Return a spec with another input, and without the sizes that it states behind it."""
    text = re.sub(r"size: (224x224|299x299|572x572)", f"size: {size}X{size}", text)
    text = re.sub(r"size: \d+x\d+,? *", "", text)
    return re.sub(r"cut: \d+", "cut: 8", text)


def load_small(name: str, folder: Path) -> archcompiler.Architecture:
    size = SIZES.get(name, 32)
    (folder / "families").mkdir()
    for path in [SPECS / f"{name}.yaml", *SPECS.glob("families/*.yaml")]:
        copy = folder / path.relative_to(SPECS)
        copy.write_text(small(path.read_text(), size) if name != "two_inputs" else path.read_text())
    return archcompiler.load(folder / f"{name}.yaml")


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


def test_every_spec_is_verified() -> None:
    flat = {path.stem for path in FLAT}  # in full size: tests/runtime/test_run_and_verify.py
    assert {path.stem for path in SPECS.glob("*.yaml")} == {*BY_LAYER, *BY_OUTPUT, *flat}


@pytest.mark.parametrize("path", sorted(SPECS.glob("**/*.yaml")), ids=lambda path: path.stem)
def test_no_spec_is_longer_than_110_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 110
