"""What is not permitted is said with the folder that bars the way, whoever's it is."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from core_scene import Core, core_at
from markerd.errors import DocumentError, PublishError
from markerd.files.permissions import explain_refusal
from markerd.pipeline.dead_letters import ADVICE
from markerd.pipeline.spool import Spool
from markerd.values import After, Fingerprint
from permissions_of_others import NOBODY, as_nobody
from publishing import Publisher


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that others can reach, as pytest's own is not."""
    folder = Path(tempfile.mkdtemp(prefix="markerd-test-"))
    folder.chmod(0o755)
    yield folder
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755)
    import shutil

    shutil.rmtree(folder)


@pytest.mark.parametrize(("locked", "mode"), [("a", 0o700), ("a/b", 0o000), ("a/b/c", 0o555), ("a/b/c", 0o733)])
def test_the_folder_that_bars_the_way_to_a_place_is_named(place: Path, locked: str, mode: int) -> None:
    target = place / "a/b/c"
    target.mkdir(parents=True)
    (place / locked).chmod(mode if os.geteuid() == 0 else mode & 0o555)
    with as_nobody():
        message = explain_refusal(target, is_writing=True)
    assert f" {place / locked}: it belongs to " in message
    assert f"mode {(place / locked).stat().st_mode & 0o777:03o}" in message


def test_unwritable_subfolder_of_the_output_is_named(place: Path) -> None:
    """A sub-folder of the output is to blame, not the output folder itself."""
    place.chmod(0o777)
    with as_nobody():
        publisher = Publisher(place)
        publisher.publish("sub/a.pdf", "first")
        (publisher.output / "sub").chmod(0o555)
        with pytest.raises(PublishError) as caught:
            publisher.publish("sub/b.pdf", "second")
        assert not (publisher.output / "sub/b").exists()
    assert caught.value.kind == "permission"
    assert f"no permission to write in {publisher.output / 'sub'}: " in str(caught.value)
    assert "user" in ADVICE["permission"]


@pytest.mark.parametrize("is_folder", [True, False])
def test_file_or_folder_that_cannot_be_read_is_named(place: Path, is_folder: bool) -> None:
    """Either it is the document, or a folder above it."""
    hot, spool = place / "hot", place / "spool"
    (hot / "sub").mkdir(parents=True)
    spool.mkdir()
    spool.chmod(0o777)
    source = hot / "sub/a.pdf"
    source.write_bytes(b"%PDF-")
    barring = source.parent if is_folder else source
    barring.chmod(0o000)
    expected = Fingerprint.of(source.lstat()) if os.geteuid() == 0 or not is_folder else Fingerprint(0, 0, 0, 0)
    with as_nobody(), pytest.raises(DocumentError) as caught:
        Spool(spool / "own", tick=lambda: None).stage("1", hot, "sub/a.pdf", expected)
    assert caught.value.kind == "permission"
    assert f" {barring}: it belongs to " in str(caught.value)


# --- sources, the spool ---------------------------------------------------------------------------------------------


def _core_of_nobody(stack: ExitStack, place: Path, after: After, content: bytes = b"%PDF-1.4 one") -> Core:
    """With one document in `inbox/sub`, all of it that user's."""
    place.chmod(0o777)
    stack.enter_context(as_nobody())
    core = stack.enter_context(core_at(place, after=after))
    for folder in ("done/sub", "failed/sub"):
        (place / folder).mkdir(parents=True)
    core.drop("sub/a.pdf", content)
    return core


@pytest.mark.parametrize("after", [After.ARCHIVE, After.DELETE])
@pytest.mark.parametrize("content", [b"%PDF-1.4 one", b"no document"], ids=["published", "dead"])
@pytest.mark.parametrize("locked", ["inbox", "inbox/sub", "target", "target/sub"])
def test_unmovable_source_is_kept_and_named(place: Path, after: After, content: bytes, locked: str) -> None:
    """The folder that it was to leave, or that it was to go to, is named; it is moved once that is mended."""
    target = "failed" if content == b"no document" else "done" if after is After.ARCHIVE else "inbox"
    barring = place / locked.replace("target", target)
    with ExitStack() as stack:
        core = _core_of_nobody(stack, place, after, content)
        # What is to be read may not be locked before it was.
        core.converter.before_result = lambda: barring.chmod(0o555 if barring.name == "sub" else 0o666)
        core.finish_all()
        reasons = {str(event["reason"]) for event in core.log.find("source.kept")}
        barring.chmod(0o755)
        assert (core.inbox / "sub/a.pdf").exists()
        assert len(reasons) == 1
        assert f" {barring}: it belongs to " in reasons.pop()
        core.processor.policies.settle_all()
        assert not (core.inbox / "sub/a.pdf").exists()


def test_source_in_a_sticky_folder_is_kept_and_named(place: Path) -> None:
    """As `/tmp` is: whoever may write there may not take out what is another's."""
    if os.geteuid() != 0:
        pytest.skip("only root may give a file away")
    with ExitStack() as stack:
        core = _core_of_nobody(stack, place, After.DELETE)
        os.seteuid(0)
        os.chown(core.inbox / "sub", 0, 0)
        (core.inbox / "sub").chmod(0o1777)
        os.chown(core.inbox / "sub/a.pdf", 1, 1)
        (core.inbox / "sub/a.pdf").chmod(0o644)
        os.seteuid(NOBODY)
        core.queue("sub/a.pdf")
        core.finish_all()
        (event,) = core.log.find("source.kept")[:1]
    assert f"take a.pdf out of {core.inbox / 'sub'}: that folder has the sticky bit" in str(event["reason"])


def test_unwritable_spool_pauses_the_folder(place: Path) -> None:
    """It is no document's fault: they wait, and the spool is named."""
    with ExitStack() as stack:
        core = _core_of_nobody(stack, place, After.ARCHIVE)
        core.spool.root.chmod(0o500)
        core.finish_all()
        (paused,) = core.log.find("folder.paused")
        assert f"no permission to write in {core.spool.root}: it belongs to " in str(paused["reason"])
        core.processor.look_for_room(float("inf"))
        assert core.processor.storage.paused
        assert f"no permission to write in {core.spool.root}: " in next(iter(core.processor.storage.paused.values()))
        core.spool.root.chmod(0o700)
        core.processor.look_for_room(float("inf"))
        core.finish_all()
        assert core.journal.reader.count_documents()["published"] == 1
