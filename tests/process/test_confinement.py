"""Documents that reach for what is not theirs, in the real daemon: nothing arrives, and their own words come out."""

from __future__ import annotations

import json
import os
import socket
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import documents
from conftest import StartDaemon
from harness import RunningDaemon, wait_until
from markerd.convert.sandbox import confinement
from needs import missing
from networks import Listener, listener_at, listener_elsewhere

pytestmark = pytest.mark.models
MODULE_PATH = os.environ.get("PYTHONPATH", "")
SECRET = "Confidential salaries"
WORDS = "Words of its own that everybody may read."

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
            while not hasattr(drawing := sys.modules.get(name), "data_only_fetcher"):
                time.sleep(0.001)
            drawing.data_only_fetcher = fetch
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


def picture(root: Path) -> Path:
    from PIL import Image

    path = root / "secret.png"
    Image.radial_gradient("L").resize((600, 600)).save(path)
    return path


def head(urls: list[str]) -> str:
    return "".join(f"<link rel='stylesheet' href='{url}'/>" for url in urls)


def page(inside: str, urls: list[str]) -> bytes:
    text = f"<html><head>{head(urls)}</head><body><h1>Innocent page</h1><p>{WORDS}</p>{inside}</body></html>"
    return text.encode()


def html(path: Path, urls: list[str], images: list[str]) -> None:
    path.write_bytes(page("".join(f"<img src='{url}'/>" for url in images), urls))


def svg(path: Path, urls: list[str], images: list[str]) -> None:
    drawn = "".join(f"<image href='{url}' width='600' height='600'/>" for url in images)
    # A path that draws nothing: an SVG that only holds pictures is not drawn at all.
    drawing = f"<svg xmlns='http://www.w3.org/2000/svg' width='600' height='600'><path d='M0 0'/>{drawn}</svg>"
    path.write_bytes(page(drawing, urls))


def epub(path: Path, urls: list[str], images: list[str]) -> None:
    named = "".join(f"<img src='{url}'/>" for url in images)
    documents.epub(path, "Innocent book", f"{WORDS}</p>{head(urls)}{named}<p>The end of it.")


def docx(path: Path, urls: list[str], images: list[str]) -> None:
    """A picture that is linked and not held, as Word links one."""
    import docx as python_docx
    from docx.opc.constants import RELATIONSHIP_TYPE

    document = python_docx.Document()
    document.add_heading("Innocent letter", level=1)
    document.add_paragraph(WORDS)
    for url in images:
        document.add_picture(str(picture(path.parent)))
        (blip,) = document.element.body.xpath(".//a:blip[@r:embed]")
        relations = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
        del blip.attrib[f"{relations}embed"]
        blip.set(f"{relations}link", document.part.relate_to(url, RELATIONSHIP_TYPE.IMAGE, is_external=True))
    document.save(str(path))


MAKERS: dict[str, Callable[[Path, list[str], list[str]], None]] = {
    "page.html": html,
    "drawing.html": svg,
    "book.epub": epub,
    "letter.docx": docx,
}


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
def test_nothing_arrives(
    tmp_path: Path,
    corpus: Path,
    daemon_at: StartDaemon,
    listener: Listener,
    elsewhere: Listener,
    is_fetcher_ours: bool,
) -> None:
    """No caller, no secret, no picture; with our fetcher, and where a hole in a library has done away with it."""
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


def test_without_either_it_would(
    tmp_path: Path, daemon_at: StartDaemon, listener: Listener, elsewhere: Listener
) -> None:
    """A drawing does reach out: where nothing refuses it, a secret picture comes, and the listeners are called."""
    daemon = daemon_at(tmp_path / "run", converter={"confine": "off"}).start(PYTHONPATH=fetching_all(tmp_path))
    drop_all(daemon, listener, elsewhere, None)
    assert daemon.find("converter.confined", confinement="none", level="info")
    assert len(listener.calls) >= 1
    assert len(elsewhere.calls) >= 1
    assert {e["document"] for e in daemon.find("document.published") if e["images"]} == {"drawing.html"}


