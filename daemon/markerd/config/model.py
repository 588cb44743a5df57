"""The configuration as frozen values: every default, range and one-line description is here.

The template and the dump are made from these models, so they cannot miss a key.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from markerd.config.choices import (
    Confine,
    Isolation,
    LogFormat,
    LogLevel,
    Models,
    Observer,
    WebBoilerplate,
    Workers,
    demand_sensible_parts,
)
from markerd.config.listen import Address, parse_address
from markerd.config.places import find_default_state_dir
from markerd.values import After, Format, Spans

_WEEK_S = 7 * 24 * 3600


# TOML has strings and arrays where the models have enums, paths and tuples. Values are converted only there.
_FilePath = Annotated[Path, Field(strict=False)]
_Format = Annotated[Format, Field(strict=False)]
_Text = Annotated[str, Field(min_length=1)]


class _Section(BaseModel):
    """A section is strict, so that `"2"` and `true` are not numbers, and closed, so that a misspelt key is an error.

    Defaults are given by keyword, because type checkers see no others.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class DaemonConfig(_Section):
    """The section `[daemon]`."""

    state_dir: _FilePath = Field(
        default_factory=lambda: find_default_state_dir(os.environ, sys.platform),
        description="The daemon's own folder: journal, spool and status. Local disk, apart from all other folders.",
    )
    queue_size: int = Field(
        default=256, ge=1, le=1_000_000, description="Documents that wait in memory; the others wait in their folders."
    )
    reconcile_s: float = Field(
        default=60, gt=0, le=_WEEK_S, description="Seconds between two scans of the hot folders."
    )
    stop_timeout_s: float = Field(
        default=90,
        ge=0,
        le=_WEEK_S,
        description="Seconds that the current document may still take when the daemon is stopped.",
    )
    history_days: int = Field(
        default=400, ge=1, le=100_000, description="Days for which the journal keeps what `markerd report` shows."
    )


class LogConfig(_Section):
    """The section `[log]`."""

    format: LogFormat = Field(
        default=LogFormat.AUTO,
        strict=False,
        description="auto, console, json or journald. auto: journald in a service, console on a terminal, else json.",
    )
    level: LogLevel = Field(default=LogLevel.INFO, strict=False, description="debug, info, warning or error.")
    file: _FilePath | None = Field(
        default=None,
        description="A file for the log instead of standard error.",
        examples=["/var/log/markerd/markerd.log"],
    )
    heartbeat_s: float = Field(
        default=300, ge=0, le=_WEEK_S, description="Seconds between two daemon.heartbeat records; 0: none."
    )


class ConverterConfig(_Section):
    """The section `[converter]`."""

    models: Models = Field(
        default=Models.AUTO,
        strict=False,
        description="auto, embedded or surya. auto: surya where its weights are on this machine, else embedded.",
    )
    ocr_models: _FilePath | None = Field(
        default=None,
        description="A folder with other RapidOCR models for the embedded set, for other scripts. Default: PP-OCRv6.",
        examples=["/usr/local/share/markerd/arabic"],
    )
    isolation: Isolation = Field(
        default=Isolation.PROCESS,
        strict=False,
        description="process: a converter process of its own, so that no document stops the daemon; or inline.",
    )
    workers: Workers = Field(
        default=1,
        description="Converter processes that work at once, each on one document; or auto: by cores and memory.",
        examples=["auto"],
    )
    confine: Confine = Field(
        default=Confine.AUTO,
        strict=False,
        description="auto: the converter process reads its installation and models, writes its own folder, and reaches "
        "no network, as far as this system can enforce it; or off.",
    )
    threads: int = Field(
        default=0,
        ge=0,
        le=1024,
        description="Threads of each converter for the models' arithmetic; 0: the physical cores, divided among them.",
    )
    timeout_s: float = Field(
        default=600, gt=0, le=_WEEK_S, description="Seconds that a document, or a part of one, may take."
    )
    timeout_per_page_s: float = Field(
        default=30, ge=0, le=_WEEK_S, description="Seconds that it may take in addition for each page."
    )
    part_pages: int = Field(
        default=50,
        ge=0,
        le=1_000_000,
        description="Pages above which a document is converted in parts, which survive a restart; 0: never.",
    )
    max_attempts: int = Field(default=3, ge=1, le=1000, description="Attempts before a document becomes a dead letter.")
    retry_delay_s: float = Field(
        default=30, ge=0, le=_WEEK_S, description="Seconds before the second attempt; then longer each time."
    )
    recycle_documents: int = Field(
        default=500, ge=1, le=1_000_000_000, description="Documents after which the converter is replaced."
    )
    recycle_rss_mb: int | None = Field(
        default=None,
        ge=1,
        description="Megabytes above which a converter is replaced. Default: half the memory, at most 8192; divided by "
        "the workers.",
        examples=[4096],
    )
    max_rss_mb: int | None = Field(
        default=None,
        ge=1,
        description="Megabytes, of all converters, above which the largest is killed in mid-document. Default: three "
        "quarters of the memory.",
        examples=[6144],
    )
    max_file_mb: int = Field(
        default=512, ge=1, le=1_000_000, description="Megabytes above which a file is a dead letter, unread."
    )
    max_unpacked_mb: int = Field(
        default=512,
        ge=1,
        le=1_000_000,
        description="Megabytes to which a document may unpack, else it is a dead letter: an archive such as a DOCX, a "
        "stream of a PDF, a picture (3 bytes a pixel).",
    )
    max_pages: int = Field(
        default=10_000, ge=1, le=100_000, description="Pages above which a document is a dead letter."
    )

    _demand_sensible_parts = field_validator("part_pages")(demand_sensible_parts)

    @model_validator(mode="after")
    def _demand_processes(self) -> ConverterConfig:
        if self.isolation is Isolation.INLINE and self.workers != 1:
            raise PydanticCustomError("workers", 'workers need isolation = "process"')
        return self


