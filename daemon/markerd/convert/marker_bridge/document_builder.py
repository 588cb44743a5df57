"""Marker's builder of documents, which draws pages at high resolution only where somebody looks at them.

Importing this module imports marker.
"""

from __future__ import annotations

from typing import Any

from marker.builders.document import DocumentBuilder


class FrugalDocumentBuilder(DocumentBuilder):  # type: ignore[misc]  # Marker is untyped
    """Draws at high resolution, together, the pages that OCR reads whole. Any other page is drawn when it is asked for.

    Marker also draws those with tables or equations, which have their HTML already.
    """

    def page_needs_highres(self, page: Any) -> bool:
        """Whether the page is drawn at high resolution before OCR begins; called by Marker."""
        return bool(page.text_extraction_method == "surya")
