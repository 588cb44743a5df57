"""The engine: the models of this process, and the conversion of one document after another with them.

It runs in the converter process (`worker`) or in the daemon's own (`inline`). It calls Marker directly and
synchronously, with one worker. It cleans up before and after the models load, before a document, and after success or
an error; the loop asks for the cleanups between documents and at the end of a batch.
"""

from __future__ import annotations

import os
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from markerd.convert import cleanup, model_sets
from markerd.convert.checks.input_limits import bound_pictures
from markerd.convert.cleanup.report import CleanupPoint, CleanupReport, build_log_fields
from markerd.convert.marker_bridge import document_reports
from markerd.convert.marker_bridge.document_reports import Emit
from markerd.convert.marker_bridge.llm.session import LlmSession
from markerd.convert.marker_bridge.page_ranges import name_pages
from markerd.convert.marker_bridge.versions import list_versions
from markerd.convert.preflight import examine, translate_error
from markerd.convert.protocol import (
    LLM,
    ArtifactRole,
    ConversionRequest,
    ConversionResult,
    ConverterInfo,
    ConverterSpec,
    JoinRequest,
    count_images,
)
from markerd.convert.sandbox import environment
from markerd.errors import DocumentError, ModelAwayError

if TYPE_CHECKING:
    from markerd.convert.large_documents.paged_document import PagedDocument
    from markerd.convert.marker_bridge.document_converter import DocumentConverter
    from markerd.convert.marker_bridge.llm.session import LlmSession
    from markerd.convert.office.readers.mail import MailReader

Request = TypeVar("Request", ConversionRequest, JoinRequest)


_models: dict[str, Any] | None = None
_models_lock = threading.Lock()


def get_global_marker_models(model_set: str = "embedded", spec: ConverterSpec | None = None) -> dict[str, Any]:
    """Load the models of this process at the first call; every later call returns the same dict, whatever it asks for.

    `model_set` is "embedded" or "surya". Raises ModelsMissingError or UnavailableError where it cannot be loaded.
    """
    global _models  # noqa: PLW0603 - one set for each process is the point
    with _models_lock:
        if _models is None:
            _models = model_sets.load_models(model_set, environment.resolve_threads(spec or ConverterSpec()))
        return _models


