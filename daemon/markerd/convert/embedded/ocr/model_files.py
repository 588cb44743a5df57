"""Chooses the files that OCR runs on: those in RapidOCR's wheel, or those of a folder that the configuration names.

Importing this module is cheap: the daemon and `doctor` ask for the names, the converter looks into the files.
"""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path

from markerd.errors import UnavailableError

_ADVICE = "converter.ocr_models names a folder with one *rec*.onnx, and where it differs one *det*.onnx and one *.txt"
_ADDED_CHARACTERS = 2  # RapidOCR's own: a blank before the model's characters, a space after


@dataclass(frozen=True)
class OcrModels:
    """The model that finds lines and the one that reads them.

    `keys` holds the reader's characters, one a line, where its own file does not.
    """

    detection: Path
    recognition: Path
    keys: Path | None = None

    def __str__(self) -> str:
        return f"{self.detection} and {self.recognition}"

    def build_fingerprint(self) -> str:
        """Identify the recognition model for the manifest, whatever its name."""
        return f"{self.recognition.name} sha256:{hashlib.sha256(self.recognition.read_bytes()).hexdigest()[:16]}"


def find_bundled() -> OcrModels:
    """Find the models that come with RapidOCR, which would download missing ones: refused before it tries."""
    spec = importlib.util.find_spec("rapidocr")
    if spec is None or spec.origin is None:
        raise UnavailableError("rapidocr is not installed; install markerd again")
    folder = Path(spec.origin).parent / "models"
    found = _find_named(folder, "det"), _find_named(folder, "rec")
    if not all(len(files) == 1 for files in found):
        raise UnavailableError(f"RapidOCR's models are missing from {folder}; reinstall rapidocr")
    return OcrModels(found[0][0], found[1][0])


def choose_models(folder: Path | None) -> OcrModels:
    """Choose the models of the folder by the names of its files, or the bundled ones without a folder.

    Raises UnavailableError.
    """
    if folder is None:
        return find_bundled()
    try:
        detections, recognitions, keys = (
            _find_named(folder, "det"),
            _find_named(folder, "rec"),
            sorted(folder.glob("*.txt")),
        )
        for path in (*detections, *recognitions, *keys):
            path.open("rb").close()
    except OSError as error:
        raise UnavailableError(f"{error.filename or folder} cannot be read: {error.strerror}. {_ADVICE}") from error
    if not folder.is_dir() or len(recognitions) != 1 or len(detections) > 1 or len(keys) > 1:
        raise UnavailableError(f"{folder} does not hold what OCR needs, or more of it. {_ADVICE}")
    detection = detections[0] if detections else find_bundled().detection
    return OcrModels(detection, recognitions[0], keys[0] if keys else None)


def _find_named(folder: Path, part: str) -> list[Path]:
    return sorted(path for path in folder.glob("*.onnx") if part in path.stem.lower().replace("-", "_").split("_"))


def check_characters(models: OcrModels) -> None:
    """Check that the characters of a recognition model are known; raises UnavailableError where they are not.

    RapidOCR would download some, and read everything wrong where they are not the model's own.
    """
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    try:
        session = onnxruntime.InferenceSession(str(models.recognition), providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors share no base class but Exception
        raise UnavailableError(f"the OCR model {models.recognition} cannot be used: {error}") from error
    characters = session.get_modelmeta().custom_metadata_map.get("character")
    if characters is None and models.keys is None:
        raise UnavailableError(
            f"{models.recognition} does not hold its characters: put its dictionary (*.txt) beside it"
        )
    if characters is None and models.keys is not None:
        characters = models.keys.read_text(encoding="utf-8", errors="replace")
    known = len((characters or "").splitlines()) + _ADDED_CHARACTERS
    answers = session.get_outputs()[0].shape[-1]
    if isinstance(answers, int) and answers != known:
        raise UnavailableError(
            f"{models.keys or models.recognition} has {known - 2} characters, its model {answers - 2}"
        )
