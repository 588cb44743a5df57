"""Which of Marker's providers opens a document, and what they lack: a picture that cannot be had costs the picture,
not the document.

Importing this module imports marker.
"""

from __future__ import annotations

import base64
import codecs
import functools
import shutil
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from marker.providers.document import DocumentProvider
from marker.providers.document import css as document_css
from marker.providers.html import HTMLProvider
from marker.providers.image import ImageProvider
from marker.providers.pdf import PdfProvider
from marker.providers.powerpoint import PowerPointProvider
from marker.providers.registry import provider_from_filepath
from PIL import Image, ImageSequence
from pypdfium2 import PdfDocument

from markerd.convert import fetches
from markerd.errors import DocumentError


def data_only_fetcher(url: str, *_: Any, **__: Any) -> dict[str, Any]:
    """Serves `data:` URLs alone. weasyprint would fetch what a document names: from the network, or local files."""
    from weasyprint import default_url_fetcher

    if not url.startswith("data:"):
        fetches.refused.add(url)
        raise ValueError(f"markerd fetches nothing for a document: {url[:200]}")
    fetched: dict[str, Any] = default_url_fetcher(url)
    return fetched


@functools.cache
def confine_weasyprint() -> None:
    """From now on a document that becomes a PDF by way of HTML has what it holds, and no more."""
    from weasyprint import HTML

    original = HTML.__init__

    @functools.wraps(original)
    def confined(self: Any, *arguments: Any, **options: Any) -> None:
        original(self, *arguments, **{"url_fetcher": data_only_fetcher, **options})

    HTML.__init__ = confined


MOST_RENDERED_PIXELS = 64 << 20
"""A0 at 192 dpi, which Marker wants for OCR, has 57 million. A larger page is rendered at less."""
_MOST_SIDE_PT = 14_400  # 200 inches: what a PDF's page could measure up to version 1.7


def _bounded_render(original: Any) -> Any:
    @functools.wraps(original)
    def render(pdf: Any, idx: int, dpi: int, flatten_page: bool) -> Any:
        width, height = pdf.get_page_size(idx)
        if max(width, height) > _MOST_SIDE_PT:
            message = f"page {idx + 1} measures {width / 72:.0f} x {height / 72:.0f} inches: the most is 200"
            raise DocumentError(message, kind="page_too_large", is_permanent=True)
        pixels = width * height * (dpi / 72) ** 2
        return original(pdf, idx, dpi * min(1.0, (MOST_RENDERED_PIXELS / max(pixels, 1)) ** 0.5), flatten_page)

    return render


# All that is not a picture becomes a PDF first, and each of those providers renders its pages by this.
PdfProvider._render_image = staticmethod(_bounded_render(PdfProvider._render_image))


class BoundedImageProvider(ImageProvider):  # type: ignore[misc]  # marker is untyped
    """Marker enlarges a picture for OCR, four times the pixels; a large one is legible as it is."""

    def get_images(self, idxs: list[int], dpi: int) -> list[Any]:
        width, height = self.images[0].size
        largest_dpi = 96 * (MOST_RENDERED_PIXELS / max(width * height, 1)) ** 0.5
        images: list[Any] = super().get_images(idxs, min(dpi, largest_dpi))
        return images


class LenientDocumentProvider(DocumentProvider):  # type: ignore[misc]  # marker is untyped
    """DOCX. mammoth gives up at a picture that is only linked: it lies on the network or on its author's disk."""

    def convert_docx_to_pdf(self, filepath: str) -> None:
        import mammoth
        from weasyprint import CSS, HTML

        with Path(filepath).open("rb") as file:
            html = mammoth.convert_to_html(file, convert_image=mammoth.images.img_element(_embedded_image)).value
        HTML(string=self._preprocess_base64_images(html)).write_pdf(
            self.temp_pdf_path, stylesheets=[CSS(string=document_css), self.get_font_css()]
        )


