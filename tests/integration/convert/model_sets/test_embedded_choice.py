"""The choice of the model set, from files and the environment."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from markerd.convert.model_sets import choose_model_set
from markerd.convert.model_sets.surya import find_missing_weights
from markerd.convert.protocol import ConverterSpec
from markerd.errors import ModelsMissingError

URLS = ("FAST_LAYOUT_SERVER_URL", "OCR_ERROR_SERVER_URL", "SURYA_INFERENCE_URL")
PLACES = ("FAST_LAYOUT_MODEL_CHECKPOINT", "OCR_ERROR_MODEL_CHECKPOINT", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE")


@pytest.fixture
def empty_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Caches that are empty, no servers, no programs: the folder of the caches."""
    for name in (*URLS, *PLACES, "SURYA_INFERENCE_BACKEND", "LLAMA_CPP_BINARY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MODEL_CACHE_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("SURYA_INFERENCE_BACKEND", "llamacpp")
    return tmp_path


def write(path: Path, text: str = "") -> None:
    """A file with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def fill(machine: Path) -> None:
    """Put files where surya keeps its weights."""
    store = machine / "models" / "ocr_error_detection" / "2025_02_18"
    write(store / "manifest.json", json.dumps({"files": ["model.safetensors"]}))
    write(store / "model.safetensors")
    hub = machine / "hf" / "hub"
    layout = hub / "models--datalab-to--surya_layout2"
    write(layout / "refs" / "main", "abc")
    for name in ("model.pth", "config.json", "order/order_ar.pt"):
        write(layout / "snapshots" / "abc" / name)
    gguf = hub / "models--datalab-to--surya-ocr-2-gguf" / "snapshots" / "abc"
    write(gguf.parent.parent / "refs" / "main", "abc")
    write(gguf / "surya-2.gguf")
    write(gguf / "surya-2-mmproj.gguf")
    write(machine / "bin" / "llama-server")
    (machine / "bin" / "llama-server").chmod(0o755)


def test_auto_falls_back_to_the_embedded_models(empty_machine: Path) -> None:
    """Without weights, auto means embedded, and says what is missing."""
    choice = choose_model_set(ConverterSpec("auto"))
    assert choice.name == "embedded"
    assert "surya_layout2" in choice.reason


def test_surya_without_weights_is_refused_with_advice(empty_machine: Path) -> None:
    """The message names what is missing, where it was looked for, and the way out."""
    with pytest.raises(ModelsMissingError) as caught:
        choose_model_set(ConverterSpec("surya"))
    message = str(caught.value)
    assert str(empty_machine / "models") in message
    assert "llama-server" in message
    assert 'models = "embedded"' in message


def test_complete_weights_are_found(empty_machine: Path) -> None:
    """With everything in the caches both auto and surya mean surya."""
    fill(empty_machine)
    assert find_missing_weights() == []
    assert choose_model_set(ConverterSpec("auto")).name == "surya"
    assert choose_model_set(ConverterSpec("surya")).name == "surya"


def test_every_model_is_named_with_its_revision(empty_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The manifest says which models and which revisions made an output, as far as they are known."""
    fill(empty_machine)
    assert choose_model_set(ConverterSpec("surya")).files == {
        "layout": "datalab-to/surya_layout2@abc",
        "order": "datalab-to/surya_layout2/order@abc",
        "ocr_error": "ocr_error_detection/2025_02_18",
        "vision": "datalab-to/surya-ocr-2-gguf/surya-2.gguf@abc",
        "vision_encoder": "datalab-to/surya-ocr-2-gguf/surya-2-mmproj.gguf@abc",
    }
    monkeypatch.setenv("SURYA_INFERENCE_URL", "http://127.0.0.1:9/v1")
    files = choose_model_set(ConverterSpec("auto")).files
    assert list(files) == ["layout", "order", "ocr_error"]


def test_choice_of_the_daemon_reaches_the_manifest(empty_machine: Path) -> None:
    """A converter cannot read the weights, so it takes what the daemon found out."""
    spec = ConverterSpec("surya", models_reason="The daemon chose.", model_files={"layout": "a/b@c"})
    assert choose_model_set(spec).files == {"layout": "a/b@c"}


def test_a_half_fetched_model_is_missing(empty_machine: Path) -> None:
    """A file of the manifest that is not there makes the model incomplete."""
    fill(empty_machine)
    (empty_machine / "models" / "ocr_error_detection" / "2025_02_18" / "model.safetensors").unlink()
    assert len(find_missing_weights()) == 1


@pytest.mark.parametrize(
    ("gone", "part"),
    [
        ("models--datalab-to--surya_layout2/snapshots/abc/config.json", "layout model"),
        ("models--datalab-to--surya_layout2/snapshots/abc/order/order_ar.pt", "reading order model"),
        ("models--datalab-to--surya_layout2/refs/main", "layout model"),
        ("models--datalab-to--surya-ocr-2-gguf/snapshots/abc/surya-2.gguf", "vision model"),
        ("models--datalab-to--surya-ocr-2-gguf/snapshots/abc/surya-2-mmproj.gguf", "picture encoder"),
    ],
)
def test_each_file_that_surya_reads_is_needed(empty_machine: Path, gone: str, part: str) -> None:
    """Without one of them surya would fail, or order the blocks of a page worse without a word."""
    fill(empty_machine)
    (empty_machine / "hf" / "hub" / gone).unlink()
    missing = find_missing_weights()
    assert missing[0].startswith(part)
    choice = choose_model_set(ConverterSpec("auto"))
    assert choice.name == "embedded"
    assert part in choice.reason


def test_order_is_not_needed_where_it_is_switched_off(empty_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Surya then does not load it."""
    fill(empty_machine)
    shutil.rmtree(empty_machine / "hf" / "hub" / "models--datalab-to--surya_layout2" / "snapshots" / "abc" / "order")
    monkeypatch.setenv("FAST_LAYOUT_USE_ORDER", "false")
    assert find_missing_weights() == []


def test_pinned_servers_count_as_present(empty_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights behind a URL are not looked for on this machine."""
    for name in URLS:
        monkeypatch.setenv(name, "http://127.0.0.1:9/v1")
    assert find_missing_weights() == []


def test_a_local_layout_checkpoint_is_taken(empty_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder named in the environment replaces the hub."""
    for name in ("model.pth", "config.json"):
        write(empty_machine / "own" / name)
    monkeypatch.setenv("FAST_LAYOUT_MODEL_CHECKPOINT", str(empty_machine / "own"))
    assert not any(part.startswith("layout model") for part in find_missing_weights())


def test_choosing_imports_no_heavy_library() -> None:
    """The daemon's own process chooses, and must stay small."""
    code = (
        "import sys; from markerd.convert.model_sets import choose_model_set; "
        "from markerd.convert.protocol import ConverterSpec; choose_model_set(ConverterSpec('auto')); "
        "sys.exit(bool({'torch', 'marker', 'surya', 'onnxruntime', 'PIL'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], env=dict(os.environ), check=False).returncode == 0
