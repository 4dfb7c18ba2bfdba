"""The main entry from Python: load a spec, inspect the network, emit source, build models."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archcompiler.diagnostics import Diagnostic, Findings, Source, SpecError
from archcompiler.diagnostics.findings import in_order
from archcompiler.diagnostics.wording import counted
from archcompiler.graph import Graph, Layer, Limits, Totals
from archcompiler.graph.elaborate import elaborate
from archcompiler.language.named_files import Files, Opener, Unreadable
from archcompiler.language.scalars import setting
from archcompiler.language.spec import parse
from archcompiler.language.yaml_reader import collector_paused

if TYPE_CHECKING:
    from archcompiler.documents.summary import Summary
    from archcompiler.files import Folder
    from archcompiler.revisions import FolderAt


class Architecture:
    """A checked network with all shapes, parameters and costs; no framework is needed for it.

    `warnings` are about what is valid but most likely not meant; `files` are the names of the
    files that it was read from.
    """

    def __init__(
        self, graph: Graph, warnings: Iterable[Diagnostic] = (), files: Iterable[str] = ()
    ) -> None:
        self.graph = graph
        self.warnings = tuple(warning.origin for warning in warnings)
        self.files = tuple(files)

    @property
    def name(self) -> str:
        """The network's name."""
        return self.graph.name

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers with their shapes, parameters and multiply-adds, in order."""
        return self.graph.layers

    @property
    def totals(self) -> Totals:
        """Parameters, multiply-adds and activations of the whole network."""
        return self.graph.totals

    @property
    def fingerprint(self) -> str:
        """A SHA-256 of the network, equal for equal networks."""
        return self.graph.fingerprint

    def __getitem__(self, name: str) -> Layer:
        return self.graph[name]

    def __repr__(self) -> str:
        layers = counted(len(self.layers), "layer")
        return f"<{self.name}: {layers}, {self.totals.parameters:,} parameters>"

    def summary(self, depth: int | None = None) -> Summary:
        """Return the layer table, with blocks folded at `depth`: `archc summary --format json`."""
        from archcompiler.graph.document import document

        return document(self.graph, depth)

    def draw(
        self,
        style: str = "layered",
        *,
        theme: str = "light",
        depth: int = 1,
        scale: str = "log",
        heat: str = "",
        width: int | None = None,
    ) -> str:
        """Return a picture as SVG; the options are those of `archc draw`."""
        from archcompiler.drawing import picture, rendered

        scene = picture(self.graph, style, depth=depth, scale=scale, heat=heat, width=width)
        return rendered(scene, "svg", theme).decode()

    def _repr_html_(self) -> str:
        """Return the picture and the layer table, for notebooks."""
        shown = (self.draw(style).partition("<svg") for style in ("layered", "table"))
        return "".join(
            f'<div style="overflow-x: auto">{start}{svg}</div>' for _, start, svg in shown
        )

    def source(self, backend: str) -> str:
        """Return the source of the network for `backend`, such as "torch".

        Raises:
            SpecError: The backend cannot express some layers.
            UnicodeDecodeError: The backend does not write text; use `file`.
        """
        return self.file(backend).decode()

    def file(self, backend: str) -> bytes:
        """Return the file that `archc build` writes for `backend`.

        Raises:
            SpecError: The backend cannot express some layers.
        """
        from archcompiler.backends import BACKENDS

        return BACKENDS[backend].emit(self.graph)

    def build(self, backend: str, *, weights: str | Path | None = None) -> Any:
        """Return a live model, such as a `torch.nn.Module`, made by the emitted source.

        It has the weights in the file `weights`, of any kind that `archc convert` reads, or else
        initial ones.

        Raises:
            SpecError: The backend cannot express some layers.
            FrameworkMissing: The framework, or a package that reads the file, is not installed.
            FileError: The file cannot be read, or is not of the kind that its name says.
            DoesNotFit: The tensors in the file are not those of the network.
        """
        from archcompiler.runtime.live import build

        if weights is None:
            return build(self.graph, backend)
        from archcompiler import checkpoints
        from archcompiler.runtime.weights import load_into

        found = checkpoints.load(Path(weights), self.graph)
        model = build(self.graph, backend)
        load_into(model, self.graph, backend, found)
        return model


def loads(
    text: str,
    name: str = "<text>",
    *,
    params: Mapping[str, Any] | None = None,
    limits: Limits = Limits(),  # noqa: B008  (immutable)
    folder: Path | None = None,
) -> Architecture:
    """Return the network that `text` describes; it may name specs in `folder`.

    Raises:
        SpecError: The text has faults; all of them are listed.
        UnknownParameter: `params` names a parameter that the spec does not have.
    """
    source = Source(name, text.removeprefix("\ufeff"))
    if folder is None:
        return checked(source, params, limits, None)
    from archcompiler.files import Folder

    return checked(source, params, limits, Folder(folder, limits.bytes))


def load(
    path: str | Path,
    *,
    params: Mapping[str, Any] | None = None,
    limits: Limits = Limits(),  # noqa: B008  (immutable)
    revision: str | None = None,
) -> Architecture:
    """Return the network that the file at `path` describes; `params` sets its parameters.

    With a `revision`, such as "HEAD~1", the file and the specs that it names are read from that
    git revision.

    Raises:
        SpecError: The spec has faults; all of them are listed.
        FileError: The file, or the revision, cannot be read.
        UnknownParameter: `params` names a parameter that the spec does not have.
    """
    folder: Folder | FolderAt
    if revision is None:
        from archcompiler.files import Folder

        folder = Folder(Path(path).parent, limits.bytes)
    else:
        from archcompiler.revisions import FolderAt

        folder = FolderAt(revision, Path(path).parent, limits.bytes)
    return checked(folder.read(Path(path)), params, limits, folder)


def checked(
    source: Source,
    params: Mapping[str, Any] | None,
    limits: Limits,
    folder: Folder | FolderAt | None,
) -> Architecture:
    """Return the network that `source` describes; specs that it names are read from `folder`.

    If there are faults, plug-ins are loaded, and the spec is checked again with them. Raises what
    `load` raises.
    """
    try:
        return _checked_once(source, params, limits, folder)
    except SpecError as error:
        faults = error
    from archcompiler.operations.plugins import load as load_others

    if not load_others():
        raise faults
    return _checked_once(source, params, limits, folder)


def _checked_once(
    source: Source,
    params: Mapping[str, str] | None,
    limits: Limits,
    folder: Folder | FolderAt | None,
) -> Architecture:
    findings, names = Findings(), {source.name: None}
    files = Files(None if folder is None else _opener(folder, source, names))
    settings = {name: setting(value) for name, value in (params or {}).items()}
    with collector_paused():
        spec = parse(source, findings, settings, files)
        graph = elaborate(spec, findings, limits)
    return Architecture(graph, in_order(findings.warnings), names)


def _opener(folder: Folder | FolderAt, first: Source, names: dict[str, None]) -> Opener:
    """Return a function that reads the specs that `first` names, from within `folder`.

    Each is read once, and its name is added to `names`.
    """

    def path_of(source: Source) -> str:
        return os.path.normpath(source.name.removeprefix(folder.prefix))

    known = {path_of(first): first}

    def open_spec(text: str, beside: Source) -> Source:
        from archcompiler.files import FileError

        path = Path(os.path.normpath(Path(path_of(beside)).parent / text))
        if not folder.holds(path):
            raise Unreadable(f"`{text}` is not in the folder of the spec, or one below it")
        try:
            if str(path) not in known:
                known[str(path)] = folder.read(path)
        except FileError as error:
            raise Unreadable(str(error).replace(str(path), text)) from None
        source = known[str(path)]
        names[source.name] = None
        return source

    return open_spec
