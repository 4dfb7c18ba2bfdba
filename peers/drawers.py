"""How each tool is called: with what its documentation has for a picture of such a network.

A tool's function imports what it needs, and returns what makes the model and what draws it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from scripts.specs import ROOT, spec_path

if TYPE_CHECKING:
    from archcompiler import Architecture


class Network(NamedTuple):
    """One of the networks; at `depth`, torchview's picture of it says most while it can be read.

    `graph` is the file of our graph, where it has branches that make it worth one.
    """

    spec: str
    depth: int
    graph: str = ""

    @property
    def path(self) -> str:
        """Where the spec is in the repository."""
        return spec_path(self.spec).relative_to(ROOT).as_posix()


NETWORKS = (
    Network("alexnet", 1),
    Network("vgg16", 2),
    Network("googlenet", 1, "googlenet_folded"),
    Network("resnet50", 2, "resnet50_graph"),
    Network("unet", 2, "unet_graph"),
)
ALL = tuple(network.spec for network in NETWORKS)
BRANCHING = tuple(network.spec for network in NETWORKS if network.graph)

Make = Callable[[Network], Any]  # the network's model
Draw = Callable[[Network, Any, Path], object]  # its picture, into a file


def _architecture(network: Network) -> Architecture:
    from archcompiler import load

    return load(spec_path(network.spec))


def _archc(style: str) -> tuple[Make, Draw]:
    from archcompiler.drawing import picture, rendered

    def draw(network: Network, model: Architecture, path: Path) -> None:
        path.write_bytes(rendered(picture(model.graph, style), "svg"))

    return _architecture, draw


def _keras_model(network: Network) -> Any:
    model = _architecture(network).build("keras")
    for layer in model.layers:  # visualkeras reads it; the layers of Keras 3 have it no more
        layer.output_shape = layer.output.shape
    return model


def _torch_model(network: Network) -> Any:
    return _architecture(network).build("torch").eval()


def _input_size(network: Network) -> tuple[int, int, int, int]:
    shape = _architecture(network).layers[0].shape
    return (1, shape.maps, shape.height, shape.width)


def _labels(index: int, layer: Any) -> tuple[str, bool]:
    """Return what visualkeras writes below a layer: its name, shape, and kernel or window."""
    kernel = getattr(layer, "kernel_size", getattr(layer, "pool_size", ()))
    sizes = ("x".join(map(str, sizes)) for sizes in (layer.output.shape[1:], kernel))
    return "\n".join(filter(None, (layer.name, *sizes))), False


# What has the size of the layer before it.
HIDDEN = {
    "Activation", "Add", "BatchNormalization", "CenterCrop", "Dropout", "Flatten", "ZeroPadding2D",
}  # fmt: skip


def _readme() -> tuple[Make, Draw]:
    import visualkeras
    from PIL import ImageFont

    def draw(network: Network, model: Any, path: Path) -> None:
        font = ImageFont.load_default(32)
        visualkeras.layered_view(model, to_file=str(path), legend=True, font=font)

    return _keras_model, draw


def _layered_view() -> tuple[Make, Draw]:
    import visualkeras
    from PIL import ImageFont

    def draw(network: Network, model: Any, path: Path) -> None:
        visualkeras.layered_view(
            model,
            to_file=str(path),
            sizing_mode="logarithmic",
            one_dim_orientation="y",
            legend=True,
            text_callable=_labels,
            type_ignore=[type(each) for each in model.layers if type(each).__name__ in HIDDEN],
            spacing=75,
            padding=60,
            font=ImageFont.load_default(16),
        )

    return _keras_model, draw


def _graph_view() -> tuple[Make, Draw]:
    import visualkeras

    def draw(network: Network, model: Any, path: Path) -> None:
        visualkeras.graph_view(model, to_file=str(path), show_neurons=False, layer_spacing=60)

    return _keras_model, draw


def _plot_model() -> tuple[Make, Draw]:
    import keras

    options = {"show_shapes": True, "show_layer_names": True, "show_layer_activations": True}

    def draw(network: Network, model: Any, path: Path) -> None:
        keras.utils.plot_model(model, to_file=str(path), dpi=96, **options)

    return _keras_model, draw


def _torchview() -> tuple[Make, Draw]:
    from torchview import draw_graph

    def draw(network: Network, model: Any, path: Path) -> None:
        options = {"depth": network.depth, "expand_nested": True, "device": "meta"}
        graph = draw_graph(model, input_size=_input_size(network), **options)
        graph.visual_graph.render(outfile=path, cleanup=True)

    return _torch_model, draw


def _torchviz() -> tuple[Make, Draw]:
    import torch
    from torchviz import make_dot

    def draw(network: Network, model: Any, path: Path) -> None:
        output = model(torch.zeros(_input_size(network)))
        graph = make_dot(output, params=dict(model.named_parameters()))
        graph.render(outfile=path, cleanup=True)

    return _torch_model, draw


class Tool(NamedTuple):
    """A way to call one: the package whose version it has, what one writes, and what it needs."""

    package: str
    call: str
    needs: str
    imported: Callable[[], tuple[Make, Draw]]
    networks: tuple[str, ...] = ALL


TOOLS = {
    "layered": Tool(
        "archc",
        "archc draw {path} -o {spec}.svg",
        "archc alone",
        partial(_archc, "layered"),
    ),
    "graph": Tool(
        "archc",
        "archc draw {path} -o {spec}.svg --style graph",
        "archc alone",
        partial(_archc, "graph"),
        BRANCHING,
    ),
    "readme": Tool(
        "visualkeras",
        "layered_view(model, legend=True)",
        "Keras",
        _readme,
        ("vgg16",),
    ),
    "layered_view": Tool(
        "visualkeras",
        'layered_view(model, sizing_mode="logarithmic", one_dim_orientation="y", legend=True, '
        "text_callable=…, type_ignore=…, spacing=75)",
        "Keras",
        _layered_view,
    ),
    "graph_view": Tool(
        "visualkeras",
        "graph_view(model, show_neurons=False, layer_spacing=60)",
        "Keras",
        _graph_view,
        ("unet",),
    ),
    "plot_model": Tool(
        "keras",
        "plot_model(model, show_shapes=True, show_layer_names=True, "
        "show_layer_activations=True, dpi=96)",
        "Keras, pydot, graphviz",
        _plot_model,
    ),
    "torchview": Tool(
        "torchview",
        'draw_graph(model, input_size=…, depth={depth}, expand_nested=True, device="meta")',
        "PyTorch, graphviz",
        _torchview,
    ),
    "torchviz": Tool(
        "torchviz",
        "make_dot(output, params=dict(model.named_parameters()))",
        "PyTorch, graphviz",
        _torchviz,
        ("alexnet",),
    ),
}
