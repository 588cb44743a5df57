"""What OCR read, with the place of each block: pages and their lines or blocks, as Marker's OCR converter writes them.

Importing this module imports marker.
"""

from __future__ import annotations

from typing import Any

from marker.renderers import ocr_json
from marker.renderers.ocr_json import OCRJSONOutput, OCRJSONPageOutput

from markerd.convert.rendering.safe_html import make_safe


class OCRJSONRenderer(ocr_json.OCRJSONRenderer):  # type: ignore[misc]  # marker is untyped
    """Has the name of Marker's renderer, since options may name the class that they are for."""

    def __call__(self, document: Any) -> OCRJSONOutput:
        metadata = self.generate_document_metadata(document, document.render(self.block_config))
        return OCRJSONOutput(children=self.extract_json(document), metadata=metadata)

    def extract_json(self, document: Any) -> list[OCRJSONPageOutput]:
        """Return the document's pages, in order."""
        pages: list[OCRJSONPageOutput] = super().extract_json(document)
        for page in pages:
            for line in page.children or ():
                line.html = make_safe(line.html)
        return pages