class Engine:
    """Built cheaply; `load` imports Marker and the models. It is not thread-safe: one document at a time.

    `temp_dir` is the temp folder that this process has to itself, None where it shares one. Its entries are counted,
    and removed between documents. Raises ValueError where the folder is not empty, since what lies in it is not ours.
    """

    def __init__(self, emit: Emit, spec: ConverterSpec | None = None, temp_dir: Path | None = None) -> None:
        if temp_dir is not None and any(temp_dir.iterdir()):
            raise ValueError(f"{temp_dir} is not this process's alone: what lies in it would be removed")
        self._emit = emit
        self._temp_dir = temp_dir
        self._spec = environment.resolve_threads(spec or ConverterSpec())
        self._model_set = ""
        self._llm_session = LlmSession(self._spec.llm, self._spec.time_limits)

    def load(self) -> ConverterInfo:
        """Apply the environment, import Marker, load the models. Raises ModelsMissingError, UnavailableError."""
        started = time.monotonic()
        choice = model_sets.choose_model_set(self._spec)
        environment.apply_environment(self._spec.threads, also=self._spec.model_variables)
        cleanup.watch_semaphores()
        self.cleanup(CleanupPoint.BEFORE_MODELS)
        get_global_marker_models(choice.name, self._spec)
        # These are imported now, so that the first document need not wait for them.
        import markerd.convert.large_documents.attached_document
        import markerd.convert.marker_bridge.other_converters
        import markerd.convert.office.mail_converter  # noqa: F401

        if self._spec.llm is not None:
            from markerd.convert.marker_bridge.llm.relayed_service import load_service_class

            load_service_class(self._spec.llm.service)
        bound_pictures(self._spec.document_limits)
        self.cleanup(CleanupPoint.AFTER_MODELS)
        self._model_set = choice.name
        return ConverterInfo(
            choice.name, choice.reason, {**list_versions(), **choice.files}, time.monotonic() - started
        )

    def check_options(self, options: Mapping[str, Any]) -> list[str]:
        """Return one line for each option of `[folders.marker]` that is refused."""
        from markerd.convert.marker_bridge.options.checks import find_option_problems

        asked = {} if self._spec.llm is None else {LLM: self._spec.llm.service}
        return find_option_problems({**asked, **options}, is_confined=self._spec.confine != "off")

    def convert(self, request: ConversionRequest, on_pages: Callable[[int], None]) -> ConversionResult:
        """Convert a document, or one part of it, into `request.output_dir`.

        Raises DocumentError for whatever goes wrong with the document.
        """
        return self._guard_document(request, lambda: self._convert(_read_options(request), on_pages))

    def join(self, request: JoinRequest) -> ConversionResult:
        """Join the parts of a document in `request.output_dir`. Raises DocumentError."""
        return self._guard_document(request, lambda: self._join(_read_options(request)))

    def _guard_document(
        self, request: ConversionRequest | JoinRequest, work: Callable[[], ConversionResult]
    ) -> ConversionResult:
        self.cleanup(CleanupPoint.BEFORE_DOCUMENT)
        model_sets.begin_document(self._model_set)
        self._llm_session.begin()
        point = CleanupPoint.AFTER_ERROR
        try:
            with environment.redirect_temp_files(request.scratch_dir):
                result = self._llm_session.add_use(_finish(request, work()))
            document_reports.report_llm(self._emit, request.document, result)
            point = CleanupPoint.AFTER_SUCCESS
            return result
        except Exception as error:  # the boundary of the document: none of its errors may end the converter
            raise self._translate_error(error, Path(request.scratch_dir).parent) from error
        finally:
            self._emit("info", "cleanup.done", **build_log_fields(self.cleanup(point)))
            document_reports.report_refused_fetches(self._emit, request.document)
            unanswered = model_sets.count_unanswered(self._model_set)
            document_reports.report_unanswered(self._emit, request.document, unanswered)
            document_reports.report_leftovers(self._emit, request.document)

    def _demand_read(self, result: ConversionResult) -> None:
        """Raise DocumentError where nothing was read because there is no vision model."""
        if self._model_set != "surya" or model_sets.has_vision(self._spec):
            return
        if result.pages and len(result.quality.unread_pages) == result.pages:
            message = "its pages have no usable text layer, and no vision model reads them (surya.vlm)"
            raise DocumentError(message, kind="model_missing", is_permanent=True)

    def _convert(self, request: ConversionRequest, on_pages: Callable[[int], None]) -> ConversionResult:
        from markerd.convert.marker_bridge.other_converters import refuse_structured
        from markerd.convert.office.format_detection import choose_reader
        from markerd.convert.office.readers.mail import MailReader

        source = Path(request.source)
        if request.part == 0:
            examine(source, self._spec.document_limits)
        reader = choose_reader(source, request.options)
        if reader is not None:
            refuse_structured(source, request.options)
        if isinstance(reader, MailReader):
            result = self._convert_mail(request, reader, on_pages)
        elif reader is not None:
            return self._convert_structured(request, reader, on_pages)
        else:
            document = self._open_document(request)
            on_pages(len(document.pages))
            is_big = 0 < request.part_pages < len(document.pages)
            result = document.convert_part(request) if is_big else document.convert(request)
        self._demand_read(result)
        document_reports.report_quality(self._emit, request.document, result)
        return result

    def _open_document(self, request: ConversionRequest) -> PagedDocument:
        """Prepare a document that has pages to look at: a file, or what is attached to a mail."""
        from markerd.convert.large_documents.paged_document import PagedDocument
        from markerd.convert.marker_bridge.document_converter import choose_options
        from markerd.convert.marker_bridge.providers import (
            choose_kind_source,
            holds_more_pictures,
            list_pages,
            prepare_source,
        )

        source = Path(request.source)
        path = self._replace_damaged_pages(
            request, prepare_source(source, Path(request.kept_dir or request.scratch_dir))
        )
        options = {**choose_options(choose_kind_source(source, path)), **request.options}
        pages = list_pages(path, options)
        self._spec.document_limits.check_pages(len(pages))  # a TIFF became a PDF only now
        self._llm_session.extend(len(pages), request.part_pages)
        return PagedDocument(path, pages, options, self._build_converter, holds_more_pictures(source))

    def _convert_mail(
        self, request: ConversionRequest, reader: MailReader, on_pages: Callable[[int], None]
    ) -> ConversionResult:
        """Convert a mail in one part, with what is attached to it."""
        from markerd.convert.large_documents.attached_document import AttachedDocument
        from markerd.convert.office.mail_converter import MailConverter

        limits = self._spec.document_limits
        open_attachment = partial(AttachedDocument.open, limits=limits, open_document=self._open_document)
        return MailConverter(reader, open_attachment, limits, self._spec.time_limits, request, on_pages).convert()

    def _replace_damaged_pages(self, request: ConversionRequest, path: Path) -> Path:
        """Return the document, or a copy in which notes stand for its damaged pages; later parts find the copy."""
        from markerd.convert.checks.damaged_pages import find_damaged_pages, replace_with_notes
        from markerd.convert.marker_bridge.providers import is_image, locate_made_pdf

        damaged = () if request.part > 0 or is_image(path) else find_damaged_pages(path)
        if not damaged:
            return path
        missing = name_pages(damaged)
        self._emit("warning", "document.pages_missing", document=request.document, missing_pages=missing)
        return replace_with_notes(path, damaged, locate_made_pdf(Path(request.kept_dir or request.scratch_dir)))

    def _convert_structured(
        self, request: ConversionRequest, reader: Callable[..., list[str]], on_pages: Callable[[int], None]
    ) -> ConversionResult:
        """Convert an Office or web document, which is read in one part and without the models."""
        from markerd.convert.office.converter import StructuredConverter

        converter = StructuredConverter(reader, request.options, on_pages, self._spec.document_limits)
        return self._render(request, converter, Path(request.source))

    def _render(self, request: ConversionRequest, converter: Any, path: Path) -> ConversionResult:
        from markerd.convert.marker_bridge.document_converter import write_artifacts

        started = time.monotonic()
        rendered = converter.render(path, [ArtifactRole(name) for name in request.formats])
        converted = time.monotonic()
        artifacts = write_artifacts(rendered, Path(request.output_dir))
        seconds = {"marker": converted - started, "write": time.monotonic() - converted}
        return ConversionResult(converter.page_count, artifacts, seconds, count_images(artifacts))

    def _join(self, request: JoinRequest) -> ConversionResult:
        from markerd.convert.large_documents.join import join_parts

        started = time.monotonic()
        roles = [ArtifactRole(name) for name in request.formats]
        folders = sorted(Path(request.parts_dir).iterdir())
        joined = join_parts(self._build_converter(request.options), folders, roles, Path(request.output_dir))
        seconds = {"join": time.monotonic() - started}
        images = count_images(joined.artifacts)
        quality = joined.quality
        return ConversionResult(request.pages, joined.artifacts, seconds, images, quality=quality, llm=joined.llm)

    def _build_converter(self, options: Mapping[str, Any]) -> DocumentConverter:
        from markerd.convert.marker_bridge.options.marker_form import STRICT_OPTIONS
        from markerd.convert.marker_bridge.other_converters import choose_converter_class

        return choose_converter_class(options)(
            models=get_global_marker_models(),
            options={**STRICT_OPTIONS, **model_sets.list_options(self._model_set, self._spec), **options},
            layout_builder_class=model_sets.choose_layout_builder(self._model_set),
            ocr_builder_class=model_sets.choose_ocr_builder(self._model_set),
            llm_session=self._llm_session,
        )

    def cleanup(self, point: CleanupPoint) -> CleanupReport:
        return cleanup.cleanup(point, self._temp_dir)

    def _translate_error(self, error: Exception, job: Path) -> DocumentError:
        """Build the error for people: the job's folder in the spool means nothing to them. A fault names the
        versions.
        """
        if isinstance(error, ModelAwayError):
            return error
        known = translate_error(error)
        details = {**known.details, "versions": list_versions()} if known.details else {}
        message = str(known).replace(f"{job}{os.sep}", "")
        if known.is_fault:
            self._emit("debug", "converter.output", line="".join(traceback.format_exception(error))[-4000:])
        return DocumentError(message, kind=known.kind, is_permanent=known.is_permanent, details=details)


def _finish(request: ConversionRequest | JoinRequest, result: ConversionResult) -> ConversionResult:
    from markerd.convert.large_documents.finished_output import finish

    return finish(request, result)


def _read_options(request: Request) -> Request:
    """Return the request with its options as Marker takes them, and with all formats that the output is made of."""
    from markerd.convert.large_documents.finished_output import list_formats
    from markerd.convert.marker_bridge.options.marker_form import build_marker_form

    formats = list_formats(request.formats, request.options)
    return replace(request, formats=formats, options=build_marker_form(request.options))
