"""What each address of the status page answers."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from markerd.config import Address
from markerd.monitoring.status_file import STALE_AFTER_S, Current, Snapshot
from markerd.monitoring.web.service import Web
from web_scene import ANY, PATHS, ask, snapshot


def test_the_page_shows_state_documents_and_failures(address: Address) -> None:
    """With the numbers of the status and the rows of the journal."""
    page = ask(address, "/")
    assert page.status == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    for wanted in ("converting", "now.pdf", "12 pages", "4,711", "first.pdf", "2.5 s", "dead letter", "500 ms"):
        assert wanted in page.body
    assert '<meta http-equiv="refresh" content="5">' in page.body


def test_the_page_shows_what_grows(web: Web, address: Address) -> None:
    """A row for each process, once a document has ended; none before."""
    assert "Held since the start" not in ask(address, "/").body
    descriptors = {"now": 28, "first": 14, "growth": 0.1}
    trend = {"converter": {"documents": 200, "held": {"file_descriptors": descriptors}}}
    web.board.update(snapshot(trend=trend))
    page = ask(address, "/").body
    assert "28 file descriptors (14 at first, 0.1 more a document)" in page


def test_the_page_shows_how_far_a_big_document_is(web: Web, address: Address) -> None:
    """Pages done and in all, and the time that is left."""
    web.board.update(snapshot(converting=[Current("now.pdf", 1.0, 1000, 350, 0.5, 325.0)]))
    page = " ".join(ask(address, "/").body.split())
    assert '<span id="pages_done">350</span> of 1000 pages, 500 ms a page, 5 min left.' in page


def test_names_on_the_page_are_text(address: Address) -> None:
    """A document's name, a folder's and a reason cannot become markup; nothing on the page can run."""
    page = ask(address, "/").body
    assert "<script" not in page
    assert "<b>" not in page
    assert "&lt;script&gt;" in page
    assert "/srv/&lt;in&gt;" in page


ODD = os.fsdecode(b"/srv/\xff\xe2\x80\xae\x1b[2J")
SHOWN = r"/srv/\xff\u202e\x1b[2J"


@pytest.mark.parametrize("place", ["config", "paused", "reason"])
def test_no_text_can_break_the_page(web: Web, address: Address, place: str) -> None:
    """Not a path that is no UTF-8, not a reason with a control character: escaped, as in the log."""
    (folder,), (error,) = snapshot().folders, snapshot().last_errors
    web.board.update(
        {
            "config": snapshot(config=ODD),
            "paused": snapshot(folders=[{**folder, "observer": None, "paused": ODD}]),
            "reason": snapshot(last_errors=[{**error, "reason": ODD}]),
        }[place]
    )
    for path in PATHS:
        assert ask(address, path).status == (503 if (place, path) == ("paused", "/healthz") else 200)
    page = ask(address, "/").body
    assert SHOWN in page
    assert not set(page) & {"\x1b", "\u202e", "\udcff"}


@pytest.mark.parametrize("path", [*PATHS, "/nothing"])
def test_answers_have_security_headers(address: Address, path: str) -> None:
    """On every answer; and no word of the Python behind it."""
    headers = ask(address, path).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Python" not in headers["Server"]


def test_metrics_page_is_served(address: Address) -> None:
    """The format that Prometheus reads, with its content type."""
    answer = ask(address, "/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    found = {family.name: family.samples for family in text_string_to_metric_families(answer.body)}
    assert found["markerd_up"][0].value == 1
    assert {sample.labels["outcome"]: sample.value for sample in found["markerd_documents"]}["published"] == 4711


def test_status_json_is_that_of_the_command(address: Address) -> None:
    """With `is_running`, and the silence of each part."""
    answer = ask(address, "/status.json")
    content = json.loads(answer.body)
    assert (content["state"], content["is_running"], content["counts"]["published"]) == ("converting", True, 4711)
    assert content["schema"] == 1


def test_healthy_daemon_answers_ok(address: Address) -> None:
    """Both checks say so with 200; a `?` with whatever follows changes nothing."""
    for path in ("/livez", "/healthz", "/healthz?verbose=1"):
        answer = ask(address, path)
        assert (answer.status, json.loads(answer.body)) == (200, {"status": "ok", "reasons": []})


def test_alive_daemon_may_be_unhealthy(web: Web, address: Address) -> None:
    """A paused folder: 503 from /healthz with the reason, 200 from /livez."""
    web.board.update(snapshot(folders=[{**snapshot().folders[0], "observer": None, "paused": "no such folder"}]))
    assert ask(address, "/livez").status == 200
    answer = ask(address, "/healthz")
    assert answer.status == 503
    assert json.loads(answer.body)["reasons"] == ["/srv/<in> cannot be used: no such folder"]
    assert "no such folder" in ask(address, "/").body


def test_silent_part_fails_the_checks(web: Web, address: Address) -> None:
    """503 from both, naming it; the page and the metrics are still served and say it too."""
    web.board.update(snapshot(silent_s={"loop": 0.0, "observers": STALE_AFTER_S + 5, "converter": 0.0}))
    for path in ("/livez", "/healthz"):
        answer = ask(address, path)
        assert answer.status == 503
        assert "observers" in answer.body
    assert "has shown no life" in ask(address, "/").body
    assert "markerd_up 0.0" in ask(address, "/metrics").body


def test_daemon_that_is_not_ready_is_unhealthy(web: Web, address: Address) -> None:
    """While the models load it lives, and every page can be made of the little that is known."""
    web.board.update(Snapshot())
    assert [ask(address, path).status for path in PATHS] == [200, 200, 200, 503, 200]


def test_page_without_journal_shows_the_rest(tmp_path: Path) -> None:
    """And it is not made by reading it."""
    web = Web(tmp_path / "none.sqlite")
    web.board.update(snapshot())
    address = web.listen(ANY)
    assert address is not None
    try:
        page = ask(address, "/")
        assert page.status == 200
        assert "The journal cannot be read now." in page.body
        assert "4,711" in page.body
        assert list(tmp_path.iterdir()) == []
    finally:
        web.stop()


def test_head_has_the_headers_alone(address: Address) -> None:
    """The length is that of the page."""
    for path in ("/metrics", "/livez"):
        head = ask(address, path, "HEAD")
        assert (head.status, head.body) == (200, "")
        assert int(head.headers["Content-Length"]) > 0


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "WHATEVER"])
def test_methods_that_change_are_refused(address: Address, method: str) -> None:
    """Other methods are refused, with those that are not."""
    answer = ask(address, "/", method)
    assert answer.status == 405
    assert answer.headers["Allow"] == "GET, HEAD"


def test_other_paths_are_not_found(address: Address) -> None:
    """404, whatever the path looks like."""
    for path in ("/nothing", "/../../etc/passwd", "/metrics/", "metrics", "*"):
        assert ask(address, path).status == 404, path


def test_a_foreign_host_is_refused(address: Address) -> None:
    """DNS rebinding: a page elsewhere whose name now means this machine learns nothing."""
    for path in PATHS:
        for host in ("evil.example", f"evil.example:{address.port}", "192.168.1.5"):
            answer = ask(address, path, Host=host)
            assert answer.status == 421
            assert "markerd_up" not in answer.body
    assert ask(address, "/livez", Host="localhost:8080").status == 200
