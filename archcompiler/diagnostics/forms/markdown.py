"""Pieces of Markdown, for comments on pull requests."""

from __future__ import annotations

from collections.abc import Container, Iterable

from archcompiler.diagnostics.forms.text import shown

MOST = 100  # rows of a table: a comment on a pull request has at most 65,536 characters


def code(text: str) -> str:
    """Return `text`, which need not be trusted, as inline code."""
    return f"`{shown(text).replace('`', chr(39))}`"


def table(titles: tuple[str, ...], numbers: Container[int], rows: Iterable[tuple[str, ...]]) -> str:
    """Return a table of at most `MOST` rows; the columns in `numbers` are aligned right."""
    rows = list(rows)
    rules = ["---:" if column in numbers else "---" for column in range(len(titles))]
    lines = [f"| {' | '.join(cells)} |" for cells in (titles, *rows[:MOST])]
    lines.insert(1, f"|{'|'.join(rules)}|")
    if len(rows) > MOST:
        lines.append(f"\n... and {len(rows) - MOST:,} more rows: `--format text` shows them.")
    return "\n".join(lines)


def folded(title: str, content: str) -> str:
    """Return `content` folded under a `title`."""
    return f"<details><summary>{title}</summary>\n\n{content}\n\n</details>"
