"""Marker's `PdfConverter`, run once for a document and rendered into every format that is wanted.

Importing this module imports marker: the environment must have been applied before.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from marker.builders.line import LineBuilder
from marker.builders.ocr import OcrBuilder
from marker.builders.structure import StructureBuilder
from marker.converters.pdf import PdfConverter
from marker.output import convert_if_not_rgb, text_from_rendered
from marker.processors.sectionheader import SectionHeaderProcessor
from marker.settings import settings

from markerd.convert.checks.faults import FailedPage, Fault
from markerd.convert.checks.unread_pages import unread
from markerd.convert.embedded.marker_hooks.section_header import HeightLevels
from markerd.convert.marker_bridge.document_builder import FrugalDocumentBuilder
from markerd.convert.marker_bridge.llm.relayed_service import RelayedService
from markerd.convert.marker_bridge.llm.session import LlmSession
from markerd.convert.marker_bridge.options.marker_form import FIXED
from markerd.convert.marker_bridge.page_ranges import set_page_range
from markerd.convert.marker_bridge.page_readings import PageReading, add_readings, describe_readings
from markerd.convert.marker_bridge.placing import Place
from markerd.convert.marker_bridge.plain_pages import build_empty_document, insert_pages, renew_contents
from markerd.convert.marker_bridge.providers import choose_provider, has_running_headers, list_pages
from markerd.convert.marker_bridge.self_check import SelfCheck
from markerd.convert.protocol import Artifact, ArtifactRole, PageCheck
from markerd.convert.protocol.produced_names import name_file, name_metadata
from markerd.convert.rendering.chunks import ChunkRenderer
from markerd.convert.rendering.renderers import HTMLRenderer, JSONRenderer, MarkdownRenderer

_NO_METADATA = "debug_data_path"  # names a temporary folder, another one for each conversion


class DocumentConverter(PdfConverter):  # type: ignore[misc]  # marker is untyped
    """One document's conversion: `build_document` once, then a renderer for each format.

    `place` is set where the document is part of a larger output.
    """

    default_processors = tuple(
        HeightLevels if kind is SectionHeaderProcessor else kind for kind in PdfConverter.default_processors
    )
    renderers: ClassVar[Mapping[ArtifactRole, type]] = {
        ArtifactRole.MARKDOWN: MarkdownRenderer,
        ArtifactRole.HTML: HTMLRenderer,
        ArtifactRole.JSON: JSONRenderer,
        ArtifactRole.CHUNKS: ChunkRenderer,
    }

    default_llm_service = RelayedService

    def __init__(
        self,
        models: Mapping[str, Any],
        options: Mapping[str, Any],
        layout_builder_class: type | None = None,
        ocr_builder_class: type | None = None,
        llm_session: LlmSession | None = None,
    ) -> None:
        # Marker puts the LLM service of a conversion into the dict it is given: a copy keeps the cached one clean.
        super().__init__(artifact_dict={**models, "llm_session": llm_session}, config={**options, **FIXED})
        self.llm_session = llm_session
        if layout_builder_class is not None:
            self.layout_builder_class = layout_builder_class
        self._ocr_builder_class = ocr_builder_class or OcrBuilder
        self._failed: dict[int, FailedPage] = {}
        self._readings: dict[int, PageReading] = {}
        self.checks: list[PageCheck] = []
        self.place: Place | None = None

    def build_document(self, filepath: str, set_aside: Mapping[int, Fault] | None = None) -> Any:
        """Run Marker's steps, with our providers and builders, and check the result of each page (`checks`).

        The pages of `set_aside`, counted from 0, are kept from Marker, each because of a fault that it met there.
        """
        unread.take()  # drops what a failed attempt has left
        kept, wanted = set_aside or {}, list_pages(Path(filepath), self.config)
        given = [number for number in wanted if number not in kept]
        document = self._build_pages(filepath, given) if given else build_empty_document(filepath)
        if document.pages:
            self._process(document)
        faults = self._restore_pages(document, wanted, kept)
        self.checks = add_readings(self._check(document, faults, unread.take()), self._readings)
        if any(check.degraded for check in self.checks):
            renew_contents(document, self.processor_list)
        document.table_of_contents = document.table_of_contents or []  # None where no processor made one
        self._put_in_place(document)
        return document

    def _put_in_place(self, document: Any) -> None:
        """Give the pages, and their checks, the numbers that they have in the output that the document is part of."""
        if self.place is not None:
            self.place.put(document)
            self.checks = [replace(check, page=check.page + self.place.first_page) for check in self.checks]

    def _build_pages(self, filepath: str, pages: Sequence[int]) -> Any:
        """Run Marker's builders. A page on which our rules for the layout fail is taken out, and kept."""
        config = set_page_range(self.config, pages)
        provider = choose_provider(Path(filepath))(filepath, config)
        document_builder, layout_builder, ocr_builder = self._build_builders()
        document = document_builder(provider, layout_builder, self.resolve_dependencies(LineBuilder), ocr_builder)
        self._failed = dict(getattr(layout_builder, "failed_pages", {}))  # Marker's own builder has no such pages
        self._readings = describe_readings(document, provider, self.config)
        return document

    def _build_builders(self) -> tuple[Any, Any, Any]:
        """Build those of the document, of its layout, and of what OCR reads."""
        layout_builder = self.resolve_dependencies(self.layout_builder_class)
        return FrugalDocumentBuilder(self.config), layout_builder, self.resolve_dependencies(self._ocr_builder_class)

    def _process(self, document: Any) -> None:
        """Run Marker's steps that follow the builders."""
        self.resolve_dependencies(StructureBuilder)(document)
        for processor in self.processor_list:
            processor(document)

    def _check(self, document: Any, faults: Mapping[int, Fault], unread: Collection[int]) -> list[PageCheck]:
        """Check each page, in order. `faults` has the pages whose layout failed; `unread` are those of OCR."""
        return SelfCheck(self.config, faults, unread).run(document)

    def _restore_pages(self, document: Any, wanted: Sequence[int], set_aside: Mapping[int, Fault]) -> dict[int, Fault]:
        """Give the document its pages that were kept from Marker, still without text; returns the fault of each."""
        insert_pages(document, list(set_aside))
        document.pages.extend(failed.page for failed in self._failed.values())
        places = {number: place for place, number in enumerate(wanted)}
        document.pages.sort(key=lambda page: places[page.page_id])
        return {**set_aside, **{number: failed.fault for number, failed in self._failed.items()}}

    def render(
        self, source: Path, formats: Sequence[ArtifactRole], set_aside: Mapping[int, Fault] | None = None
    ) -> dict[ArtifactRole, Any]:
        """Return Marker's rendered output, by format."""
        document = self.build_document(str(source), set_aside)
        self.page_count = len(document.pages)
        return {role: self.build_renderer(role)(document) for role in formats}

    def build_renderer(self, role: ArtifactRole) -> Any:
        return self.resolve_dependencies(self.renderers[role])


