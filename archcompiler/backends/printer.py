"""Code as data to text, laid out as `ruff format` would (line width 88), in ASCII."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from archcompiler.backends.code import (
    Assign,
    Attribute,
    Binary,
    Call,
    Choice,
    Comment,
    Comprehension,
    Dictionary,
    Do,
    Expression,
    For,
    Function,
    Group,
    If,
    Literal,
    Name,
    Return,
    Statement,
)

WIDTH = 88
INDENT = "    "


def print_statements(statements: Iterable[Statement], level: int) -> str:
    """Return the statements as lines, indented `level` times."""
    return "\n".join(line for item in statements for line in _lines(item, INDENT * level))


def _lines(item: Statement, indent: str) -> list[str]:
    match item:
        case Assign(target, value, size):
            head = f"{indent}{target} = "
            without = len(head + text_of(value))
            if without <= WIDTH < without + len(f"  # {size}"):
                size = ""  # a comment alone is no reason to break a line
            return _layout(value, head, f"  # {size}" if size else "", indent)
        case Return(value):
            if isinstance(value, Group) and value.brackets == "()":
                flat = f"{indent}return {', '.join(text_of(entry) for entry in value.items)}"
                if len(flat) <= WIDTH:
                    return [flat]
            return _layout(value, f"{indent}return ", "", indent)
        case For(target, items, body):
            loop = _layout(items, f"{indent}for {target} in ", ":", indent)
            return loop + _block(body, indent)
        case If(test, body):
            return _layout(test, f"{indent}if ", ":", indent) + _block(body, indent)
        case Function(name, parameters, result, doc, body):
            first = _signature(name, parameters, result, indent)
            title = [f'{indent}{INDENT}"""{ascii_of(doc)}"""'] if doc else []
            return first + title + _block(body, indent)
        case Do(value):
            return _layout(value, indent, "", indent)
        case Comment(text):
            return textwrap.wrap(
                text, WIDTH, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# "
            )


def _signature(name: str, parameters: Iterable[str], result: str, indent: str) -> list[str]:
    parameters = list(parameters)
    flat = f"{indent}def {name}({', '.join(parameters)}) -> {result}:"
    if len(flat) <= WIDTH:
        return [flat]
    inner = indent + INDENT
    one = inner + ", ".join(parameters)
    lines = [one] if len(one) <= WIDTH else [f"{inner}{item}," for item in parameters]
    return [f"{indent}def {name}(", *lines, f"{indent}) -> {result}:"]


def _block(body: Iterable[Statement], indent: str) -> list[str]:
    return [line for item in body for line in _lines(item, indent + INDENT)]


def text_of(value: Expression) -> str:
    """Return `value` on one line."""
    match value:
        case Name():
            return value.text
        case Literal(literal):
            return literal_text(literal)
        case Group(items, brackets):
            inner = ", ".join(text_of(item) for item in items)
            comma = "," if len(items) == 1 and brackets == "()" else ""
            return f"{brackets[0]}{inner}{comma}{brackets[1]}"
        case Call(function):
            return f"{text_of(function)}({', '.join(_argument_texts(value))})"
        case Attribute(owner, name):
            text = text_of(owner)
            return f"({text}).{name}" if isinstance(owner, Binary) else f"{text}.{name}"
        case Binary(left, operator, right):
            return f"{text_of(left)} {operator} {text_of(right)}"
        case Choice(chosen, test, otherwise):
            return f"{text_of(chosen)} if {text_of(test)} else {text_of(otherwise)}"
        case Comprehension(element, target, items, test):
            head = f"{text_of(element)} for {target} in {text_of(items)}"
            return f"[{head} if {text_of(test)}]"
        case Dictionary(pairs):
            return (
                f"{{{', '.join(f'{literal_text(key)}: {text_of(item)}' for key, item in pairs)}}}"
            )


def literal_text(value: int | float | str | bool | None) -> str:
    """Return the shortest text that evaluates to `value`, in ASCII."""
    if isinstance(value, str):
        return f'"{"".join(_character(character) for character in value)}"'
    if isinstance(value, float) and not isinstance(value, bool):
        if value in (float("inf"), float("-inf")):
            return f'float("{value}")'
        mantissa, exponent, power = repr(value).partition("e")
        return f"{mantissa}e{int(power)}" if exponent else mantissa
    return repr(value)


def _character(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if " " <= character <= "~":
        return character
    code = ord(character)
    return (
        f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
    )


def _arguments(value: Call) -> list[tuple[str, Expression]]:
    return [("", argument) for argument in value.arguments] + [
        (f"{key}=", argument) for key, argument in value.keywords
    ]


def _argument_texts(value: Call) -> list[str]:
    return [prefix + text_of(argument) for prefix, argument in _arguments(value)]


def _layout(value: Expression, prefix: str, suffix: str, indent: str) -> list[str]:
    """Return `prefix value suffix` on one line if it fits, else broken at its brackets."""
    flat = prefix + text_of(value) + suffix
    if len(flat) <= WIDTH:
        return [flat]
    if isinstance(value, Binary):
        return _operands(value, prefix, suffix, indent)
    if isinstance(value, Group):
        parts = [("", item) for item in value.items]
        return _exploded(parts, prefix + value.brackets[0], value.brackets[1] + suffix, indent)
    if isinstance(value, Call):
        function = value.function
        if isinstance(function, Call):  # `Layer(…)(x)`: the layer's arguments are broken up
            rest = f")({', '.join(_argument_texts(value))}){suffix}"
            head = f"{prefix}{text_of(function.function)}("
            return _exploded(_arguments(function), head, rest, indent)
        head = f"{prefix}{text_of(function)}("
        if len(head) > WIDTH and prefix.strip():  # the whole value goes into brackets
            inner = indent + INDENT
            return [f"{prefix}(", *_layout(value, inner, "", inner), f"{indent}){suffix}"]
        body = indent + INDENT + ", ".join(_argument_texts(value))
        if len(body) <= WIDTH:
            return [head, body, f"{indent}){suffix}"]
        return _exploded(_arguments(value), head, f"){suffix}", indent)
    return [flat]


def _operands(value: Binary, prefix: str, suffix: str, indent: str) -> list[str]:
    """Return a chain of one operator with an operand a line, in brackets of its own if need be."""
    first: Expression = value
    texts: list[str] = []
    while isinstance(first, Binary) and first.operator == value.operator:
        texts.append(f"{first.operator} {text_of(first.right)}")
        first = first.left
    texts.append(text_of(first))
    if not prefix.strip():  # it stands between brackets already
        return [*(prefix + text for text in texts[:0:-1]), prefix + texts[0] + suffix]
    lines = [indent + INDENT + text for text in reversed(texts)]
    return [f"{prefix}(", *lines, f"{indent}){suffix}"]


def _exploded(parts: list[tuple[str, Expression]], head: str, tail: str, indent: str) -> list[str]:
    inner = indent + INDENT
    lines = [head]
    for key, item in parts:
        lines += _layout(item, inner + key, ",", inner)
    return [*lines, indent + tail]


def ascii_of(text: str) -> str:
    """Return free text so that it is the same text inside a triple-quoted literal, in ASCII."""
    words = " ".join(text.split())
    escaped = words.replace("\\", "\\\\").encode("ascii", "backslashreplace").decode()
    printable = "".join(c if " " <= c <= "~" else f"\\x{ord(c):02x}" for c in escaped)
    return printable.replace('"', "'")


def docstring(title: str, paragraphs: Iterable[str], level: int = 0) -> str:
    """Return a docstring; every part goes through `ascii_of`."""
    indent = INDENT * level
    body = [
        textwrap.fill(
            ascii_of(part),
            WIDTH,
            initial_indent=indent,
            subsequent_indent=indent,
            break_long_words=False,  # never inside of an escape
            break_on_hyphens=False,
        )
        for part in paragraphs
        if part.strip()
    ]
    title = ascii_of(title)
    if not body:
        return f'{indent}"""{title}"""'
    return f'{indent}"""{title}\n\n' + "\n\n".join(body) + f'\n{indent}"""'
