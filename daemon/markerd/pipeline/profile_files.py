"""The profiles that concern one document, read from its hot folder, in which anyone may have put anything.

<hot>/.markerd.toml            what lies in the hot folder and below it
<hot>/sub/.markerd.toml        what lies in `sub` and below it
<hot>/sub/a.pdf.markerd.toml   the document `sub/a.pdf`
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath

from markerd.errors import DocumentError
from markerd.files import durable
from markerd.files.untrusted import read_file
from markerd.values import make_printable, shorten_name

FOLDER_PROFILE = ".markerd.toml"
DOCUMENT_ENDING = ".markerd.toml"
IGNORED = f"*{DOCUMENT_ENDING}"
"""The pattern of profiles: they are no documents."""


def iterate_profiles(hot: Path, path: str, max_bytes: int) -> Iterator[tuple[str, bytes]]:
    """Iterate over the profiles of the document at `path` below the hot folder: the printable path and the bytes of
    each, the nearest to the document last.

    No part of their paths may be a symbolic link, and nothing but a regular file of at most `max_bytes` is read,
    without waiting. Raises DocumentError for anything else that has the name of a profile, OSError where the way to the
    document is barred.
    """
    *folders, name = PurePath(path).parts
    with durable.open_folder(hot, create=False) as root, durable.Descent(root) as descent:
        for depth in range(len(folders) + 1):
            parts = tuple(folders[:depth])
            yield from _read(descent, parts, FOLDER_PROFILE, max_bytes)
        yield from _read(descent, tuple(folders), shorten_name(name, DOCUMENT_ENDING), max_bytes)


def _read(descent: durable.Descent, parts: tuple[str, ...], name: str, max_bytes: int) -> Iterator[tuple[str, bytes]]:
    shown, folder = make_printable("/".join([*parts, name])), descent.open_at(parts)
    try:
        yield shown, read_file(name, max_bytes, folder)
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise refuse_profile(shown, f"it cannot be read: {reason}", is_permanent=False) from error


def refuse_profile(shown: str, reason: str, *, is_permanent: bool) -> DocumentError:
    """Build the error of a document whose profile is refused: nobody wants it converted in another way."""
    return DocumentError(f"the profile {shown} is refused: {reason}", kind="profile", is_permanent=is_permanent)
