"""Specs that name specs: each file is opened and read once, and circles are told from chains."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

import archcompiler
from archcompiler.diagnostics import SpecError
from archcompiler.files import Folder
from archcompiler.language import yaml_reader
from archcompiler.language.spec import UnknownParameter
from archcompiler.pages.answers import Answers, Question
from archcompiler.pages.workspace import Workspace

ROWS = """layers:
- {layer: In, type: input, maps: 1, size: 8x8}
- {layer: C, type: convolution, maps: "${maps}", kernel: 3}
"""
FAMILY = f"archc: 1\nname: Family\nparams: {{maps: 2}}\n{ROWS}"
UNIT = """archc: 1
name: Unit
params: {maps: 2, width: "${maps * 2}"}
defaults: {convolution: {kernel: "${maps}", padding: same}}
layers:
- {layer: In, type: input, maps: 1, size: 8x8}
- {layer: C, type: convolution, maps: "${width}"}
"""


def member(names: str, **params: object) -> str:
    values = ", ".join(f"{name}: {value}" for name, value in params.items())
    given = f"params: {{{values}}}\n" if params else ""
    return f"archc: 1\nname: Member\nspec: {names}\n{given}"


def user(*names: str, rows: str = "") -> str:
    """Return a spec that has a block for each of the files, and uses the last of them."""
    blocks = "".join(f"  b{index}: {{spec: {name}}}\n" for index, name in enumerate(names))
    rows = rows or f"- {{layer: B, type: b{len(names) - 1}}}\n"
    given = "- {layer: In, type: input, maps: 1, size: 8x8}\n"
    return f"archc: 1\nname: User\nblocks:\n{blocks}layers:\n{given}{rows}"


def chain(length: int, link: object, last: str) -> dict[str, str]:
    texts = {f"f{index}.yaml": link(f"f{index + 1}.yaml") for index in range(length - 1)}
    return {**texts, f"f{length - 1}.yaml": last}


class Counted:
    """Files in a folder, and how often each was opened, and how often read."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.opened, self.read = Counter[str](), Counter[str]()
        opening, reading = Folder.read, yaml_reader.read

        def opened(of: Folder, path: Path) -> object:
            self.opened[path.name] += 1
            return opening(of, path)

        def read(source: object, findings: object) -> object:
            self.read[Path(source.name).name] += 1
            return reading(source, findings)

        patch.setattr(Folder, "read", opened)
        patch.setattr(yaml_reader, "read", read)

    def load(self, texts: Mapping[str, str], **settings: str) -> archcompiler.Architecture:
        """Load the first of the files."""
        for name, text in texts.items():
            (self.folder / name).write_text(text)
        return archcompiler.load(self.folder / next(iter(texts)), params=settings)

    def codes(self, texts: Mapping[str, str]) -> list[tuple[str, str]]:
        """Return the codes of the faults, and the files that they are in."""
        with pytest.raises(SpecError) as caught:
            self.load(texts)
        found = caught.value.diagnostics
        return [(each.code, Path(each.span.source.name).name) for each in found]


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counted:
    return Counted(tmp_path, monkeypatch)


@pytest.mark.parametrize("length", [1, 2, 12, 25, 1000])
def test_each_file_of_a_chain_is_opened_and_read_once(length: int, files: Counted) -> None:
    texts = chain(length, member, FAMILY)
    assert files.load(texts)["C"].shape.channels == 2
    assert files.opened == files.read == Counter(texts.keys())


@pytest.mark.parametrize("length", [2, 12, 25])
def test_each_file_of_a_chain_of_blocks_is_opened_and_read_once(
    length: int, files: Counted
) -> None:
    texts = chain(length, user, FAMILY)
    assert files.load(texts).layers[-1].shape.channels == 2
    assert files.opened == files.read == Counter(texts.keys())


