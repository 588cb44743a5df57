"""The configuration as frozen values: every default, range and one-line description is here.

The template and the dump are made from these models, so they cannot miss a key.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator

from markerd.config.choices import (
    LEAST_CHUNK_TOKENS,
    MARKER_PATTERN,
    MOST_CHUNK_TOKENS,
    LogFormat,
    LogLevel,
    Observer,
    Positive,
    WebBoilerplate,
)
from markerd.config.converter_section import ConverterConfig
from markerd.config.daemon_section import DaemonConfig
from markerd.config.hook_section import HookConfig
from markerd.config.listen import Address, parse_address
from markerd.config.llm_section import LlmConfig
from markerd.config.ray_section import RayConfig
from markerd.config.section import WEEK_S, FilePath, Section
from markerd.config.surya_section import SuryaConfig
from markerd.document_metadata import FrontMatterField
from markerd.values import After, CompleteWhen, ConverterKind, Format, OnSourceRemoved, Order, Spans

# As in `section`: TOML has strings and arrays where the models have enums and tuples.
_Format = Annotated[Format, Field(strict=False)]
_FrontMatter = Annotated[FrontMatterField, Field(strict=False)]
_Text = Annotated[str, Field(min_length=1)]


class LogConfig(Section):
    """The section `[log]`."""

    format: LogFormat = Field(
        default=LogFormat.AUTO,
        strict=False,
        description="auto, console, json or journald. auto: journald in a service, console on a terminal, else json.",
    )
    level: LogLevel = Field(default=LogLevel.INFO, strict=False, description="debug, info, warning or error.")
    file: FilePath | None = Field(
        default=None,
        description="A file for the log instead of standard error.",
        examples=["/var/log/markerd/markerd.log"],
    )
    heartbeat_s: float = Field(
        default=300, ge=0, le=WEEK_S, description="Seconds between two daemon.heartbeat records; 0: none."
    )


class HttpConfig(Section):
    """The section `[http]`."""

    listen: str | None = Field(
        default=None,
        description="Address of the status page and the metrics, on this machine alone. Default: no server.",
        examples=["127.0.0.1:9464"],
    )
    allow_remote: bool = Field(
        default=False, description="Allow an address for `listen` that other machines reach. There is no password."
    )

    @property
    def address(self) -> Address | None:
        return None if self.listen is None else parse_address(self.listen)


class FolderConfig(Section):
    """One `[[folders]]`.

    Paths are absolute and normalised once loaded; symbolic links in them are kept. `archive` and `failed` are by
    default the folders `done` and `failed` beside the hot folder.
    """

    path: FilePath = Field(description="The hot folder: drop documents here.")
    output: FilePath = Field(description="The folder in which <name>/<name>.md and its images appear.")
    archive: FilePath = Field(description="The folder for converted sources. Default: done, beside the hot folder.")
    failed: FilePath = Field(description="The folder for dead letters. Default: failed, beside the hot folder.")
    recursive: bool = Field(default=True, description="Take documents from subfolders too.")
    include: tuple[_Text, ...] = Field(
        default=("*",), strict=False, min_length=1, description="Patterns of the file names that are converted."
    )
    exclude: tuple[_Text, ...] = Field(
        default=(), strict=False, description="Patterns of the file names that are not converted."
    )
    ignore: tuple[_Text, ...] = Field(
        default=(),
        strict=False,
        description="Patterns of further names to ignore; one that ends in / matches folders.",
    )
    formats: tuple[_Format, ...] = Field(
        default=(Format.MARKDOWN,),
        strict=False,
        min_length=1,
        description="Any of markdown, json, html, chunks; all are rendered from one conversion.",
    )
    converter: ConverterKind = Field(
        default=ConverterKind.PDF,
        strict=False,
        description="What is made of PDFs and pictures: pdf, table or ocr. pdf: the document. table: its tables and "
        'forms alone. ocr: what OCR reads, and where; it needs formats = ["json"].',
    )
    after: After = Field(
        default=After.ARCHIVE, strict=False, description="What happens to a converted source: archive, keep or delete."
    )
    order: Order = Field(
        default=Order.OLDEST,
        strict=False,
        description="Which of the waiting documents is taken first: oldest, newest, smallest or name.",
    )
    complete_when: CompleteWhen = Field(
        default=CompleteWhen.SETTLED,
        strict=False,
        description="When a document is complete: settled or marker. marker: not before its marker file is there.",
    )
    marker_name: str = Field(
        default="{name}.done",
        pattern=MARKER_PATTERN,
        description='The name of the marker file of a document called {name}. Only with complete_when = "marker".',
    )
    on_source_removed: OnSourceRemoved = Field(
        default=OnSourceRemoved.KEEP,
        strict=False,
        description="What happens to an output whose source is removed from the hot folder: keep, archive or delete. "
        'It needs after = "keep". archive: it goes to `archive`. What others put into it stays.',
    )
    source_removed_grace_s: float = Field(
        default=3600.0,
        ge=0,
        le=WEEK_S,
        description="Seconds that a source must be away before `on_source_removed` counts.",
    )
    archive_keep_days: Positive = Field(
        default=None,
        examples=[90],
        description="Days after which converted sources leave `archive` for good. Default: never.",
    )
    archive_max_gb: Positive = Field(
        default=None,
        examples=[200],
        description="Gigabytes above which the oldest converted sources leave it. Default: no limit.",
    )
    failed_keep_days: Positive = Field(
        default=None,
        examples=[365],
        description="Days after which dead letters leave `failed` for good. Default: never.",
    )
    failed_max_gb: Positive = Field(
        default=None,
        examples=[20],
        description="Gigabytes above which the oldest dead letters leave it. Default: no limit.",
    )
    settle_s: float = Field(
        default=1.0,
        ge=0,
        le=WEEK_S,
        description="Seconds that a file must stay unchanged before it counts as complete, unless the kernel vouches "
        "for it.",
    )
    foreign_settle_s: float = Field(
        default=10.0,
        ge=0,
        le=WEEK_S,
        description="The same for another user's file without an end mark, if nobody can tell whether it is open.",
    )
    empty_settle_s: float = Field(
        default=600.0,
        ge=0,
        le=WEEK_S,
        description="Seconds that an empty file may wait to be filled before it is a dead letter.",
    )
    observer: Observer = Field(
        default=Observer.AUTO,
        strict=False,
        description="auto, native or polling. auto: polling where the file system reports no changes.",
    )
    web_boilerplate: WebBoilerplate = Field(
        default=WebBoilerplate.DROP,
        strict=False,
        description="Navigation, banners, dialogs, buttons and cookie notices of HTML pages: drop or keep.",
    )
    spans: Spans = Field(
        default=Spans.REPEAT,
        strict=False,
        description="Cells over several rows or columns in Markdown: repeat, once or html. repeat: in each of them. "
        "once: in the first. html: such a table as HTML.",
    )
    allow_profiles: bool = Field(
        default=False,
        description="Let profiles in the folder choose formats and options: .markerd.toml for what lies beside and "
        "below it, NAME.markerd.toml for the document NAME.",
    )
    front_matter: tuple[_FrontMatter, ...] = Field(
        default=(),
        strict=False,
        description="Facts about the document as YAML at the top of its Markdown: any of title, authors, subject, "
        "keywords, language, created, modified, source, sha256, pages, converted_at.",
        examples=['["title", "authors", "source", "sha256", "pages"]'],
    )
    chunk_tokens: int = Field(
        default=0,
        ge=0,
        le=MOST_CHUNK_TOKENS,
        description="Tokens of a chunk for retrieval, at most; each document then has a NAME.jsonl too. 0: no chunks. "
        'It needs "markdown" in `formats`.',
        examples=["512"],
    )
    chunk_overlap_tokens: int = Field(
        default=0,
        ge=0,
        le=MOST_CHUNK_TOKENS,
        description="Tokens of its end, at most, that the next chunk begins with. At most half of `chunk_tokens`.",
        examples=["64"],
    )
    marker: dict[str, Any] = Field(
        default_factory=dict,
        description="Options of Marker itself; `markerd config check` says which ones it does not know.",
        examples=["force_ocr = true", "paginate_output = true"],
    )
    hooks: tuple[HookConfig, ...] = Field(
        default=(),
        strict=False,
        description="Programs and addresses that are told of outcomes, each in a table [[folders.hooks]] of its own.",
        examples=['name = "index"', 'run = ["/usr/local/bin/index", "{output}"]'],
    )

    @model_validator(mode="before")
    @classmethod
    def _fill_siblings(cls, data: Any) -> Any:
        return fill_siblings(data) if isinstance(data, Mapping) else data

    @model_validator(mode="after")
    def _check_removed(self) -> FolderConfig:
        if self.on_source_removed is not OnSourceRemoved.KEEP and self.after is not After.KEEP:
            raise ValueError('on_source_removed needs after = "keep": else each source is removed by markerd itself')
        return self

    @model_validator(mode="after")
    def _check_chunks(self) -> FolderConfig:
        if self.chunk_tokens and self.chunk_tokens < LEAST_CHUNK_TOKENS:
            raise ValueError(f"chunk_tokens must be 0 or at least {LEAST_CHUNK_TOKENS}")
        if 2 * self.chunk_overlap_tokens > self.chunk_tokens:
            raise ValueError("chunk_overlap_tokens must be at most half of chunk_tokens")
        if self.chunk_tokens and Format.MARKDOWN not in self.formats:
            raise ValueError('chunk_tokens needs "markdown" in formats: the chunks are parts of the Markdown')
        return self


class Config(Section):
    """The whole configuration."""

    daemon: DaemonConfig = Field(default_factory=DaemonConfig)
    log: LogConfig = Field(default_factory=LogConfig)
    converter: ConverterConfig = Field(default_factory=ConverterConfig)
    surya: SuryaConfig = Field(default_factory=SuryaConfig)
    ray: RayConfig = Field(default_factory=RayConfig)
    llm: LlmConfig = Field(default_factory=LlmConfig)
    http: HttpConfig = Field(default_factory=HttpConfig)
    folders: tuple[FolderConfig, ...] = Field(strict=False, min_length=1)


SECTIONS: Mapping[str, type[Section]] = {
    "daemon": DaemonConfig,
    "log": LogConfig,
    "converter": ConverterConfig,
    "surya": SuryaConfig,
    "ray": RayConfig,
    "llm": LlmConfig,
    "http": HttpConfig,
    "folders": FolderConfig,
}

SUBSECTIONS: Mapping[tuple[str, str], type[Section]] = {("folders", "hooks"): HookConfig}
"""The tables within an entry of a section, by the section and the key."""

SIBLINGS = {"archive": "done", "failed": "failed"}


def fill_siblings(folder: Mapping[str, Any]) -> dict[str, Any]:
    """Return the table of a folder with `archive` and `failed` filled in beside its hot folder.

    If there is no usable `path`, they get a placeholder, so that only the fault of `path` is reported.
    """
    path = folder.get("path")
    parent = Path(path).parent if isinstance(path, (str, Path)) else Path()
    return {key: parent / name for key, name in SIBLINGS.items()} | dict(folder)
