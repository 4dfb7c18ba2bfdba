"""The article's table, pasted as it stands: Markdown, tabs or commas, either way up."""

import pytest

import archcompiler
from archcompiler import SpecError

HEAD = "archc: 1\nname: Small\nlayers: |\n"

ROWS = """\
- {layer: In,  type: input,           maps: 3,  size: 32x32}
- {layer: C1,  type: convolution, maps: 8, size: 15x15, kernel: 3x3, stride: 2, activation: relu}
- {layer: S2,  type: max_pooling,     maps: 8,  size: 7x7,   kernel: 3x3, stride: 2, padding: valid}
- {layer: Out, type: fully_connected, size: 10, activation: softmax}
"""

MARKDOWN = """\
| Layer | Type            | Maps    | Size  | Kernel Size | Stride | Padding | Activation |
|:------|-----------------|--------:|:-----:|-------------|--------|---------|------------|
| In    | Input           | 3 (RGB) | 32x32 |             |        |         |            |
| C1    | Convolution     | 8       | 15x15 | 3x3         | 2      |         | ReLU       |
| S2    | Max pooling     | 8       | 7x7   | 3x3         | 2      | valid   |            |
| Out   | Fully connected |         | 10    |             |        |         | Softmax    |
"""


def rows_of(text: str) -> list[list[str]]:
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if not line.startswith("|:")
    ]


CELLS = rows_of(MARKDOWN)


def written(cells: list[list[str]], separator: str, *, end: str = "\n") -> str:
    return "".join("  " + separator.join(row) + end for row in cells)


def spec(table: str) -> str:
    return HEAD + "".join(f"  {line}\n" for line in table.splitlines())


def upside_down(cells: list[list[str]]) -> list[list[str]]:
    return [cells[0], *cells[:0:-1]]


def with_cells(old: str, new: str) -> list[list[str]]:
    return [[new if cell == old else cell for cell in row] for row in CELLS]


@pytest.fixture(scope="module")
def fingerprint() -> str:
    return archcompiler.loads(f"archc: 1\nname: Small\nlayers:\n{ROWS}").fingerprint