def test_how_far_it_is_confined_is_said_once(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """At the start; not again by each converter that replaces one."""
    daemon = daemon_at(tmp_path, converter={"recycle_documents": 1}).start()
    for name in ("one.pdf", "two.pdf"):
        daemon.drop(name, documents.pdf_bytes(documents.page_of(f"Page of {name}")))
        daemon.wait_for("document.published", document=name)
    assert len(daemon.find("converter.started")) >= 2
    (said,) = daemon.find("converter.confined")
    assert said["confinement"] == confinement.probe_confinement().level.value
    assert said["level"] == ("info" if said["confinement"] == "full" else "warning")


# In the converter, when it is confined and has begun to import what reads documents: calls that it may not make.
TRY_CALLS = """
    import os, sys
    def watch(event, arguments, tried=[]):
        if event == "import" and arguments[0] == "markerd.convert.engine" and not tried:
            tried.append(True)
            for _ in range(3):
                try:
                    os.symlink("/etc/passwd", os.environ["TMPDIR"] + "/link")
                except OSError as error:
                    print("symlink:", error.strerror, flush=True)
    if "markerd.convert.process.worker" in sys.orig_argv:
        sys.addaudithook(watch)
"""


@pytest.mark.parametrize("log_level", ["debug", "info"])
def test_a_refused_call_is_named_at_debug_alone(tmp_path: Path, daemon_at: StartDaemon, log_level: str) -> None:
    """Once when it is refused first, and at the converter's end with all its times; it is refused at any level."""
    if confinement.probe_confinement().level is not confinement.Level.FULL:
        missing(f"no confinement here: {confinement.probe_confinement().reason}")
    hook = tmp_path / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(textwrap.dedent(TRY_CALLS))
    daemon = daemon_at(tmp_path / "run", log={"level": log_level}).start(PYTHONPATH=f"{hook}:{MODULE_PATH}")
    daemon.drop("one.pdf", documents.pdf_bytes(documents.page_of("Page of one.pdf")))
    daemon.wait_for("document.published", document="one.pdf")
    assert daemon.stop() == 0
    told = [event for event in daemon.find("converter.refused_call") if event["call"].startswith("symlink")]
    assert [event["times"] for event in told] == ([1, 3] if log_level == "debug" else [])
    assert {event["level"] for event in told} <= {"debug"}
    if log_level == "debug":
        lines = [event["line"] for event in daemon.find("converter.output")]
        assert lines.count("symlink: Operation not permitted") == 3


def results_of(daemon: RunningDaemon, names: list[str]) -> dict[str, bytes]:
    """All files of the outputs but the manifests, whose times differ; with what these say of the contents."""
    results = {}
    for path in sorted(daemon.outbox.rglob("*")):
        if path.name == "manifest.json":
            manifest = json.loads(path.read_bytes())
            path_and_facts = {key: manifest[key] for key in ("artifacts", "pages", "coverage", "pages_degraded")}
            results[str(path.relative_to(daemon.outbox))] = json.dumps(path_and_facts).encode()
        elif path.is_file():
            results[str(path.relative_to(daemon.outbox))] = path.read_bytes()
    assert len({Path(path).parts[0] for path in results}) == len(names)
    return results


def test_confined_it_makes_the_same_of_documents(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """To the byte, of each kind, with drawings and OCR."""
    source = tmp_path / "source"
    source.mkdir()
    documents.docx(source / "letter.docx", "A letter", WORDS)
    documents.pptx(source / "slides.pptx", "Slides", WORDS)
    documents.xlsx(source / "table.xlsx", [["Name", "Sum"], ["One", "12"]])
    documents.epub(source / "book.epub", "A book", WORDS)
    documents.scan_png(source / "scan.png", "Words of a scan")
    (source / "drawing.pdf").write_bytes(documents.drawing_pdf())
    (source / "page.pdf").write_bytes(documents.pdf_bytes(documents.page_of("Page of text")))
    svg(source / "drawn.html", [], [])
    results = []
    for confine in ("auto", "off"):
        daemon = daemon_at(tmp_path / confine, converter={"confine": confine}, log={"level": "info"}).start()
        names = [daemon.drop(path.name, path.read_bytes()).name for path in sorted(source.iterdir())]
        for name in names:
            daemon.wait_for("document.published", document=name)
        assert daemon.find("converter.confined")[0]["confinement"] in (
            "full" if confine == "auto" else "none",
            "partial",
        )
        results.append(results_of(daemon, names))
        assert daemon.stop() == 0
    assert results[0] == results[1]


def test_root_converts_what_belongs_to_others(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """The converter, which may read no file of others, is given the daemon's copy."""
    if os.geteuid() != 0:
        missing("root alone reads files of others")
    daemon = daemon_at(tmp_path).start()
    staged = tmp_path / "theirs.pdf"
    staged.write_bytes(documents.pdf_bytes(documents.page_of("Page of theirs")))
    staged.chmod(0o600)
    os.chown(staged, 12345, 12345)
    staged.rename(daemon.inbox / staged.name)
    daemon.wait_for("document.published", document="theirs.pdf")
    assert "Page of theirs" in daemon.markdown("theirs")
