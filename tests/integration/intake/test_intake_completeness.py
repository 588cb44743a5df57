"""What a look into real files tells."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from markerd.files.leases import is_open_for_writing
from markerd.intake.completeness import examine, has_end_mark
from needs import missing

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="read leases are Linux's")

LEASE_BREAK = """
import fcntl, os, subprocess, sys
from markerd.files.leases import drop_lease, take_read_lease
descriptor = os.open(sys.argv[1], os.O_RDONLY)
take_read_lease(descriptor)
writer = subprocess.Popen([sys.executable, "-c", "import sys; open(sys.argv[1], 'ab').write(b'x')", sys.argv[1]])
while fcntl.fcntl(descriptor, fcntl.F_GETLEASE) == fcntl.F_RDLCK:
    assert writer.poll() is None
drop_lease(descriptor)
sys.exit(writer.wait())
"""


def end_mark(path: Path, content: bytes) -> bool | None:
    path.write_bytes(content)
    with path.open("rb") as file:
        return has_end_mark(file.fileno(), len(content))


def image(image_format: str) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((64, 64), 50).save(buffer, image_format)
    return buffer.getvalue()


def archive(content: bytes = b"word" * 1000, comment: bytes = b"") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("a.xml", content)
        file.writestr("b.xml", b"")
        file.comment = comment
    return buffer.getvalue()


PDF = b"%PDF-1.7\n" + b"0 0 obj\n" * 1000 + b"startxref\n9\n%%EOF\n"

COMPLETE = {
    "pdf": PDF,
    "pdf with leading junk": b"junk\n" + PDF,
    "pdf with trailing junk": PDF + b"\r\n\0" * 100,
    "zip": archive(),
    "zip with comment": archive(comment=b"c" * 5000),
    "png": image("PNG"),
    "jpeg": image("JPEG"),
    "jpeg with trailing bytes": image("JPEG") + b"\0" * 512,
    "gif": image("GIF"),
    "webp": image("WEBP"),
}


@pytest.mark.parametrize("content", COMPLETE.values(), ids=COMPLETE.keys())
def test_a_whole_file_has_its_end_mark(tmp_path: Path, content: bytes) -> None:
    """Each format's end is found, trailing bytes and comments included."""
    assert end_mark(tmp_path / "a", content) is True


@pytest.mark.parametrize("name", ["pdf", "zip", "png", "jpeg", "gif", "webp"])
@pytest.mark.parametrize("share", [0.3, 0.7, 0.95])
def test_truncated_file_has_no_end_mark(tmp_path: Path, name: str, share: float) -> None:
    """What is cut off in the middle is found incomplete."""
    content = COMPLETE[name]
    assert end_mark(tmp_path / "a", content[: int(len(content) * share)]) is False


def test_file_written_into_reserved_space_has_no_end_mark(tmp_path: Path) -> None:
    """A file that has its final size but not yet its end is incomplete."""
    assert end_mark(tmp_path / "a", PDF[:4000] + b"\0" * 4000) is False


def test_the_end_of_an_inner_archive_is_not_the_outer_ones(tmp_path: Path) -> None:
    """A zip cut off after a stored zip inside it is incomplete, although an end record is its last bytes."""
    inner = archive()
    outer = archive(content=inner)
    assert end_mark(tmp_path / "a", outer[: outer.index(inner) + len(inner)]) is False


FINAL = {
    "pdf": (PDF, True),
    "pdf with trailing junk": (PDF + b"\r\n\0" * 100, False),
    "pdf with its first part alone": (b"%PDF-1.7\nstartxref\n0\n%%EOF\n", False),
    "zip": (archive(), False),
    "png": (image("PNG"), True),
    "jpeg": (image("JPEG"), True),
    "jpeg with trailing bytes": (image("JPEG") + b"\0" * 512, False),
    "gif": (image("GIF"), True),
    "webp": (image("WEBP"), False),
    "text": (b"words", False),
}


@pytest.mark.parametrize(("content", "is_final"), FINAL.values(), ids=FINAL.keys())
def test_an_end_is_final_where_only_the_last_write_makes_it(tmp_path: Path, content: bytes, is_final: bool) -> None:
    """An archive is whole each time that it is closed, and bytes behind the end mark are no end."""
    (tmp_path / "a").write_bytes(content)
    assert examine(str(tmp_path / "a"), None).is_end_final is is_final


@on_linux
def test_time_of_the_last_change_is_told_of_a_local_file_alone(tmp_path: Path) -> None:
    """Elsewhere another machine's clock made it."""
    (tmp_path / "a").write_bytes(b"words")
    os.utime(tmp_path / "a", (1, 1))
    unchanged_s = examine(str(tmp_path / "a"), tmp_path.stat().st_dev).unchanged_s
    assert unchanged_s is not None
    assert -1 < unchanged_s < 60
    assert examine(str(tmp_path / "a"), None).unchanged_s is None


