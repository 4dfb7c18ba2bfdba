"""Rules beside the specs that give our names of tensors the names that somebody else has."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from archcompiler.language.expressions import substitute


def renaming(path: Path, parameters: Mapping[str, Any]) -> Any:
    """Return a function from our name of a tensor to the other one.

    A rule's `from` is a regular expression; in `to`, expressions know its named groups, which are
    numbers if they are digits, and the parameters of the spec.
    """
    rules = [
        (re.compile(rule["from"]), rule["to"])
        for rule in yaml.safe_load(path.read_text())["rename"]
    ]

    def renamed(name: str) -> str:
        for pattern, to in rules:

            def written(match: re.Match[str], to: str = to) -> str:
                groups = {
                    key: int(text) if text.isdigit() else text
                    for key, text in match.groupdict().items()
                }
                return str(substitute(to, {**parameters, **groups}))

            name = pattern.sub(written, name, count=1)
        return name

    return renamed
