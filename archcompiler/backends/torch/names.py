"""Names that a PyTorch model's layers may have as attributes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from archcompiler.backends.code.names import Namespace
from archcompiler.graph import Body, Graph, Layer, Repeat, Use

# Calls of what has these names are taken for unittest's of old by linters.
_UNITTEST = """
    assert_ assertAlmostEquals assertEquals assertNotAlmostEquals assertNotEquals
    assertNotRegexpMatches assertRaisesRegexp assertRegexpMatches failIf failIfAlmostEqual
    failIfEqual failUnless failUnlessAlmostEqual failUnlessEqual failUnlessRaises
"""

# What `torch.nn.Module` has itself; a test compares the list with PyTorch's own.
RESERVED = frozenset(
    """
    add_module apply bfloat16 buffers call_super_init children compile cpu cuda double
    dump_patches eval extra_repr float forward get_buffer get_extra_state get_parameter
    get_submodule half ipu load_state_dict modules mtia named_buffers named_children
    named_modules named_parameters parameters register_backward_hook register_buffer
    register_forward_hook register_forward_pre_hook register_full_backward_hook
    register_full_backward_pre_hook register_load_state_dict_post_hook
    register_load_state_dict_pre_hook register_module register_parameter
    register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ set_extra_state
    set_submodule share_memory state_dict to to_empty train training type xpu zero_grad
    T_destination logits reset_parameters
    """.split()  # noqa: SIM905  (seventy words, one a line, would hide the rest of the file)
)


@lru_cache(maxsize=64)  # each row of a body asks
def attributes(body: Body) -> dict[str, str]:
    """Return the attribute of a module that each row is kept as."""
    namespace = Namespace((*RESERVED, *_UNITTEST.split()))
    rows = dict.fromkeys(item.name.partition(".")[0] for item in body.items)
    return {name: namespace.free(name) for name in rows}


@lru_cache(maxsize=4)
def full_attributes(graph: Graph) -> dict[str, str]:
    """Return the path of attributes at which a model has each layer: `layer2.0.conv1`."""
    return dict(_paths(graph.body, "", ""))


def _paths(body: Body, prefix: str, path: str) -> Iterator[tuple[str, str]]:
    names = attributes(body)
    for item in body.items:
        name, attribute = prefix + item.name, path + names[item.name]
        match item:
            case Layer():
                yield name, attribute
            case Use(body=inner):
                yield from _paths(inner, f"{name}.", f"{attribute}.")
            case Repeat(copies=copies):
                for copy in copies:
                    if isinstance(copy, Layer):
                        yield f"{name}.{copy.name}", f"{attribute}.{copy.name}"
                    else:
                        inside = f"{copy.name}."
                        yield from _paths(copy.body, f"{name}.{inside}", f"{attribute}.{inside}")
