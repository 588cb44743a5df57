"""Pages as a real browser sees them: Debian's Chromium, headless, with a profile of its own each time."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from html.parser import HTMLParser
from pathlib import Path

from needs import missing

_OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
)  # fmt: skip
_TIMEOUT_S = 60


class Dom(HTMLParser):
    """The page's elements: `texts` by id, all `attributes` as (name, value), the text between."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.attributes: list[tuple[str, str]] = []
        self.texts: dict[str, str] = {}
        self._open: list[tuple[str, str | None]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.attributes += given.items()
        if tag not in ("meta", "link", "br", "hr", "img", "input"):  # which have no end
            self._open.append((tag, given.get("id")))
        if "id" in given:
            self.texts.setdefault(given["id"], "")

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        for _, name in self._open:
            if name is not None:
                self.texts[name] += data


def dom_of(page: str | Path) -> Dom:
    """What a browser makes of the page at a URL or a path."""
    return Dom(_chromium(page, "--dump-dom").decode("utf-8"))


def screenshot(page: str | Path, target: Path, *, width: int = 1280, height: int = 1600, is_dark: bool = False) -> Path:
    """A PNG of the page at `target`."""
    scheme = ("--blink-settings=preferredColorScheme=0",) if is_dark else ()
    _chromium(page, f"--screenshot={target}", f"--window-size={width},{height}", *scheme)
    return target


def brightness(picture: Path) -> int:
    """Of the top left corner, where a page has nothing but its background; from 0 to 255."""
    from PIL import Image

    with Image.open(picture) as image:
        brightness = image.convert("L").getpixel((0, 0))
    assert isinstance(brightness, int)
    return brightness


def _chromium(page: str | Path, *options: str) -> bytes:
    program = shutil.which("chromium")
    if program is None:
        missing("no chromium on this machine")
    url = page.absolute().as_uri() if isinstance(page, Path) else page
    with tempfile.TemporaryDirectory(prefix="markerd-browser-", ignore_cleanup_errors=True) as profile:
        done = subprocess.run(
            [program, *_OPTIONS, f"--user-data-dir={profile}", *options, url],
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=True,
        )
    return done.stdout
