"""Which of Marker's providers opens a document that has pages to look at: a PDF or an image.

Office and web documents are read by `office`. Importing this module imports marker.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import marker.providers.pdf
import pdftext.pdf.links
import pdftext.pdf.pages
from marker.providers.image import ImageProvider
from marker.providers.pdf import PdfProvider
from marker.providers.registry import provider_from_filepath
from PIL import Image, ImageSequence
from pypdfium2 import PdfDocument, PdfiumError

from markerd.convert.embedded.text.mending import is_plain
from markerd.convert.embedded.text_layer import missing_fonts
from markerd.convert.embedded.text_layer.characters import complete_reader
from markerd.convert.embedded.text_layer.single_words import join_single_words
from markerd.convert.embedded.text_layer.turned_pages import find_turns, write_turned
from markerd.convert.marker_bridge.page_images import LEAST_DPI, MOST_PIXELS, PageImageProvider, make_readable
from markerd.convert.marker_bridge.page_ranges import choose_present_pages
from markerd.convert.marker_bridge.photo_formats import is_photo
from markerd.convert.rendering.links import clean_destination, escape_for_html
from markerd.errors import DocumentError

_MOST_BATCH_PIXELS = 32 << 20  # written at a time: 100 MB
_MOST_SIDE_PT = 14_400  # 200 inches: what a PDF's page could measure up to version 1.7


def _bound_render(original: Any) -> Any:
    @functools.wraps(original)
    def render(pdf: Any, idx: int, dpi: int, flatten_page: bool) -> Any:
        width, height = pdf.get_page_size(idx)
        if max(width, height) > _MOST_SIDE_PT:
            message = f"page {idx + 1} measures {width / 72:.0f} x {height / 72:.0f} inches: the most is 200"
            raise DocumentError(message, kind="page_too_large", is_permanent=True)
        pixels = width * height * (dpi / 72) ** 2
        return original(pdf, idx, dpi * min(1.0, (MOST_PIXELS / max(pixels, 1)) ** 0.5), flatten_page)

    return render


def _join_single_words(original: Any) -> Any:
    @functools.wraps(original)
    def get_lines(spans: Any) -> Any:
        return join_single_words(original(spans))

    return get_lines


def _leave_plain_text(original: Any) -> Any:
    @functools.wraps(original)
    def fix_text(text: str) -> str:
        return text if is_plain(text) else original(text)

    return fix_text


def _make_links_safe(original: Any) -> Any:
    """Clean the address of each link of a page, or drop it, because Marker puts it into an attribute unchecked."""

    @functools.wraps(original)
    def get_links(page_idx: int, pdf: Any) -> Any:
        links = original(page_idx, pdf)
        for link in links:
            address = clean_destination(link["url"] or "")
            link["url"] = escape_for_html(address) if address else None
        return links

    return get_links


missing_fonts.install_placeholder()
pdftext.pdf.links.get_links = _make_links_safe(pdftext.pdf.links.get_links)
pdftext.pdf.pages.get_chars = complete_reader(pdftext.pdf.pages.get_chars)
pdftext.pdf.pages.get_lines = _join_single_words(pdftext.pdf.pages.get_lines)
marker.providers.pdf.fix_text = _leave_plain_text(marker.providers.pdf.fix_text)
PdfProvider._render_image = staticmethod(_bound_render(PdfProvider._render_image))


class UprightPdfProvider(PdfProvider):  # type: ignore[misc]  # Marker is untyped
    """Marker's provider of PDFs, with all pages that have text standing upright.

    `filepath` is then that of a copy, which is also seen by what opens the document again.
    """

    filepath: str

    def pdftext_extraction(self, doc: Any) -> Any:
        """Return the lines of each page; called by Marker, once, with the opened document."""
        lines = super().pdftext_extraction(doc)
        turned = find_turns(self.raw_pdftext_pages)
        if not turned:
            return lines
        with NamedTemporaryFile(suffix=".pdf", delete=False) as file:  # it is removed with the document's temp folder
            copy = file.name
        source = self.filepath
        try:
            write_turned(Path(source), Path(copy), turned)
            self.filepath = copy
            with self.get_doc() as upright:
                return super().pdftext_extraction(upright)
        except PdfiumError:  # a copy that PDFium cannot write or read: the original is read
            self.filepath = source
            return lines


def choose_provider(source: Path) -> type[Any]:
    """Choose the provider for a document by its content. PDFium has to open, or to refuse, whatever is no image."""
    is_image = is_photo(source) or provider_from_filepath(str(source)) is ImageProvider
    return PageImageProvider if is_image else UprightPdfProvider


def has_running_headers(source: Path) -> bool:
    """Whether Marker should leave out running headers and footers: only a PDF has any; at the edge of an image is
    content.
    """
    return issubclass(choose_provider(source), PdfProvider)


def choose_kind_source(source: Path, path: Path) -> Path:
    """Return the file that says of what kind the document is: the pages of a TIFF are those of a scan."""
    return path if is_image(source) else source


def is_image(source: Path) -> bool:
    return issubclass(choose_provider(source), ImageProvider)


def prepare_image(source: Path, scratch: Path) -> Path:
    """Return an image that Marker reads as it is seen; where it would not, a copy in `scratch`.

    Of a file with several pictures Marker takes the first, so a TIFF of many pages becomes a PDF.
    """
    if not is_image(source):
        return source
    with Image.open(source) as image:
        if image.format == "TIFF" and getattr(image, "n_frames", 1) > 1:
            return _write_pdf(image, scratch / "pages.pdf")
        shown = make_readable(image)
        if shown is image:
            return source
        target = scratch / "page.png"
        shown.save(target, compress_level=1)
    return target


def holds_more_pictures(source: Path) -> bool:
    """Whether a picture's file holds others, which are not read: an animation, or a series of photographs.

    The pages of a TIFF are read. The smaller versions of one photograph that a camera adds (MPO) are no others.
    """
    if not is_image(source):
        return False
    with contextlib.suppress(OSError, ValueError, SyntaxError, EOFError), Image.open(source) as image:
        if image.format in ("TIFF", "MPO"):
            return False
        image.seek(1)  # raises EOFError where there is none
        return True
    return False


def _write_pdf(image: Any, target: Path) -> Path:
    # Marker renders at 192 dpi; a page of unknown resolution is taken for a scan of 200 dpi.
    told = max(map(float, image.info.get("dpi", (0, 0))))
    resolution = told if told >= LEAST_DPI else 200.0
    batch: list[Any] = []  # all pages would not fit into memory; one by one the whole PDF would be read again for each
    for frame in ImageSequence.Iterator(image):
        batch.append(make_readable(frame).convert("RGB"))
        if sum(page.width * page.height for page in batch) > _MOST_BATCH_PIXELS:
            _append_pages(batch, target, resolution)
    _append_pages(batch, target, resolution)
    return target


def _append_pages(pages: list[Any], target: Path, resolution: float) -> None:
    """Write pages to a PDF, after those that it has, and empty the list."""
    if pages:
        first, *others = pages
        first.save(target, "PDF", resolution=resolution, append=target.exists(), save_all=True, append_images=others)
        pages.clear()


def locate_made_pdf(folder: Path) -> Path:
    """Return where the PDF lies that is converted in place of the document."""
    return folder / "made.pdf"


def prepare_source(source: Path, folder: Path) -> Path:
    """Return the document itself, or the PDF of a TIFF's pages, which is made once, in `folder`."""
    made = locate_made_pdf(folder)
    if made.exists():
        return made
    source = prepare_image(source, folder)
    return source if source.parent != folder else source.rename(made)


def list_pages(path: Path, options: Mapping[str, Any]) -> list[int]:
    """List the pages to convert, from 0: all of them, or those that `page_range` names and that are there. An image is
    one page.

    Raises DocumentError where `page_range` names none of them.
    """
    if is_image(path):
        return choose_present_pages(options.get("ImageProvider_page_range", options.get("page_range")), 1)
    wanted = options.get("PdfProvider_page_range", options.get("page_range"))
    with closing(PdfDocument(path)) as pdf:
        return choose_present_pages(wanted, len(pdf))
