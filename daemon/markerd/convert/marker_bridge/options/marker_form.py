"""Options in the form in which Marker takes them, made once from what the configuration says.

The configuration has texts and lists where Marker has numbers of pages, types of blocks and classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markerd.convert.marker_bridge.options.marker_options import split_class_name
from markerd.convert.marker_bridge.options.value_types import read_block_type
from markerd.convert.marker_bridge.page_ranges import read_page_range

STRICT_OPTIONS: Mapping[str, Any] = {
    "pdftext_workers": 1,  # more of them start a process pool from 20 pages on, whose semaphores leak when it is killed
    "disable_tqdm": True,  # the log is not a terminal; tqdm's lock is a semaphore
    "mode": "fast",  # text layer first, models where it fails; `balanced` needs the vision model on a GPU
}
"""What every conversion runs with. `mode` may be overridden by `[folders.marker]`, the others may not."""
FIXED: Mapping[str, Any] = {name: STRICT_OPTIONS[name] for name in ("pdftext_workers", "disable_tqdm")}

PAGE_RANGE = "page_range"
BLOCK_TYPE_LISTS = frozenset(
    {
        "block_ocr_skip_types",
        "block_types",
        "contained_block_types",
        "converter_block_types",
        "excluded_for_coverage",
        "expand_block_types",
        "highres_block_types",
        "ignored_block_types",
        "image_blocks",
        "inline_math_block_types",
        "page_blocks",
        "skip_ocr_blocks",
    }
)
"""Marker's options that are lists of types of blocks. Its crawler, which finds them too, takes seconds to import."""
OWN_CLASSES: Mapping[str, tuple[str, ...]] = {
    "DocumentBuilder": ("FrugalDocumentBuilder",),
    "HTMLRenderer": ("_Html",),
    "ImageProvider": ("PageImageProvider",),
    "LayoutBuilder": ("EmbeddedLayoutBuilder",),
    "MarkdownRenderer": ("_Markdown",),
    "OcrBuilder": ("EmbeddedOcrBuilder",),
    "OCRConverter": ("OcrDocumentConverter",),
    "PdfConverter": ("DocumentConverter",),
    "PdfProvider": ("UprightPdfProvider",),
    "SectionHeaderProcessor": ("HeightLevels",),
    "TableConverter": ("TableDocumentConverter",),
}
"""Marker's classes whose place others take here. It gives `LayoutBuilder_mode` to a class of exactly this name."""


def build_marker_form(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return checked options as Marker takes them. What is in this form already stays as it is."""
    return {
        key: _read_value(split_class_name(name)[1], value)
        for name, value in options.items()
        for key in (name, *_list_own_names(name))
    }


def _list_own_names(name: str) -> list[str]:
    class_name, option = split_class_name(name)
    return [f"{own}_{option}" for own in OWN_CLASSES.get(class_name, ())]


def _read_value(option: str, value: Any) -> Any:
    if option == PAGE_RANGE:
        return read_page_range(value)
    if option in BLOCK_TYPE_LISTS:
        return tuple(read_block_type(name) for name in value)
    return value
