"""What a converter is: the Protocol the loop knows, its specification, its requests and its results.

All values are JSON-able through `dataclasses.asdict`, because between the daemon and the converter process
they travel as JSON lines, never as pickles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, ClassVar, Protocol

from markerd.convert.cleanup.report import CleanupPoint, CleanupReport
from markerd.convert.protocol.quality import PageCheck as PageCheck
from markerd.convert.protocol.quality import Quality as Quality
from markerd.convert.protocol.states import ConverterInfo as ConverterInfo
from markerd.convert.protocol.states import ConverterState as ConverterState
from markerd.convert.protocol.states import ServerState as ServerState
from markerd.document_metadata import NOTHING_SAID, DocumentMetadata
from markerd.errors import DocumentError
from markerd.values import Attachment, LlmUse

_MB = 1 << 20
_MOST_TIMED_PAGES = 100_000  # that may extend the time limit: their number comes from the document
WEB_BOILERPLATE = "web_boilerplate"
"""The name among a request's options, beside those of Marker, of the folder's key; absent where it is "drop"."""
SPANS = "spans"
"""The same of the key for cells that span others: a value of Spans, absent where it is "repeat"."""

CONVERTER = "converter"
"""The same of the key that chooses what Marker makes of a document: "table" or "ocr", absent where it is "pdf"."""

LLM = "llm"
"""The same of `llm.service`, only where options are checked: whether one does anything depends on it."""


class ArtifactRole(str, Enum):
    """What an output file is; publishing names it after the document accordingly."""

    MARKDOWN = "markdown"
    JSON = "json"
    HTML = "html"
    CHUNKS = "chunks"
    CHUNK_LINES = "chunk_lines"
    META = "meta"
    IMAGE = "image"


@dataclass(frozen=True)
class DocumentLimits:
    """What a document may ask for: `converter.max_unpacked_mb` and `converter.max_pages` of the configuration."""

    max_unpacked_bytes: int = 512 * _MB
    max_pages: int = 10_000

    def check_unpacked(self, what: str, unpacked_bytes: int) -> None:
        """Raise DocumentError where `what`, a part of the document, unpacks to more than is allowed."""
        if unpacked_bytes > self.max_unpacked_bytes:
            message = f"{what} unpacks to more than converter.max_unpacked_mb = {self.max_unpacked_bytes // _MB}"
            raise DocumentError(message, kind="unpacks_too_large", is_permanent=True)

    def check_pages(self, pages: int) -> None:
        """Raise DocumentError where the document has more pages than are allowed."""
        if pages > self.max_pages:
            message = f"more than converter.max_pages = {self.max_pages} pages"
            raise DocumentError(message, kind="too_many_pages", is_permanent=True)


@dataclass(frozen=True)
class TimeLimits:
    """How long a document, or a part of one, may take: `converter.timeout_s` and `timeout_per_page_s`."""

    timeout_s: float
    timeout_per_page_s: float

    def limit_s(self, pages: int, part_pages: int = 0) -> float:
        """Return the seconds for a document of so many pages, or for one part of it where it has more than a part."""
        counted = part_pages if 0 < part_pages < pages else pages
        return self.timeout_s + min(counted, _MOST_TIMED_PAGES) * self.timeout_per_page_s


@dataclass(frozen=True)
class LlmSpec:
    """The LLM service that the converter asks, through the relay at `url`, which has the key.

    `service` is a name of the table of services. `model` and `api_version` are empty where Marker's are meant.
    """

    service: str
    url: str
    model: str = ""
    api_version: str = ""
    timeout_s: int = 60


@dataclass(frozen=True)
class ConverterSpec:
    """The settings that the engine acts on, in whichever process it runs.

    It is built once from the configuration and handed over whole: a new setting is a field here, and a line where it
    is used. The converter process receives it as JSON.
    """

    models: str = "embedded"
    """The model set that is wanted: "auto", "embedded" or "surya"."""
    threads: int = 0
    """Threads for the models' arithmetic; 0: one for each physical core."""
    ocr_models: Path | None = None
    """A folder with other models for OCR than those that come along."""
    confine: str = "auto"
    """"auto" or "off"; only a converter process can be confined."""
    document_limits: DocumentLimits = field(default_factory=DocumentLimits)
    time_limits: TimeLimits | None = None
    """What the process is held to from outside; None in the daemon's own process, where no limit can be kept."""
    models_reason: str = ""
    """Why the daemon chose `models`, for the log and the manifest; empty where the engine is to choose."""
    model_files: Mapping[str, str] = field(default_factory=dict)
    """The models that the set consists of and their revisions, by what each is for; for the manifest."""
    mode: str = "fast"
    """Marker's mode where a folder names none: "fast" or "balanced"."""
    model_variables: Mapping[str, str] = field(default_factory=dict)
    """Variables that tell the clients of Marker's own models where the servers are, and what they serve."""
    llm: LlmSpec | None = None
    """The service for `use_llm`; None where no folder asks one."""


