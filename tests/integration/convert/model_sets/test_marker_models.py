"""Marker's own models, from the daemon to the servers: stand-in weights, and everything else as it is.

The servers are started once for all tests but those that kill what must not be shared.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil
import pytest

import fake_llm
import fake_vision
from documents import docx, letter_scan_pdf, page_of, pdf_bytes
from harness import RunningDaemon, wait_until
from markerd.convert.model_sets.servers import health
from reports import make_report
from server_scene import find_free_port, find_processes
from tiny_surya import COMMIT, LAYOUT_REPOSITORY, TinySurya

pytestmark = pytest.mark.models

PATIENCE_S = 240.0
"""Surya's servers load torch: 8 s on an idle machine, minutes on a loaded one."""


DOCUMENTS_A_CONVERTER = 7
"""Three converters have 21 documents."""


@dataclass
class Vision:
    """The stand-in for the vision model, in a process of its own."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def habits(self) -> Path:
        return self.folder / "habits"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def start(self) -> None:
        self.behave("ok")
        command = [sys.executable, fake_vision.__file__, str(self.port), str(self.habits)]
        self.process = subprocess.Popen([*command, "--log", str(self.folder / "requests")])
        wait_until(lambda: health.is_healthy(self.port), PATIENCE_S, "the stand-in")

    def behave(self, habit: str) -> None:
        (self.folder / "new").write_text(habit)
        (self.folder / "new").rename(self.habits)

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def read_requests(self) -> list[dict[str, object]]:
        log = self.folder / "requests"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


@pytest.fixture(scope="module")
def vision(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vision]:
    made = Vision(tmp_path_factory.mktemp("vision"), find_free_port())
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def surya(tmp_path_factory: pytest.TempPathFactory, tiny_surya: TinySurya, vision: Vision) -> Iterator[RunningDaemon]:
    """A daemon with Marker's own models, confined, in an environment that names certificates."""
    daemon = RunningDaemon(tmp_path_factory.mktemp("surya"))
    configure(daemon, vision)
    certificates = daemon.root / "certificates.pem"
    certificates.write_text("none\n")
    variables = {"SSL_CERT_FILE": str(certificates), "MARKERD_VLM_KEY": fake_llm.KEY, "MARKERD_LLM_KEY": fake_llm.KEY}
    daemon.start(is_waiting=False, **variables, **tiny_surya.environment)
    daemon.wait_for("folder.watching", timeout_s=PATIENCE_S)
    yield daemon
    daemon.kill()


@pytest.fixture(autouse=True)
def sound_vision(vision: Vision) -> None:
    vision.behave("ok")
    if vision.process is None:
        vision.start()


def is_in_service(daemon: RunningDaemon, pid: int) -> bool:
    """Whether it is the converter in service, by the status."""
    return bool(json.loads((daemon.state_dir / "status.json").read_bytes())["converter"]["pid"] == pid)


def configure(daemon: RunningDaemon, vision: Vision | None, llm_url: str = "", **options: object) -> None:
    """Write the configuration; `options` are those of Marker. There may be no vision model, and no LLM service."""
    converter = {"models": "surya", "recycle_documents": DOCUMENTS_A_CONVERTER, "retry_delay_s": 0.2}
    surya = {"vlm": "none"} if vision is None else {"vlm_url": vision.url}
    llm = {"service": "openai", "url": llm_url} if llm_url else {}
    daemon.write_config(converter=converter, surya=surya, marker=options, llm=llm)


def reload(daemon: RunningDaemon) -> None:
    """Have the configuration reloaded; Surya's servers are started anew where they are others."""
    before = len(daemon.find("config.reloaded"))
    daemon.signal(signal.SIGHUP)
    daemon.wait_for("config.reloaded", count=before + 1, timeout_s=PATIENCE_S)


def find_servers(daemon: RunningDaemon) -> dict[str, int]:
    """Map each server to its process, as the log has them."""
    return {event["server"]: event["server_pid"] for event in daemon.find("server.ready")}


def convert(daemon: RunningDaemon, name: str, content: bytes) -> str:
    daemon.drop(name, content)
    daemon.wait_for("document.published", document=name, timeout_s=PATIENCE_S)
    return daemon.markdown(name.rsplit(".", 1)[0])


