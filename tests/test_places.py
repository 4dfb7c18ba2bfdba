"""What stands at a place of a spec."""

import pytest

from archcompiler.diagnostics import Source
from archcompiler.language.places import Places
from tests.conftest import ROOT

TEXTS = {
    name: (ROOT / "specs" / name).read_text()
    for name in ("families/resnet.yaml", "alexnet_table.yaml", "alexnet.yaml")
}


@pytest.mark.parametrize(
    ("name", "part", "path", "layer"),
    [
        ("families/resnet.yaml", "he_normal", "defaults.convolution.kernel_initializer", ""),
        ("families/resnet.yaml", "7x7,  ", "layers.layer4.size", "layer4"),
        ("families/resnet.yaml", '"${groups}"', "blocks.bottleneck.layers.conv2.groups", "conv2"),
        ("families/resnet.yaml", "top_5", "training.metrics.1", ""),
        ("families/resnet.yaml", "stride: 1}", "blocks.basic.params.stride", ""),
        ("families/resnet.yaml", "A shortcut", "blocks.projection.description", ""),
        ("families/resnet.yaml", "depths: [3", "params.depths", ""),
        ("families/resnet.yaml", "bn3, downsample", "blocks.bottleneck.layers.out.from.0", "out"),
        ("alexnet_table.yaml", "11X11", "layers.C1.kernel", "C1"),
        ("alexnet.yaml", "227x227", "layers.In.size", "In"),
    ],
)
def test_the_path_to_a_place(name: str, part: str, path: str, layer: str) -> None:
    text = TEXTS[name]
    place = Places(Source(name, text)).at(text.index(part))
    assert (".".join(place.path), place.layer) == (path, layer)


def test_rows_without_a_name_have_a_number() -> None:
    text = "archc: 1\nlayers:\n- {type: input, size: 3}\n- type: flatten\n"
    places = Places(Source("x", text))
    assert places.at(text.index("size")).path == ("layers", "0", "size")
    assert places.at(text.index("flatten")).path == ("layers", "1", "type")


def test_nothing_stands_in_what_is_not_yaml() -> None:
    assert Places(Source("x", "a: {b")).at(4).path == ()
