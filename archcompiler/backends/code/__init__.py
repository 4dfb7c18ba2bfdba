"""Emitted code as data: what a backend builds, and `printer` alone turns into text.

    >>> module = call("nn.Conv2d", 3, 64, kernel_size=7)
    >>> print_statements([Assign("self.conv", module)], level=2)
            self.conv = nn.Conv2d(3, 64, kernel_size=7)

No text of a spec can become code, because a name must be an identifier and a literal is printed
from its value.
"""

from __future__ import annotations

from archcompiler.backends.code.arithmetic import FUNCTIONS, computed, difference, whole
from archcompiler.backends.code.building import (
    alike,
    call,
    expression,
    formatted,
    options,
    square,
    tidy,
    together,
)
from archcompiler.backends.code.expressions import (
    Attribute,
    Binary,
    Call,
    Choice,
    Comprehension,
    Dictionary,
    Expression,
    Formatted,
    Group,
    Literal,
    Name,
    Plain,
    Slice,
    Subscript,
    Unary,
    holds,
    replaced,
    roots,
)
from archcompiler.backends.code.statements import (
    Assign,
    Comment,
    Do,
    For,
    Function,
    If,
    Return,
    Statement,
    Unpack,
)
from archcompiler.backends.code.symbolic import (
    Symbolic,
    bare,
    code_of,
    symbolic,
)

__all__ = [
    "FUNCTIONS",
    "Assign",
    "Attribute",
    "Binary",
    "Call",
    "Choice",
    "Comment",
    "Comprehension",
    "Dictionary",
    "Do",
    "Expression",
    "For",
    "Formatted",
    "Function",
    "Group",
    "If",
    "Literal",
    "Name",
    "Plain",
    "Return",
    "Slice",
    "Statement",
    "Subscript",
    "Symbolic",
    "Unary",
    "Unpack",
    "alike",
    "bare",
    "call",
    "code_of",
    "computed",
    "difference",
    "expression",
    "formatted",
    "holds",
    "options",
    "replaced",
    "roots",
    "square",
    "symbolic",
    "tidy",
    "together",
    "whole",
]