def test_digital_pages_and_scans_are_read(surya: RunningDaemon, vision: Vision) -> None:
    """Text of the layer and of the vision model; both processes are fully confined, and requests are as Surya's."""
    assert "harvest festival" in convert(surya, "digital.pdf", pdf_bytes(page_of("harvest festival")))
    read = convert(surya, "scan.pdf", letter_scan_pdf())
    assert fake_vision.SENTENCE in read
    assert [request["faults"] for request in vision.read_requests()] == [[]] * len(vision.read_requests())
    assert {request["authorization"] for request in vision.read_requests()} == {f"Bearer {fake_llm.KEY}"}
    assert surya.find("converter.confined")[0]["confinement"] == "full"
    assert not [event for event in surya.find("server.output") if "not fully confined" in event["line"]]
    assert not surya.find("cleanup.leftover")
    assert not [event for event in surya.find("server.output") if "Reading-order model not available" in event["line"]]
    manifest = json.loads((surya.outbox / "scan" / "manifest.json").read_text())
    assert manifest["model_set"] == "surya"
    assert manifest["versions"]["layout"] == f"{LAYOUT_REPOSITORY}@{COMMIT}"
    assert manifest["versions"]["vision"] == fake_vision.MODEL


def test_balanced_pages_are_laid_out_by_the_vision_model(surya: RunningDaemon, vision: Vision) -> None:
    """The mode is a folder's; a digital page takes one request for its layout, a scanned one another for its text."""
    before = len(vision.read_requests())
    configure(surya, vision, mode="balanced")
    servers = find_servers(surya)
    reload(surya)
    assert "balanced words" in convert(surya, "balanced.pdf", pdf_bytes(page_of("balanced words")))
    assert [request["kind"] for request in vision.read_requests()[before:]] == ["layout"]
    assert fake_vision.SENTENCE in convert(surya, "balanced-scan.pdf", letter_scan_pdf())
    assert [request["kind"] for request in vision.read_requests()[before + 1 :]] == ["layout", "page"]
    assert find_servers(surya) == servers
    configure(surya, vision)
    reload(surya)


def test_servers_outlive_converters(surya: RunningDaemon) -> None:
    """Recycled three times, and killed once, the converter costs no load of a model: the servers are the same."""
    servers = find_servers(surya)
    started = len(surya.find("converter.started"))
    for recycled in range(1, 4):
        for number in range(DOCUMENTS_A_CONVERTER):
            convert(surya, f"many-{recycled}-{number}.pdf", pdf_bytes(page_of(f"document {number} of {recycled}")))
        surya.wait_for("converter.started", count=started + recycled, timeout_s=PATIENCE_S)
        replacement = surya.find("converter.started")[-1]["converter_pid"]
        wait_until(partial(is_in_service, surya, replacement), PATIENCE_S, "the replacement")
    os.kill(surya.find("converter.started")[-1]["converter_pid"], signal.SIGKILL)
    convert(surya, "after.pdf", pdf_bytes(page_of("after the kill")))
    assert find_servers(surya) == servers
    assert all(psutil.pid_exists(pid) for pid in servers.values())


@pytest.mark.parametrize("habit", ["error", "empty", "loop"])
def test_answers_that_are_none_are_errors_of_the_document(surya: RunningDaemon, vision: Vision, habit: str) -> None:
    """A vision model that is well and has no answer: nothing empty is published."""
    vision.behave(habit)
    surya.drop(f"{habit}.pdf", letter_scan_pdf())
    failed = surya.wait_for("document.failed", document=f"{habit}.pdf", timeout_s=PATIENCE_S)
    assert failed["kind"] == "model_answer"
    vision.behave("ok")
    surya.wait_for("document.published", document=f"{habit}.pdf", timeout_s=PATIENCE_S)
    assert fake_vision.SENTENCE in surya.markdown(habit)


@pytest.mark.parametrize("reason", ["gone", "other"])
def test_document_waits_for_a_model_that_is_away(surya: RunningDaemon, vision: Vision, reason: str) -> None:
    """It is put back, uncounted, and others go on; it is published once the model is back."""
    if reason == "gone":
        vision.stop()
    else:
        vision.behave("other somebody/else")
    away, back = len(surya.find("model.away")), len(surya.find("model.back"))
    surya.drop(f"{reason}.pdf", letter_scan_pdf())
    surya.wait_for("model.away", count=away + 1, timeout_s=PATIENCE_S)
    assert "goes on" in convert(surya, f"beside-{reason}.pdf", pdf_bytes(page_of("goes on")))
    surya.drop(f"sheet-{reason}.docx", docx(surya.root / "made.docx", "Heading", "Needs no model").read_bytes())
    surya.wait_for("document.published", document=f"sheet-{reason}.docx", timeout_s=PATIENCE_S)
    assert not surya.find("document.published", document=f"{reason}.pdf")
    vision.behave("ok")
    if vision.process is None:
        vision.start()
    published = surya.wait_for("document.published", document=f"{reason}.pdf", timeout_s=PATIENCE_S)
    assert published["attempt"] == 1
    surya.wait_for("model.back", count=back + 1)


