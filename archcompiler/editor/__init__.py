"""Editor support: diagnostics, completion, hovers and definitions.

Functions take texts and offsets, and return plain values; only `server` knows the protocol.
"""
