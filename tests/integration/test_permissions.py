"""What is not permitted is said with the folder that bars the way, whoever's it is."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from markerd.errors import DocumentError, PublishError
from markerd.permissions import refusal
from markerd.sources import ADVICE
from markerd.staging import Spool
from markerd.values import Fingerprint
from permissions_of_others import as_nobody
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


@pytest.mark.parametrize(("locked", "mode"), [("a", 0o700), ("a/b", 0o000), ("a/b/c", 0o555)])
def test_the_folder_that_bars_the_way_to_a_place_is_named(place: Path, locked: str, mode: int) -> None:
    target = place / "a/b/c"
    target.mkdir(parents=True)
    (place / locked).chmod(mode if os.geteuid() == 0 else mode & 0o555)
    with as_nobody():
        message = refusal(target, is_writing=True)
    assert f" {place / locked}: it belongs to " in message
    assert f"mode {(place / locked).stat().st_mode & 0o777:03o}" in message


def test_an_output_that_may_not_be_written(place: Path) -> None:
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
def test_a_document_that_may_not_be_read(place: Path, is_folder: bool) -> None:
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
