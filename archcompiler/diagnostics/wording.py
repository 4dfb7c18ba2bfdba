"""Helpers for the words of messages."""


def counted(number: int, noun: str, form: str = "") -> str:
    """Return `1 map` or `3 maps`; `form` is the format specification of the number."""
    return f"{number:{form}} {noun}{'' if number == 1 else 's'}"


def possessive(name: str) -> str:
    """Return the possessive of a name: `Keras'`, `PyTorch's`."""
    return f"{name}'" if name.endswith("s") else f"{name}'s"
