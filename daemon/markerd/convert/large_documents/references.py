"""Links within a document: a part cannot know their targets by itself, since they are in other parts.

pdftext numbers the targets as it meets the links, page by page. Here all pages are read once for that, for all parts.

Importing this module imports marker.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pdftext.extraction
from marker.providers.pdf import PdfProvider
from pdftext.pdf.links import get_links, merge_links
from pdftext.pdf.pages import get_pages
from pdftext.schema import PageReference
from pypdfium2 import PdfDocument

from markerd.convert.checks.faults import catch_fault
from markerd.files.untrusted import parse_json, read_file

FILE_NAME = "references.json"
_MOST_BYTES = 64 << 20  # a million targets


def collect_targets(path: Path, options: Mapping[str, Any], pages: Sequence[int], folder: Path) -> None:
    """Write into `folder` where the links on these pages lead. Text is extracted only of pages with such links."""
    provider_options = {"disable_links": False, "force_ocr": False, "flatten_pdf": PdfProvider.flatten_pdf, **options}
    found = PageReference()
    if not provider_options["disable_links"] and not provider_options["force_ocr"]:
        with closing(PdfDocument(path)) as plain, closing(PdfDocument(path)) as pdf:
            if provider_options["flatten_pdf"]:
                pdf.init_forms()
            for number in pages:
                # A fault costs the page the targets of its links.
                catch_fault(partial(_collect_from_page, number, plain, pdf, provider_options["flatten_pdf"], found))
    targets = [(page, reference.coord) for page, each in found.page_ref_map.items() for reference in each]
    (folder / FILE_NAME).write_text(json.dumps(targets), encoding="ascii")


def _collect_from_page(number: int, plain: Any, pdf: Any, flatten: bool, found: Any) -> None:
    if any(link["dest_page"] is not None for link in get_links(number, plain)):
        page = get_pages(pdf, [number], flatten, quote_loosebox=False)[0]
        merge_links(page, plain, found)


@contextmanager
def use_targets(folder: Path) -> Iterator[None]:
    """Let pdftext know the targets that `collect_targets` has found, within the context.

    Raises OSError and ValueError, as `untrusted` does.
    """
    targets = parse_json(read_file(folder / FILE_NAME, _MOST_BYTES))

    def add_links_and_refs(pages: list[dict[str, Any]], pdf: PdfDocument) -> None:
        references = PageReference()
        for page, coordinates in targets:
            references.add_ref(page, coordinates)
        for each in pages:
            merge_links(each, pdf, references)
        for each in pages:
            each["refs"] = references.get_refs(each["page"])

    before = pdftext.extraction.add_links_and_refs
    pdftext.extraction.add_links_and_refs = add_links_and_refs
    try:
        yield
    finally:
        pdftext.extraction.add_links_and_refs = before
