"""The same spec written in other ways: what a formatter has to undo, or at least to survive.

Works on the parser's tokens and on the nodes that a spec is compiled from, never on the tree of the
formatter itself.
"""

import json
import re
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import yaml

from archcompiler.diagnostics import Findings, Source
from archcompiler.language.nodes import MappingNode, Node, ScalarNode, SequenceNode
from archcompiler.language.table import is_table
from archcompiler.language.yaml_reader import read

DEEP = 30  # deeper than anything in a spec is indented
_PLAIN = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./ ()-]*(?<! )")


class Token:
    """A token with its place, and how many braces and brackets are open behind it."""

    def __init__(self, token: Any, braces: int) -> None:
        self.kind = type(token).__name__.removesuffix("Token")
        self.start: int = token.start_mark.index
        self.end: int = token.end_mark.index
        self.is_block_text = getattr(token, "style", None) in ("|", ">")
        self.braces = braces


def tokens(text: str) -> Iterator[Token]:
    """Return the tokens of which anything is to be seen."""
    braces = 0
    for token in yaml.scan(text, Loader=getattr(yaml, "CLoader", yaml.SafeLoader)):
        name = type(token).__name__
        braces += name in ("FlowMappingStartToken", "FlowSequenceStartToken")
        braces -= name in ("FlowMappingEndToken", "FlowSequenceEndToken")
        if token.end_mark.index > token.start_mark.index:
            yield Token(token, braces)


def comments(text: str) -> list[str]:
    """Return all comments, sorted: what begins with `#` between tokens, and in heads of texts."""
    found, at = [], 0
    parts = []
    for token in tokens(text):
        parts.append(text[at : token.start])
        if token.is_block_text:
            parts.append(text[token.start : token.end].partition("\n")[0])
        at = token.end
    for part in [*parts, text[at:]]:
        found += [match[0].rstrip() for match in re.finditer("#[^\r\n]*", part)]
    return sorted(found)


Gap = Callable[[Random, str, Token, Token], str]


def _with_gaps(text: str, change: Gap, dice: Random) -> str:
    """Return the text with what lies between tokens changed."""
    out, at, last = [], 0, None
    for token in tokens(text):
        gap = text[at : token.start]
        out.append(change(dice, gap, last, token) if last else gap)
        out.append(text[token.start : token.end])
        at, last = token.end, token
    return "".join(out) + text[at:]


def spaced(text: str, dice: Random) -> str:
    """Change spaces, indentation and line breaks where they mean nothing."""
    text = _with_gaps(text.replace("\r\n", "\n"), _other_spaces, dice)
    explicit = re.search(r"^[ -]*[?:]\s", text, re.MULTILINE)
    return text if explicit or dice.random() < 0.5 else _indented(text, dice.randint(2, 3))


def _other_spaces(dice: Random, gap: str, before: Token, after: Token) -> str:
    spaces = " " * dice.choice([1, 1, 2, 5])
    if "#" in gap or before.is_block_text or dice.random() < 0.3:
        return gap
    if "\n" in gap:
        gap = gap.replace("\n\n", "\n" + "\n" * dice.randint(1, 3)) if "\n\n" in gap else gap
        return gap.replace("\n", dice.choice(["", spaces]) + "\n", 1)
    if before.braces:
        if after.kind == "Value":
            return dice.choice(["", spaces])
        if dice.random() < 0.15:
            return "\n" + " " * (DEEP + dice.randint(0, 9))
        return spaces if before.kind == "Value" else dice.choice(["", spaces])
    if before.kind == "Value" and after.kind in ("Scalar", "FlowMappingStart", "FlowSequenceStart"):
        breaks = dice.random() < 0.1 and not after.is_block_text
        return "\n" + " " * DEEP if breaks else spaces
    if before.kind == "BlockEntry" and after.kind in ("FlowMappingStart", "FlowSequenceStart"):
        return spaces
    return gap


def _indented(text: str, times: int) -> str:
    """Indent everything more; `- key: value` is a mapping that is indented, too."""

    def more(match: re.Match[str]) -> str:
        return match[1] * times + (match[2] or "").ljust(len(match[2] or "") * times)

    return re.sub(r"^( *)(- +(?=[\"'a-z]+:))?", more, text, flags=re.MULTILINE)


