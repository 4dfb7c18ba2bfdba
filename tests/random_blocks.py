"""Random specs with blocks: sound ones, from a seed, small enough to run in both backends."""

from random import Random

import archcompiler

# A row of a block by what it may read: "maps" of any size. `{m}` are maps, `{k}` an odd kernel.
ROWS = (
    'type: convolution, maps: "{m}", kernel: {k}, padding: same',
    'type: convolution, maps: "{m}", kernel: {k}, padding: {half}, activation: {act}',
    'type: convolution, maps: "{m}", kernel: {k}, padding: same, bias: false, stride: {stride}',
    'type: convolution, maps: "{m}", kernel: 1, groups: "{group}"',
    'type: transposed_convolution, maps: "{m}", kernel: 2, stride: 2',
    "type: batch_normalization, activation: {act}",
    "type: batch_normalization",
    "type: max_pooling, kernel: 3, stride: {stride}, padding: same",
    "type: max_pooling, kernel: 2, stride: 1, padding: {half}, rounding: ceil",
    "type: average_pooling, kernel: 3, stride: 1, padding: 1",
    "type: average_pooling, kernel: 2, stride: 1, padding: same",
    "type: local_response_normalization",
    "type: activation, activation: {act}",
    "type: dropout, rate: 0.5",
    "type: add, from: [{above}, {above}]",
    "type: concatenate, from: [{above}, {earlier}]",
)
ACTIVATIONS = ("relu", "tanh", "leaky_relu(0.1)", "silu", "sigmoid", "elu")


class Writer:
    """Writes one spec; blocks use only those above them."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.given = ""  # what the block is given that is being written
        self.blocks: list[tuple[str, list[str], int]] = []  # name, parameters, inputs

    def spec(self) -> str:
        """Return the text of the spec."""
        parts = [self.block(index) for index in range(self.random.randint(1, 3))]
        rows = ["{layer: In, type: input, maps: 4, size: 9x8}"]
        rows += self.rows("In", [], self.random.randint(2, 5))
        return (
            "archc: 1\nname: Random\nparams: {wide: 4, deep: true}\nblocks:\n"
            + "".join(parts)
            + "layers:\n"
            + "".join(f"- {row}\n" for row in rows)
        )

    def block(self, index: int) -> str:
        """Return the text of one block."""
        name = f"b{index}"
        parameters = self.random.sample(["maps", "kernel", "flag"], self.random.randint(0, 3))
        inputs = self.random.choice([1, 1, 1, 2])
        first = self.given = "input" if inputs == 1 else "one"
        rows = self.rows(first, parameters, self.random.randint(1, 4))
        if inputs == 2:  # every input is read
            rows.append(f"{{layer: join, type: concatenate, from: [{self.last}, two]}}")
            rows.append(
                '{layer: after, type: convolution, maps: "${one.maps + two.maps}", kernel: 1}'
            )
        self.blocks.append((name, parameters, inputs))
        self.given = ""
        text = {"maps": "int", "kernel": "3", "flag": "true"}
        declared = ", ".join(f"{parameter}: {text[parameter]}" for parameter in parameters)
        lines = f"  {name}:\n    params: {{{declared}}}\n"
        lines += "    inputs: [one, two]\n" if inputs == 2 else ""
        return lines + "    layers:\n" + "".join(f"    - {row}\n" for row in rows)

    def rows(self, first: str, parameters: list[str], count: int) -> list[str]:
        """Return rows in a chain that begins at `first`."""
        self.last = first
        return [self.row(f"r{index}", parameters, index == 0) for index in range(count)]

    def row(self, name: str, parameters: list[str], is_first: bool) -> str:
        """Return one row: an operation, or a use of a block above."""
        choose = self.random
        above = self.last
        self.last = name
        row = f"layer: {name}, from: {above}, "
        if self.blocks and choose.random() < 0.45:
            block, wanted, inputs = choose.choice(self.blocks)
            row = row.replace(f"from: {above}", f"from: [{', '.join([above] * inputs)}]")
            repeated = inputs == 1 and choose.random() < 0.4
            row += f"type: {block}"
            for parameter in wanted:
                if parameter == "maps" or choose.random() < 0.6:
                    row += f', {parameter}: "{self.value(parameter, parameters, repeated)}"'
            return f"{{{row}{f', repeat: {choose.randint(1, 3)}' if repeated else ''}}}"
        operation = choose.choice(ROWS)
        if "from" in operation:
            row = f"layer: {name}, "
        kernel = '"${kernel}"' if "kernel" in parameters and choose.random() < 0.7 else "3"
        half = '"${kernel // 2}"' if kernel != "3" else "1"
        row += operation.format(
            m=self.value("maps", parameters, False),
            k=kernel,
            half="1" if "kernel: 2" in operation else half,
            act=choose.choice(ACTIVATIONS),
            stride=choose.choice(["1", "2", '"${2 if reads.height > 4 else 1}"']),
            group="${reads.maps if reads.maps == 4 else 1}" if choose.random() < 0.5 else "1",
            above=above,
            earlier=above,
        )
        if "flag" in parameters and choose.random() < 0.5 and "from" not in operation:
            row += ', when: "${flag}"'
        return f"{{{row}}}"

    def value(self, parameter: str, parameters: list[str], repeated: bool) -> str:
        """Return a value for a parameter, in terms of those that are known here."""
        choices = {
            "maps": ["4", "8", "${wide}", "${2 * wide}", "${reads.maps}", "${reads.maps + 4}"],
            "kernel": ["1", "3", "5"],
            "flag": ["true", "false", "${deep}"],
        }[parameter]
        if parameter == "maps" and self.given:
            choices = [*choices, *[f"${{{self.given}.maps}}"] * 2]
        if parameter in parameters:
            own = {"maps": ["${maps}", "${maps * 2}"], "kernel": ["${kernel}"], "flag": ["${flag}"]}
            choices = [*choices, *own[parameter] * 3]
        if repeated:
            counted = {"maps": "${4 * (index + 1)}", "kernel": "${2 * index + 1}"}
            choices = [*choices, counted.get(parameter, "${index == 0}")]
        return self.random.choice(choices)


MOST_MULTIPLY_ADDS = 10**7


def sound(seed: int) -> str:
    """Return the first spec from `seed` on, in steps of 1,000, that is sound and small."""
    while True:
        text = Writer(seed).spec()
        try:
            totals = archcompiler.loads(text).totals
        except archcompiler.SpecError:
            pass  # blocks that change the size of one of their inputs cannot always be joined
        else:
            if (totals.multiply_adds or 0) <= MOST_MULTIPLY_ADDS:
                return text
        seed += 1000
