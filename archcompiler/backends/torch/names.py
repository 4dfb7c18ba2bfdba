"""Names that a PyTorch model's layers may have as attributes."""

from __future__ import annotations

from archcompiler.backends.names import Namespace
from archcompiler.graph import Graph

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


def attributes(graph: Graph) -> dict[str, str]:
    """Return the attribute of the model that each layer is kept as."""
    namespace = Namespace((*RESERVED, *_UNITTEST.split()))
    return {layer.name: namespace.free(layer.name) for layer in graph.layers}
