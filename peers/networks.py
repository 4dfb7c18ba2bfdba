"""Which network under specs/ is which model of a peer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from scripts.specs import FOLDER, spec_path


class Network(NamedTuple):
    """A spec, with its parameters, and what `library` calls the same network."""

    spec: str
    library: str
    peer: str
    rules: str
    params: Mapping[str, str] = MappingProxyType({})

    @property
    def path(self) -> Path:
        """The spec's file."""
        return spec_path(self.spec)

    @property
    def rules_path(self) -> Path:
        """The rules from our names to the library's."""
        return FOLDER / "names" / self.library / f"{self.rules}.yaml"

    @property
    def title(self) -> str:
        """The spec as a command line would have it."""
        return " ".join([self.spec, *(f"-p {name}={text}" for name, text in self.params.items())])


_REGNETS = ("400mf", "800mf", "1_6gf", "3_2gf", "8gf", "16gf", "32gf")
_FAMILIES = {
    "googlenet": ["googlenet"],
    "efficientnet": [f"efficientnet_b{number}" for number in range(8)],
    "efficientnet_v2": [f"efficientnet_v2_{size}" for size in "sml"],
    "inception_v3": ["inception_v3"],
    "mnasnet": ["mnasnet0_5", "mnasnet0_75", "mnasnet1_0", "mnasnet1_3"],
    "mobilenet_v2": ["mobilenet_v2"],
    "mobilenet_v3_large": ["mobilenet_v3_large"],
    "mobilenet_v3_small": ["mobilenet_v3_small"],
    "regnet": [f"regnet_{kind}_{size}" for kind in "xy" for size in _REGNETS]
    + ["regnet_y_128gf"],
    "shufflenet_v2": [f"shufflenet_v2_x{width}" for width in ("0_5", "1_0", "1_5", "2_0")],
    "squeezenet1_0": ["squeezenet1_0"],
    "squeezenet1_1": ["squeezenet1_1"],
    "resnet": [
        "resnet18", "resnet34", "resnet50", "resnet101", "resnet152",
        "wide_resnet50_2", "wide_resnet101_2",
        "resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d",
    ],
    "convnext": [f"convnext_{size}" for size in ("tiny", "small", "base", "large")],
    "densenet": ["densenet121", "densenet161", "densenet169", "densenet201"],
    "vision_transformer": ["vit_b_16", "vit_b_32", "vit_l_16", "vit_l_32", "vit_h_14"],
    "vgg": [
        "vgg11", "vgg11_bn", "vgg13", "vgg13_bn", "vgg16", "vgg16_bn", "vgg19", "vgg19_bn",
    ],
}  # fmt: skip

_SEGMENTATION = {"deeplab_v3": "deeplabv3", "fcn": "fcn"}  # what torchvision calls it

TORCHVISION = [
    *(
        Network(name, "torchvision", name, family)
        for family, names in _FAMILIES.items()
        for name in names
    ),
    *(
        Network(f"{ours}_resnet{depth}", "torchvision", f"{theirs}_resnet{depth}", ours)
        for ours, theirs in _SEGMENTATION.items()
        for depth in (50, 101)
    ),
]

# Its epsilon is written 1.001e-5: for DenseNet a parameter, for ResNet a part of the specs.
KERAS_APPLICATIONS = [
    *(
        Network(f"resnet{depth}_v1", "keras_applications", f"ResNet{depth}", "resnet")
        for depth in (50, 101, 152)
    ),
    *(
        Network(
            f"densenet{depth}",
            "keras_applications",
            f"DenseNet{depth}",
            "densenet",
            {"epsilon": "1.001e-5"},
        )
        for depth in (121, 169, 201)
    ),
    *(Network(f"vgg{depth}", "keras_applications", f"VGG{depth}", "vgg") for depth in (16, 19)),
    Network("xception", "keras_applications", "Xception", "xception"),
]

TRANSFORMERS = [
    Network("bert_base", "transformers", "BertModel", "bert"),
    Network("llama_small", "transformers", "LlamaForCausalLM", "llama"),
]

NETWORKS = [*TORCHVISION, *KERAS_APPLICATIONS, *TRANSFORMERS]
