"""OpenDocument packages and rich texts written by hand."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

_BASE = "urn:oasis:names:tc:opendocument:xmlns:"
_NAMESPACES = " ".join(
    f'xmlns:{prefix}="{uri}"'
    for prefix, uri in {
        **{name: f"{_BASE}{name}:1.0" for name in ("office", "style", "text", "table", "presentation")},
        "draw": f"{_BASE}drawing:1.0",
        "fo": f"{_BASE}xsl-fo-compatible:1.0",
        "svg": f"{_BASE}svg-compatible:1.0",
        "xlink": "http://www.w3.org/1999/xlink",
    }.items()
)
STYLES = """
<style:style style:name="Strong" style:family="text"><style:text-properties fo:font-weight="bold"/></style:style>
<style:style style:name="Deep" style:family="text" style:parent-style-name="Strong"/>
<style:style style:name="Plain" style:family="text" style:parent-style-name="Strong">
<style:text-properties fo:font-weight="normal"/></style:style>
<style:style style:name="Up" style:family="text"><style:text-properties style:text-position="super 58%"/></style:style>
<style:style style:name="Gone" style:family="text">
<style:text-properties style:text-line-through-style="solid"/></style:style>
<style:style style:name="Unseen" style:family="text"><style:text-properties text:display="none"/></style:style>
<style:style style:name="Quotations" style:family="paragraph"/>
<style:style style:name="Preformatted_20_Text" style:family="paragraph"/>
<style:style style:name="Hidden" style:family="table"><style:table-properties table:display="false"/></style:style>
<text:list-style style:name="Numbers"><text:list-level-style-number text:level="1" style:num-format="1"
text:start-value="3"/><text:list-level-style-number text:level="2" style:num-format="a"/></text:list-style>
"""


def write(path: Path, kind: str, body: str, parts: Mapping[str, bytes] | None = None) -> Path:
    """A package of a kind: text, spreadsheet or presentation."""
    inside = f"<office:body><office:{kind}>{body}</office:{kind}></office:body>"
    styles = f"<office:automatic-styles>{STYLES}</office:automatic-styles>"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("mimetype", f"application/vnd.oasis.opendocument.{kind}")
        package.writestr(
            "content.xml", f"<office:document-content {_NAMESPACES}>{styles}{inside}</office:document-content>"
        )
        for name, content in (parts or {}).items():
            package.writestr(name, content)
    return path
