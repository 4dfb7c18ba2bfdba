"""Blocks that give what is read from inside of them, as further outputs.

    - {layer: body, type: unit}                        body, body_conv = self.body(x)
    - {layer: Out, type: add, from: [body, body.conv]}  ->
                                                       return conv, x      # in `unit`

A row may read `body.conv`, a row inside of a block; code can only read what the block returns. So
the block has `conv` as an output beside its own, and so have all blocks in between. Where one copy
of a repeated row is read, the copies become rows of their own.
"""

from __future__ import annotations

from collections.abc import Iterator

from archcompiler.graph import Body, Item, Passed, Repeat, Use


def inner_paths(item: Item) -> list[str]:
    """Return the paths into `item` that others read."""
    if not isinstance(item, Use):
        return []
    return [f"{item.name}.{path}" for path in item.body.outputs[1:]]


def uses_in(body: Body) -> Iterator[tuple[str, Use]]:
    """Return the uses of blocks among the rows, with their names."""
    for item in body.items:
        if isinstance(item, Use):
            yield item.name, item
        elif isinstance(item, Repeat):
            for copy in item.copies:
                if isinstance(copy, Use):
                    yield f"{item.name}.{copy.name}", copy


def with_inner_outputs(body: Body) -> Body:
    """Return the rows of a network where each block gives all that is read of it."""
    return _Rewriter().rewritten(body, ())


class _Rewriter:
    def __init__(self) -> None:
        self._known: dict[tuple[int, tuple[str, ...]], tuple[Body, Body]] = {}

    def rewritten(self, body: Body, extra: tuple[str, ...]) -> Body:
        """Return `body` with `extra` outputs, and the same done to all blocks in it."""
        key = (id(body), extra)
        if key not in self._known:
            self._known[key] = (body, self._body(body, extra))  # kept: its id stays its own
        return self._known[key][1]

    def _body(self, body: Body, extra: tuple[str, ...]) -> Body:
        outputs = (*body.outputs, *(path for path in extra if path not in body.outputs))
        paths = dict.fromkeys(path for item in body.items for path in item.inputs)
        wanted: dict[str, list[str]] = {}
        for path in (*paths, *outputs):
            name, dot, rest = path.partition(".")
            if dot:
                wanted.setdefault(name, []).append(rest)
        items: list[Item] = []
        for item in body.items:
            items += self._items(item, tuple(dict.fromkeys(wanted.get(item.name, ()))))
        return Body(items, outputs, body.inputs, body.input_shapes, body.parameters)

    def _items(self, item: Item, paths: tuple[str, ...]) -> list[Item]:
        match item:
            case Use():
                return [item._replace(body=self.rewritten(item.body, paths))]
            case Repeat() if not paths:
                copies = tuple(
                    copy._replace(body=self.rewritten(copy.body, ()))
                    if isinstance(copy, Use)
                    else copy
                    for copy in item.copies
                )
                return [item._replace(copies=copies)]
            case Repeat():
                return self._split(item, paths)
        return [item]

    def _split(self, repeat: Repeat, paths: tuple[str, ...]) -> list[Item]:
        """Return the copies as rows of their own: something reads one of them."""
        inside: dict[str, list[str]] = {}
        for path in paths:
            number, dot, rest = path.partition(".")
            if dot:
                inside.setdefault(number, []).append(rest)
        items: list[Item] = []
        inputs = repeat.inputs
        for copy in repeat.copies:
            found = self._items(copy, tuple(inside.get(copy.name, ())))[0]
            name = f"{repeat.name}.{copy.name}"
            items.append(found._replace(name=name, inputs=inputs))
            inputs = (name, *repeat.inputs[1:])
        return [*items, Passed(repeat.name, inputs, repeat.shape, repeat.node)]