def commented(text: str, dice: Random) -> str:
    """Put comments wherever YAML takes them, one in five places."""
    number = iter(range(10**6))

    def comment() -> str:
        return f"# {next(number)}: " + dice.choice(["a, b", "{[", "it's", "- x", "k: v # no", ""])

    def gap(dice: Random, gap: str, before: Token, after: Token) -> str:
        if dice.random() < 0.8:
            return gap
        line = f"{' ' * dice.choice([0, 0, 2, 4, 7])}{comment()}\n"
        above = line if dice.random() < 0.5 else ""
        column = len((text[: after.start]).rpartition("\n")[2])
        if before.is_block_text:
            return gap if before.end == after.start else comment() + "\n" + gap
        if "\n" in gap:
            first, _, rest = gap.partition("\n")
            behind = "" if "#" in first or dice.random() < 0.4 else f"  {comment()}"
            return f"{first}{behind}\n{above}{rest}"
        if before.braces:
            if after.kind == "Value":
                return gap
            return f" {dice.choice([comment(), ''])}\n{above}{' ' * DEEP}"
        if before.kind == "Value" and not after.is_block_text:
            return f"  {comment()}\n{above}{' ' * DEEP}"
        if before.kind == "BlockEntry":
            return f"  {comment()}\n{above}{' ' * column}"
        return gap

    text = _with_gaps(text, gap, dice)
    if dice.random() < 0.3:
        text = f"{comment()}\n{text}"
    if dice.random() < 0.2:
        text = f"--- {comment()}\n{text}"
    if dice.random() < 0.5:
        text = f"{text.rstrip()}\n\n  {comment()}\n{comment()}\n\n"
    return text


def rewritten(text: str, dice: Random) -> str:
    """Write a spec anew from what it says: braces or none, quotes or none, keys with `?`."""
    source = Source("spec", text)
    return "\n".join(_lines(read(source, Findings()), source, dice)) + "\n"


def _lines(node: Node, source: Source, dice: Random) -> list[str]:
    """Return the lines of a node that stands outside of braces."""
    if isinstance(node, ScalarNode):
        if is_table(source, node):
            return ["|", *(f"  {line}" for line in node.text.splitlines())]
        return [_quoted(node.text, dice)]
    empty = not (node.items if isinstance(node, SequenceNode) else node.names)
    has_table = isinstance(node, MappingNode) and any(
        isinstance(inner, MappingNode)
        or (isinstance(inner, ScalarNode) and is_table(source, inner))
        for inner in node.values
    )
    if empty or (not has_table and dice.random() < 0.6):
        return [_braced(node, dice)]
    if isinstance(node, SequenceNode):
        out = []
        for item in node.items:
            first, *rest = _lines(item, source, dice)
            out += [f"- {first}", *(f"  {line}" for line in rest)]
        return out
    out = []
    for key, value in node.items():
        name = _quoted(key.text, dice)
        lines = _lines(value, source, dice)
        if len(lines) == 1 and not _is_block(lines[0], value):
            out += (
                [f"? {name}", f": {lines[0]}"] if dice.random() < 0.1 else [f"{name}: {lines[0]}"]
            )
        elif lines[0] == "|":
            out += [f"{name}: |", *lines[1:]]
        else:
            deeper = (
                dice.choice([1, 2, 4]) if isinstance(value, MappingNode) else dice.choice([0, 2])
            )
            out += [f"{name}:", *(" " * deeper + line for line in lines)]
    return out


def _is_block(line: str, value: Node) -> bool:
    return not isinstance(value, ScalarNode) and line[0] not in "{["


def _braced(node: Node, dice: Random) -> str:
    if isinstance(node, ScalarNode):
        return _quoted(node.text, dice)
    if isinstance(node, SequenceNode):
        return f"[{', '.join(_braced(item, dice) for item in node.items)}]"
    pairs = (f"{_quoted(k.text, dice)}: {_braced(v, dice)}" for k, v in node.items())
    return f"{{{', '.join(pairs)}}}"


def _quoted(text: str, dice: Random) -> str:
    styles = [json.dumps(text, ensure_ascii=False)]
    if "\n" not in text:
        styles.append("'" + text.replace("'", "''") + "'")
    if _PLAIN.fullmatch(text):
        styles += [text] * 3
    return dice.choice(styles)
