"""Code as data to text, laid out as `ruff format` would (line width 88), in ASCII."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from types import EllipsisType

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
    Formatted,
    Function,
    Group,
    If,
    Literal,
    Name,
    Return,
    Slice,
    Statement,
    Subscript,
    Unary,
    Unpack,
)

WIDTH = 88
INDENT = "    "
OF_ROW = "\x1f"  # between a line and the row that it is of: text in the line has it escaped


def print_statements(statements: Iterable[Statement], level: int) -> str:
    """Return the statements as lines, indented `level` times."""
    return "\n".join(_printed(statements, INDENT * level))


def print_function(function: Function, level: int) -> str:
    """Return a function as lines, indented `level` times."""
    name, parameters, result, doc, body = function
    indent = INDENT * level
    title = [f'{indent}{INDENT}"""{ascii_of(doc)}"""'] if doc else []
    first = _signature(name, parameters, result, indent)
    return "\n".join([*first, *title, *_printed(body, indent + INDENT)])


def _printed(statements: Iterable[Statement], indent: str) -> list[str]:
    """Return the lines of statements, each with the row that it is of, the innermost one."""
    return [
        f"{line}{OF_ROW}{item.row}" if item.row and OF_ROW not in line else line
        for item in statements
        for line in _lines(item, indent)
    ]


def _lines(item: Statement, indent: str) -> list[str]:
    match item:
        case Assign(target, value, size, kind):
            head = f"{indent}{target}: {kind} = " if kind else f"{indent}{target} = "
            without = len(head + one_line(value))
            if without <= WIDTH < without + len(f"  # {size}"):
                size = ""  # a comment alone is no reason to break a line
            return _statement(value, head, f"  # {size}" if size else "", indent)
        case Unpack(targets, value):
            return _statement(value, f"{indent}{', '.join(targets)} = ", "", indent)
        case Return(value):
            if isinstance(value, Group) and value.brackets == "()":
                flat = f"{indent}return {', '.join(one_line(entry) for entry in value.items)}"
                if len(flat) <= WIDTH:
                    return [flat]
            return _statement(value, f"{indent}return ", "", indent)
        case For(target, items, body):
            loop = _statement(items, f"{indent}for {target} in ", ":", indent)
            return loop + _printed(body, indent + INDENT)
        case If(test, body):
            return _statement(test, f"{indent}if ", ":", indent) + _printed(body, indent + INDENT)
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
    alone = len(parameters) > 1 and len(one) <= WIDTH  # a comma follows one by itself
    lines = [one] if alone else [f"{inner}{item}," for item in parameters]
    return [f"{indent}def {name}(", *lines, f"{indent}) -> {result}:"]


def _slice(start: Expression | None, stop: Expression | None) -> str:
    """Return a slice as formatters lay it out: `a:b`, `x.a : b`, `: x.b`."""
    ends = [end for end in (start, stop) if end is not None]
    plain = all(isinstance(end, Literal) or _is_word(end) for end in ends)
    first, last = ("" if end is None else one_line(end) for end in (start, stop))
    return f"{first}:{last}" if plain else f"{first} : {last}".strip()


def _is_word(value: Expression) -> bool:
    return isinstance(value, Name) and "." not in value.text


def one_line(value: Expression) -> str:
    """Return `value` on one line."""
    match value:
        case Name():
            return value.text
        case Literal(literal):
            return "..." if isinstance(literal, EllipsisType) else literal_text(literal)
        case Group(items, brackets):
            inner = ", ".join(one_line(item) for item in items)
            comma = "," if len(items) == 1 and brackets == "()" else ""
            return f"{brackets[0]}{inner}{comma}{brackets[1]}"
        case Call(function):
            return f"{one_line(function)}({', '.join(_argument_texts(value))})"
        case Attribute(owner, name):
            text = one_line(owner)
            return f"({text}).{name}" if binding(owner) < ATOM else f"{text}.{name}"
        case Subscript(owner, index):
            return f"{_within(owner, ATOM)}[{_index(index)}]"
        case Slice(start, stop):
            return _slice(start, stop)
        case Unary(operator, operand):
            space = " " if operator == "not" else ""
            return f"{operator}{space}{_within(operand, binding(value))}"
        case Binary(left, operator, right):
            hugging = operator == "**" and all(_is_simple(part) for part in (left, right))
            space = "" if hugging else " "
            one, other = _operands(value)
            return f"{one}{space}{operator}{space}{other}"
        case Choice(chosen, test, otherwise):
            inner = f"{_within(chosen, 1)} if {_within(test, 1)}"
            return f"{inner} else {one_line(otherwise)}"
        case Comprehension(element, target, items, test, spread):
            head = f"{one_line(element)} for {target} in {one_line(items)}"
            tail = f" if {one_line(test)}" if test is not None else ""
            return f"{'*' if spread else ''}[{head}{tail}]"
        case Formatted(parts):
            inner = "".join(
                _format_text(part) if isinstance(part, str) else f"{{{one_line(part)}}}"
                for part in parts
            )
            return f'f"{inner}"'
        case Dictionary(pairs):
            return (
                f"{{{', '.join(f'{literal_text(key)}: {one_line(item)}' for key, item in pairs)}}}"
            )


def _index(value: Expression) -> str:
    match value:
        case Group((_, _, *_) as items, "()"):
            return ", ".join(map(one_line, items))
    return one_line(value)


# How strongly an operator binds its operands, as Python has it; a choice binds least of all.
_BINDING = {
    "or": 1, "and": 2, "not": 3, "+": 5, "-": 5, "*": 6, "/": 6, "//": 6, "%": 6, "**": 8,
}  # fmt: skip
_COMPARING = 4
ATOM = 9


def binding(value: Expression) -> int:
    """Return how strongly the outermost operator of `value` binds."""
    match value:
        case Choice():
            return 0
        case Binary(_, operator, _):
            return _BINDING.get(operator, _COMPARING)
        case Unary(operator, _):
            return 3 if operator == "not" else 7
        case Literal(int() | float() as number) if number < 0:
            return 7
    return ATOM


def _within(value: Expression, least: int) -> str:
    text = one_line(value)
    return f"({text})" if binding(value) < least else text


def _operands(value: Binary) -> tuple[str, str]:
    """Return both operands of an operator, in brackets where they need them."""
    own = binding(value)
    if value.operator == "**":
        return _within(value.left, own + 1), _within(value.right, own - 1)
    first = own + 1 if own == _COMPARING else own
    return _within(value.left, first), _within(value.right, own + 1)


def _is_simple(value: Expression) -> bool:
    return isinstance(value, Name) or (
        isinstance(value, Literal) and isinstance(value.value, (int, float))
    )


def _format_text(text: str) -> str:
    return "".join(map(_character, text)).replace("{", "{{").replace("}", "}}")


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
        (key if key == "**" else f"{key}=", argument) for key, argument in value.keywords
    ]


def _argument_texts(value: Call) -> list[str]:
    return [prefix + one_line(argument) for prefix, argument in _arguments(value)]


def _statement(value: Expression, prefix: str, suffix: str, indent: str) -> list[str]:
    """Return `prefix value suffix`, in brackets where it cannot even begin on the line."""
    flat = prefix + one_line(value) + suffix
    if len(flat) <= WIDTH or len(prefix + _opening(value)) <= WIDTH:
        return _layout(value, prefix, suffix, indent)
    inner = indent + INDENT
    lines = [f"{prefix}(", *_layout(value, inner, "", inner), f"{indent}){suffix}"]
    helps = isinstance(value, (Binary, Choice)) or all(len(line) <= WIDTH for line in lines)
    return lines if helps else _layout(value, prefix, suffix, indent)


def _opening(value: Expression) -> str:
    """Return what stands before the first place that `value` can be broken at."""
    match value:
        case Group(_, brackets):
            return brackets[0]
        case Call(function):
            return _opening(function) if isinstance(function, Call) else f"{one_line(function)}("
    return " " * WIDTH  # it is broken at its operators, which needs brackets


def _layout(value: Expression, prefix: str, suffix: str, indent: str) -> list[str]:
    """Return `prefix value suffix` on one line if it fits, else broken at its brackets."""
    flat = prefix + one_line(value) + suffix
    return [flat] if len(flat) <= WIDTH else _broken(value, prefix, suffix, indent)


def _broken(value: Expression, prefix: str, suffix: str, indent: str) -> list[str]:
    """Return `prefix value suffix` broken at the outermost place that there is."""
    match value:
        case Group(items, brackets):
            comma = "," if len(items) > 1 or brackets == "()" else ""
            parts = [("", item) for item in items]
            lines = _one_a_line(parts, comma, indent)
            return [prefix + brackets[0], *lines, indent + brackets[1] + suffix]
        case Call():
            return _call(value, prefix, suffix, indent)
        case Binary():
            return _operation(value, prefix, suffix, indent)
        case Unary(operator, operand) if binding(operand) >= binding(value):
            space = " " if operator == "not" else ""
            return _layout(operand, f"{prefix}{operator}{space}", suffix, indent)
        case Subscript(Group() as group, index):
            if len(prefix + one_line(group) + "[") <= WIDTH:
                inner = indent + INDENT
                lines = _layout(index, inner, "", inner)
                return [f"{prefix}{one_line(group)}[", *lines, f"{indent}]{suffix}"]
            return _layout(group, prefix, f"[{one_line(index)}]{suffix}", indent)
        case Comprehension(element, target, items, test, spread):
            inner = indent + INDENT
            lines = _layout(element, inner, "", inner)
            lines += _layout(items, f"{inner}for {target} in ", "", inner)
            lines += [] if test is None else _layout(test, f"{inner}if ", "", inner)
            return [f"{prefix}{'*' if spread else ''}[", *lines, f"{indent}]{suffix}"]
        case Choice(chosen, test, otherwise):
            lines = _operand(chosen, 1, prefix, "", indent) + _operand(
                test, 1, f"{indent}if ", "", indent
            )
            last = f"{indent}else "
            if isinstance(otherwise, Choice):  # all of a chain are broken
                return [*lines, *_broken(otherwise, last, suffix, indent)]
            return [*lines, *_layout(otherwise, last, suffix, indent)]
        case Subscript(owner, index):
            inner = indent + INDENT
            lines = _layout(index, inner, "", inner)
            return [f"{prefix}{_within(owner, ATOM)}[", *lines, f"{indent}]{suffix}"]
    return [prefix + one_line(value) + suffix]


def _operation(value: Binary, prefix: str, suffix: str, indent: str) -> list[str]:
    """Return an operation broken before its operators, and those that bind as strongly."""
    left, right = value.left, value.right
    own = binding(value)
    if isinstance(left, Binary) and binding(left) == own:
        lines = _operation(left, prefix, "", indent)
    else:
        lines = _operand(left, own + (own == _COMPARING), prefix, "", indent)
    return [*lines, *_operand(right, own + 1, f"{indent}{value.operator} ", suffix, indent)]


def _operand(value: Expression, least: int, prefix: str, suffix: str, indent: str) -> list[str]:
    """Return an operand, in brackets if it binds less than `least`."""
    text = _within(value, least)
    if binding(value) >= least or len(prefix + text + suffix) <= WIDTH:
        return (
            _layout(value, prefix, suffix, indent)
            if binding(value) >= least
            else [prefix + text + suffix]
        )
    inner = indent + INDENT
    return [f"{prefix}(", *_layout(value, inner, "", inner), f"{indent}){suffix}"]


def _call(value: Call, prefix: str, suffix: str, indent: str) -> list[str]:
    """Return a call, or a call of a call's result: brackets are broken up where they don't fit.

    In `Layer(...)(x)` it is the layer's that are: a comma after its last argument keeps it so.
    """
    calls = [value]
    while isinstance(calls[0].function, Call):
        calls.insert(0, calls[0].function)
    of_layer = len(calls) > 1 and all(isinstance(item, Name) for item in value.arguments)
    lines, line = [], f"{prefix}{one_line(calls[0].function)}("
    for made in calls:
        after = f"){suffix}" if made is value else ")("
        flat, parts = ", ".join(_argument_texts(made)), _arguments(made)
        if of_layer and made is not value:
            body = _one_a_line(parts, ",", indent)
        elif len(line + flat + after) <= WIDTH:
            line += flat + after
            continue
        elif len(indent + INDENT + flat) <= WIDTH:
            body = [indent + INDENT + flat]
        else:
            body = _one_a_line(parts, "," if len(parts) > 1 else "", indent)
        lines += [line, *body]
        line = indent + after
    return [*lines, line]


def _one_a_line(parts: list[tuple[str, Expression]], comma: str, indent: str) -> list[str]:
    inner = indent + INDENT
    return [line for key, item in parts for line in _layout(item, inner + key, comma, inner)]


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
