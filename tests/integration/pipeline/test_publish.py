"""Publishing: an output folder appears whole, in its own place, and takes nothing of others with it."""

from __future__ import annotations

import errno
import json
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core_scene import files_below
from markerd.convert.protocol import Artifact
from markerd.errors import PublishError, StorageError
from markerd.files import durable
from publishing import Publisher

# --- new and again -------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("_either_kernel")
def test_new_output_has_all_its_files(publisher: Publisher) -> None:
    """Called after the document, in its sub-folder, described by the manifest."""
    folder = publisher.publish("sub/dir/a.pdf", "text", images={"_page_0.jpeg": "picture"})
    assert folder == publisher.output / "sub" / "dir" / "a"
    assert set(os.listdir(folder)) == {"a.md", "a_meta.json", "_page_0.jpeg", "manifest.json"}
    assert (folder / "a.md").read_text() == "text"
    described = json.loads((folder / "manifest.json").read_text())
    assert described["source"]["path"] == "sub/dir/a.pdf"
    assert {file["file"]: file["size"] for file in described["artifacts"]}["a.md"] == 4
    assert publisher.list_leftovers() == set()


@pytest.mark.usefixtures("_either_kernel")
def test_new_bytes_under_the_old_name_replace_the_output(publisher: Publisher) -> None:
    """What the new one no longer has is gone."""
    publisher.publish("a.pdf", "old", images={"old.jpeg": "x"})
    folder = publisher.publish("a.pdf", "new", images={"new.jpeg": "x"})
    assert set(os.listdir(folder)) == {"a.md", "a_meta.json", "new.jpeg", "manifest.json"}
    assert (folder / "a.md").read_text() == "new"
    assert os.listdir(publisher.output) == ["a"]


@pytest.mark.usefixtures("_either_kernel")
def test_two_documents_with_one_stem_are_both_kept(publisher: Publisher) -> None:
    """The later one gets a hash of its path, and keeps it."""
    first, second = publisher.publish("a.pdf", "one"), publisher.publish("a.docx", "two")
    assert second.name.startswith("a-")
    assert publisher.publish("a.docx", "three") == second
    assert publisher.publish("a.pdf", "four") == first
    assert (second / f"{second.name}.md").read_text() == "three"
    assert len(os.listdir(publisher.output)) == 2


def test_one_path_in_two_hot_folders_is_two_documents(publisher: Publisher) -> None:
    """They may share an output folder."""
    first, second = publisher.publish("a.pdf", "one"), publisher.publish("a.pdf", "two", folder="/other")
    assert first != second
    assert (first / "a.md").read_text() == "one"


@pytest.mark.parametrize("name", ["manifest", "MANIFEST", "Manifest"])
def test_document_named_manifest_does_not_replace_the_manifest(publisher: Publisher, name: str) -> None:
    """Its JSON takes the next number; it is found, and replaced, as any other."""
    for text in ("old", "new"):
        folder = publisher.publish(f"{name}.pdf", text, formats=("markdown", "json", "html", "chunks"))
        assert folder == publisher.output / name
        assert json.loads((folder / "manifest.json").read_text())["source"]["path"] == f"{name}.pdf"
        assert (folder / f"{name}-2.json").read_text() == text
        assert publisher.find(f"{name}.pdf", text) == folder
    assert len(os.listdir(folder)) == 6
    assert os.listdir(publisher.output) == [name]


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_artifacts_never_share_a_name(data: st.DataObject) -> None:
    """Whatever document and images are called."""
    stems = st.sampled_from(["manifest", "a", "A", "a_meta", "a_chunks", "manifest-2"])
    stem = data.draw(stems)
    endings = st.sampled_from([".json", ".md", "_meta.json", ".html", "_chunks.json"])
    names = data.draw(st.lists(st.builds(str.__add__, stems, endings), unique_by=str.casefold, max_size=6))
    images = {name: "picture" for name in names if name.casefold() != "manifest.json"}
    with tempfile.TemporaryDirectory() as root:
        publisher = Publisher(Path(root))
        folder = publisher.publish(f"{stem}.pdf", "t", images=images, formats=("markdown", "json", "html", "chunks"))
        artifacts = json.loads((folder / "manifest.json").read_text())["artifacts"]
        found = [artifact["file"].casefold() for artifact in artifacts]
        assert len(set(found)) == len(found) == 5 + len(images)
        assert {artifact["file"] for artifact in artifacts if artifact["role"] == "image"} == set(images)
        assert set(os.listdir(folder)) == {"manifest.json", *(artifact["file"] for artifact in artifacts)}


# --- in the way ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["folder", "file", "link", "dangling link"])
def test_foreign_folder_is_not_touched(publisher: Publisher, kind: str) -> None:
    """The output goes beside it, marked."""
    publisher.output.mkdir()
    other = publisher.output / "a"
    if kind == "folder":
        other.mkdir()
        (other / "mine").write_text("x")
    elif kind == "file":
        other.write_text("x")
    else:
        target = publisher.root / "outside"
        if kind == "link":
            target.mkdir()
        other.symlink_to(target)
    folder = publisher.publish("a.pdf", "text")
    assert folder.name.startswith("a-")
    assert other.is_symlink() or (other / "mine").exists() or other.read_text() == "x"
    assert files_below(publisher.root / "outside") == set()


def test_both_names_taken_is_a_publish_error(publisher: Publisher) -> None:
    """Rather than a third, which nobody would find."""
    taken = publisher.publish("a.docx", "x"), publisher.publish("a.pdf", "x")
    for folder in taken:
        (folder / "manifest.json").write_text("{}")
    with pytest.raises(PublishError, match="did not write"):
        publisher.publish("a.pdf", "y")
    assert publisher.list_leftovers() == set()


