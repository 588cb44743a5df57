"""What others put into an output goes along when the output is replaced, by whichever way it came there."""

from __future__ import annotations

import errno
import os
import subprocess
import sys

import pytest

from core_scene import files_below
from markerd.files import durable
from publishing import Publisher


@pytest.mark.usefixtures("_either_kernel")
def test_files_of_others_go_along(publisher: Publisher) -> None:
    """Files, folders with what is in them, links; bytes, times and names as they were."""
    old = publisher.publish("a.pdf", "old")
    (old / "notes.txt").write_text("mine")
    os.utime(old / "notes.txt", ns=(1, 2_000_000_000))
    (old / "folder" / "deep").mkdir(parents=True)
    (old / "folder" / "deep" / "file").write_text("deep")
    (old / "link").symlink_to("nowhere")
    (old / os.fsdecode(b"\xff")).write_text("strange")
    new = publisher.publish("a.pdf", "new")
    assert (new / "a.md").read_text() == "new"
    assert ((new / "notes.txt").read_text(), (new / "notes.txt").stat().st_mtime_ns) == ("mine", 2_000_000_000)
    assert (new / "folder" / "deep" / "file").read_text() == "deep"
    assert os.readlink(new / "link") == "nowhere"
    assert (new / os.fsdecode(b"\xff")).read_text() == "strange"
    assert os.listdir(publisher.output) == ["a"]


def test_file_of_others_named_like_an_artifact_gets_a_number(publisher: Publisher) -> None:
    """Both are kept, theirs numbered."""
    old = publisher.publish("a.pdf", "old")
    (old / "_page_0.jpeg").write_text("mine")
    new = publisher.publish("a.pdf", "new", images={"_page_0.jpeg": "picture"})
    assert (new / "_page_0.jpeg").read_text() == "picture"
    assert (new / "_page_0-2.jpeg").read_text() == "mine"


def test_carried_files_go_along_again(publisher: Publisher) -> None:
    """It does not become ours by having been carried once."""
    (publisher.publish("a.pdf", "1") / "notes.txt").write_text("mine")
    for text in ("2", "3"):
        folder = publisher.publish("a.pdf", text)
    assert (folder / "notes.txt").read_text() == "mine"


def test_files_are_copied_without_hard_links(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    """FAT and some network file systems have none."""

    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "no hard links here")

    monkeypatch.setattr(os, "link", refused)
    (publisher.publish("a.pdf", "1") / "notes.txt").write_text("mine")
    assert (publisher.publish("a.pdf", "2") / "notes.txt").read_text() == "mine"


SAVING = """
import os, sys
output, stop = sys.argv[1:]
number = 0
while not os.path.exists(stop):
    folder = os.open(output, os.O_RDONLY | os.O_DIRECTORY)
    for _ in range(5):
        number += 1
        for name in (f"note-{number}.txt", ".edited"):
            with open(name, "w", opener=lambda name, flags: os.open(name, flags, 0o666, dir_fd=folder)) as file:
                file.write(f"text {number}")
        os.rename(".edited", "edited.txt", src_dir_fd=folder, dst_dir_fd=folder)
        print(number, flush=True)
    os.close(folder)
"""


@pytest.mark.usefixtures("_either_kernel")
def test_files_saved_during_the_exchange_are_kept(publisher: Publisher) -> None:
    """By a program that works within the folder, again and again: every note, and the last of each edited file."""
    output, stop = publisher.publish("a.pdf", "0"), publisher.root / "stop"
    arguments = [sys.executable, "-c", SAVING, str(output), str(stop)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as saving:
        assert saving.stdout is not None
        saving.stdout.readline()
        for round_number in range(40):
            publisher.publish("a.pdf", str(round_number))
        stop.touch()
        saved = [1, *map(int, saving.stdout)]
    publisher.sweep("a.pdf")
    notes = {(output / f"note-{number}.txt").read_text() for number in saved}
    assert notes == {f"text {number}" for number in saved}
    edited = [file.read_text() for file in (*output.glob("edited*.txt"), *output.glob(".edited*"))]
    assert any(int(text.removeprefix("text ")) >= saved[-1] for text in edited)
    assert publisher.list_leftovers() == set()


def test_files_added_after_the_exchange_go_along(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    """New files and folders, files saved anew, in the old folder that somebody still works in."""
    old = publisher.publish("a.pdf", "old")
    (old / "notes.txt").write_text("first")
    (old / "folder").mkdir()
    (old / "folder" / "deep.txt").write_text("first")
    exchange = durable.exchange

    def exchanging(first: str, second: str, fd: int) -> None:
        exchange(first, second, fd)
        theirs = publisher.output / first
        for name in ("notes.txt", "folder/deep.txt"):
            (theirs / "beside").write_text("second")
            (theirs / "beside").rename(theirs / name)
        (theirs / "late.txt").write_text("late")
        (theirs / "folder" / "late").mkdir()
        (theirs / "folder" / "late" / "file").write_text("late")

    monkeypatch.setattr(durable, "exchange", exchanging)
    new = publisher.publish("a.pdf", "new")
    assert (new / "a.md").read_text() == "new"
    assert ((new / "notes.txt").read_text(), (new / "folder" / "deep.txt").read_text()) == ("second", "second")
    assert ((new / "late.txt").read_text(), (new / "folder" / "late" / "file").read_text()) == ("late", "late")
    assert len(files_below(new)) == 7
    assert publisher.list_leftovers() == set()


def test_a_folder_deeper_than_python_recurses_goes_along(publisher: Publisher) -> None:
    """Somebody unpacked something strange there."""
    old = publisher.publish("a.pdf", "old")
    with durable.open_folder(old, *(["d"] * 1500)) as fd, durable.create_file(fd, "bottom") as file:
        file.write(b"deep")
    new = publisher.publish("a.pdf", "new")
    with durable.open_folder(new, *(["d"] * 1500), create=False) as fd:
        assert os.listdir(fd) == ["bottom"]
    assert os.listdir(publisher.output) == ["a"]
    subprocess.run(["rm", "-rf", new], check=True)  # pytest's own clean-up recurses


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_interrupted_exchange_in_three_steps_is_finished(publisher: Publisher, steps: int) -> None:
    """Where the system cannot exchange: the new output comes to its place, what others put into the old one too."""
    old = publisher.publish("a.pdf", "old")
    (old / "notes.txt").write_text("mine")
    old.rename(publisher.output / "kept")
    new = publisher.publish("a.pdf", "new")
    names = [new, publisher.output / durable.make_temporary_name(), publisher.output / durable.make_temporary_name()]
    new.rename(names[1])
    (publisher.output / "kept").rename(names[0])
    for source, target in ((0, 2), (1, 0), (2, 1))[:steps]:
        names[source].rename(names[target])
    publisher.sweep("b.pdf")
    assert os.listdir(publisher.output) == ["a"]
    assert files_below(publisher.output) == {"a/a.md", "a/a_meta.json", "a/manifest.json", "a/notes.txt"}
    assert ((new / "a.md").read_text(), (new / "notes.txt").read_text()) == ("new", "mine")
