"""How each page of an output was read, for people who look into it: as a table and as JSON."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from markerd.convert.protocol import PageCheck
from markerd.pipeline.dead_letters import ADVICE
from markerd.pipeline.manifest import Manifest
from markerd.runtime.one_off.run import Ending
from markerd.values import count_with_noun, make_harmless, make_printable

if TYPE_CHECKING:
    from rich.table import Table


_IN_A_COMMAND = (("`markerd retry`", "the command again"), ("drop it again", "convert it again"),
                 ("drop the document again", "convert the document again"))  # fmt: skip
"""The advice is written for documents in hot folders; this is what is done instead with a file that a command names."""
_WIDTH_OF_FILES = 160
"""Columns of a table that is not shown on a terminal."""


def advise(ending: Ending) -> str:
    """Say what to do about a file that was not converted; empty where the reason says it."""
    if not ending.is_read or ending.kind not in ADVICE:
        return ""
    text = ADVICE[ending.kind]
    for phrase, meant in _IN_A_COMMAND:
        text = text.replace(phrase, meant)
    return text


def describe_ending(ending: Ending, *, is_explained: bool) -> dict[str, Any]:
    """Describe what became of a file, for JSON; with its pages if `is_explained`."""
    described: dict[str, Any] = {"file": make_printable(ending.name)}
    if ending.output is None:
        return {**described, "output": None, "kind": ending.kind, "reason": ending.reason,
                "what_to_do": advise(ending)}  # fmt: skip
    described["output"] = make_printable(str(ending.output))
    if ending.manifest is None:
        return described
    found = ending.manifest
    described |= {
        "pages": found.pages,
        "model_set": found.model_set,
        "model_set_reason": found.model_set_reason,
        "coverage": None if found.coverage is None else asdict(found.coverage),
        "files": [make_printable(artifact.file) for artifact in found.artifacts],
    }
    return {**described, "page_checks": [asdict(check) for check in found.page_checks]} if is_explained else described


def print_explanation(ending: Ending) -> None:
    """Print a table with a row for each page."""
    from rich.console import Console
    from rich.text import Text

    assert ending.manifest is not None
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH_OF_FILES)
    for line in _iterate_facts(ending.manifest):
        console.print(Text(f"  {line}"), soft_wrap=True)
    if ending.manifest.page_checks:
        console.print(_build_table(ending.manifest.page_checks))


def _iterate_facts(found: Manifest) -> Iterator[str]:
    """Yield what concerns the whole document."""
    yield f"models: {found.model_set}. {make_harmless(found.model_set_reason)}"
    if not found.page_checks:
        yield "pages: read from the structure of the file, without models, OCR and a check of each page"
    if found.coverage is not None:
        yield (
            f"words of the text layer in the output: {found.coverage.mean:.1%}, "
            f"least on page {found.coverage.worst_page}: {found.coverage.worst:.1%}"
        )
    if found.is_first_picture_only:
        yield "the file holds several pictures, of which the first is read"
    for attachment in found.attachments:
        said = make_harmless(attachment.failed) or count_with_noun(attachment.pages, "page")
        yield f"attachment {make_harmless(attachment.name)} on page {attachment.page}: {said}"
    if found.llm is not None:
        yield (
            f"{make_harmless(found.llm.service)}: {count_with_noun(found.llm.requests, 'request')}, "
            f"{found.llm.failed} of them in vain {make_harmless(found.llm.reason)}"
        )


def _build_table(checks: tuple[PageCheck, ...]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 2), header_style="bold")
    for name in ("page", "layout", "text", "coverage", "tables", "why"):
        table.add_column(name, justify="right" if name in ("page", "coverage") else "left", overflow="fold")
    for check in checks:
        table.add_row(*(Text(make_harmless(cell)) for cell in _list_cells(check)))
    return table


def _list_cells(check: PageCheck) -> tuple[str, ...]:
    layout = check.layout or ("-" if not check.reader else f"none: {check.reader}")
    coverage = "-" if check.coverage is None else f"{check.coverage:.1%} of {check.words}"
    return str(check.page), layout, check.text or "-", coverage, ", ".join(check.tables) or "-", _word_reasons(check)


def _word_reasons(check: PageCheck) -> str:
    """Say why the page was read as it was, and what is missing."""
    blocks = f"{count_with_noun(check.ocr_blocks, 'block')} by OCR: " if check.ocr_blocks else ""
    reasons = [f"{blocks}{check.text_reason}"] if check.text_reason else []
    if check.degraded:
        fault = f" ({check.error} in {check.where})" if check.error else ""
        reasons.append(f"read again by {check.reader}: {check.degraded}{fault}")
    if check.is_unread:
        reasons.append("OCR could not read what is there")
    return "; ".join(reasons) or "-"
