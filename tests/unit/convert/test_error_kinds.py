"""What a library raised for a damaged document is permanent where the bytes alone are the reason."""

from __future__ import annotations

import ast
import errno
from pathlib import Path

import pytest
from pypdfium2 import PdfiumError

import markerd
from markerd.convert.preflight import translate_error
from markerd.pipeline.dead_letters import ADVICE

RAISERS = {"DocumentError", "_build_permanent_error"}


@pytest.mark.parametrize(
    ("error", "kind", "is_permanent"),
    [
        (PdfiumError("Failed to load page."), "unreadable", True),
        (PdfiumError("Failed to load document", err_code=3), "unreadable", True),
        (PdfiumError("Failed to load document", err_code=4), "encrypted", True),
        (PdfiumError("Failed to get bitmap buffer"), "conversion", False),
        (OSError("image file is truncated (4 bytes not processed)"), "unreadable", True),
        (OSError(errno.EIO, "Input/output error"), "conversion", False),
        (OSError(errno.ENOSPC, "No space left on device"), "disk_full", False),
        (ConnectionError("a model server is away"), "conversion", False),
        (KeyError("anything"), "conversion", False),
    ],
)
def test_library_error_gets_its_kind(error: Exception, kind: str, is_permanent: bool) -> None:
    """A fault of the disk, a lack of room or an absent server may pass; damage does not."""
    known = translate_error(error)
    assert (known.kind, known.is_permanent) == (kind, is_permanent)
    assert str(known)


def test_deepest_cause_decides_the_kind() -> None:
    """Providers wrap the errors that they meet."""
    wrapped = RuntimeError("something went wrong")
    wrapped.__cause__ = OSError("broken data stream when reading image file")
    assert translate_error(wrapped).kind == "unreadable"


def test_every_kind_has_advice() -> None:
    """A new kind that does not say what to do is found here."""
    package = Path(markerd.__file__).parent
    raised = [
        call
        for file in package.rglob("*.py")
        for call in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in RAISERS
    ]
    assert {call.func.id for call in raised if isinstance(call.func, ast.Name)} == RAISERS
    named = {
        argument.value
        for call in raised
        for argument in [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg == "kind")]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and argument.value.isidentifier()
    }
    assert {"too_many_parts", "encrypted", "too_large"} <= named
    assert named <= set(ADVICE)
