"""What a reader of Markdown or HTML makes of an output, and what of it would run, be fetched or be followed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from bs4 import BeautifulSoup

ACTIVE = frozenset({
    "script", "style", "iframe", "frame", "object", "embed", "applet", "form", "link", "base", "svg", "video", "audio",
    "template", "noscript", "marquee", "textarea", "button",
})  # fmt: skip
_RUNS = ("javascript:", "vbscript:", "data:", "file:", "blob:")


@dataclass
class Seen:
    """`links` are (address, text), `pictures` their addresses, `faults` what must not be in any output."""

    text: str = ""
    links: list[tuple[str, str]] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def seen_in_html(markup: str, parser: str = "lxml") -> Seen:
    """As a browser's parser reads it."""
    soup = BeautifulSoup(markup, parser)
    seen = Seen(text=" ".join(soup.get_text().split()))
    for element in soup.find_all(True):
        _look_at(element, seen)
    return seen


def seen_in_markdown(text: str) -> Seen:
    """As markdown-it renders it with raw HTML switched on, which is the worst case: HTML is then what it is."""
    from markdown_it import MarkdownIt

    return seen_in_html(MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(text))


def _look_at(element: Any, seen: Seen) -> None:
    if element.name in ACTIVE:
        seen.faults.append(f"<{element.name}>")
    handlers = [name for name in element.attrs if name.startswith("on") or name in ("style", "srcdoc", "srcset")]
    seen.faults += [f"{name}={element[name]}" for name in handlers]
    for name in ("href", "src", "xlink:href", "action", "formaction"):
        address = str(element.get(name) or "")
        if unquote(address).strip().lower().startswith(_RUNS):
            seen.faults.append(f"{name}={address}")
    if element.name == "a" and element.has_attr("href"):
        seen.links.append((str(element["href"]), " ".join(element.get_text().split())))
    if element.name == "img":
        seen.pictures.append(str(element.get("src")))
