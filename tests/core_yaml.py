"""YAML as editors read it: scalars typed by YAML 1.2's core schema, and nothing merged."""

import re
from typing import Any

import yaml

# What a plain scalar is: https://yaml.org/spec/1.2.2/#103-core-schema
TYPES = {
    "null": r"~|null|Null|NULL|",
    "bool": r"true|True|TRUE|false|False|FALSE",
    "int": r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+",
    "float": r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
    r"|[-+]?(\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN",
}


class Loader(yaml.CSafeLoader):
    """Reads a document as editors do; the C parser is the one that archc has."""

    yaml_implicit_resolvers: dict[str, Any] = {}


def _integer(loader: Loader, node: yaml.ScalarNode) -> int:
    text = node.value
    bases = {"0o": 8, "0x": 16}
    return int(text[2:], bases[text[:2]]) if text[:2] in bases else int(text)


for name, pattern in TYPES.items():
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{name}", re.compile(rf"(?:{pattern})\Z"), None)
Loader.add_constructor("tag:yaml.org,2002:int", _integer)
Loader.add_constructor(
    "tag:yaml.org,2002:float", lambda loader, node: float(node.value.lower().replace(".inf", "inf"))
)


def load(text: str) -> Any:
    """Return what a document holds."""
    return yaml.load(text, Loader)


def typed(text: str) -> Any:
    """Return the value of a plain scalar."""
    loader = Loader("")
    tag = loader.resolve(yaml.ScalarNode, text, (True, False))
    return loader.construct_object(yaml.ScalarNode(tag, text))
