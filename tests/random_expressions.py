"""Random specs whose blocks compute their fields, from a seed: sound ones, small enough to run."""

from functools import cache
from random import Random

import archcompiler

# A row of a block; `{m}` are maps, `{k}` a kernel, `{p}` cells of padding, `{s}` a stride
ROWS = (
    'type: convolution, maps: "{m}", kernel: "{k}", padding: "{p}", bias: "{b}"',
    'type: convolution, maps: "{m}", kernel: "{k}", padding: same, activation: relu',
    'type: convolution, maps: "{m}", kernel: "{k}", stride: "{s}", padding: "{p}"',
    'type: convolution, maps: "{m}", kernel: "{k}", stride: "{s}", padding: same',
    'type: convolution, maps: "{m}", kernel: 3, dilation: "{s}", padding: same',
    'type: convolution, maps: "{m}", kernel: 1, groups: "{g}"',
    'type: transposed_convolution, maps: "{m}", kernel: "{k}", stride: "{s}"',
    'type: max_pooling, kernel: "{k}", stride: "{s}", padding: same',
    'type: average_pooling, kernel: "{k}", stride: "{s}", padding: "{p}", rounding: ceil',
    "type: concatenate, from: [{above}, {above}]",
    "type: batch_normalization, activation: relu",
)
HEAD = (
    "{layer: flat, type: flatten}",
    '{layer: Out, type: fully_connected, size: "${max(2, reads.features // ratio)}"}',
)
BINARY = ("+", "+", "-", "*", "//", "%")


class Writer:
    """Writes one spec: two blocks, the second of which uses the first, and uses of both."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.names: list[str] = []

    def spec(self) -> str:
        """Return the text of the spec."""
        choose = self.random
        inner = self.block("inner", [])
        outer = self.block("outer", ["inner"])
        rows = "- {layer: In, type: input, maps: 4, size: 11x9}\n"
        for number in range(choose.randint(2, 4)):
            kind = choose.choice(["inner", "outer", "outer"])
            repeated = choose.random() < 0.3
            self.names = ["index", "reads.maps"] if repeated else ["reads.maps"]
            rows += f"- {{layer: u{number}, type: {kind}{self.arguments(repeated)}}}\n"
        head = "".join(f"    - {row}\n" for row in HEAD)
        return (
            f"archc: 1\nname: Random\nblocks:\n{inner}{outer}"
            f"  head:\n    params: {{ratio: 2}}\n    layers:\n{head}"
            f"layers:\n{rows}- {{layer: head, type: head, ratio: {choose.randint(1, 3)}}}\n"
        )

    def block(self, name: str, above: list[str]) -> str:
        """Return the text of one block."""
        choose = self.random
        self.names = ["maps", "kernel", "times", "input.maps", "input.height"]
        derived = f'half: "${{1 + abs({self.expression()}) % 5}}", '
        self.names.append("half")
        derived += f'same: "${{{self.condition()}}}"'
        params = f"{{maps: 4, kernel: 3, wide: true, times: 1, {derived}}}"
        text = f"  {name}:\n    params: {params}\n    layers:\n"
        last = "input"
        for number in range(choose.randint(1, 4)):
            self.names = ["maps", "kernel", "times", "half", "input.maps", "reads.maps"]
            self.names.append("input.height")
            if above and choose.random() < 0.4:
                row = f"type: {choose.choice(above)}"
                repeated = choose.random() < 0.5
                if repeated:
                    self.names.append("index")
                row += self.arguments(repeated)
            else:
                row = choose.choice(ROWS)
                if "from" not in row and "group" not in row and choose.random() < 0.25:
                    row += choose.choice(
                        [', when: "{b}"', ', when: "${{same}}"', ', repeat: "${{times}}"']
                    )
                    self.names += ["index"] if "repeat" in row else []
                row = row.format(
                    m=f"${{1 + abs({self.expression()}) % 7}}",
                    k=f"${{1 + abs({self.expression()}) % 3}}",
                    p=choose.choice(["${kernel // 2}", f"${{abs({self.expression()}) % 2}}", "0"]),
                    s=f"${{1 + abs({self.expression(1)}) % 2}}",
                    b=f"${{{self.condition()}}}",
                    g="${reads.maps if reads.maps == maps else 1}",
                    above=last,
                )
            text += f"    - {{layer: r{number}, {row}}}\n"
            last = f"r{number}"
        return text

    def arguments(self, repeated: bool) -> str:
        """Return what a use of a block states."""
        choose = self.random
        given = {
            "maps": f"${{1 + abs({self.expression()}) % 7}}",
            "kernel": f"${{1 + 2 * (abs({self.expression(1)}) % 2)}}",
            "wide": f"${{{self.condition()}}}",
            "times": f"${{1 + abs({self.expression(1)}) % 3}}",
            "half": f"${{1 + abs({self.expression(1)}) % 5}}",
        }
        stated = {name: value for name, value in given.items() if choose.random() < 0.6}
        text = "".join(f', {name}: "{value}"' for name, value in stated.items())
        return text + (f", repeat: {choose.randint(2, 3)}" if repeated else "")

    def expression(self, depth: int = 2) -> str:
        """Return an expression worth a whole number."""
        choose = self.random
        if depth == 0 or choose.random() < 0.2:
            return choose.choice([*self.names, *self.names, str(choose.randint(1, 4))])
        left, right = self.expression(depth - 1), self.expression(depth - 1)
        kind = choose.random()
        if kind < 0.7:
            sign = choose.choice(BINARY)
            divisor = f"(1 + abs({right}))" if sign in ("//", "%") else f"({right})"
            return f"({left}) {sign} {divisor}"
        if kind < 0.85:
            return f"{choose.choice(['min', 'max'])}({left}, {right})"
        return f"({left} if {self.condition()} else {right} + 5)"

    def condition(self) -> str:
        """Return an expression worth a truth value."""
        choose = self.random
        shapes = [name for name in self.names if "." in name]
        own = [name for name in self.names if "." not in name]
        one, other = choose.choice(shapes), choose.choice([*own, "2", "3"])  # never with itself
        return f"{one} {choose.choice(['==', '!=', '<', '<=', '>', '>='])} {other}"


MOST_MULTIPLY_ADDS = 10**7


@cache
def sound(seed: int) -> str:
    """Return the first spec from `seed` on, in steps of 10,000, that is sound and small."""
    while True:
        text = Writer(seed).spec()
        try:
            architecture = archcompiler.loads(text)
            architecture.source("keras")
            totals = architecture.totals
        except archcompiler.SpecError:
            pass
        else:
            if (totals.multiply_adds or 0) <= MOST_MULTIPLY_ADDS:
                return text
        seed += 10_000
