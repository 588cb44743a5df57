"""What Marker's command line takes and `[folders.marker]` does not, each with what to write instead."""

from __future__ import annotations

from collections.abc import Mapping

_FORMATS = 'write the folder\'s key `formats`, such as formats = ["json"]'
_WORKERS = "write `workers` in [converter]"
_STEPS = 'the steps are fixed; the folder\'s key `converter` chooses among them: "pdf", "table" or "ocr"'
_NOT_NEEDED = "leave it out"

SUBSTITUTES: Mapping[str, str] = {
    # marker_single, marker
    "output_dir": "write the folder's key `output`",
    "output_format": _FORMATS,
    "converter_cls": 'write the folder\'s key `converter`: "pdf", "table" or "ocr"',
    "processors": _STEPS,
    "config_json": "write its entries here, one a line",
    "disable_image_extraction": "write extract_images = false",
    "disable_multiprocessing": f"{_NOT_NEEDED}: markerd fixes pdftext_workers at 1",
    "debug": "write what is wanted of it: debug_pdf_images, debug_layout_images, debug_json, and debug_data_folder",
    "debug_print": 'write level = "debug" in [log]',
    "workers": _WORKERS,
    "max_tasks_per_worker": "write `recycle_documents` in [converter]",
    "max_files": f"{_NOT_NEEDED}: every document of the folder is converted",
    "skip_existing": f"{_NOT_NEEDED}: a document that has not changed is not converted again",
    "num_chunks": _WORKERS,
    "chunk_idx": _WORKERS,
    # earlier versions of Marker
    "langs": "leave it out, or write `ocr_models` in [converter] for models of another script",
    "languages": "leave it out, or write `ocr_models` in [converter] for models of another script",
    "ocr_all_pages": "write force_ocr = true",
    "paginate": "write paginate_output = true",
    "batch_multiplier": _NOT_NEEDED,
    "max_pages": 'write page_range, such as "0-9", or the limit `max_pages` in [converter]',
    "start_page": 'write page_range, such as "5-10"',
    "google_api_key": "write `service` and `key_file` in [llm]",
    # values that are classes
    "default_llm_service": 'write `service` in [llm], such as "openai"',
    "default_processors": _STEPS,
}
