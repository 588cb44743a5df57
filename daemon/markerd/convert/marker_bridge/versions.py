"""Which versions of the libraries that read documents are installed, for the manifest and for reports of faults."""

from __future__ import annotations

import importlib.metadata

from markerd import __version__

_LIBRARIES = ("marker-pdf", "surya-ocr", "pdftext", "pypdfium2", "liteparse", "rapidocr", "onnxruntime", "torch")


def list_versions() -> dict[str, str]:
    """Map markerd, and each library that is installed, to its version."""
    found = {"markerd": __version__}
    for name in _LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
