"""What stands at a place of a spec."""

from pathlib import Path

import pytest

from archcompiler.diagnostics import Source
from archcompiler.language.nodes import span_of
from archcompiler.language.places import Places
from tests.cli.test_commands import archc
from tests.conftest import ROOT, sampled

TEXTS = {
    name: (ROOT / "specs" / name).read_text()
    for name in ("resnet/resnet.yaml", "alexnet_table.yaml", "alexnet.yaml")
}


@pytest.mark.parametrize(
    ("name", "part", "path", "layer"),
    [
        ("resnet/resnet.yaml", "he_normal", "defaults.convolution.kernel_initializer", ""),
        ("resnet/resnet.yaml", "7x7,  ", "layers.layer4.size", "layer4"),
        ("resnet/resnet.yaml", '"${groups}"', "blocks.bottleneck.layers.conv2.groups", "conv2"),
        ("resnet/resnet.yaml", "top_5", "training.metrics.1", ""),
        ("resnet/resnet.yaml", "stride: 1}", "blocks.basic.params.stride", ""),
        ("resnet/resnet.yaml", "A shortcut", "blocks.projection.description", ""),
        ("resnet/resnet.yaml", "depths: [3", "params.depths", ""),
        ("resnet/resnet.yaml", "bn3, downsample", "blocks.bottleneck.layers.out.from.0", "out"),
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


TABLES = {
    f"{mark!r} {cell!r}": "archc: 1\nname: Net\nlayers: |\n"
    + "".join(
        f"  {mark.join(cells)}\n"
        for cells in (
            ("Layer", "Type", "Maps", "Size", "From"),
            ("In", "Input", "3 (RGB)", "8X8", "-"),
            ("A", "Convolution", "4", "", ""),
            ("Sum", "add", "", "", cell),
        )
    )
    for mark in ("|", "\t", ",")
    for cell in ("A", "A+In", "A In", "A; In", "A In B", " A  In ", "A, In", "", "A;;In;")
}
ALL = sorted([*(ROOT / "specs").rglob("*.yaml"), *(ROOT / "tests" / "broken").rglob("*.yaml")])


@pytest.mark.parametrize(
    "text",
    sampled([*(path.read_bytes().decode(errors="replace") for path in ALL), *TABLES.values()], 5),
    ids=[*(path.name for path in ALL), *TABLES],
)
def test_every_offset_has_a_place(text: str) -> None:
    """The node at each place holds the offset, and what leads there is named."""
    source = Source("x", text)
    places = Places(source)
    for offset in range(len(text) + 1):
        place = places.at(offset)
        if place.path and place.node is not None:
            span = span_of(place.node, source)
            assert span.start <= offset
        assert all(isinstance(part, str) for part in place.path)
        assert bool(place.path) or place.row is None


@pytest.mark.parametrize("form", ["json", "sarif", "github", "junit", "text"])
@pytest.mark.parametrize("cell", ["A, X", "X, A", "X A", "A+X", "X;X"])
def test_a_fault_in_a_cell_of_several_names_is_placed(form: str, cell: str, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(TABLES["'|' 'A'"].replace("|A\n", f"|{cell}\n"))
    result = archc("validate", "--format", form, path)
    assert result.exit_code == 1
    assert "ARC301" in result.stdout + result.stderr
    places = Places(Source("net.yaml", path.read_text()))
    at = path.read_text().rindex("X")
    assert places.at(at).path[:3] == ("layers", "Sum", "from")
    assert places.at(at).node.text == "X"
