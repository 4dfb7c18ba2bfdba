"""Several uses of a block as one definition: a class, or a function, with arguments.

A network says `residual` five times, each time with other numbers; its source has one class, and
calls it five times. This is done in steps, each in its module:

1. `inner_outputs`: a block gives all that is read from inside of it.
2. `terms`: the rows of each use, with numbers that know the author's expression.
3. The backend writes the code of each use (`writer` says what it is asked for).
4. `anti_unification`: what the code of all uses has in common, with gaps where they differ;
   `row_code` does so row by row, and says which uses can be one definition.
5. `loops` and `fitting`: the copies of a repeated row as a loop.
6. `definitions`: gaps become arguments (`arguments`), and uses become calls.

docs/blocks-to-source.md goes through them with an example.
"""

from __future__ import annotations

from archcompiler.backends.blocks.arguments import signature
from archcompiler.backends.blocks.definitions import Blocks, Definition
from archcompiler.backends.blocks.writer import Rows, Writer, assigned

__all__ = ["Blocks", "Definition", "Rows", "Writer", "assigned", "signature"]