def test_slow_answers_are_waited_for_and_nothing_else_is_reached(surya: RunningDaemon, vision: Vision) -> None:
    """While the vision model thinks, the converter is connected to it alone, and listens nowhere; servers listen."""
    before = len(vision.read_requests())
    vision.behave("slow")
    surya.drop("slow.pdf", letter_scan_pdf())
    wait_until(lambda: len(vision.read_requests()) > before, PATIENCE_S, "the request")
    converter = psutil.Process(surya.find("converter.started")[-1]["converter_pid"])
    sockets = [(each.status, each.raddr) for each in converter.net_connections("inet")]
    assert {(status, address.ip) for status, address in sockets} == {("ESTABLISHED", "127.0.0.1")}
    for event in surya.find("server.ready"):
        if psutil.pid_exists(event["server_pid"]):
            opened = psutil.Process(event["server_pid"]).net_connections("inet")
            assert {each.laddr for each in opened if each.status == "LISTEN"} == {("127.0.0.1", event["port"])}
    surya.wait_for("document.published", document="slow.pdf", timeout_s=PATIENCE_S)
    assert fake_vision.SENTENCE in surya.markdown("slow")


def test_llm_service_is_asked_beside_the_servers(surya: RunningDaemon, vision: Vision) -> None:
    """A reload brings it, with a port more for converters, and costs no load of a model; the key is in no log."""
    servers = find_servers(surya)
    with fake_llm.running() as llm:
        configure(surya, vision, f"{llm.url}/v1", use_llm=True, max_retries=0)
        reload(surya)
        assert f"# {fake_llm.HEADING}" in convert(surya, "improved.pdf", make_report())
        configure(surya, vision)
        reload(surya)
        assert llm.asked
    assert find_servers(surya) == servers
    assert {event["confinement"] for event in surya.find("converter.confined")} == {"full"}
    assert fake_llm.KEY not in json.dumps([surya.events, surya.noise])


def test_vision_model_that_ends_in_mid_document(surya: RunningDaemon, vision: Vision) -> None:
    """The document is put back, and published once the model is there again."""
    before = len(vision.read_requests())
    vision.behave("never")
    surya.drop("middle.pdf", letter_scan_pdf())
    wait_until(lambda: len(vision.read_requests()) > before, PATIENCE_S, "the request")
    vision.stop()
    surya.wait_for("document.put_back", document="middle.pdf", timeout_s=PATIENCE_S)
    vision.start()
    published = surya.wait_for("document.published", document="middle.pdf", timeout_s=PATIENCE_S)
    assert published["attempt"] == 1


def test_server_killed_in_mid_document_costs_nothing(surya: RunningDaemon, vision: Vision) -> None:
    """The document waits for the next one, as long as that takes to load."""
    dead = find_servers(surya)["layout"]
    os.kill(dead, signal.SIGKILL)
    assert "still read" in convert(surya, "killed.pdf", pdf_bytes(page_of("still read")))
    assert find_servers(surya)["layout"] != dead
    assert not surya.find("document.failed", document="killed.pdf")


def test_without_a_vision_model_text_layers_are_read(surya: RunningDaemon, vision: Vision) -> None:
    """A scan is a dead letter that says why; a digital page is read. The other servers go on through the reload."""
    servers = find_servers(surya)
    configure(surya, None)
    reload(surya)
    surya.drop("unreadable.pdf", letter_scan_pdf())
    dead = surya.wait_for("document.dead", document="unreadable.pdf", timeout_s=PATIENCE_S)
    assert dead["kind"] == "model_missing"
    assert "of the layer" in convert(surya, "layer.pdf", pdf_bytes(page_of("of the layer")))
    assert find_servers(surya) == servers


def test_nothing_outlives_a_killed_daemon(surya: RunningDaemon) -> None:
    """The last test: the servers are Surya's own, and end within moments of a SIGKILL."""
    home = surya.state_dir / "servers"
    assert len(find_processes(home)) == 4
    surya.kill()
    wait_until(lambda: not find_processes(home), 10.0, "the end of the servers")