def test_a_long_chain_of_blocks_is_too_deep_and_no_circle(files: Counted) -> None:
    texts = chain(1000, user, FAMILY)
    assert files.codes(texts) == [("ARC406", "f32.yaml")]
    assert files.opened == files.read == Counter(texts.keys())


def test_a_long_chain_of_blocks_that_nobody_uses_is_read(files: Counted) -> None:
    texts = chain(1000, lambda name: user(name, rows="- {layer: F, type: flatten}\n"), FAMILY)
    assert [layer.name for layer in files.load(texts).layers] == ["In", "F"]
    assert files.opened == files.read == Counter(texts.keys())


CIRCLES = {
    "a member of itself": {"a.yaml": member("a.yaml")},
    "two members": {"a.yaml": member("b.yaml"), "b.yaml": member("a.yaml")},
    "members behind a member": {
        "a.yaml": member("b.yaml"),
        "b.yaml": member("c.yaml"),
        "c.yaml": member("b.yaml"),
    },
    "a block of itself": {"a.yaml": user("a.yaml")},
    "two blocks": {"a.yaml": user("b.yaml"), "b.yaml": user("a.yaml")},
    "a block that is a member": {"a.yaml": user("b.yaml"), "b.yaml": member("a.yaml")},
    "a member whose family has a block": {"a.yaml": member("b.yaml"), "b.yaml": user("a.yaml")},
    "met on a second way": {
        "a.yaml": user("b.yaml", "c.yaml"),
        "b.yaml": user("d.yaml"),
        "c.yaml": user("d.yaml"),
        "d.yaml": user("c.yaml"),
    },
    "by another path": {"a.yaml": member("./b.yaml"), "b.yaml": member("x/../a.yaml")},
    "a thousand members": chain(1000, member, member("f0.yaml")),
    "a thousand blocks": chain(1000, user, user("f0.yaml")),
}


@pytest.mark.parametrize("texts", CIRCLES.values(), ids=CIRCLES)
def test_files_that_name_each_other_are_a_circle(texts: Mapping[str, str], files: Counted) -> None:
    assert [code for code, _ in files.codes(texts)] in (["ARC307"], ["ARC307", "ARC406"])
    assert files.opened == files.read == Counter(texts.keys())


def test_the_circle_is_told(files: Counted) -> None:
    with pytest.raises(SpecError, match=r"name each other: a\.yaml -> b\.yaml -> a\.yaml\n"):
        files.load(CIRCLES["two members"])


def test_what_a_file_names_again_is_no_circle(files: Counted) -> None:
    rows = "".join(f"- {{layer: X{index}, type: b{index}, from: In}}\n" for index in range(3))
    texts = {
        "a.yaml": user("b.yaml", "c.yaml", "d.yaml", rows=rows) + "outputs: [X0, X1, X2]\n",
        "b.yaml": user("d.yaml"),
        "c.yaml": user("d.yaml"),
        "d.yaml": FAMILY,
    }
    assert len(files.load(texts).layers) == 4
    assert files.opened == files.read == Counter(texts.keys())


def test_a_file_with_other_settings_is_another_block(files: Counted) -> None:
    """Its defaults and its other parameters go by what each use sets."""
    rows = "".join(f"- {{layer: U{m}, type: b0, maps: {m}, from: In}}\n" for m in (1, 3, 5))
    rows += "- {layer: U2, type: b0, from: In}\n- {layer: W, type: b0, width: 9, from: In}\n"
    texts = {"a.yaml": user("unit.yaml", rows=rows) + "outputs: [U1, U3, U5, U2, W]\n"}
    network = files.load({**texts, "unit.yaml": UNIT})
    kernels = {layer.name: layer.operation.kernel[0] for layer in network.layers[1:]}
    assert kernels == {"U1.C": 1, "U3.C": 3, "U5.C": 5, "U2.C": 2, "W.C": 2}
    maps = [network[f"{name}.C"].shape.channels for name in ("U1", "U3", "U5", "U2", "W")]
    assert maps == [2, 6, 10, 4, 9]
    assert files.opened == files.read == Counter(["a.yaml", "unit.yaml"])


