"""SVG drawn as a picture, by weasyprint and PDFium, which come with Marker. Nothing is fetched."""

from __future__ import annotations

import re
from typing import Any

from lxml import etree
from PIL import Image, ImageFile

from markerd.convert.checks import blocked_fetches

_WIDEST_PX = 2000
_UNDRAWABLE = (
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
    SyntaxError,
)
_MOST_DRAWN = 100_000  # elements; each takes about 0.2 ms
_DEFAULT_SIZE_PX = (300.0, 150.0)  # of replaced elements in CSS 2


def draw(svg: str) -> Image.Image | None:
    """Draw at twice the size in CSS pixels; returns None for what cannot be drawn in seconds, or shows nothing."""
    width, height = _read_size(svg)
    if width < 2 or height < 2:
        return None
    try:
        if count_drawn_elements(svg) > _MOST_DRAWN:
            return None
        image = _render(svg, width, height)
    except _UNDRAWABLE:
        return None
    return None if image.getcolors(1) else image  # one colour alone: nothing was drawn


def count_drawn_elements(svg: str) -> int:
    """Count the elements that are drawn, including each repetition by `<use>`: a few lines can ask for billions."""
    # Attributes in HTML need no quotes. The encoding is known, whatever the drawing declares.
    root = etree.fromstring(svg.encode(), etree.HTMLParser(encoding="utf-8"))
    if root is None:
        return 0
    by_id = {element.get("id"): element for element in root.iterfind(".//*[@id]")}
    counts: dict[Any, int] = {}

    def count(element: Any) -> int:
        if element not in counts:
            counts[element] = 1  # ends a circle of references
            used = by_id.get(_find_used_id(element))
            counts[element] += sum(map(count, element)) + (count(used) if used is not None else 0)
        return counts[element]

    return count(root)


def _find_used_id(element: Any) -> str | None:
    """Return the id of what a `<use>` repeats; None for other elements."""
    if str(element.tag).rpartition(":")[2] != "use":
        return None
    link = element.get("href") or element.get("xlink:href") or ""
    return str(link).removeprefix("#") or None


def _render(svg: str, width: float, height: float) -> Image.Image:
    import pypdfium2
    from weasyprint import HTML

    # weasyprint lets Pillow accept truncated pictures, for all later documents too: their rest would be lost silently.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    page = f"<style>@page {{ size: {width}px {height}px; margin: 0 }} svg {{ display: block }}</style>"
    document = HTML(string=f"<!DOCTYPE html>{page}{_drop_prologue(svg)}", url_fetcher=fetch_data_only)
    pdf = pypdfium2.PdfDocument(document.write_pdf())
    try:
        scale = min(2.0, _WIDEST_PX / max(width, height)) * 96 / 72
        return pdf[0].render(scale=scale).to_pil().convert("RGB")  # type: ignore[no-any-return]
    finally:
        pdf.close()


def _drop_prologue(svg: str) -> str:
    """Return the drawing from its first tag on: an XML declaration or a DOCTYPE would be text in HTML."""
    return svg[svg.index("<svg") :]


def _read_size(svg: str) -> tuple[float, float]:
    head = re.search(r"<svg\b[^>]*>", svg, re.IGNORECASE)
    if head is None:
        return 0.0, 0.0
    box = re.search(r"viewBox\s*=\s*[\"']\s*(\S+?)[\s,]+(\S+?)[\s,]+([\d.]+)[\s,]+([\d.]+)", head[0], re.IGNORECASE)
    fallback = (float(box[3]), float(box[4])) if box else _DEFAULT_SIZE_PX
    width, height = (_read_length(head[0], name) for name in ("width", "height"))
    if width and not height:
        height = width * fallback[1] / (fallback[0] or 1)
    if height and not width:
        width = height * fallback[0] / (fallback[1] or 1)
    return width or fallback[0], height or fallback[1]


def _read_length(head: str, name: str) -> float | None:
    """Return a length in CSS pixels; None for a percentage, since there is no page to relate it to."""
    found = re.search(rf"\s{name}\s*=\s*[\"']\s*([\d.]+)(px|pt|mm|cm|in|em)?\s*[\"']", head, re.IGNORECASE)
    pixels = {"pt": 96 / 72, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0, "em": 16.0}
    return float(found[1]) * pixels.get(found[2] or "px", 1.0) if found else None


def fetch_data_only(url: str, *_: Any, **__: Any) -> dict[str, Any]:
    """Serve `data:` URLs alone. weasyprint would fetch what a document names: from the network, or local files."""
    from weasyprint import default_url_fetcher

    if not url.startswith("data:"):
        blocked_fetches.refused.add(url)
        raise ValueError(f"markerd fetches nothing for a document: {url[:200]}")
    fetched: dict[str, Any] = default_url_fetcher(url)
    return fetched