def test_document_below_the_output_of_another_gets_a_marked_folder(publisher: Publisher) -> None:
    """Sub-folder `a` of the hot folder beside a document `a.pdf`: replacing the one leaves the other."""
    publisher.publish("a.pdf", "one")
    below = publisher.publish("a/b.pdf", "two")
    assert below.parent != publisher.output / "a"
    assert below.parent.name.startswith("a-")
    publisher.publish("a.pdf", "three")
    assert (below / "b.md").read_text() == "two"


def test_document_named_like_a_folder_of_outputs_gets_a_marked_name(publisher: Publisher) -> None:
    """The other order: the folder is there first."""
    below = publisher.publish("a/b.pdf", "two")
    beside = publisher.publish("a.pdf", "one")
    assert below == publisher.output / "a" / "b"
    assert beside.name.startswith("a-")


# --- hostile -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["sub", "sub/dir"])
def test_a_link_on_the_way_is_not_followed(publisher: Publisher, where: str) -> None:
    """The document's sub-folders belong to whoever may write into the hot folder, the output's to us."""
    outside, link = publisher.root / "outside", publisher.output / where
    outside.mkdir()
    link.parent.mkdir(parents=True)
    link.symlink_to(outside)
    with pytest.raises(PublishError, match="symbolic link"):
        publisher.publish("sub/dir/a.pdf", "text")
    publisher.sweep("sub/dir/a.pdf")
    assert publisher.find("sub/dir/a.pdf", "text") is None
    assert files_below(outside) == set()


@pytest.mark.parametrize("name", ["../evil", "/etc/passwd", "sub/x", "..", "manifest.json", ".", ""])
def test_an_artifact_that_names_a_path_is_refused(publisher: Publisher, name: str) -> None:
    """The converter read untrusted bytes: it is not believed."""
    with pytest.raises(PublishError):
        publisher.publish("a.pdf", "text", extra=[Artifact("image", name)])
    assert files_below(publisher.output) == set()
    assert not (publisher.root / "evil").exists()


def test_an_artifact_that_is_a_link_is_refused(publisher: Publisher) -> None:
    """Else its target would be read into the output."""
    (publisher.produced / "image.jpeg").symlink_to("/etc/passwd")
    with pytest.raises(PublishError, match="symbolic link"):
        publisher.publish("a.pdf", "text", extra=[Artifact("image", "image.jpeg")])
    assert files_below(publisher.output) == set()


def test_a_full_disk_is_named(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    """And leaves the old output, nothing else."""
    publisher.publish("a.pdf", "old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(durable, "copy_hashing", full)
    with pytest.raises(StorageError) as caught:
        publisher.publish("a.pdf", "new")
    assert (caught.value.place, caught.value.needed_bytes) == (publisher.output, len("new") + len("{}\n"))
    assert (publisher.output / "a" / "a.md").read_text() == "old"
    assert publisher.list_leftovers() == set()


# --- long names ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stem", ["x" * 251, "漢" * 83, "e\u0301" * 80 + "x" * 11, os.fsdecode(b"\xff" * 251)])
def test_longest_names_are_published(publisher: Publisher, stem: str) -> None:
    """Cut so that every file in the folder has a name that fits, and found again."""
    folder = publisher.publish(f"{stem}.pdf", "text", formats=("markdown", "chunks", "json"))
    assert {f"{folder.name}.md", f"{folder.name}_chunks.json"} <= set(os.listdir(folder))
    other = publisher.publish(f"{stem}.doc", "two")
    assert other != folder
    assert publisher.publish(f"{stem}.pdf", "again") == folder
    assert publisher.find(f"{stem}.pdf", "again") == folder


# --- found again ---------------------------------------------------------------------------------------------------


def test_published_content_is_found(publisher: Publisher) -> None:
    """By document and content; under its marked name too."""
    for path in ("a.pdf", "a.docx", "sub/a.pdf"):
        folder = publisher.publish(path, "text")
        assert publisher.find(path, "text") == folder
        assert publisher.find(path, "other text") is None
    assert publisher.find("b.pdf", "text") is None


@pytest.mark.parametrize("damage", ["missing", "cut", "no manifest", "broken manifest"])
def test_an_output_that_is_not_whole_is_not_found(publisher: Publisher, damage: str) -> None:
    """It is made again."""
    folder = publisher.publish("a.pdf", "text")
    if damage == "missing":
        (folder / "a.md").unlink()
    elif damage == "cut":
        (folder / "a.md").write_text("te")
    elif damage == "no manifest":
        (folder / "manifest.json").unlink()
    else:
        (folder / "manifest.json").write_text('{"source": []}')
    assert publisher.find("a.pdf", "text") is None


def test_search_for_an_output_creates_nothing(publisher: Publisher) -> None:
    """Neither does sweeping."""
    assert publisher.find("sub/a.pdf", "text") is None
    publisher.sweep("sub/a.pdf")
    assert not publisher.output.exists()


def test_sweep_removes_what_was_cut_short(publisher: Publisher) -> None:
    """Beside the document's own place, and nothing but that."""
    folder = publisher.publish("sub/a.pdf", "text")
    half = folder.parent / durable.make_temporary_name()
    (half / "below").mkdir(parents=True)
    publisher.sweep("sub/a.pdf")
    assert os.listdir(folder.parent) == ["a"]
    assert (folder / "a.md").exists()
