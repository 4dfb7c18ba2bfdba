"""`archc diff NEW --against GITREF`: specs as git has them, and nothing else that git can do."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import archcompiler
from archcompiler.cli import cli
from archcompiler.files import FileError
from tests.diff.test_compare import FLAT

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")

FAMILY = FLAT.replace("name: Flat", "name: Family\nparams: {classes: 10}").replace(
    "size: 10", 'size: "${classes}"'
)
MEMBER = "archc: 1\nname: Member\nspec: families/family.yaml\nparams: {classes: 5}\n"


def git(*arguments: str) -> None:
    names = [f"GIT_{who}_{what}" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")]
    subprocess.run(
        ["git", *arguments],
        check=True,
        capture_output=True,
        env={**os.environ, **dict.fromkeys(names, "archc")},
    )


def archc(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a repository whose first commit has specs that were changed since."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    folder = tmp_path / "specs"
    (folder / "families").mkdir(parents=True)
    (folder / "flat.yaml").write_text(FLAT)
    (folder / "member.yaml").write_text(MEMBER)
    (folder / "families" / "family.yaml").write_text(FAMILY)
    git("init", "--quiet", "--initial-branch=main")
    git("add", ".")
    git("commit", "--quiet", "--message=first")
    git("tag", "v1")
    (folder / "flat.yaml").write_text(FLAT.replace("size: 10", "size: 7"))
    (folder / "families" / "family.yaml").write_text(FAMILY.replace("2x2", "2x2, padding: 1"))
    return tmp_path


@pytest.mark.parametrize("revision", ["HEAD", "main", "v1", "refs/tags/v1", "@", "HEAD^{commit}"])
def test_a_spec_against_itself_at_a_revision(repository: Path, revision: str) -> None:
    result = archc("diff", "specs/flat.yaml", "--against", revision, "--breaking")
    assert result.exit_code == 1
    assert result.stdout.startswith(f"{revision}:specs/flat.yaml -> specs/flat.yaml\n")
    assert "size 10 -> 7" in result.stdout
    git("commit", "--quiet", "--all", "--message=second")
    assert archc("diff", "specs/flat.yaml", "--against", "HEAD").stdout.endswith("same network\n")
    assert "size 10 -> 7" in archc("diff", "specs/flat.yaml", "--against", "HEAD~1").stdout


def test_specs_that_it_names_are_of_the_same_revision(repository: Path) -> None:
    result = archc("diff", "specs/member.yaml", "--against", "HEAD")
    assert result.exit_code == 0
    assert "~  S1 " in result.stdout
    assert "padding valid -> 1" in result.stdout
    shutil.rmtree(repository / "specs" / "families")
    at_head = archcompiler.load("specs/member.yaml", revision="HEAD")
    assert at_head["Out"].shape.lengths == (5,)
    assert at_head["S1"].source is not None
    assert at_head["S1"].source.name == "HEAD:specs/families/family.yaml"


@pytest.mark.parametrize("where", [".", "specs", "specs/families", "elsewhere/.."])
def test_from_any_folder(repository: Path, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository / "elsewhere").mkdir()
    monkeypatch.chdir(repository / where)
    path = os.path.relpath(repository / "specs" / "member.yaml")
    for name in (path, f"./{path}", str(repository / "specs" / "member.yaml")):
        result = archc("diff", name, "--against", "HEAD")
        assert (result.exit_code, result.stderr) == (0, "")
        assert "padding valid -> 1" in result.stdout


def test_through_a_link_to_a_folder(repository: Path) -> None:
    (repository / "linked").symlink_to("specs")
    assert "size 10 -> 7" in archc("diff", "linked/flat.yaml", "--against", "HEAD").stdout


def test_in_a_hook(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Git tells its hooks in the environment where the repository is, relative to its root."""
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_WORK_TREE", ".")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/index")
    assert "size 10 -> 7" in archc("diff", "specs/flat.yaml", "--against", "HEAD").stdout


@pytest.mark.parametrize(
    "revision",
    [
        "",
        "nothing",
        "-h",
        "--help",
        "--all",
        "--output=made",
        "--upload-pack=touch made",
        "-",
        "--",
        "^HEAD",
        "HEAD..HEAD",
        "HEAD HEAD",
        "HEAD:specs",
        "HEAD:specs/flat.yaml",
        "HEAD^{tree}",
        ":specs/flat.yaml",
        "HEAD;touch made",
        "$(touch made)",
        "HEAD\n--help",
        "HEAD\0",
        "\x1b[31mHEAD",
        "0" * 40,
        "x" * 10**6,
        "\udcff",
        "🦀",
    ],
    ids=lambda revision: ascii(revision[:20]),
)
def test_what_is_no_revision(repository: Path, revision: str) -> None:
    before = sorted(repository.iterdir())
    result = archc("diff", "specs/flat.yaml", f"--against={revision}")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith(("error: git has no commit", "error: cannot ask git in specs"))
    assert "\x1b" not in result.stderr
    assert result.stderr.count("\n") == 1
    assert sorted(repository.iterdir()) == before


def test_what_is_not_in_the_revision(repository: Path) -> None:
    (repository / "specs" / "later.yaml").write_text(FLAT)
    result = archc("diff", "specs/later.yaml", "--against", "HEAD")
    assert (result.exit_code, result.stderr) == (2, "error: specs/later.yaml is not in HEAD\n")