@dataclass(frozen=True)
class ConversionRequest:
    """One document to convert.

    `document` is its printable name, for the log. `source` is a copy in the spool; `output_dir` and `scratch_dir` are
    empty folders of this job alone.

    A document of more than `part_pages` pages (0: of any number) is converted in parts. The result is then the part
    number `part`, counted from 0, which `join` puts together with the others. `kept_dir` is empty for the first part,
    which leaves there what the later ones need.
    """

    places: ClassVar[tuple[str, ...]] = ("source", "output_dir", "scratch_dir", "kept_dir")

    document: str
    source: str
    output_dir: str
    scratch_dir: str
    formats: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    part_pages: int = 0
    part: int = 0
    kept_dir: str = ""


@dataclass(frozen=True)
class JoinRequest:
    """The parts of a document, one folder each in `parts_dir`, to be joined into its output. The parts are used up.

    `pages` counts those of all parts; the other fields are as in the requests for the parts.
    """

    places: ClassVar[tuple[str, ...]] = ("parts_dir", "output_dir", "scratch_dir")

    document: str
    parts_dir: str
    output_dir: str
    scratch_dir: str
    formats: tuple[str, ...]
    options: Mapping[str, Any]
    pages: int


@dataclass(frozen=True)
class Artifact:
    """One file that the converter left in `output_dir`; `file_name` has no folder part."""

    role: str
    file_name: str


def count_images(artifacts: Iterable[Artifact]) -> int:
    """Count the artifacts that are pictures."""
    return sum(artifact.role == ArtifactRole.IMAGE.value for artifact in artifacts)


@dataclass(frozen=True)
class ConversionResult:
    """What came out. `seconds` maps a stage of the conversion to its duration; `attachments` are those of a mail.

    `llm` is what was asked of an LLM service; None where nothing was. `metadata` is what the document says of itself.

    With `is_part` the output folder holds one part and no artifacts; `pages` counts those of the whole document.
    """

    pages: int
    artifacts: tuple[Artifact, ...]
    seconds: Mapping[str, float]
    images: int = 0
    is_part: bool = False
    quality: Quality = field(default_factory=Quality)
    attachments: tuple[Attachment, ...] = ()
    llm: LlmUse | None = None
    metadata: DocumentMetadata = NOTHING_SAID


class Converter(Protocol):
    """Turns one document at a time into files. All methods are called by the main loop's thread alone."""

    def start(self) -> ConverterInfo:
        """Load the models, or return at once when they are loaded.

        Raises ModelsMissingError, UnavailableError, StopNowError.
        """

    def check_options(self, options: Mapping[str, Any]) -> list[str]:
        """Return one line for each option that Marker does not know or markerd does not allow."""

    def convert(self, request: ConversionRequest, *, on_pages: Callable[[int], None]) -> ConversionResult:
        """Convert a document or a part of it; `on_pages` gets the number of all pages, once it is known.

        Raises DocumentError, and StopNowError when the daemon must not wait longer.
        """

    def join(self, request: JoinRequest) -> ConversionResult:
        """Join the parts of a document. Raises what `convert` does."""

    def cleanup(self, point: CleanupPoint) -> CleanupReport | None:
        """Clean up between documents; returns None where there is no converter to clean."""

    def recycle(self, reason: str) -> None:
        """Replace the converter, and say so in the log.

        Where memory allows, the converter goes on converting until its replacement is ready; else the next document
        waits.
        """

    def tend(self) -> None:
        """Start a replacement that is wanted, and let it take over once it is ready. Called often, between
        documents.
        """

    def state(self) -> ConverterState:
        """Describe the converter as it is now."""

    def stop(self) -> None:
        """End the converter with all its children. It is safe to call this twice."""


SPOOLED_NAME = "document"


def locate_spooled_source(job: Path, name: str) -> Path:
    """Return where the copy of a source called `name` lies in the job's spool folder: in ASCII, with its suffix
    kept.
    """
    suffix = Path(name).suffix.lower()
    is_plain = suffix.isascii() and suffix[1:].isalnum()
    return job / (SPOOLED_NAME + (suffix if is_plain else ""))
