"""Attention: tokens that read each other."""

from __future__ import annotations

from archcompiler.diagnostics import Fault
from archcompiler.operations.fields import Count, Flag, Number, field
from archcompiler.operations.operation import Inputs, Operation, operation
from archcompiler.operations.shape import Shape


@operation("attention")
class Attention(Operation):
    """Gives each query a mean of the values, weighted by how alike its keys are (Vaswani 2017).

    It reads queries, keys and values, three sequences, or one that has all three as its features,
    in this order and in equal parts. Each head takes a part of the features: its weights are the
    softmax of query * key * scale over all keys. Keys with fewer features than queries are those of
    fewer heads, each for several of the queries' (Ainslie et al. 2023). One more input is a mask:
    whole numbers, 0 for each key that is not looked at. What makes queries, keys and values, and
    what joins the heads, are rows of their own: `fully_connected` at each token.

    Example:
        - {layer: In, type: input, maps: 768, size: 197}
        - {layer: qkv, type: fully_connected, maps: 2304}
        - {layer: A1, type: attention, maps: 768, size: 197, heads: 12}
    """

    family = "dense"
    maximum_inputs = 4
    reads_whole = True  # the mask

    heads: int = field(Count(), "parts of the queries' features, each with weights of its own")
    causal: bool = field(
        Flag(), "whether a query reads its own token and those before alone", False
    )
    dropout: float = field(
        Number(0, 1, below=True), "share of the weights that are dropped in training", 0.0
    )
    scale: float | None = field(
        Number(0, above=True),
        "factor of query * key; without it 1 / root of a head's features",
        None,
    )

    @property
    def is_random(self) -> bool:  # type: ignore[override]
        """Whether it drops weights in training."""
        return self.dropout > 0

    def shape(self, inputs: Inputs) -> Shape:
        """Return as many tokens as there are queries, with the features of all heads' values."""
        query, _, value = self.parts(inputs)
        return Shape(value.channels // self.key_heads(inputs) * self.heads, query.places)

    def key_heads(self, inputs: Inputs) -> int:
        """Return how many heads the keys and values have; those of the queries share them.

        Raises:
            Fault: The features cannot be split so.
        """
        query, key, value = self.parts(inputs)
        size = query.channels // self.heads
        _demand_split(query.channels, "queries", self.heads)
        if key.channels % size or self.heads % (key.channels // size):
            raise Fault(
                "ARC410",
                f"keys have {key.channels} features, and the queries {self.heads} heads of {size}:"
                " they cannot share them",
                field="from",
                help=[f"{query.channels} features are keys for each head of the queries"],
            )
        groups = key.channels // size
        _demand_split(value.channels, "values", groups)
        return groups

    def parts(self, inputs: Inputs) -> tuple[Shape, Shape, Shape]:
        """Return the shapes of queries, keys and values.

        Raises:
            Fault: There are none, or they do not fit each other, or the mask does not fit them.
        """
        count = len(inputs) - self.has_mask(inputs)
        read, mask = inputs[:count], inputs[count:]
        for shape in read:
            if shape.rank != 1 or not shape.values.real:
                raise Fault(
                    "ARC403",
                    f"attention reads sequences, but an input of this layer is {shape}",
                    help=["`to_sequence` makes tokens of the cells of maps"],
                )
        query, key, value = read if len(read) == 3 else _unpacked(read[0])
        if key.places != value.places:
            raise Fault(
                "ARC410",
                f"keys of {key} and values of {value} do not fit each other",
                field="from",
                help=["keys and values have equal tokens"],
            )
        for each in mask:
            _demand_mask(each, key)
        return query, key, value

    def has_mask(self, inputs: Inputs) -> bool:
        """Whether the last input is a mask: beside one layer of all, or beside three."""
        return len(inputs) % 2 == 0

    def is_plain(self, inputs: Inputs) -> bool:
        """Whether there is no mask, no dropout, and each head has keys and values of its own."""
        shares_keys = self.key_heads(inputs) < self.heads
        return not (self.has_mask(inputs) or self.dropout or shares_keys)

    def reads(self, inputs: Inputs) -> None:
        """Return that a token may read all of them."""

    def multiply_adds(self, inputs: Inputs, output: Shape) -> int | None:
        """Return queries x keys x heads x (features of a head's key + of its value)."""
        query, key, _ = self.parts(inputs)
        tokens, others = query.places[0], key.places[0]
        if tokens is None or others is None:
            return None
        return tokens * others * (query.channels + output.channels)


def _demand_split(features: int, name: str, heads: int) -> None:
    if features % heads:
        raise Fault(
            "ARC405",
            f"{features} features of the {name} cannot be split into {heads} heads",
            field="heads",
        )


def _unpacked(packed: Shape) -> tuple[Shape, Shape, Shape]:
    if packed.channels % 3:
        raise Fault(
            "ARC405",
            f"{packed.channels} features are no queries, keys and values of equal size",
            help=["a `fully_connected` with 3 * features of a query makes them"],
        )
    part = packed._replace(channels=packed.channels // 3)
    return part, part, part


def _demand_mask(mask: Shape, key: Shape) -> None:
    """Raise a fault unless `mask` is a whole number for each of the keys."""
    if mask.is_vector and not mask.values.real and mask.channels == key.places[0]:
        return
    tokens = "as many as there are" if key.places[0] is None else key.places[0]
    raise Fault(
        "ARC410",
        f"a mask has a whole number for each of {tokens} keys, and the last input is {mask}",
        field="from",
        help=[
            f"`{{type: input, size: {tokens}, vocabulary: 2}}` is a mask",
            "queries, keys and values are three layers, or one of all",
        ],
    )