def _embedded_image(image: Any) -> dict[str, str]:
    """The attributes of an `<img>`; without a source where the document does not hold the picture."""
    from mammoth.docx.files import InvalidFileReferenceError

    try:
        with image.open() as data:
            encoded = base64.b64encode(data.read()).decode("ascii")
    except InvalidFileReferenceError as error:  # "could not open external image 'URL', …"
        fetches.refused.add(str(error).partition("'")[2].rpartition("'")[0])
        return {}
    except (KeyError, OSError):
        return {}
    return {"src": f"data:{image.content_type};base64,{encoded}"}


class LenientPowerPointProvider(PowerPointProvider):  # type: ignore[misc]  # marker is untyped
    """PPTX. A picture placeholder may hold no picture, or a linked one."""

    def _handle_image(self, shape: Any) -> str:
        try:
            return str(super()._handle_image(shape))
        except (ValueError, KeyError, AttributeError):
            return ""


class TextualHTMLProvider(HTMLProvider):  # type: ignore[misc]  # marker is untyped
    """HTML. Text that binary data was joined to would become many pages of signs, which take minutes each."""

    def convert_html_to_pdf(self, filepath: str) -> None:
        content = Path(filepath).read_bytes()
        if b"\0" in content and not content.startswith(_UTF_16_MARKS):
            raise ValueError("it holds binary data, which no text does")
        super().convert_html_to_pdf(filepath)


_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_OURS = {
    DocumentProvider: LenientDocumentProvider,
    ImageProvider: BoundedImageProvider,
    PowerPointProvider: LenientPowerPointProvider,
    HTMLProvider: TextualHTMLProvider,
}


def provider_class(source: Path) -> type[Any]:
    """The provider for a document, by its content."""
    found: type[Any] = provider_from_filepath(str(source))
    if found not in (PdfProvider, ImageProvider):
        confine_weasyprint()
    return _OURS.get(found, found)


def has_running_headers(source: Path) -> bool:
    """Only a PDF has running headers and footers that Marker should leave out. What stands at the edge of an image, or
    of the pages that Marker makes of an Office or web document, is content."""
    return provider_class(source) is PdfProvider


def told_by(source: Path, path: Path) -> Path:
    """Which of a document and what became of it says of what kind it is: the pages of a TIFF are those of a scan."""
    return path if is_image(source) else source


def is_image(source: Path) -> bool:
    return issubclass(provider_class(source), ImageProvider)


def single_image_or_pdf(source: Path, scratch: Path) -> Path:
    """Marker takes the first picture of a file with several: a TIFF of many pages becomes a PDF in `scratch`."""
    if source.suffix not in (".tif", ".tiff"):
        return source
    with Image.open(source) as image:
        if getattr(image, "n_frames", 1) == 1:
            return source
        target = scratch / "pages.pdf"
        # Marker renders at 96 dpi times two; a page whose resolution is not told is taken for a scan of 200 dpi.
        resolution = float(image.info.get("dpi", (200.0, 200.0))[0]) or 200.0
        for frame in ImageSequence.Iterator(image):  # one by one: all at once they would not fit into memory
            frame.convert("RGB").save(target, "PDF", resolution=resolution, append=target.exists())
    return target


def image_or_pdf(source: Path, folder: Path, options: Mapping[str, Any]) -> Path:
    """The document itself, or the PDF that Marker makes of its kind, in `folder`; there it is made once."""
    made = folder / "made.pdf"
    if made.exists():
        return made
    source = single_image_or_pdf(source, folder)
    found = provider_class(source)
    if found is PdfProvider or is_image(source):
        return source if source.parent != folder else source.rename(made)
    # Its text is extracted by the way: of one page, for nothing comes of it.
    provider = found(str(source), {**options, "page_range": [0]})
    shutil.move(provider.temp_pdf_path, made)
    return made


def page_numbers(path: Path, options: Mapping[str, Any]) -> list[int]:
    """The pages that are to be converted, from 0: all, or those that `page_range` names. An image is one page."""
    if is_image(path):
        return [0]
    wanted = options.get("PdfProvider_page_range", options.get("page_range"))
    with closing(PdfDocument(path)) as pdf:
        return list(range(len(pdf)) if wanted is None else wanted)
