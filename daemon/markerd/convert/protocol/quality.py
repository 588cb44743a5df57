"""How the pages of a document came out, each and together."""

from __future__ import annotations

from dataclasses import dataclass

from markerd.values import DegradedPage, ReadTable


@dataclass(frozen=True)
class PageCheck:
    """How one page came out. `page` counts from 1.

    `coverage` is the share, 0 to 1, of the `words` of the page's text layer that its output has; None where there are
    no words to compare with. `is_unread` says that OCR could not read a page that is not blank. `degraded` says why the
    page was read by `reader`, which knows less of its structure, instead of by the rules for the layout; `error` and
    `where` name the exception and its place in the code, if there was one. `tables` names the reader of each table.

    `layout` says who found the blocks: "model", "model and rules", "forced", or "" where that is not known. `text` says
    where the words come from: "text layer", "OCR", or "text layer and OCR", for which `ocr_blocks` of the page's blocks
    were read; `text_reason` says why OCR was asked.
    """

    page: int
    coverage: float | None = None
    words: int = 0
    is_unread: bool = False
    degraded: str = ""
    error: str = ""
    where: str = ""
    reader: str = ""
    tables: tuple[str, ...] = ()
    layout: str = ""
    text: str = ""
    text_reason: str = ""
    ocr_blocks: int = 0


@dataclass(frozen=True)
class Quality:
    """How much of a document's text is in its output, summed up over its pages.

    All fields are None or empty for a document without a text layer to compare with. `coverage` is the mean over the
    pages that have one; `worst_coverage` is the least, on page `worst_page` (from 1). The `missing_pages` fell short of
    the least share even after they were read again; the `unread_pages` could not be read by OCR. `tables` are in order.
    `is_first_picture_only` says that a file holds several pictures, of which the first is the document.
    `compared_pages` counts the pages that have a coverage. `pages` has the check of each page, for those who look into
    an output; of a very long document it has none.
    """

    coverage: float | None = None
    worst_coverage: float | None = None
    worst_page: int | None = None
    missing_pages: tuple[int, ...] = ()
    unread_pages: tuple[int, ...] = ()
    degraded_pages: tuple[DegradedPage, ...] = ()
    tables: tuple[ReadTable, ...] = ()
    is_first_picture_only: bool = False
    compared_pages: int = 0
    pages: tuple[PageCheck, ...] = ()
