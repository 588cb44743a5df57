"""`reference/outputs-and-manifest.md`: the files of an output, the fields of `manifest.json` and of a status."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from pydantic import TypeAdapter

from generators.markdown import code, document, table
from markerd.convert.protocol import ArtifactRole
from markerd.monitoring.status_file import Snapshot
from markerd.pipeline.manifest import FILE_NAME, Manifest
from markerd.pipeline.output_names import ENDINGS

_HEAD = f"""\
Each document has an output folder of its own, which appears whole or not at all:

```text
outbox/reports/march/march.md                 OUTPUT/SUBFOLDER/NAME/NAME.md (.html, .json, _chunks.json)
outbox/reports/march/_page_0_Figure_1.jpeg    the images that it shows
outbox/reports/march/march_meta.json          Marker's table of contents and page statistics
outbox/reports/march/{FILE_NAME}            source, pages, models, versions, timings, coverage, files with their hashes
```

- The same name with new bytes: the output is replaced in one step. What others put beside it stays.
- The same name with the same bytes: the document is not converted again.
- Two documents with the same stem (`a.pdf`, `a.docx`): both outputs are kept, the second one as `a-1f2e3d4c`.
- Spaces and dots at the end of a name become `_`, which Windows shares can open: `march .pdf` becomes `march_`. A
  name that Windows reserves gets a `_`: `con` becomes `con_`.
- Nothing is ever overwritten in the folders `archive` and `failed`: the second `a.pdf` becomes `a-2.pdf`.