FORMS = {
    "Markdown": spec(MARKDOWN),
    "Markdown without outer bars": spec(
        "\n".join(line.strip("| ") for line in MARKDOWN.splitlines())
    ),
    "Markdown without a line": HEAD + written(CELLS, " | "),
    "tabs": HEAD + written(CELLS, "\t"),
    "commas": HEAD + written(CELLS, ","),
    "commas and spaces": HEAD + written(CELLS, ", "),
    "upside down, Markdown": HEAD + written(upside_down(CELLS), "|"),
    "upside down, tabs": HEAD + written(upside_down(CELLS), "\t"),
    "CRLF": (HEAD + written(CELLS, "\t")).replace("\n", "\r\n"),
    "CRLF, Markdown": spec(MARKDOWN).replace("\n", "\r\n"),
    "no newline at the end": spec(MARKDOWN).rstrip("\n"),
    "empty lines": spec(MARKDOWN.replace("\n", "\n\n")),
    "folded": spec(MARKDOWN).replace("layers: |", "layers: >"),
    "chomped": spec(MARKDOWN).replace("layers: |", "layers: |-  # the article's"),
    "another key follows": spec(MARKDOWN) + "outputs: [Out]\n",
    "a comment follows": spec(MARKDOWN) + "# the end\n",
    "ragged": spec("\n".join(line.rstrip("| ") for line in MARKDOWN.splitlines())),
    "an empty column": HEAD + written([[*row, ""] for row in CELLS], "|"),
    "6X6": HEAD + written(with_cells("7x7", "7X7"), "\t"),
    "6×6": HEAD + written(with_cells("7x7", "7×7"), "\t"),  # noqa: RUF001
    "6 x 6": HEAD + written(with_cells("7x7", "7 x 7"), "\t"),
    "6": HEAD + written(with_cells("7x7", "7"), "\t"),
    "3(RGB)": HEAD + written(with_cells("3 (RGB)", "3(RGB)"), "\t"),
    "3 (1 byte each)": HEAD + written(with_cells("3 (RGB)", "3 (1 byte each)"), "\t"),
    "capitals": HEAD + written(with_cells("Max pooling", "MAX-POOLING"), "\t"),
    "dashes": HEAD + written(with_cells("", "-"), "\t"),
    "long dashes": HEAD + written(with_cells("", "—"), " | "),
    "other titles": HEAD
    + written([["name", "TYPE", "Filters", "output-size", "filter size", "strides"]], "\t").rstrip()
    + "\tPadding\tactivation\n"
    + written(CELLS[1:], "\t"),
    "expressions": HEAD.replace("layers", "params: {n: 4}\nlayers")
    + written(with_cells("8", "${n * 2}"), "\t"),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_table_is_the_network_that_rows_describe(form, fingerprint):
    assert archcompiler.loads(FORMS[form]).fingerprint == fingerprint


def test_words_of_cells_become_words_of_the_language():
    table = """\
    Layer | Type | Maps | Size | Kernel Size | Activation | Kernel Initializer | Bias | Note
    In | INPUT | 3 | ?x? | | | | | any image, 3 (RGB)
    C1 | Convolution | 8 | | 3X1 | Leaky ReLU(0.2) | Truncated Normal(0.1) | False | as In
    """
    network = archcompiler.loads(spec(table))
    assert str(network["In"].shape) == "3 maps of ?x?"
    convolution = network["C1"]
    assert str(convolution.activation) == "leaky_relu(0.2)"
    assert str(convolution.operation.kernel_initializer) == "truncated_normal(0.1)"
    assert (convolution.operation.kernel, convolution.operation.bias) == ((3, 1), False)


def test_names_of_layers_keep_their_case_and_can_be_read():
    table = """\
    Layer | Type | From | Maps | Size
    In | input | | 3 | 8x8
    Conv_A | global average pooling | In | |
    Conv_B | global max pooling | In | |
    """
    network = archcompiler.loads(spec(table) + "outputs: [Conv_A, Conv_B]\n")
    assert [layer.name for layer in network.layers] == ["In", "Conv_A", "Conv_B"]


def faults(text: str) -> list[tuple[str, str, str, str]]:
    with pytest.raises(SpecError) as caught:
        archcompiler.loads(text)
    return [
        (d.code, ":".join(d.place.split(":")[-2:]), d.span.text, d.message)
        for d in caught.value.diagnostics
    ]


@pytest.mark.parametrize("separator", ["\t", " | ", ","])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("old", "new", "code", "part"),
    [
        ("7x7", "8X8", "ARC401", "`S2` is stated as 8x8 but computes to 7x7"),
        ("Max pooling", "Max Poling", "ARC201", "unknown layer type `max_poling`"),
        ("15x15", "15 by 15", "ARC203", "`size` is a whole number"),
        ("ReLU", "Re Lu", "ARC203", "`activation` is an activation"),
        ("C1", "C 1", "ARC205", "a layer's name is a letter"),
        ("8", "${n}", "ARC206", "no parameter is named `n`"),
    ],
)
def test_a_fault_is_placed_in_its_cell(old, new, code, part, separator, end):
    text = HEAD.replace("\n", end) + written(with_cells(old, new), separator, end=end)
    line = next(i for i, line in enumerate(text.splitlines(), 1) if new in line)
    column = text.splitlines()[line - 1].index(new) + 1
    marked = new
    if code == "ARC206":
        column, marked = column + 2, "n"
    found = faults(text)[0]
    assert found[:3] == (code, f"{line}:{column}", marked)
    assert part in found[3]


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("", [("ARC208", "3:9", "the table is empty")]),
        ("  Layer Type\n  In input\n", [("ARC208", "4:3", "names its columns")]),
        ("  Layer | Type\n", [("ARC208", "4:3", "no rows stand below")]),
        (
            "  Layer | Type | Size\n  In | input | 10 | 3 | 4\n",
            [("ARC208", "5:21", "more cells than the 3 columns")],
        ),
        (
            "  | | Layer | Type | Size |\n  | 1 | In | input | 10 |\n  | 2 | B | flatten | |\n",
            [("ARC208", "5:5", "this column has no title")],
        ),
        (
            "  Layer | Type | Colour | Size\n  In | input | red | 10\n",
            [("ARC202", "4:18", "no layer has a field `colour`")],
        ),
        (
            "  Layer | Typ | Size\n  In | input | 10\n",
            [("ARC202", "4:11", "no layer has a field `typ`")],
        ),
        (
            "  Layer | Type | Size | Maps | Filters\n  In | input | 9 | 3 | 4\n",
            [("ARC103", "4:32", "two columns are `maps`")],
        ),
        (
            "  Layer | Type | Size | Stride\n  In | input | 10 | -\n  F | flatten | | 2\n",
            [("ARC202", "6:19", "unknown field `stride` of a flatten layer")],
        ),
        (
            "  Layer | Type | Size\n  In | input | 10\n  F | | 20\n",
            [("ARC204", "6:3", "a row needs `type`")],
        ),
    ],
)
def test_faults_of_the_table_itself(table, expected):
    found = faults(HEAD + table)
    assert [fault[:2] for fault in found] == [fault[:2] for fault in expected]
    for (*_, message), (*_, part) in zip(found, expected, strict=True):
        assert part in message


def test_a_quoted_text_is_no_table():
    assert faults('archc: 1\nname: X\nlayers: "Layer | Type"\n')[0][0] == "ARC106"


def test_a_cell_names_several_layers_to_read():
    table = """\
| Layer | Type        | Maps | Size  | Kernel | Padding | From   |
| In    | Input       | 3    | 8x8   |        |         |        |
| C1    | Convolution | 4    |       | 3      | same    |        |
| C2    | Convolution | 4    |       | 3      | same    |        |
| A     | Add         |      | 8x8   |        |         | C1, C2 |
"""
    assert archcompiler.loads(spec(table))["A"].inputs == ("C1", "C2")
    with pytest.raises(SpecError) as caught:
        archcompiler.loads(spec(table.replace("C1, C2", "C1, Cx")))
    (found,) = caught.value.diagnostics
    assert (found.code, found.span.text) == ("ARC301", "Cx")
