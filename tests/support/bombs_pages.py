"""Web pages that are small and would be much work, made by the tests in moments, and never kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import bombs


def web_page(path: Path, body: str, head: str = "") -> Path:
    path.write_text(
        f"<!DOCTYPE html><html><head>{head}</head><body><p>Words of the page</p>{body}</body></html>", encoding="utf-8"
    )
    return path


def repeated(piece: str, megabytes: float = 2) -> Callable[[Path], Path]:
    """A page of nothing else than `piece`."""
    return lambda path: web_page(path, piece * int(megabytes * bombs.MB / len(piece)))


def spanned(down: int, across: int, rows: int = 10_000) -> Callable[[Path], Path]:
    """A table with one cell a row that says to reach over many."""
    cell = f"<td rowspan={down} colspan={across}>x</td>"
    return lambda path: web_page(path, f"<table>{f'<tr>{cell}</tr>' * rows}</table>")


def prose(path: Path, megabytes: float = 5) -> Path:
    """An ordinary page, but long."""
    piece = "<h2>Part {0}</h2><p>Words of <b>part</b> {0} that <a href='http://e.org/{0}'>go on</a> for a while.</p>"
    piece += (
        "<ul><li>one</li><li>two</li></ul><table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>"
    )
    return web_page(path, "".join(piece.format(n) for n in range(int(megabytes * bombs.MB / len(piece)))))


def sheet_rules(path: Path) -> Path:
    """Twenty thousand rules of style for fifty thousand elements."""
    rules = "".join(f".a{n} .b{n} {{display:none}}" for n in range(20_000))
    return web_page(path, "<i>x</i>" * 50_000, f"<style>{rules}</style>")


def deep_tables(path: Path, depth: int = 1_600) -> Path:
    return web_page(path, "<table><tr><td>x" * depth)


def attributes(path: Path) -> Path:
    return web_page(path, f"<p {' '.join(f'a{n}=b' for n in range(150_000))}>x</p>")