def test_an_empty_file_has_no_end_mark(tmp_path: Path) -> None:
    """A placeholder without content is incomplete."""
    assert end_mark(tmp_path / "a", b"") is False


def test_other_formats_give_no_opinion(tmp_path: Path) -> None:
    """A text has no end that could be missing."""
    assert end_mark(tmp_path / "a", b"just text") is None


def test_a_fifo_and_a_symlink_are_not_opened(tmp_path: Path) -> None:
    """Looking at what took the place of a file neither blocks nor follows."""
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "target").write_bytes(b"%PDF-")
    (tmp_path / "link").symlink_to("target")
    for name in ("fifo", "link"):
        assert examine(str(tmp_path / name), tmp_path.stat().st_dev).has_end_mark is None


def test_a_vanished_file_is_told_from_an_unreadable_one(tmp_path: Path) -> None:
    """FileNotFoundError reaches the caller."""
    with pytest.raises(FileNotFoundError):
        examine(str(tmp_path / "gone"), None)


@on_linux
def test_open_writer_is_found_by_its_lease(tmp_path: Path) -> None:
    """The lease is refused while the file is open for writing, and given when it is not."""
    path = tmp_path / "a.pdf"
    with path.open("wb"), path.open("rb") as reader:
        assert is_open_for_writing(reader.fileno()) is True
    with path.open("rb") as reader:
        assert is_open_for_writing(reader.fileno()) is False


AS_NOBODY = """
import ctypes, os, sys
from markerd.intake.completeness import examine
libc, kept = ctypes.CDLL(None, use_errno=True), int(sys.argv[2])
libc.prctl(8, 1, 0, 0, 0)  # PR_SET_KEEPCAPS
os.setgroups([])
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)
header, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)(kept, kept, 0, 0, 0, 0)  # capset(2)
assert libc.capset(header, sets) == 0
found = examine(sys.argv[1], os.stat(sys.argv[1]).st_dev)
print(found.is_open, found.is_foreign)
"""
CAP_LEASE = 1 << 28


@on_linux
@pytest.mark.parametrize("capabilities", [0, CAP_LEASE])
def test_file_of_another_user_is_foreign(capabilities: int) -> None:
    """The kernel tells who has it open to a holder of CAP_LEASE; who is none knows at least that it is foreign."""
    if os.geteuid() != 0:
        missing("only root may become another user")
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        path = Path(folder, "a.html")
        path.write_text("<p>Half of it")
        Path(folder).chmod(0o755)
        answers = []
        for mode in ("rb", "r+b"):
            with path.open(mode):
                command = [sys.executable, "-c", AS_NOBODY, str(path), str(capabilities)]
                answers.append(subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout)
    told = ["False True\n", "True True\n"] if capabilities else ["None True\n", "None True\n"]
    assert answers == told


@on_linux
def test_no_lease_is_asked_for_on_another_device(tmp_path: Path) -> None:
    """Elsewhere, where a refusal may mean something else, the kernel is not asked."""
    path = tmp_path / "a.pdf"
    with path.open("wb"):
        assert examine(str(path), tmp_path.stat().st_dev).is_open is True
        assert examine(str(path), -1).is_open is None
        assert examine(str(path), None).is_open is None


@on_linux
def test_a_broken_lease_does_not_end_the_process(tmp_path: Path) -> None:
    """A writer who opens the file while we hold the lease has a signal sent to us, and we live on."""
    path = tmp_path / "a.pdf"
    path.write_bytes(b"word")
    outcome = subprocess.run([sys.executable, "-c", LEASE_BREAK, str(path)], timeout=30, check=False)
    assert outcome.returncode == 0
    assert path.read_bytes() == b"wordx"


SERVICE_WITH_CHILD = """
import subprocess, sys
from pathlib import Path
from markerd.files import leases
if sys.argv[1] == "keep":
    leases.keep_from_children()
print(Path("/proc/self/status").read_text())
print("--- child")
print(subprocess.run(["/bin/cat", "/proc/self/status"], stdout=subprocess.PIPE, text=True, check=True).stdout)
"""
CAP_LEASE = 1 << 28


@on_linux
@pytest.mark.parametrize(("keeps", "of_child"), [("keep", 0), ("share", CAP_LEASE)])
def test_cap_lease_is_not_inherited(keeps: str, of_child: int) -> None:
    """A service manager gives CAP_LEASE to an ordinary user's daemon; its converter gets it only where it is shared."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        missing("setpriv gives a capability to an ordinary user, as root")
    command = ["setpriv", "--reuid=65534", "--clear-groups", "--inh-caps=+lease", "--ambient-caps=+lease"]
    command += [sys.executable, "-c", SERVICE_WITH_CHILD, keeps]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=60, check=True, env=environ)
    own, child = done.stdout.split("--- child")
    assert permitted(own) & CAP_LEASE
    assert permitted(child) == of_child


def permitted(status: str) -> int:
    """The capabilities that /proc says a process may use."""
    (line,) = (line for line in status.splitlines() if line.startswith("CapPrm:"))
    return int(line.split()[1], 16)
