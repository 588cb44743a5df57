"""The real daemon with `[http]`: what it serves while it works, and what a reload changes."""

from __future__ import annotations

import json
import signal
import socket
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

import browser
import documents
from conftest import StartDaemon
from harness import RunningDaemon, run_markerd, wait_until
from markerd.monitoring.prometheus import STATES

pytestmark = pytest.mark.models


def get(address: str, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://{address}{path}", timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def metrics_of(address: str) -> dict[str, float]:
    """Each line's name with its labels, and its value."""
    lines = [line for line in get(address, "/metrics")[1].splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def address_of(daemon: RunningDaemon, count: int = 1) -> str:
    address: str = daemon.wait_for("http.listening", count=count)["address"]
    return address


def test_documents_are_found_on_the_page_and_in_the_metrics(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """One published and one dead document are shown by the checks, the metrics, the browser and `--prometheus`.

    Then the server ends.
    """
    daemon = daemon_at(tmp_path, http={"listen": "127.0.0.1:0"}).start(is_waiting=False)
    address = address_of(daemon)
    check_not_ready(address)
    daemon.wait_for("daemon.ready")
    convert_two(daemon)
    wait_until(lambda: json.loads(get(address, "/status.json")[1])["state"] == "idle", 20)
    assert (get(address, "/livez")[0], get(address, "/healthz")[0]) == (200, 200)
    check_metrics(metrics_of(address))
    check_page(browser.dom_of(f"http://{address}/").html)
    textfile = run_markerd("status", "--prometheus", "--config", str(daemon.config), cwd=tmp_path)
    assert 'markerd_documents_total{outcome="published"} 1.0' in textfile.stdout
    assert daemon.stop() == 0
    assert daemon.noise == []
    with pytest.raises(urllib.error.URLError):
        get(address, "/livez")


def check_not_ready(address: str) -> None:
    status, reasons = get(address, "/healthz")
    assert (status, get(address, "/livez")[0]) == (503, 200), "alive while the models load, and not ready"
    assert "not ready" in reasons


def convert_two(daemon: RunningDaemon) -> None:
    daemon.drop("good & <b>.pdf", documents.pdf_bytes(documents.page_of("A page"), documents.page_of("Another")))
    daemon.drop("broken.pdf", b"%PDF-1.4\nbroken\n%%EOF\n")
    daemon.wait_for("document.published")
    daemon.wait_for("document.dead")
    daemon.wait_for("cleanup.done", point="batch_end")


def check_metrics(found: dict[str, float]) -> None:
    assert found["markerd_up"] == found["markerd_ready"] == found['markerd_state{state="idle"}'] == 1
    assert sum(found[f'markerd_state{{state="{state}"}}'] for state in STATES) == 1
    assert found['markerd_documents_total{outcome="published"}'] == 1
    assert found['markerd_documents_total{outcome="dead"}'] == 1
    assert found["markerd_pages_total"] == 2
    assert found["markerd_convert_seconds_total"] > 0
    assert found["markerd_waiting_documents"] == found["markerd_oldest_waiting_seconds"] == 0
    assert found["markerd_converter_resident_memory_bytes"] > 100e6
    assert found["markerd_converter_starts_total"] == 1
    assert found["markerd_converter_semaphores"] == 0


def check_page(dom: str) -> None:
    assert '<dd id="published" class="">1</dd>' in dom
    assert '<dd id="pages" class="">2</dd>' in dom
    assert '<dd id="dead" class="bad">1</dd>' in dom
    assert "good &amp; &lt;b&gt;.pdf" in dom
    assert "broken.pdf" in dom


def test_reload_moves_the_page(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """A changed `listen` takes effect. One that cannot is refused as a whole, and the page stays where it was."""
    daemon = daemon_at(tmp_path).start()
    assert daemon.find("http.listening") == []
    daemon.write_config(http={"listen": "127.0.0.1:0"})
    daemon.signal(signal.SIGHUP)
    first = address_of(daemon)
    assert get(first, "/livez")[0] == 200
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        daemon.write_config(http={"listen": f"127.0.0.1:{port}"}, folders={"formats": ["html"]})
        daemon.signal(signal.SIGHUP)
        problems = daemon.wait_for("config.rejected")["problems"]
        assert "http.listen" in problems[0]
        assert str(port) in problems[0]
    assert get(first, "/livez")[0] == 200
    daemon.write_config(http={"listen": "127.0.0.2:0"}, converter={"models": "surya"})
    daemon.signal(signal.SIGHUP)
    daemon.wait_for("config.rejected", count=2)
    back = address_of(daemon, 3)
    assert back.startswith("127.0.0.1:")
    assert get(back, "/livez")[0] == 200
    daemon.write_config()
    daemon.signal(signal.SIGHUP)
    daemon.wait_for("config.reloaded", count=2)
    with pytest.raises(urllib.error.URLError):
        get(back, "/livez")
    daemon.drop("after.pdf", documents.pdf_bytes(documents.page_of("After all that")))
    daemon.wait_for("document.published", document="after.pdf")


def test_unavailable_address_ends_the_start(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """A port in use gives 69 with its address, before any model loads. An address for all the world gives 78."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        daemon = daemon_at(tmp_path, http={"listen": listen})
        done = run_markerd("run", "--config", str(daemon.config), cwd=tmp_path)
    assert done.returncode == 69
    assert f"cannot listen on {listen}" in done.stderr
    assert "models.ready" not in done.stderr
    daemon.write_config(http={"listen": "0.0.0.0:9464"})
    done = run_markerd("run", "--config", str(daemon.config), cwd=tmp_path)
    assert done.returncode == 78
    assert "http.listen" in done.stderr
    assert "allow_remote" in done.stderr
