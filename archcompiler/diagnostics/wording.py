"""Words that messages of all rooms share."""


def counted(number: int, noun: str, form: str = "") -> str:
    """Return `1 map`, or `3 maps`; `form` is how the number is written, as in a format string."""
    return f"{number:{form}} {noun}{'' if number == 1 else 's'}"


def possessive(name: str) -> str:
    """Return a name with what makes it an owner: `Keras'`, `PyTorch's`."""
    return f"{name}'" if name.endswith("s") else f"{name}'s"
