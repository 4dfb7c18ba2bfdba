"""Helpers for the words of messages."""


def counted(number: int, noun: str, form: str = "") -> str:
    """Return `1 map` or `3 maps`; `form` is the format specification of the number."""
    return f"{number:{form}} {noun}{'' if number == 1 else 's'}"


def possessive(name: str) -> str:
    """Return the possessive of a name: `Keras'`, `PyTorch's`."""
    return f"{name}'" if name.endswith("s") else f"{name}'s"


def proposed(help_line: str | None, written: str) -> str | None:
    """Return the text that a help line such as "write `0.5`" proposes; None if it proposes none.

    `written` is the present text: if that is in quotes and the new one has a comma, it needs them.
    """
    if not help_line or not help_line.startswith(("write `", "did you mean `")):
        return None
    fix, quote = help_line.split("`")[1], written[:1]
    return f"{quote}{fix}{quote}" if quote in ("'", '"') and "," in fix else fix