@pytest.mark.parametrize("name", ["*.yaml", ":(glob)*.yaml", ":/specs/flat.yaml", ":!a", "--help"])
def test_a_name_is_no_pattern(repository: Path, name: str) -> None:
    (repository / "specs" / name).parent.mkdir(parents=True, exist_ok=True)
    (repository / "specs" / name).write_text(FLAT)
    result = archc("diff", f"specs/{name}", "--against", "HEAD")
    assert (result.exit_code, result.stderr) == (2, f"error: specs/{name} is not in HEAD\n")


def no_repository(root: Path) -> None:
    shutil.rmtree(root / ".git")


def no_commit(root: Path) -> None:
    shutil.rmtree(root / ".git")
    git("init", "--quiet")


def broken_repository(root: Path) -> None:
    (root / ".git" / "HEAD").write_text("\x1b[31m")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (no_repository, "error: git cannot read specs: fatal: not a git repository"),
        (broken_repository, "error: git cannot read specs: fatal: not a git repository"),
        (no_commit, "error: git has no commit `HEAD` here\n"),
    ],
)
def test_no_repository(
    repository: Path, spoil: Callable[[Path], None], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(repository.parent))
    spoil(repository)
    result = archc("diff", "specs/flat.yaml", "--against", "HEAD")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(message)
    assert result.stderr.count("\n") == 1


def test_no_git(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(repository))
    result = archc("diff", "specs/flat.yaml", "--against", "HEAD")
    assert (result.exit_code, result.stderr) == (
        2,
        "error: git is not installed, which reads revisions\n",
    )


def test_git_that_does_not_answer(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = repository / "bin" / "git"
    slow.parent.mkdir()
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", str(slow.parent), prepend=os.pathsep)
    monkeypatch.setattr("archcompiler.revisions.SECONDS", 0.2)
    result = archc("diff", "specs/flat.yaml", "--against", "HEAD")
    assert (result.exit_code, result.stderr) == (
        2,
        "error: git does not answer within 0.2 seconds\n",
    )


def test_a_shallow_clone_says_so(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git("commit", "--quiet", "--all", "--message=second")
    git("clone", "--quiet", "--depth=1", f"file://{repository}", "clone")
    monkeypatch.chdir(repository / "clone")
    result = archc("diff", "specs/flat.yaml", "--against", "HEAD~1")
    assert result.exit_code == 2
    assert "this clone is shallow, `git fetch --unshallow` completes it" in result.stderr


def committed(name: str, content: bytes) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_bytes(content)
    git("add", "--force", name)
    git("commit", "--quiet", "--message=more")


@pytest.mark.parametrize("path", ["../secret.yaml", "/etc/passwd", "families/../../secret.yaml"])
def test_nothing_outside_of_the_folder_is_read(repository: Path, path: str) -> None:
    committed("secret.yaml", FLAT.encode())
    committed("specs/member.yaml", MEMBER.replace("families/family.yaml", path).encode())
    (repository / "specs" / "member.yaml").write_text(MEMBER)
    result = archc("diff", "specs/member.yaml", "--against", "HEAD")
    assert result.exit_code == 1
    assert "is not in the folder of the spec, or one below it" in result.stderr
    assert "HEAD:specs/member.yaml:3:7" in result.stderr


@pytest.mark.parametrize("target", ["family.yaml", "../../secret.yaml", "/etc/passwd"])
def test_links_are_not_followed(repository: Path, target: str) -> None:
    committed("secret.yaml", FLAT.encode())
    link = repository / "specs" / "families" / "linked.yaml"
    link.symlink_to(target)
    committed("specs/member.yaml", MEMBER.replace("family.yaml", "linked.yaml").encode())
    git("add", str(link))
    git("commit", "--quiet", "--message=link")
    (repository / "specs" / "member.yaml").write_text(MEMBER)
    result = archc("diff", "specs/member.yaml", "--against", "HEAD")
    assert result.exit_code == 1
    assert "families/linked.yaml is not a file in HEAD" in result.stderr


def test_a_folder_is_no_spec(repository: Path) -> None:
    with pytest.raises(FileError, match="specs is not a file in HEAD"):
        archcompiler.load("specs", revision="HEAD")
    for path in (".", "..", ""):
        with pytest.raises(FileError, match="is not a file"):
            archcompiler.load(path, revision="HEAD")
    with pytest.raises(FileError, match="cannot ask git in nowhere: No such file"):
        archcompiler.load("nowhere/flat.yaml", revision="HEAD")


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        (FLAT.replace("max_pooling", "squeezing").encode(), 1, "unknown layer type `squeezing`"),
        (b"archc: 1\nname: \xff\n", 1, "the byte 0xFF is not UTF-8 text"),
        (b"#" * 2**20, 1, "larger than the limit of 100,000 bytes"),
    ],
    ids=["a fault", "not text", "too large"],
)
def test_faults_at_the_revision(repository: Path, content: bytes, code: int, message: str) -> None:
    committed("specs/flat.yaml", content)
    (repository / "specs" / "flat.yaml").write_text(FLAT)
    result = archc("diff", "specs/flat.yaml", "--against", "HEAD", "--limit", "bytes=100000")
    assert (result.exit_code, result.stdout) == (code, "")
    assert message in result.stderr
    assert "HEAD:specs/flat.yaml:" in result.stderr


def test_what_git_would_do_to_show_a_file_is_not_done(repository: Path) -> None:
    """Filters, and programs that show files as text, are of a repository that may be hostile."""
    git("config", "diff.evil.textconv", "touch made; cat")
    git("config", "filter.evil.smudge", "touch made; cat")
    committed(".gitattributes", b"*.yaml diff=evil filter=evil\n")
    result = archc("diff", "specs/flat.yaml", "--against", "HEAD")
    assert result.exit_code == 0
    assert not list(repository.rglob("made"))
