"""The section `[converter]` as frozen values, with every default, range and description."""

from __future__ import annotations

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from markerd.config.choices import Confine, Isolation, Models, Workers, demand_sensible_parts
from markerd.config.section import WEEK_S, FilePath, Section
from markerd.values import Ionice


class ConverterConfig(Section):
    """The section `[converter]`."""

    models: Models = Field(
        default=Models.AUTO,
        strict=False,
        description="auto, embedded or surya. auto: surya where its weights are on this machine, else embedded.",
    )
    ocr_models: FilePath | None = Field(
        default=None,
        description="A folder with other RapidOCR models for the embedded set, for other scripts. Default: PP-OCRv6.",
        examples=["/usr/local/share/markerd/arabic"],
    )
    isolation: Isolation = Field(
        default=Isolation.PROCESS,
        strict=False,
        description="process: a converter process of its own, so that no document stops the daemon; ray: those "
        "of a cluster, see [ray]; or inline.",
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
        default=600, gt=0, le=WEEK_S, description="Seconds that a document, or a part of one, may take."
    )
    timeout_per_page_s: float = Field(
        default=30, ge=0, le=WEEK_S, description="Seconds that it may take in addition for each page."
    )
    part_pages: int = Field(
        default=50,
        ge=0,
        le=1_000_000,
        description="Pages above which a document is converted in parts, which survive a restart; 0: never.",
    )
    nice: int = Field(
        default=0,
        ge=0,
        le=19,
        description="How far the converters stand back for other programs at the processor: 0 to 19, see nice(1). Not "
        'with isolation = "inline" or "ray".',
    )
    ionice: Ionice = Field(
        default=Ionice.NONE,
        strict=False,
        description="The same at the disk, on Linux: none, best_effort (the lowest priority of it) or idle; see "
        "ionice(1).",
    )
    max_attempts: int = Field(default=3, ge=1, le=1000, description="Attempts before a document becomes a dead letter.")
    retry_delay_s: float = Field(
        default=30, ge=0, le=WEEK_S, description="Seconds before the second attempt; then longer each time."
    )
    recycle_documents: int = Field(
        default=500, ge=1, le=1_000_000_000, description="Documents after which the converter is replaced."
    )
    recycle_rss_mb: int | None = Field(
        default=None,
        ge=1,
        description="Megabytes above which a converter is replaced. Default: half the memory, divided by the workers, "
        "at most 8192.",
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
        if self.isolation is not Isolation.PROCESS and self.workers != 1:
            raise PydanticCustomError("workers", 'workers need isolation = "process"')
        return self