`NAME.error.json`, which lies beside a dead letter, is described in [Retries and dead
letters](../guide/retries-and-dead-letters.md)."""

_ROLES = {
    ArtifactRole.MARKDOWN: "Markdown, for `markdown` in `formats`",
    ArtifactRole.HTML: "HTML, for `html`",
    ArtifactRole.JSON: "a tree of pages and blocks, for `json`",
    ArtifactRole.CHUNKS: "a flat list of blocks with their HTML, for `chunks`",
    ArtifactRole.CHUNK_LINES: "chunks for retrieval as JSON Lines, for `chunk_tokens`",
    ArtifactRole.META: "Marker's table of contents and page statistics",
    ArtifactRole.IMAGE: "an image that the texts refer to",
}
_MEANINGS = {
    "source": "the document that this output was made from",
    "source.folder": "path of the hot folder",
    "source.path": "path of the document below the hot folder",
    "source.name": "name of the document",
    "source.size": "bytes",
    "source.sha256": "hash of the bytes that were converted",
    "source.modified": "modification time, ISO 8601 in UTC",
    "pages": "pages, slides, sheets or chapters",
    "formats": "the formats that were rendered",
    "model_set": "`embedded` or `surya`",
    "model_set_reason": "why this model set was chosen",
    "versions": "library to version; `ocr` names the OCR model",
    "seconds": "stage to seconds; after a resumed attempt, those of the last attempt",
    "published_at": "time of publication, ISO 8601 in UTC",
    "coverage": "share of the words of the text layer that the output has; null without a text layer",
    "coverage.mean": "mean of the pages, 0 to 1",
    "coverage.worst": "the worst page's share, 0 to 1",
    "coverage.worst_page": "number of that page, from 1",
    "tables": "tables of a PDF or picture, each with the reader whose cells were kept",
    "tables[].page": "number of the page, from 1",
    "tables[].reader": "`drawn rules`, `words`, `columns`, `liteparse` or `table model`",
    "pages_degraded": "pages that lost structure, because a plainer reader read them",
    "pages_degraded[].page": "number of the page, from 1",
    "pages_degraded[].reason": "why the rules for the layout did not read it",
    "pages_degraded[].where": "place in the code of the fault; empty without a fault",
    "pages_degraded[].reader": "`liteparse` or `text layer`",
    "pages_text_missing": "numbers of pages that lack words of their text layer",
    "pages_unread": "numbers of pages that OCR could not read although they are not blank",
    "is_first_picture_only": "whether a picture's file holds others, as an animation does; only its first is read",
    "attachments": "what was attached to a mail, in order",
    "attachments[].name": "name of the attached file, else its kind",
    "attachments[].page": "number of the page, from 1, where its heading stands",
    "attachments[].pages": "number of its pages, from there on",
    "attachments[].failed": "why it is not converted; empty where it is",
    "llm": "what `use_llm` asked of a service; null where nothing was asked",
    "llm.service": "the service, as in `llm.service` of the configuration",
    "llm.model": "the model that was asked",
    "llm.requests": "how many requests there were",
    "llm.failed": "how many of them brought nothing, so that the text stays as it was read",
    "llm.reason": "why the first of these failed; empty where none did",
    "metadata": "what the document says of itself, cleaned of control characters; empty where it says nothing",
    "metadata.title": "its title, at most 1000 characters as each text here",
    "metadata.authors": "its authors, at most 200; of a mail, its senders",
    "metadata.subject": "its subject or description",
    "metadata.keywords": "its keywords, at most 200",
    "metadata.language": "a language tag, such as `de-AT`",
    "metadata.created": "when it was made: a date of ISO 8601, with or without a time of day",
    "metadata.modified": "when it was last changed, in the same form",
    "page_checks": "how each page was read; only in outputs of `markerd convert`, and not for Office and web documents",
    "page_checks[].page": "number of the page, from 1",
    "page_checks[].coverage": "share of the words of its text layer that the output has; null where there is none",
    "page_checks[].words": "how many words its text layer has",
    "page_checks[].is_unread": "whether OCR could not read it although it is not blank",
    "page_checks[].degraded": "why another reader read it than the rules for the layout; empty where none did",
    "page_checks[].error": "the exception of a fault in code, if one was met",
    "page_checks[].where": "place in the code of the fault",
    "page_checks[].reader": "that other reader: `liteparse` or `text layer`",
    "page_checks[].tables": "the reader of each of its tables",
    "page_checks[].layout": "who found its blocks: `model`, `model and rules`, or `forced` by an option",
    "page_checks[].text": "where its words come from: `text layer`, `OCR`, or `text layer and OCR`",
    "page_checks[].text_reason": "why OCR was asked; empty where it was not",
    "page_checks[].ocr_blocks": "blocks that OCR read on a page with a text layer",
    "artifacts": "every other file of the folder",
    "artifacts[].file": "name of the file",
    "artifacts[].role": "what the file is: see the table above",
    "artifacts[].size": "bytes",
    "artifacts[].sha256": "hash of the file",
    "schema": "another number once a field changes its meaning",
}
_STATUS_HEAD = """\
The same is in `status.json`, which lies in `$RUNTIME_DIRECTORY` under systemd, else in `daemon.state_dir`, and at
`/status.json` over HTTP."""
_STATUS = {
    "schema": "another number once a field changes its meaning",
    "written": "when the file was written, ISO 8601 in UTC",
    "state": "`starting`, `idle`, `converting`, `paused` or `stopping`",
    "pid": "process id of the daemon",
    "process_started": "start of the process, seconds since the epoch",
    "process_started_after_boot": "the same in seconds since the machine's start",
    "version": "version of markerd",
    "config": "path of the configuration file",
    "since": "start of the daemon, seconds since the epoch",
    "heartbeat": "last sign of life, seconds since the epoch",
    "is_ready": "the models are loaded, and every folder is watched or known to be paused",
    "is_reload_wanted": "the configuration will be read again after the current document",
    "silent_s": "seconds since the loop, the observers and the converter last showed life",
    "isolation": "`process`, `ray` or `inline`",
    "queued": "documents in the queue",
    "waiting_since": "when the oldest unfinished document was first seen, or null",
    "converting": "each document that a converter has, with its start, pages and progress, in order of arrival",
    "current": "the first of them, or null",
    "counts": "documents published, skipped and dead since the journal began, and documents that wait now",
    "totals": "since the journal began: failed attempts, and pages and seconds of published documents",
    "folders": "each hot folder: its observer, why it is paused, how many files settle",
    "converter": "process id, memory, documents, semaphores, model set and restarts of all converters together; "
    "`workers` has each",
    "model_servers": "each server of Marker's own models: phase, model, process id, memory, starts and deaths",
    "quiet_until": "when the quiet hours of now end, seconds since the epoch; null where these are none",
    "away_models": "each model that cannot be reached: the reason, and how many documents wait for it",
    "hooks": "each hook: what waits and was given up, why its receiver is away or it is disabled, what was delivered "
    "and failed since the daemon started or the hook was changed, and how often its program ended with each exit code",
    "trend": "what converter and daemon hold between two documents, at first and now, and the growth per document",
    "last_errors": "the latest failures",
}


def page() -> str:
    """The page in Markdown. Raises ValueError where a field has no meaning here, or a meaning no field."""
    files = table(
        ("role", "file", "content"),
        [(code(role.value), code(f"NAME{ENDINGS[role]}") if role in ENDINGS else "as the texts name it", _ROLES[role])
         for role in ArtifactRole],
    )  # fmt: skip
    schema = TypeAdapter(Manifest).json_schema()
    manifest = dict(_manifest_fields(schema, schema, ""))
    status = dict.fromkeys(["schema", "written", *(field.name for field in fields(Snapshot)), "current"], "")
    return document(
        "Outputs and manifest", _HEAD, "## Files", files, f"## `{FILE_NAME}`", _described(manifest, _MEANINGS),
        "## `markerd status --json`", _STATUS_HEAD,
        _described(status, _STATUS),
    )  # fmt: skip


def _described(found: Mapping[str, str], meanings: Mapping[str, str]) -> str:
    if found.keys() != meanings.keys():
        raise ValueError(f"not described, or described and gone: {sorted(found.keys() ^ meanings.keys())}")
    if any(found.values()):
        return table(("field", "type", "meaning"), [(code(name), kind, meanings[name]) for name, kind in found.items()])
    return table(("field", "meaning"), [(code(name), meanings[name]) for name in found])


def _manifest_fields(schema: Mapping[str, Any], whole: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for name, rule in schema["properties"].items():
        kind, inner, is_many = _resolve(rule, whole)
        yield prefix + name, kind
        if inner is not None:
            yield from _manifest_fields(inner, whole, f"{prefix}{name}{'[]' if is_many else ''}.")


def _resolve(rule: Mapping[str, Any], whole: Mapping[str, Any]) -> tuple[str, Mapping[str, Any] | None, bool]:
    """(type in words, schema of the object within, whether there are several)."""
    if "$ref" in rule:
        return "object", whole["$defs"][rule["$ref"].rsplit("/", 1)[1]], False
    if "anyOf" in rule:
        kind, inner, is_many = _resolve(rule["anyOf"][0], whole)
        return f"{kind} or null", inner, is_many
    if rule.get("type") == "array":
        kind, inner, _ = _resolve(rule["items"], whole)
        return f"array of {kind}s", inner, True
    return rule.get("type", "string"), None, False
