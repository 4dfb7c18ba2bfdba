"""What a type checker knows of tensors: a module's result is `Any` to it, and has to be told.

PyTorch declares `torch.nn.Module.__call__` as returning `Any`, and `mypy --strict` refuses to
return one where a tensor is promised.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from archcompiler.backends.code import (
    Assign,
    Attribute,
    Binary,
    Call,
    Choice,
    Expression,
    For,
    Group,
    If,
    Literal,
    Name,
    Return,
    Statement,
    Subscript,
    Unary,
    Unpack,
)

TENSOR = "torch.Tensor"
_TYPED = (  # whose functions return tensors
    *("F", "torch"),
    *("attention", "average_pool", "center_crop", "depth_to_space"),
    *("masked_attention", "packed_attention", "packed_masked_attention"),
    *("rotate", "space_to_depth"),
)


def returning(
    statements: list[Statement], result: Return, parameters: Iterable[str]
) -> list[Statement]:
    """Return the statements of a `forward` with its `return`, which a type checker accepts."""
    known = _known(statements, parameters)
    match statements:
        case [*before, Assign(target, value, row=row)] if result.value == Name(target):
            if _typed(value, known):
                return [*before, Return(value, row)]
    if not _typed(result.value, known):
        statements = _declared(statements, _first_name(result.value))
    return [*statements, result]


def _known(statements: Iterable[Statement], parameters: Iterable[str]) -> dict[str, bool]:
    """Return which variables hold what is known to be a tensor at the end.

    A parameter stays what it was declared as; another variable is what was assigned last.
    """
    declared = dict.fromkeys(parameters, True)
    known: dict[str, bool] = {}
    for statement in statements:
        match statement:
            case Assign(target, value):
                known[target] = _typed(value, known | declared)
            case Unpack(targets):
                known |= dict.fromkeys(targets, False)
            case For(_, _, body) | If(_, body):
                for target, typed in _known(body, parameters).items():
                    known[target] = typed and known.get(target, False)
    return known | declared


def _typed(value: Expression, known: dict[str, bool]) -> bool:
    match value:
        case Name(text=text):
            return known.get(text, False)
        case Call(Name(root=root)):
            return root in _TYPED
        case Call(Attribute(operand)):  # x.permute(0, 2, 3, 1)
            return _typed(operand, known)
        case Binary(one, _, other):  # a tensor and what may be anything make anything
            return _typed(one, known) and _typed(other, known)
        case Literal():
            return True
        case Unary(_, operand) | Subscript(operand):
            return _typed(operand, known)
        case Choice(one, _, other):
            return _typed(one, known) and _typed(other, known)
        case Group():
            return True
    return False


def _first_name(result: Expression) -> str:
    match result:
        case Call(Attribute(value)) | Choice(value):
            return _first_name(value)
    assert isinstance(result, Name)
    return result.text


def _declared(statements: list[Statement], variable: str) -> list[Statement]:
    """Return the statements where `variable` is declared as a tensor with its first value."""
    declared: list[Statement] = []
    done = False
    for statement in statements:
        found = any(variable in _targets(inner) for inner in _flat([statement]))
        if not found or done:
            declared.append(statement)
            continue
        done = True
        match statement:
            case Assign():
                declared.append(statement._replace(type=TENSOR))
            case For() | If():
                body = tuple(_declared(list(statement.body), variable))
                declared.append(statement._replace(body=body))
            case _:
                declared.append(statement)
    return declared


def _targets(statement: Statement) -> tuple[str, ...]:
    match statement:
        case Assign(target):
            return (target,)
        case Unpack(targets):
            return targets
    return ()


def _flat(statements: Iterable[Statement]) -> Iterator[Statement]:
    for statement in statements:
        yield statement
        if isinstance(statement, For | If):
            yield from _flat(statement.body)