class HttpConfig(_Section):
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


class FolderConfig(_Section):
    """One `[[folders]]`.

    Paths are absolute and normalised once loaded; symbolic links in them are kept. `archive` and `failed` are by
    default the folders `done` and `failed` beside the hot folder.
    """

    path: _FilePath = Field(description="The hot folder: drop documents here.")
    output: _FilePath = Field(description="The folder in which <name>/<name>.md and its images appear.")
    archive: _FilePath = Field(description="The folder for converted sources. Default: done, beside the hot folder.")
    failed: _FilePath = Field(description="The folder for dead letters. Default: failed, beside the hot folder.")
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
    after: After = Field(
        default=After.ARCHIVE, strict=False, description="What happens to a converted source: archive, keep or delete."
    )
    settle_s: float = Field(
        default=1.0,
        ge=0,
        le=_WEEK_S,
        description="Seconds that a file must stay unchanged before it counts as complete, unless the kernel vouches "
        "for it.",
    )
    foreign_settle_s: float = Field(
        default=10.0,
        ge=0,
        le=_WEEK_S,
        description="The same for another user's file without an end mark, if nobody can tell whether it is open.",
    )
    empty_settle_s: float = Field(
        default=600.0,
        ge=0,
        le=_WEEK_S,
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
    marker: dict[str, Any] = Field(
        default_factory=dict,
        description="Options of Marker itself; `markerd config check` says which ones it does not know.",
        examples=["force_ocr = true", "paginate_output = true"],
    )

    @model_validator(mode="before")
    @classmethod
    def _fill_siblings(cls, data: Any) -> Any:
        return fill_siblings(data) if isinstance(data, Mapping) else data


class Config(_Section):
    """The whole configuration."""

    daemon: DaemonConfig = Field(default_factory=DaemonConfig)
    log: LogConfig = Field(default_factory=LogConfig)
    converter: ConverterConfig = Field(default_factory=ConverterConfig)
    http: HttpConfig = Field(default_factory=HttpConfig)
    folders: tuple[FolderConfig, ...] = Field(strict=False, min_length=1)


SECTIONS: Mapping[str, type[_Section]] = {
    "daemon": DaemonConfig,
    "log": LogConfig,
    "converter": ConverterConfig,
    "http": HttpConfig,
    "folders": FolderConfig,
}

SIBLINGS = {"archive": "done", "failed": "failed"}


def fill_siblings(folder: Mapping[str, Any]) -> dict[str, Any]:
    """Return the table of a folder with `archive` and `failed` filled in beside its hot folder.

    If there is no usable `path`, they get a placeholder, so that only the fault of `path` is reported.
    """
    path = folder.get("path")
    parent = Path(path).parent if isinstance(path, (str, Path)) else Path()
    return {key: parent / name for key, name in SIBLINGS.items()} | dict(folder)
