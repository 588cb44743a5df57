"""What a big document costs: the most memory that the converter takes, and seconds a page, by the number of pages.

    PYTHONPATH=tests:tests/support python tests/benchmarks/pages.py [--pages 50 1000] [--part-pages 50]
        [--formats markdown json html chunks]

The real daemon, a new one for each document. Every page has running text, a picture, and a table every other page.
"""

from __future__ import annotations

import argparse
import base64
import io
import random
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from harness import Event, RunningDaemon

_MODELS_PAGES = 20  # so many are different from each other; longer documents repeat them
_WORDS = (
    "river",
    "miller",
    "sack",
    "flour",
    "stone",
    "bridge",
    "winter",
    "harvest",
    "merchant",
    "letter",
    "copper",
    "garden",
    "silent",
    "morning",
    "valley",
    "shepherd",
    "lantern",
    "market",
    "journey",
    "wooden",
    "cathedral",
    "orchard",
    "the",
    "of",
    "and",
    "with",
    "before",
)
_STYLE = "@page{size:A4;margin:2cm} img{width:12cm} td{border:1px solid;padding:3pt} section{page-break-after:always}"


def model_pages() -> bytes:
    """A PDF of pages to repeat."""
    from weasyprint import HTML

    chance = random.Random(7)
    pages = "".join(f"<section>{_page(number, chance)}</section>" for number in range(_MODELS_PAGES))
    pdf: bytes = HTML(string=f"<style>{_STYLE}</style>{pages}").write_pdf()
    return pdf


def _page(number: int, chance: random.Random) -> str:
    def prose(words: int) -> str:
        return " ".join(chance.choice(_WORDS) for _ in range(words)).capitalize() + "."

    rows = "".join(f"<tr><td>{prose(2)}</td><td>{chance.random():.4f}</td><td>{prose(3)}</td></tr>" for _ in range(6))
    table = f"<table>{rows}</table>" if number % 2 else f"<p>{prose(60)}</p>"
    return f"<h2>{prose(4)}</h2><p>{prose(90)}</p><img src='{_picture(chance)}'><p>{prose(120)}</p>{table}"


def _picture(chance: random.Random) -> str:
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (900, 500), "white")
    draw = ImageDraw.Draw(image)
    for _ in range(60):
        x, y = chance.randrange(860), chance.randrange(460)
        draw.ellipse((x, y, x + 60, y + 60), fill=tuple(chance.randrange(256) for _ in range(3)))
    file = io.BytesIO()
    image.save(file, "JPEG")
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode("ascii")


def of_pages(count: int, models: bytes) -> bytes:
    from pypdfium2 import PdfDocument

    target, source = PdfDocument.new(), PdfDocument(models)
    available = len(source)
    target.import_pages(source, [number % available for number in range(count)])
    file = io.BytesIO()
    target.save(file)
    return file.getvalue()


@dataclass
class Peak:
    """The most that the daemon's converters took together, looked at five times a second."""

    daemon: int
    bytes: int = 0
    done: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        while not self.done.wait(0.2):
            self.bytes = max(self.bytes, sum(map(_rss, psutil.Process(self.daemon).children(recursive=True))))


def _rss(process: psutil.Process) -> int:
    try:
        rss: int = process.memory_info().rss
    except psutil.Error:
        return 0
    return rss


def measure(root: Path, content: bytes, part_pages: int, formats: list[str]) -> tuple[float, Event, float]:
    """Megabytes at the peak, the event of the publishing, megabytes of output."""
    root.mkdir()
    daemon = RunningDaemon(
        root, converter={"part_pages": part_pages, "max_rss_mb": 1 << 20}, folders={"formats": formats}
    )
    daemon.start()
    peak = Peak(daemon.pid)
    watching = threading.Thread(target=peak.watch)
    watching.start()
    try:
        daemon.drop("big.pdf", content)
        published = daemon.wait_for("document.published", timeout_s=24 * 3600)
    finally:
        peak.done.set()
        watching.join()
        daemon.stop()
    written = sum(file.stat().st_size for file in daemon.outbox.rglob("*") if file.is_file())
    return peak.bytes / (1 << 20), published, written / (1 << 20)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--pages", type=int, nargs="+", default=[50, 1000])
    parser.add_argument("--part-pages", type=int, default=50)
    parser.add_argument("--formats", nargs="+", default=["markdown", "json", "html", "chunks"])
    given = parser.parse_args()
    models = model_pages()
    print("| pages | converter at most, MB | seconds | seconds a page | output, MB | images |\n" + "| --- " * 6 + "|")
    with tempfile.TemporaryDirectory(prefix="markerd-pages-") as name:
        for count in given.pages:
            megabytes, event, written = measure(
                Path(name, str(count)), of_pages(count, models), given.part_pages, given.formats
            )
            seconds = event["convert_seconds"]
            print(
                f"| {event['pages']} | {megabytes:.0f} | {seconds:.0f} | {seconds / event['pages']:.2f} "
                f"| {written:.1f} | {event['images']} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
