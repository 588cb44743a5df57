"""`converter = "ocr"` with Marker's own models: real servers on stand-in weights, and a stand-in vision model."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import documents
import fake_vision
from conftest import StartDaemon
from harness import wait_until
from markerd.convert.model_sets.servers import health
from server_scene import find_free_port
from tiny_surya import TinySurya

pytestmark = [pytest.mark.models, pytest.mark.xdist_group("surya")]

PATIENCE_S = 240.0
"""Surya's servers load torch: 8 s on an idle machine, minutes on a loaded one."""


@pytest.fixture
def vision_url(tmp_path: Path) -> Iterator[str]:
    port, habits = find_free_port(), tmp_path / "habits"
    habits.write_text("ok")
    process = subprocess.Popen([sys.executable, fake_vision.__file__, str(port), str(habits)])
    try:
        wait_until(lambda: health.is_healthy(port), PATIENCE_S, "the stand-in")
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.kill()
        process.wait()


def test_ocr_converter_reads_pages_with_the_vision_model(
    tmp_path: Path, tiny_surya: TinySurya, vision_url: str, daemon_at: StartDaemon
) -> None:
    """Pages with a text layer and scans alike; an Office document says which converter it is not for."""
    daemon = daemon_at(
        tmp_path / "daemon",
        converter={"models": "surya", "retry_delay_s": 0.2},
        surya={"vlm_url": vision_url},
        folders={"converter": "ocr", "formats": ["json"]},
    )
    daemon.start(is_waiting=False, **tiny_surya.environment)
    daemon.wait_for("folder.watching", timeout_s=PATIENCE_S)
    daemon.drop("text.pdf", documents.pdf_bytes(documents.page_of("of the layer"), documents.page_of("of the layer")))
    daemon.drop("scan.pdf", documents.letter_scan_pdf())
    daemon.drop("letter.docx", documents.docx(tmp_path / "letter.docx", "Heading", "Paragraph").read_bytes())
    for name, pages in (("text", 2), ("scan", 1)):
        daemon.wait_for("document.published", document=f"{name}.pdf", timeout_s=PATIENCE_S)
        read = json.loads((daemon.outbox / name / f"{name}.json").read_text())["children"]
        assert len(read) == pages
        for page in read:
            html = " ".join(block["html"] for block in page["children"])
            assert fake_vision.SENTENCE in html
            assert "of the layer" not in html
    dead = daemon.wait_for("document.dead", document="letter.docx", timeout_s=PATIENCE_S)
    assert dead["kind"] == "not_for_converter"
    manifest = json.loads((daemon.outbox / "text" / "manifest.json").read_text())
    assert manifest["versions"]["layout"].startswith("datalab-to/surya_layout2@")
    assert manifest["versions"]["order"].startswith("datalab-to/surya_layout2/order@")
