"""Documents that reach for what is not theirs, in the real daemon: nothing arrives, and their own words come out."""

from __future__ import annotations

import os
import socket
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import StartDaemon
from harness import RunningDaemon, wait_until
from markerd.convert.sandbox import confinement
from needs import missing
from networks import Listener, listener_at, listener_elsewhere
from reaching_documents import MAKERS, picture

pytestmark = pytest.mark.models
MODULE_PATH = os.environ.get("PYTHONPATH", "")
SECRET = "Confidential salaries"

# Python runs this at the start of every process that has it on its path. In the converter it waits for our drawing of
# SVG and takes its fetcher away: weasyprint fetches whatever a document names, as it does by default.
FETCH_ALL = """
    import sys
    if "markerd.convert.process.worker" in sys.orig_argv:
        import threading, time
        def fetch(url, *arguments, **options):
            from weasyprint import default_url_fetcher
            return default_url_fetcher(url, *arguments, **options)
        def let_fetch():
            name = "markerd.convert.office.canonical_html.drawing"
            while not hasattr(drawing := sys.modules.get(name), "fetch_data_only"):
                time.sleep(0.001)
            drawing.fetch_data_only = fetch
        threading.Thread(target=let_fetch, daemon=True).start()
"""


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listener_at("127.0.0.1") as listening:
        yield listening


@pytest.fixture
def elsewhere() -> Iterator[Listener]:
    """Not on the loopback. It can be reached from here: else that nothing arrives would say nothing."""
    with listener_elsewhere() as listener:
        socket.create_connection((listener.host, listener.port), timeout=10).close()
        wait_until(lambda: listener.calls, 10, "the call")
        listener.calls.clear()
        yield listener


def fetching_all(root: Path) -> str:
    """The module path with the hook on it."""
    hook = root / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(textwrap.dedent(FETCH_ALL))
    return f"{hook}:{MODULE_PATH}"


def put_secrets(daemon: RunningDaemon) -> list[str]:
    """URLs of a style sheet that shows: among others' files, beside the journal, and as another job's in the spool."""
    places = [daemon.root, daemon.state_dir, daemon.state_dir / "spool" / "99"]
    urls = []
    for place in places:
        place.mkdir(exist_ok=True)
        sheet = place / "secret.css"
        sheet.write_text(f"p::after {{ content: ' {SECRET}'; }}")
        urls.append(sheet.as_uri())
    return [*urls, "file:///etc/passwd"]


def drop_all(daemon: RunningDaemon, listener: Listener, elsewhere: Listener, corpus: Path | None) -> list[str]:
    """The names of the documents, when all are published."""
    urls = [*put_secrets(daemon), f"{listener.address}/style.css", f"{elsewhere.address}/style.css"]
    images = [picture(daemon.root).as_uri(), f"{listener.address}/image.png", f"{elsewhere.address}/image.png"]
    for name, make in MAKERS.items():
        make(daemon.root / name, urls, images)
        daemon.drop(name, (daemon.root / name).read_bytes())
    names = list(MAKERS)
    if corpus is not None:
        names.append("docx_external_image.docx")
        daemon.drop(names[-1], (corpus / "office" / names[-1]).read_bytes())
    for name in names:
        daemon.wait_for("document.published", document=name)
    return names


def assert_said(daemon: RunningDaemon) -> None:
    """Once for each document: what it named, of the network and of the disk."""
    for name in MAKERS:
        (said,) = daemon.find("document.fetch_refused", document=name)
        assert said["fetches"] >= len(said["urls"]) >= 2, said
        assert any(url.startswith("http://127.0.0.1") for url in said["urls"]), said
        assert any(url.startswith("file:///") for url in said["urls"]), said


@pytest.mark.parametrize("is_fetcher_ours", [True, False], ids=["as it is", "without our fetcher"])
def test_documents_fetch_nothing(
    tmp_path: Path,
    corpus: Path,
    daemon_at: StartDaemon,
    listener: Listener,
    elsewhere: Listener,
    is_fetcher_ours: bool,
) -> None:
    """There is no call, no secret and no picture, with our fetcher, and after a hole in a library has removed it."""
    if not is_fetcher_ours and confinement.probe_confinement().level is not confinement.Level.FULL:
        missing(f"no confinement here: {confinement.probe_confinement().reason}")
    module_path = MODULE_PATH if is_fetcher_ours else fetching_all(tmp_path)
    daemon = daemon_at(tmp_path / "run").start(PYTHONPATH=module_path)
    names = drop_all(daemon, listener, elsewhere, corpus)
    if is_fetcher_ours:
        assert_said(daemon)
    for name in names:
        output = daemon.outbox / Path(name).stem
        assert SECRET not in daemon.markdown(output.name)
        assert "root:" not in daemon.markdown(output.name)
        if name in MAKERS:
            assert "Words of its own" in daemon.markdown(output.name)
            assert daemon.find("document.published", document=name, images=0)
    assert listener.calls == []
    assert elsewhere.calls == []


def test_drawing_fetches_without_confinement_and_fetcher(
    tmp_path: Path, daemon_at: StartDaemon, listener: Listener, elsewhere: Listener
) -> None:
    """If nothing refuses it, a secret picture arrives and the listeners are called."""
    daemon = daemon_at(tmp_path / "run", converter={"confine": "off"}).start(PYTHONPATH=fetching_all(tmp_path))
    drop_all(daemon, listener, elsewhere, None)
    assert daemon.find("converter.confined", confinement="none", level="info")
    assert len(listener.calls) >= 1
    assert len(elsewhere.calls) >= 1
    assert {e["document"] for e in daemon.find("document.published") if e["images"]} == {"drawing.html"}
