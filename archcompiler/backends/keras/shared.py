"""Options that most layers of a kind have, said once: a function that makes such a layer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from archcompiler.backends.code import Call, Expression, Function, Name, Return, replaced, roots
from archcompiler.backends.keras.initializers import VARIANCE_SCALING

# the layer: the function that makes one, and its arguments without a name
FUNCTIONS = {
    "layers.Conv2D": ("convolution", ("maps: int", "kernel: int | tuple[int, int]")),
    "layers.Conv2DTranspose": (
        "transposed_convolution",
        ("maps: int", "kernel: int | tuple[int, int]"),
    ),
    "layers.Dense": ("dense", ("features: int",)),
}
OPTIONS = ("use_bias", "kernel_initializer", "bias_initializer", "kernel_regularizer")
FEWEST = 3  # layers that are worth a function
LEAST = 2  # options that are
WHOLE_FILE = {"keras", "WEIGHT_DECAY", *VARIANCE_SCALING}  # what options name, anywhere in a file

Option = tuple[str, Expression]


def with_shared_options(part: Any) -> tuple[Any, list[Function]]:
    """Return code that makes layers by functions where that says options once, and those."""
    shared: dict[str, tuple[Option, ...]] = {}
    for layer in FUNCTIONS:
        options = _shared([made for made in _calls(part) if made.function == Name(layer)])
        if len(options) >= LEAST:
            shared[layer] = options

    def shorten(part: Any) -> Any:
        if not isinstance(part, Call):
            return None
        options = shared.get(getattr(part.function, "text", ""), ())
        if not options or any(option not in part.keywords for option in options):
            return None
        keywords = tuple(option for option in part.keywords if option not in options)
        name, _ = FUNCTIONS[part.function.text]  # type: ignore[union-attr]
        return Call(Name(name), part.arguments, keywords)

    return replaced(part, shorten), [_function(*pair) for pair in shared.items()]


def _shared(calls: list[Call]) -> tuple[Option, ...]:
    """Return the options that nearly all of the layers have, and that the whole file knows."""
    counts = Counter(option for made in calls for option in made.keywords)
    return tuple(
        (key, value)
        for (key, value), count in counts.items()
        if key in OPTIONS
        and count >= max(FEWEST, 0.75 * len(calls))
        and {*roots(value)} <= WHOLE_FILE
    )


def _calls(part: Any) -> Iterator[Call]:
    if isinstance(part, Call):
        yield part
    if isinstance(part, tuple | list):
        for item in part:
            yield from _calls(item)


def _function(layer: str, options: tuple[Option, ...]) -> Function:
    name, parameters = FUNCTIONS[layer]
    arguments = tuple(Name(parameter.partition(":")[0]) for parameter in parameters)
    made = Call(Name(layer), arguments, (*options, ("**", Name("options"))))
    what = "fully connected" if name == "dense" else name.replace("_", " ")
    doc = f"Make a {what} layer with the options that nearly all of them have here."
    return Function(name, (*parameters, "**options: object"), layer, doc, (Return(made),))
