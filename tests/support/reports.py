"""Reports with headings, as PDFs: Marker's processors for LLMs ask about their levels."""

from __future__ import annotations

_PROSE = "The committee met in the large hall and heard the reports of those who had travelled to the north. " * 4
_STYLE = "body { font: 11pt DejaVu Serif } h1 { font-size: 20pt } section + section { break-before: page }"


def make_report(pages: int = 1) -> bytes:
    """Return a PDF of so many pages, each with two headings."""
    from weasyprint import HTML

    page = f"<section><h1>Introduction</h1><p>{_PROSE}</p><h1>Costs by region</h1><p>{_PROSE}</p></section>"
    html = f"<html lang=en><title>Report</title><style>{_STYLE}</style>{page * pages}</html>"
    made: bytes = HTML(string=html).write_pdf()
    return made
