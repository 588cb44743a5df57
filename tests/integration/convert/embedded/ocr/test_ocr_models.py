"""Other models for OCR, from a folder that the configuration names: real files under other names."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from documents import scan_pdf
from fakes import RecordingLog
from markerd.convert.embedded.ocr.model_files import choose_models, find_bundled
from markerd.convert.model_sets import check_ocr_models, choose_model_set
from markerd.convert.process.converter import ProcessConverter
from markerd.convert.process.settings import ProcessSettings
from markerd.convert.protocol import ConversionRequest, ConverterSpec
from markerd.errors import UnavailableError

KEY = b"character"  # of the model's metadata, where the characters stand


def characters() -> list[str]:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(find_bundled().recognition), providers=["CPUExecutionProvider"])
    listed: str = session.get_modelmeta().custom_metadata_map[KEY.decode()]
    return listed.splitlines()


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a recognition model that does not hold its characters, and a file with them."""
    folder = tmp_path_factory.mktemp("models")
    content = find_bundled().recognition.read_bytes()
    assert content.count(KEY) == 1
    without = content.replace(KEY, b"charakter")  # codespell:ignore charakter
    (folder / "latin_PP-OCRv3_rec_mobile.onnx").write_bytes(without)
    (folder / "latin_dict.txt").write_text("\n".join(characters()) + "\n", encoding="utf-8")
    return folder


def test_a_folder_may_hold_either_model_or_both(tmp_path: Path) -> None:
    """The detector finds lines in any script: without one in the folder, the bundled one is used."""
    shutil.copy(find_bundled().recognition, tmp_path / "arabic_PP-OCRv5_rec_mobile.onnx")
    (tmp_path / "README.md").write_text("theirs")
    assert choose_models(tmp_path).detection == find_bundled().detection
    shutil.copy(find_bundled().detection, tmp_path / "other-det.onnx")
    assert (choose_models(tmp_path).detection.name, choose_models(tmp_path).keys) == ("other-det.onnx", None)
    check_ocr_models(tmp_path)
    choice = choose_model_set(ConverterSpec(ocr_models=tmp_path))
    assert f"arabic_PP-OCRv5_rec_mobile.onnx of {tmp_path}" in choice.reason
    assert choice.files["ocr"].startswith("arabic_PP-OCRv5_rec_mobile.onnx sha256:")
    assert choose_models(None) == find_bundled()


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], "does not hold what OCR needs"),
        (["a_det.onnx"], "does not hold what OCR needs"),
        (["a_rec.onnx", "b_rec.onnx"], "or more of it"),
        (["a_rec.onnx", "a.txt", "b.txt"], "or more of it"),
        (["a_rec.onnx"], "a_rec.onnx cannot be used"),
    ],
)
def test_unusable_folder_is_refused(tmp_path: Path, names: list[str], expected: str) -> None:
    """The message names the cause, before a document is touched."""
    for name in names:
        (tmp_path / name).write_bytes(b"no model")
    with pytest.raises(UnavailableError, match=expected):
        check_ocr_models(tmp_path)


def test_missing_folder_is_refused(tmp_path: Path) -> None:
    """The message names the folder."""
    with pytest.raises(UnavailableError, match="nowhere"):
        check_ocr_models(tmp_path / "nowhere")


def test_characters_must_be_those_of_the_model(older: Path, tmp_path: Path) -> None:
    """Without them RapidOCR would download some; with others it would read everything wrong."""
    check_ocr_models(older)
    shutil.copytree(older, tmp_path / "models")
    keys = tmp_path / "models" / "latin_dict.txt"
    keys.write_text("a\nb\nc\n")
    with pytest.raises(UnavailableError, match=r"latin_dict\.txt has 3 characters, its model 18708"):
        check_ocr_models(tmp_path / "models")
    keys.unlink()
    with pytest.raises(UnavailableError, match="does not hold its characters"):
        check_ocr_models(tmp_path / "models")


@pytest.mark.models
def test_the_confined_converter_reads_with_them(older: Path, tmp_path: Path) -> None:
    """The folder is one that it could not read otherwise; the log and the manifest name the models."""
    settings = ProcessSettings(ConverterSpec(ocr_models=older), 120.0, 30.0, tmp_path / "working")
    converter = ProcessConverter(settings, RecordingLog(), lambda: None)
    source = scan_pdf(tmp_path / "scan.pdf", "read with other models")
    for name in ("out", "tmp"):
        (tmp_path / name).mkdir()
    request = ConversionRequest(
        "scan.pdf", str(source), str(tmp_path / "out"), str(tmp_path / "tmp"), ("markdown",)
    )  # fmt: skip
    try:
        info = converter.start()
        result = converter.convert(request, on_pages=lambda _: None)
    finally:
        converter.stop()
    assert str(older) in info.reason
    assert info.versions["ocr"].startswith("latin_PP-OCRv3_rec_mobile.onnx sha256:")
    assert "read with other models" in (tmp_path / "out" / result.artifacts[0].file_name).read_text(encoding="utf-8")