def test_a_member_nearer_to_the_reader_sets_what_counts(files: Counted) -> None:
    texts = {
        "a.yaml": member("b.yaml", maps=3),
        "b.yaml": member("c.yaml", maps=1, width=5),
        "c.yaml": member("unit.yaml", width=7),
        "unit.yaml": UNIT,
    }
    assert files.load(texts)["C"].operation.kernel == (3, 3)
    assert files.load(texts)["C"].shape.channels == 5
    assert files.load(texts, maps="2", width="8")["C"].shape.channels == 8
    assert files.load({"a.yaml": member("unit.yaml", maps=4)})["C"].shape.channels == 8


def test_a_parameter_that_the_family_lacks(files: Counted) -> None:
    texts = {"a.yaml": member("b.yaml"), "b.yaml": member("c.yaml", maps=1), "c.yaml": FAMILY}
    with pytest.raises(UnknownParameter, match="did you mean `maps`"):
        files.load(texts, map="3")
    assert files.codes({**texts, "b.yaml": member("c.yaml", mapz=1)}) == [("ARC202", "b.yaml")]


@pytest.mark.parametrize("family", [FAMILY.replace("kernel: 3", "kernel: x"), "archc: 1\na: {"])
def test_a_fault_behind_members_is_told_once_and_says_who_names_it(
    family: str, files: Counted
) -> None:
    texts = {"a.yaml": member("b.yaml"), "b.yaml": member("c.yaml"), "c.yaml": family}
    with pytest.raises(SpecError) as caught:
        files.load(texts)
    (found,) = caught.value.diagnostics
    assert Path(found.span.source.name).name == "c.yaml"
    named = {Path(label.span.source.name).name for label in found.labels if "named" in label.text}
    assert named == {"a.yaml", "b.yaml"}


def test_a_fault_of_a_blocks_file_is_told_once(files: Counted) -> None:
    rows = "- {layer: X, type: b0, maps: 3}\n- {layer: Y, type: b0, maps: 4, from: In}\n"
    texts = {
        "a.yaml": user("b.yaml", rows=rows + "outputs: [X, Y]\n"),
        "b.yaml": "maps: 3\n" + FAMILY,
    }
    assert files.codes(texts) == [("ARC202", "b.yaml")]


def test_a_misspelled_type_of_a_blocks_input_is_just_that(files: Counted) -> None:
    texts = {"a.yaml": user("b.yaml"), "b.yaml": FAMILY.replace("type: input", "type: inptu")}
    assert files.codes(texts) == [("ARC201", "b.yaml")]


def test_a_blocks_file_without_an_input_says_what_to_write(files: Counted) -> None:
    first = "- {layer: In, type: input, maps: 1, size: 8x8}\n"
    with pytest.raises(SpecError) as caught:
        files.load({"a.yaml": user("b.yaml"), "b.yaml": FAMILY.replace(first, "")})
    (fault,) = caught.value.diagnostics
    assert fault.message == "this spec has no input, so that it is no block"
    assert fault.help == ("begin its rows with `- {layer: In, type: input, …}`",)


@pytest.mark.parametrize("link", [member, user])
def test_the_served_page_reads_each_file_once_for_an_answer(link: object, files: Counted) -> None:
    texts = chain(25, link, FAMILY)
    for name, text in texts.items():
        (files.folder / name).write_text(text)
    answers = Answers(Workspace(files.folder, 2**20))
    question = Question({"name": "f0.yaml", "text": texts["f0.yaml"], "show": "table"})
    assert answers.view(question)["sound"]
    del texts["f0.yaml"]  # whose text the page has
    assert files.opened == Counter(texts.keys())
    assert all(files.read[name] == 1 for name in texts)
