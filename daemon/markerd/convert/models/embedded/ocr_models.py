"""Which files OCR runs on: those in RapidOCR's wheel."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from markerd.errors import UnavailableError


@dataclass(frozen=True)
class OcrModels:
    """Finds lines, reads lines; `keys` holds the reader's characters, a line each, where its own file does not."""

    detection: Path
    recognition: Path
    keys: Path | None = None

    def __str__(self) -> str:
        return f"{self.detection} and {self.recognition}"


def bundled() -> OcrModels:
    """Those that come with RapidOCR, which downloads what is missing: refused before it tries."""
    spec = importlib.util.find_spec("rapidocr")
    if spec is None or spec.origin is None:
        raise UnavailableError("rapidocr is not installed; install markerd again")
    folder = Path(spec.origin).parent / "models"
    found = _named(folder, "det"), _named(folder, "rec")
    if not all(len(files) == 1 for files in found):
        raise UnavailableError(f"RapidOCR's models are missing from {folder}; reinstall rapidocr")
    return OcrModels(found[0][0], found[1][0])


def _named(folder: Path, part: str) -> list[Path]:
    return sorted(path for path in folder.glob("*.onnx") if part in path.name.lower().replace("-", "_").split("_"))
