"""Whether a file is complete, by its content and by what the kernel says of who has it open for writing.

Names chosen by others are opened here: `O_NOFOLLOW` keeps out symlinks, and `O_NONBLOCK` keeps the opening of a FIFO in
a file's place from blocking for ever.
"""

from __future__ import annotations

import os
import re
import stat
import struct
import time
from collections.abc import Callable
from contextlib import closing

from markerd.files.leases import is_open_for_writing
from markerd.intake.settle import Evidence
from markerd.values import Fingerprint

_HEAD_BYTES = 1024
_TAIL_BYTES = 2048
_ZIP_END = struct.Struct("<4s4H2LH")
_ZIP_COMMENT_LIMIT = 0xFFFF
_ZIP64_PLACEHOLDER = 0xFFFFFFFF


def examine(path: str, lease_device: int | None) -> Evidence:
    """Look into a file once.

    A lease is asked for on the device `lease_device` only, None for never: NFS and CIFS answer EAGAIN to every request
    that no delegation covers, which would mean "open" for ever. Raises FileNotFoundError; a file that cannot be read
    for another reason gives no opinion.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise
    except BlockingIOError:  # somebody's exclusive lease, such as Samba's for a client at work on the file
        return Evidence(is_open=True)
    except OSError:
        return Evidence()
    with closing(_Descriptor(descriptor)) as file:
        return _gather_evidence(file.number, lease_device)


class _Descriptor:
    def __init__(self, number: int) -> None:
        self.number = number

    def close(self) -> None:
        os.close(self.number)


def _gather_evidence(descriptor: int, lease_device: int | None) -> Evidence:
    # Before the status is read: a writer who comes later changes it, and one who went before has left it as it is.
    is_local = lease_device is not None and os.fstat(descriptor).st_dev == lease_device
    is_open = is_open_for_writing(descriptor) if is_local else None
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        return Evidence()
    try:
        end_mark = has_end_mark(descriptor, status.st_size)
        is_final = end_mark is True and has_final_end(descriptor, status.st_size)
    except OSError:
        end_mark, is_final = None, False
    return Evidence(
        Fingerprint.of(status), is_open, end_mark, status.st_uid != os.geteuid(), is_final,
        time.time() - status.st_ctime if is_local else None,
    )  # fmt: skip


# --- the content -------------------------------------------------------------------------------------------------


def has_end_mark(descriptor: int, size: int) -> bool | None:
    """Whether the format's own end is where it should be; None for a format that has no such mark.

    An empty file has none: browsers make one as a placeholder for a download. Raises OSError.
    """
    if size == 0:
        return False
    head = os.pread(descriptor, _HEAD_BYTES, 0)
    for is_format, is_complete in _FORMATS:
        if is_format(head):
            return is_complete(descriptor, size, head)
    return None


def has_final_end(descriptor: int, size: int) -> bool:
    """Whether a file that has its end mark ends with it, in a format whose end is written last and once.

    Not so an archive, and with it a document of an office: programs close it and open it again to add to it, and it is
    whole each time. Nor a RIFF, which has its length at its beginning. Raises OSError.
    """
    head, tail = os.pread(descriptor, _HEAD_BYTES, 0), _read_tail(descriptor, size)
    return any(is_format(head) and ending.search(tail) is not None for is_format, ending in _FINAL_ENDS)


def _read_tail(descriptor: int, size: int, count: int = _TAIL_BYTES) -> bytes:
    return os.pread(descriptor, count, max(0, size - count))


def _ends_as_pdf(descriptor: int, size: int, _head: bytes) -> bool:
    return re.search(rb"%%EOF|startxref", _read_tail(descriptor, size)) is not None


def _ends_as_png(descriptor: int, size: int, _head: bytes) -> bool:
    return b"IEND\xae\x42\x60\x82" in _read_tail(descriptor, size)


def _ends_as_jpeg(descriptor: int, size: int, _head: bytes) -> bool:
    return b"\xff\xd9" in _read_tail(descriptor, size)  # cameras append data of their own


def _ends_as_gif(descriptor: int, size: int, _head: bytes) -> bool:
    return _read_tail(descriptor, size).rstrip(b"\0").endswith(b";")


def _ends_as_riff(_descriptor: int, size: int, head: bytes) -> bool:
    return len(head) >= 8 and size >= 8 + int.from_bytes(head[4:8], "little")


def _ends_as_zip(descriptor: int, size: int, _head: bytes) -> bool:
    """The end record is there, and the central directory that it points to ends where the record begins.

    That tells the archive's own record from one of an archive stored inside it.
    """
    tail = _read_tail(descriptor, size, _ZIP_END.size + _ZIP_COMMENT_LIMIT)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _ZIP_END.size:
        return False
    record = _ZIP_END.unpack_from(tail, at)
    directory_size, directory_offset, comment_length = record[5], record[6], record[7]
    if len(tail) - at < _ZIP_END.size + comment_length:
        return False
    if _ZIP64_PLACEHOLDER in (directory_size, directory_offset) or b"PK\x06\x07" in tail[max(0, at - 20) : at]:
        return True
    return bool(directory_offset + directory_size == max(0, size - len(tail)) + at)


def _is_pdf(head: bytes) -> bool:
    return b"%PDF-" in head


def _is_png(head: bytes) -> bool:
    return head.startswith(b"\x89PNG\r\n\x1a\n")


def _is_jpeg(head: bytes) -> bool:
    return head.startswith(b"\xff\xd8\xff")


def _is_gif(head: bytes) -> bool:
    return head.startswith((b"GIF87a", b"GIF89a"))


_FINAL_ENDS: tuple[tuple[Callable[[bytes], bool], re.Pattern[bytes]], ...] = (
    (_is_pdf, re.compile(rb"startxref\s+0*[1-9]\d*\s+%%EOF\s*\Z")),
    (_is_png, re.compile(rb"IEND\xae\x42\x60\x82\Z")),
    (_is_jpeg, re.compile(rb"\xff\xd9\Z")),
    (_is_gif, re.compile(rb"\0;\Z")),
)
"""The formats that are written from their beginning to their end, and how such a file ends."""

_FORMATS: tuple[tuple[Callable[[bytes], bool], Callable[[int, int, bytes], bool]], ...] = (
    (_is_pdf, _ends_as_pdf),
    (lambda head: head.startswith(b"PK\x03\x04"), _ends_as_zip),
    (_is_png, _ends_as_png),
    (_is_jpeg, _ends_as_jpeg),
    (_is_gif, _ends_as_gif),
    (lambda head: head.startswith(b"RIFF"), _ends_as_riff),
)