def choose_options(source: Path) -> dict[str, Any]:
    """Return the options that a kind of document needs."""
    if has_running_headers(source):
        return {}
    return {"keep_pageheader_in_output": True, "keep_pagefooter_in_output": True}


def write_artifacts(rendered: Mapping[ArtifactRole, Any], folder: Path) -> tuple[Artifact, ...]:
    """Write texts, images and Marker's metadata. All formats have the same images, so each is written once."""
    artifacts: list[Artifact] = []
    images: dict[str, Any] = {}
    for role, output in rendered.items():
        text, _, found = text_from_rendered(output)
        file_name = name_file(role)
        (folder / file_name).write_bytes(text.encode("utf-8", "replace"))
        end_last_line(folder / file_name)
        artifacts.append(Artifact(role.value, file_name))
        images.update(found)
    write_images(images, folder)
    metadata = next(iter(rendered.values())).metadata
    return (*artifacts, *list_image_artifacts(images), write_metadata(metadata, folder))


def end_last_line(path: Path) -> None:
    """End a text with a line break, as terminals and programs that read lines expect it; Marker's texts end without
    one.
    """
    with path.open("r+b") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return
        file.seek(-1, os.SEEK_END)
        if file.read() != b"\n":
            file.write(b"\n")


def write_images(images: Mapping[str, Any], folder: Path) -> None:
    for name, image in images.items():
        convert_if_not_rgb(image).save(folder / name, settings.OUTPUT_IMAGE_FORMAT)


def list_image_artifacts(names: Iterable[str]) -> list[Artifact]:
    return [Artifact(ArtifactRole.IMAGE.value, name) for name in names]


def write_metadata(metadata: Mapping[str, Any], folder: Path) -> Artifact:
    name = name_metadata()
    metadata = {key: value for key, value in metadata.items() if key != _NO_METADATA}
    text = json.dumps(metadata, indent=2, ensure_ascii=True, default=str)
    (folder / name).write_text(text + "\n", encoding="utf-8")
    return Artifact(ArtifactRole.META.value, name)
