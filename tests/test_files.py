"""Files are written whole or not at all, also beside writers that live, and after dead ones."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from archcompiler import files
from archcompiler.files import FileError, replacing, write_atomically
from tests.conftest import ROOT

fcntl = pytest.importorskip("fcntl")

WRITER = """
import sys, time
from pathlib import Path
from archcompiler.files import replacing
with replacing(Path(sys.argv[1]), inside=Path(".")) as temporary:
    temporary.write_bytes(b"half")
    if len(sys.argv) > 2:  # some writers put another file in its place, and others beside it
        beside = temporary.parent / "beside"
        beside.mkdir()
        (beside / "part").write_bytes(b"half")
        (temporary.parent / "other").write_bytes(b"half")
        (temporary.parent / "other").replace(temporary)
    print("writing", flush=True)
    time.sleep(600)
"""


def writer(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    """Start a process that is in the middle of writing a file."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "writing\n"
    return process


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob(".archc-*"))


@pytest.mark.parametrize("more", [(), ("more",)])
def test_the_next_writer_removes_what_a_killed_one_has_left(
    more: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "x.txt").write_bytes(b"old")
    with writer(tmp_path, "x.txt", *more) as process:
        os.kill(process.pid, signal.SIGKILL)
    assert left(tmp_path)
    assert (tmp_path / "x.txt").read_bytes() == b"old"
    write_atomically(tmp_path / "y.txt", b"new", inside=tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.txt", "y.txt"]


@pytest.mark.parametrize("more", [(), ("more",)])
def test_a_writer_that_lives_is_left_alone(more: tuple[str, ...], tmp_path: Path) -> None:
    with writer(tmp_path, "x.txt", *more) as process:
        before = left(tmp_path)
        assert len(before) == 1
        write_atomically(tmp_path / "y.txt", b"new", inside=tmp_path)
        assert left(tmp_path) == before
        os.kill(process.pid, signal.SIGKILL)


def test_many_writers_at_once_remove_nothing_of_each_other(tmp_path: Path) -> None:
    failed: list[BaseException] = []

    def write(number: int) -> None:
        try:
            for turn in range(50):
                data = b"%d %d" % (number, turn)
                with replacing(tmp_path / f"{number}.txt", inside=tmp_path) as temporary:
                    temporary.write_bytes(data)
                assert (tmp_path / f"{number}.txt").read_bytes() == data
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert left(tmp_path) == []


def test_a_new_folder_that_somebody_took_for_left_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its making and its locking a folder may be removed: by a writer that begins then."""
    locking, taken = files._locked, []

    def locked(path: Path) -> int | None:
        if path.parent == tmp_path and not taken:
            taken.append(path)
            path.rmdir()
        return locking(path)

    monkeypatch.setattr(files, "_locked", locked)
    write_atomically(tmp_path / "x.txt", b"new", inside=tmp_path)
    assert taken
    assert [path.name for path in tmp_path.iterdir()] == ["x.txt"]


def test_links_and_what_is_not_ours_stay(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / ".archc-link").symlink_to("precious")
    (tmp_path / ".archc-of-old.txt").write_bytes(b"half")
    (tmp_path / ".archcrc").write_bytes(b"ours")
    write_atomically(tmp_path / "x.txt", b"new", inside=tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [".archc-link", ".archcrc", "precious", "x.txt"]


def test_without_locks_nothing_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)
    (tmp_path / ".archc-left.txt").write_bytes(b"half")
    write_atomically(tmp_path / "x.txt", b"new", inside=tmp_path)
    assert left(tmp_path) == [".archc-left.txt"]
    assert (tmp_path / "x.txt").read_bytes() == b"new"


def test_a_writer_that_fails_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_bytes(b"old")

    def write() -> None:
        with replacing(tmp_path / "x.txt", inside=tmp_path) as temporary:
            temporary.write_bytes(b"half")
            raise OSError(28, "no more")

    with pytest.raises(FileError, match="no more"):
        write()
    assert [path.name for path in tmp_path.iterdir()] == ["x.txt"]
    assert (tmp_path / "x.txt").read_bytes() == b"old"
