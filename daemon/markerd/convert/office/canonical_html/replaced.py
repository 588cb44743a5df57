"""Elements that a browser replaces by something of its own: pictures and the controls of forms."""

from __future__ import annotations

from bs4 import Tag

from markerd.convert.checks import blocked_fetches
from markerd.convert.office.canonical_html.pictures import Pictures, clean_alt
from markerd.convert.office.canonical_html.targets import (
    clean_address,
    guess_file_name,
    is_elsewhere,
    is_external,
)


def replace_picture(element: Tag, pictures: Pictures, base: str) -> None:
    """Replace a picture by one that the document holds, by a link to it, or by its alternative text."""
    source = str(
        element.get("src") or element.get("data-src") or element.get("xlink:href") or element.get("href") or ""
    )
    alt = clean_alt(str(element.get("alt") or element.get("title") or ""))
    if pictures.get(source) is not None:
        element.name, element.attrs = "img", {"src": source, "alt": alt}
        element.clear(decompose=True)
        return
    if is_elsewhere(source):
        blocked_fetches.refused.add(source)
    if is_external(address := (clean_address(source, base) or "")) and not _is_pixel(element):
        _link_to_picture(element, address, alt)
    else:
        element.replace_with(alt)


def _is_pixel(element: Tag) -> bool:
    """Whether a picture is one that counts visitors."""
    return any(str(element.get(side, "")).strip().removesuffix("px") in ("0", "1", "2") for side in ("width", "height"))


def _link_to_picture(element: Tag, address: str, alt: str) -> None:
    """Replace a picture that lies elsewhere, and is not fetched, by a link to it; within a link only its text is
    left.
    """
    if element.find_parent("a"):
        element.replace_with(alt)
        return
    element.name, element.attrs = "a", {"href": address}
    element.clear(decompose=True)
    element.append(alt or guess_file_name(address))


def show_form_control(element: Tag) -> None:
    """Replace a control by what it shows: its text, the chosen options, a box."""
    kind = str(element.get("type", "text")).lower()
    if element.name == "input" and kind in ("checkbox", "radio"):
        shown = "\u2611" if element.has_attr("checked") else "\u2610"
    elif element.name == "input":
        shown = "" if kind in ("password", "file", "image") else str(element.get("value") or "")
    elif element.name == "select":
        options = element.find_all("option")
        chosen = [option for option in options if option.has_attr("selected")] or options[:1]
        shown = ", ".join(option.get_text() for option in chosen)
    else:
        shown = element.get_text()
    element.clear(decompose=True)
    element.replace_with(f" {shown} " if shown else "")
