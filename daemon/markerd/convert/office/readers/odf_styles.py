"""The styles of an OpenDocument file: what its text looks like, how its lists are counted, what is hidden."""

from __future__ import annotations

from typing import Any

from lxml import etree

_BASE = "urn:oasis:names:tc:opendocument:xmlns:"
NAMESPACES = {
    **{name: f"{_BASE}{name}:1.0" for name in ("office", "style", "text", "table", "presentation")},
    "draw": f"{_BASE}drawing:1.0",
    "fo": f"{_BASE}xsl-fo-compatible:1.0",
    "svg": f"{_BASE}svg-compatible:1.0",
    "xlink": "http://www.w3.org/1999/xlink",
    "math": "http://www.w3.org/1998/Math/MathML",
}
_DEEPEST = 20
_MONOSPACED = ("courier", "mono", "consolas", "menlo", "monaco")
_MARKS = (("b", "fo:font-weight"), ("i", "fo:font-style"), ("del", "style:text-line-through-style"))


def q(name: str) -> str:
    """Return a qualified name as lxml writes it, for `prefix:name`."""
    prefix, _, local = name.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"


def xpath(element: Any, path: str) -> list[Any]:
    return etree._Element.xpath(element, path, namespaces=NAMESPACES)  # type: ignore[no-any-return]


class Styles:
    """The styles of the parts of a document, by their family and name."""

    def __init__(self, parts: list[Any]) -> None:
        self._styles: dict[tuple[str, str], Any] = {}
        self._lists: dict[str, Any] = {}
        self._marks: dict[tuple[str, str], list[str]] = {}
        for part in parts:
            for style in xpath(part, ".//style:style"):
                self._styles[str(style.get(q("style:family"))), str(style.get(q("style:name")))] = style
            for style in xpath(part, ".//text:list-style"):
                self._lists[str(style.get(q("style:name")))] = style

    def list_names(self, family: str, name: str) -> list[str]:
        """List the names of a style and of those it is based on, as a reader sees them, in lower case."""
        chain = self._list_chain(family, name)
        told = [str(style.get(q("style:display-name")) or style.get(q("style:name"))) for style in chain]
        return [each.replace("_20_", " ").lower() for each in told]

    def find_outline(self, name: str) -> int | None:
        """Return the level that a style gives to headings."""
        told = (style.get(q("style:default-outline-level")) for style in self._list_chain("paragraph", name))
        return next((int(level) for level in told if level and level.isdigit() and level != "0"), None)

    def find_list_style(self, name: str) -> str:
        told = (style.get(q("style:list-style-name")) for style in self._list_chain("paragraph", name))
        return next((str(each) for each in told if each), "")

    def list_marks(self, family: str, name: str) -> list[str]:
        """List the marks of a style's text: b, i, del, sup, sub, code; `hidden` where it is not shown."""
        if (family, name) not in self._marks:
            self._marks[family, name] = self._find_marks(family, name)
        return self._marks[family, name]

    def _find_marks(self, family: str, name: str) -> list[str]:
        marks = [mark for mark, key in _MARKS if self._read(family, name, key) not in ("", "normal", "none")]
        marks = [mark for mark in marks if mark != "b" or self._is_bold(family, name)]
        raised = self._read(family, name, "style:text-position").split(" ")[0]
        if raised and raised not in ("0%", "super", "sub"):
            marks.append("sub" if raised.startswith("-") else "sup")
        elif raised in ("super", "sub"):
            marks.append("sup" if raised == "super" else "sub")
        font = (self._read(family, name, "style:font-name") + self._read(family, name, "fo:font-family")).lower()
        if family == "text" and any(each in font for each in _MONOSPACED):
            marks.insert(0, "code")
        if self._read(family, name, "text:display") == "none":
            marks.append("hidden")
        return marks

    def _is_bold(self, family: str, name: str) -> bool:
        weight = self._read(family, name, "fo:font-weight")
        return weight == "bold" or (weight.isdigit() and int(weight) >= 600)

    def find_level(self, list_style: str, level: int) -> Any | None:
        """Return the definition of a level, counted from 1, of a list's style."""
        style = self._lists.get(list_style)
        found = xpath(style, f"./*[@text:level='{level}']") if style is not None else []
        return found[0] if found else None

    def is_hidden_table(self, table: Any) -> bool:
        name = str(table.get(q("table:style-name")) or "")
        return any(
            xpath(style, "./style:table-properties[@table:display='false']")
            for style in self._list_chain("table", name)
        )

    def _read(self, family: str, name: str, key: str) -> str:
        for style in self._list_chain(family, name):
            for properties in xpath(style, "./style:text-properties"):
                if properties.get(q(key)) is not None:
                    return str(properties.get(q(key)))
        return ""

    def _list_chain(self, family: str, name: str) -> list[Any]:
        found: list[Any] = []
        while (style := self._styles.get((family, name))) is not None and style not in found and len(found) < _DEEPEST:
            found.append(style)
            name = str(style.get(q("style:parent-style-name")) or "")
        return found
