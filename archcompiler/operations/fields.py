"""The kinds of value that fields hold: from the text of a spec to a checked value.

A spec's scalars stay text until the field that asks for them says what they are, so that no
reader's idea of a scalar (YAML 1.1 reads `010` as 8 and `no` as false) ever reaches a network.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, NoReturn

from archcompiler.operations import numbers
from archcompiler.operations.words import misspelt

Raw = numbers.Raw
Schema = dict[str, Any]  # JSON Schema, of scalars as YAML's core schema types them

_CALL = re.compile(r"([a-z][a-z0-9_]*)(?:\((.*)\))?\Z")


class Invalid(Exception):
    """A raw value is not of the kind that its field wants; `help` says what to write instead.

    It is `safe` to write that if it says the same: `0.5` for `50%`, but not `relu` for `relu(6)`.
    """

    def __init__(self, help: str | None = None, *, safe: bool = False) -> None:  # noqa: A002
        super().__init__(help)
        self.help = help
        self.safe = safe


class Kind:
    """How the text of a field is read. `expected` completes the sentence "`field` is …"."""

    expected = ""

    def parse(self, raw: Raw) -> Any:
        """Return the value that `raw` stands for; raise `Invalid` if it stands for none."""
        raise NotImplementedError

    def spread(self, value: Any, rank: int) -> Any:
        """Return what `value` is where the input has places along `rank` axes.

        Raise `Invalid` if it has numbers for more axes, or for fewer.
        """
        return value

    def schema(self) -> Schema:
        """Return what an editor takes for a value; words that it offers are an `enum`."""
        raise NotImplementedError


def _one(raw: Raw) -> str:
    if isinstance(raw, str):
        return raw
    if len(raw) == 1:
        return raw[0]
    raise Invalid


class Count(Kind):
    """A whole number with a lower bound."""

    def __init__(self, minimum: int = 1) -> None:
        self.minimum = minimum
        self.expected = f"a whole number from {minimum}"

    def parse(self, raw: Raw) -> int:
        """Return the number."""
        text = _one(raw)
        number = numbers.whole(text)
        if number is not None and number >= self.minimum:
            return number
        meant = numbers.whole_meant(text) if number is None else None
        if meant is not None and meant >= self.minimum:
            raise Invalid(f"write `{meant}`", safe=True)
        raise Invalid

    def schema(self) -> Schema:
        """Return the schema of a number, which may be a text."""
        pattern = rf"^({numbers.WHOLE}|\+?{numbers.THOUSANDS})$"
        return {"type": ["string", "integer"], "pattern": pattern, "minimum": self.minimum}


class Index(Kind):
    """A place in a list, from its front or, below 0, from its end."""

    expected = "a whole number, where -1 is the last"

    def parse(self, raw: Raw) -> int:
        """Return the number."""
        text = _one(raw).strip()
        number = numbers.whole(text.removeprefix("-"))
        if number is None or number >= 10**9:
            raise Invalid
        return -number if text.startswith("-") else number

    def schema(self) -> Schema:
        """Return the schema of a number, which may be a text."""
        return {
            "type": ["string", "integer"],
            "pattern": rf"^-?({numbers.WHOLE}|{numbers.THOUSANDS})$",
        }


def word_in(raw: Raw, words: Sequence[str]) -> bool:
    """Whether `raw` is one of `words`; for `Same`, or `smae`, `same` is offered."""
    if isinstance(raw, str) and raw.isalpha() and raw not in words:
        meant = misspelt(raw.lower(), dict(zip(words, words, strict=True)))
        raise Invalid(f"write `{meant}`" if meant else None, safe=meant is not None)
    return raw in words


class Word(Kind):
    """One of a few words."""

    def __init__(self, *words: str) -> None:
        self.words = words
        *most, last = (f"`{word}`" for word in words)
        self.expected = f"{', '.join(most)} or {last}"

    def parse(self, raw: Raw) -> str:
        """Return the word."""
        if word_in(raw, self.words):
            return str(raw)
        raise Invalid

    def schema(self) -> Schema:
        """Return the schema of the words."""
        return {"enum": [*self.words]}


class Number(Kind):
    """A real number from `low` to `high`; `above` leaves `low` itself out, `below` `high`."""

    def __init__(
        self,
        low: float | None = None,
        high: float | None = None,
        *,
        above: bool = False,
        below: bool = False,
    ) -> None:
        self.low, self.high, self.above, self.below = low, high, above, below
        self.expected = "a number"
        if low is not None:
            self.expected += f" above {low:g}" if above else f" from {low:g}"
        if high is not None:
            until = f", up to {high:g}" if above else f" to {high:g}"
            self.expected += f" up to, not including, {high:g}" if below else until

    def parse(self, raw: Raw) -> float:
        """Return the number."""
        text = _one(raw)
        number = numbers.grouped(text)
        if number is not None and self._holds(number):
            return number
        meant, sure = (None, False) if number is not None else numbers.real_meant(text)
        if meant is not None and self._holds(meant):
            raise Invalid(f"write `{numbers.short(meant)}`", safe=sure)
        raise Invalid

    def _holds(self, number: float) -> bool:
        if self.low is not None and (number <= self.low if self.above else number < self.low):
            return False
        return self.high is None or (number < self.high if self.below else number <= self.high)

    def schema(self) -> Schema:
        """Return the schema of a number within the bounds, which may be a text."""
        bottom = "exclusiveMinimum" if self.above else "minimum"
        top = "exclusiveMaximum" if self.below else "maximum"
        bounds = {bottom: self.low, top: self.high}
        given = {key: bound for key, bound in bounds.items() if bound is not None}
        pattern = f"^({numbers.DECIMAL}|{numbers.GROUPED})$"
        return {"type": ["string", "number"], "pattern": pattern, **given}


class Numbers(Kind):
    """A real number, or a list of them."""

    expected = "a number, or a list of numbers such as `[0.5, -1]`"

    def parse(self, raw: Raw) -> tuple[float, ...]:
        """Return the numbers."""
        texts = [raw] if isinstance(raw, str) else raw
        if not texts:
            raise Invalid
        return tuple(Number().parse(text) for text in texts)

    def schema(self) -> Schema:
        """Return the schema of a number, or of a list."""
        item = Number().schema()
        return {**item, "type": [*item["type"], "array"], "items": item, "minItems": 1}


class Flag(Kind):
    """True or false."""

    expected = "`true` or `false`"

    def parse(self, raw: Raw) -> bool:
        """Return the truth value."""
        text = _one(raw)
        if text in ("true", "false"):
            return text == "true"
        word = text.lower()
        if word in ("true", "yes", "on", "1"):
            raise Invalid("write `true`", safe=True)
        if word in ("false", "no", "off", "0"):
            raise Invalid("write `false`", safe=True)
        raise Invalid

    def schema(self) -> Schema:
        """Return the schema of a truth value, which may be a text."""
        return {"type": ["string", "boolean"], "pattern": "^(true|false)$"}


class Named(NamedTuple):
    """A function by its name with its arguments, such as `relu` or `normal(0.01)`."""

    name: str
    arguments: tuple[float, ...] = ()

    def __str__(self) -> str:
        if not self.arguments:
            return self.name
        return f"{self.name}({', '.join(map(numbers.short, self.arguments))})"


# name: whether its arguments make sense, and what to say where they don't
_SOUND: Mapping[str, tuple[Callable[..., bool], str]] = {
    "leaky_relu": (lambda slope: slope >= 0, "its slope is 0 or more"),
    "normal": (lambda deviation: deviation >= 0, "its standard deviation is 0 or more"),
    "truncated_normal": (lambda deviation: deviation > 0, "its standard deviation is above 0"),
    "uniform": (lambda low, high: low <= high, "the smaller number comes first"),
    "silu": (lambda factor: factor > 0, "its factor is above 0"),
}


_BARE = ("silu",)  # whose arguments are said only where they are not the defaults


class NamedKind(Kind):
    """One of a table of named functions: each name has the defaults of its arguments.

    A default of None is an argument that has to be given.
    """

    def __init__(
        self, what: str, table: Mapping[str, tuple[float | None, ...]], others: str
    ) -> None:
        self.table, self.others = table, others  # whose names in other frameworks are looked up
        self.expected = what

    def parse(self, raw: Raw) -> Named:
        """Return the function with all its arguments."""
        match = _CALL.match(_one(raw))
        if match is None or match[1] not in self.table:
            self._unknown(_one(raw))
        name, arguments = match[1], match[2]
        values = list(self.table[name])
        given = [text.strip() for text in arguments.split(",")] if arguments else []
        if len(given) > len(values) or (arguments is not None and not given):
            self._wrong_arguments(name, safe=not values and arguments == "")
        for index, text in enumerate(given):
            try:
                values[index] = Number().parse(text)
            except Invalid:
                self._wrong_arguments(name)
        known = tuple(value for value in values if value is not None)
        if len(known) < len(values):
            self._wrong_arguments(name)
        sound, hint = _SOUND.get(name, (None, None))
        if sound and not sound(*known):
            raise Invalid(hint)
        return Named(name, () if name in _BARE and known == self.table[name] else known)

    def schema(self) -> Schema:
        """Return the schema of the names, and of calls such as `leaky_relu(0.1)`."""
        bare = [name for name, defaults in self.table.items() if None not in defaults]
        calls = {name: len(defaults) for name, defaults in self.table.items() if defaults}
        number = r" *[-+.0-9eE]+ *"
        texts = [rf"{name}\({','.join([number] * count)}\)" for name, count in calls.items()]
        call = {"type": ["string"], "pattern": f"^({'|'.join(texts)})$"}
        return {"anyOf": [{"enum": bare}, call | {"examples": [*map(self._example, calls)]}]}

    def _unknown(self, text: str) -> NoReturn:
        from archcompiler.operations import functions

        names = getattr(functions, self.others)
        hint, safe = functions.proposed(text, self.table, names, self._bare, self._reads)
        raise Invalid(hint, safe=safe)

    def _bare(self, name: str) -> str:
        return self._example(name) if None in self.table[name] else name

    def _reads(self, text: str) -> bool:
        try:
            self.parse(text)
        except Invalid:
            return False
        return True

    def _wrong_arguments(self, name: str, *, safe: bool = False) -> NoReturn:
        raise Invalid(f"write `{self._example(name)}`", safe=safe)

    def _example(self, name: str) -> str:
        bounds = ("-0.01", "0.01")[-len(self.table[name]) :]
        given = zip(self.table[name], bounds, strict=False)
        texts = ", ".join(bound if value is None else f"{value:g}" for value, bound in given)
        return f"{name}({texts})" if texts else name


# name: defaults of the arguments. SEMANTICS of each name: docs/semantics.md.
ACTIVATIONS: Mapping[str, tuple[float | None, ...]] = {
    "linear": (),
    "relu": (),
    "relu6": (),
    "leaky_relu": (0.01,),
    "elu": (1.0,),
    "selu": (),
    "gelu": (),
    "gelu_tanh": (),
    "silu": (1.0,),
    "mish": (),
    "softplus": (),
    "sigmoid": (),
    "hard_sigmoid": (),
    "hard_swish": (),
    "tanh": (),
    "exp": (),
    "softmax": (),
}

INITIALIZERS: Mapping[str, tuple[float | None, ...]] = {
    "glorot_uniform": (),
    "glorot_normal": (),
    "he_uniform": (),
    "he_normal": (),
    "lecun_uniform": (),
    "lecun_normal": (),
    "normal": (None,),
    "truncated_normal": (None,),
    "uniform": (None, None),
    "zeros": (),
    "ones": (),
    "constant": (None,),
    "orthogonal": (),
    "torch_default": (),
}

ACTIVATION = NamedKind(
    "an activation, such as `relu` or `leaky_relu(0.1)`", ACTIVATIONS, "ACTIVATIONS"
)
INITIALIZER = NamedKind(
    "an initializer, such as `he_normal` or `normal(0.01)`", INITIALIZERS, "INITIALIZERS"
)


def _among(names: str, what: str) -> NamedKind:
    """Return the kind of those initializers that `what` may have: who has no fans has fewer."""
    table = {name: INITIALIZERS[name] for name in names.split()}
    return NamedKind(f"an initializer {what}", table, INITIALIZER.others)


BIAS_INITIALIZER = _among(
    "zeros ones constant normal uniform torch_default",
    "of biases, such as `zeros` or `constant(0.1)`",
)
SLOPE_INITIALIZER = _among(
    "zeros ones constant normal uniform", "of slopes, such as `zeros` or `constant(0.25)`"
)
TENSOR_INITIALIZER = _among(
    "zeros ones constant normal truncated_normal uniform",
    "that needs no fans, such as `zeros` or `normal(0.02)`",
)

GLOROT_UNIFORM, ZEROS, ONES = Named("glorot_uniform"), Named("zeros"), Named("ones")
QUARTER = Named("constant", (0.25,))


REQUIRED: Any = object()  # the default of a field that has none


class Field(NamedTuple):
    """A field of an operation: what it holds, one line of documentation, its default."""

    kind: Kind
    doc: str
    default: Any = REQUIRED


def field(kind: Kind, doc: str, default: Any = REQUIRED) -> Any:
    """Declare a field in the body of a class."""
    return Field(kind, doc, default)
