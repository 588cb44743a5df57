"""Files travel as they are, or not at all."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markerd.convert.ray.parcel import ParcelError, pack, read_head, unpack

MOST = 1 << 20
names = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=20).filter(
    lambda name: name not in (".", "..") and len(name.encode()) < 200
)
trees = st.dictionaries(names, st.binary(max_size=200), max_size=4)


def contents(folder: Path) -> dict[str, bytes | None]:
    """Every file below the folder with its bytes, and every folder."""
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


@given(tree=trees, below=trees)
def test_folder_arrives_as_it_was_sent(
    tmp_path_factory: pytest.TempPathFactory, tree: dict[str, bytes], below: dict[str, bytes]
) -> None:
    """With its subfolders, whatever the names; an empty folder too."""
    root = tmp_path_factory.mktemp("tree")
    sent, arrived = root / "sent", root / "arrived"
    (sent / "\udcff sub").mkdir(parents=True)
    for folder, files in ((sent, tree), (sent / "\udcff sub", below)):
        for name, content in files.items():
            (folder / name).write_bytes(content)
    parcel = pack({"attempt": 7}, {"output_dir": sent}, MOST)
    assert unpack(parcel, {"output_dir": arrived}) == read_head(parcel) == {"attempt": 7}
    assert contents(arrived) == contents(sent)
    assert pack({"attempt": 7}, {"output_dir": arrived}, MOST) == parcel


def test_parcel_names_no_path_of_the_sender(tmp_path: Path) -> None:
    """Whoever receives it learns the name of the place alone."""
    source = tmp_path / "document.pdf"
    source.write_bytes(b"%PDF")
    parcel = pack({}, {"source": source}, MOST)
    assert str(tmp_path).encode() not in parcel
    unpack(parcel, {"source": tmp_path / "copy"})
    assert (tmp_path / "copy").read_bytes() == b"%PDF"


@given(at=st.integers(min_value=0), flipped=st.integers(1, 255))
def test_damaged_parcel_is_refused_whole(tmp_path_factory: pytest.TempPathFactory, at: int, flipped: int) -> None:
    """One byte is enough, wherever it is; nothing is written."""
    root = tmp_path_factory.mktemp("damaged")
    (root / "a").write_bytes(b"the content")
    parcel = bytearray(pack({"attempt": 1}, {"source": root / "a"}, MOST))
    at %= len(parcel)
    parcel[at] ^= flipped
    if at == 64:  # the line end behind the hash: nothing depends on it
        return
    with pytest.raises(ParcelError):
        unpack(bytes(parcel), {"source": root / "b"})
    assert not (root / "b").exists()


@pytest.mark.parametrize("path", [["..", "x"], ["a/b"], [""], ["."], [7], ["\0"]])
def test_path_that_leads_elsewhere_is_refused(tmp_path: Path, path: list[object]) -> None:
    """An actor is another machine, which may be somebody else's by now."""
    import json

    body = json.dumps({"head": {}, "entries": [["output_dir", path, 1]]}).encode() + b"\nx"
    parcel = hashlib.sha256(body).hexdigest().encode() + b"\n" + body
    with pytest.raises(ParcelError):
        unpack(parcel, {"output_dir": tmp_path / "out"})
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("size", [-2, 2, 1.0, True, None])
def test_size_that_does_not_fit_is_refused(tmp_path: Path, size: object) -> None:
    """The table of contents must account for every byte."""
    import json

    body = json.dumps({"head": {}, "entries": [["output_dir", [], size]]}).encode() + b"\nx"
    parcel = hashlib.sha256(body).hexdigest().encode() + b"\n" + body
    with pytest.raises(ParcelError):
        unpack(parcel, {"output_dir": tmp_path / "out"})


def test_links_are_not_followed(tmp_path: Path) -> None:
    """A converter may have left one to a file that is none of its business."""
    (tmp_path / "secret").write_text("x")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.md").symlink_to(tmp_path / "secret")
    with pytest.raises(ParcelError, match="no regular file"):
        pack({}, {"output_dir": tmp_path / "out"}, MOST)


def test_too_large_is_refused(tmp_path: Path) -> None:
    """The limit counts all files together."""
    for name in "ab":
        (tmp_path / name).write_bytes(bytes(60))
    pack({}, {"output_dir": tmp_path}, 120)
    with pytest.raises(ParcelError, match="larger than 119 bytes"):
        pack({}, {"output_dir": tmp_path}, 119)
