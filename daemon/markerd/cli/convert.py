"""`markerd convert`: files become outputs now, in the converters of the running daemon or in some of its own."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from markerd import logs
from markerd.cli.conversion_display import open_display
from markerd.cli.explanation import advise, describe_ending, print_explanation
from markerd.config import Config, FolderConfig, find_config, load_config
from markerd.config.given_options import build_folder, load_defaults
from markerd.convert.protocol import ArtifactRole
from markerd.errors import EXIT_DOCUMENT, EXIT_NO_INPUT, EXIT_OK, ConfigurationError, StopNowError, UnavailableError
from markerd.pipeline.manifest import Manifest
from markerd.runtime.one_off.given_documents import Given
from markerd.runtime.one_off.private_state import hold_private_state
from markerd.runtime.one_off.run import Ending, OneOffRun, StopRequests, open_output_folder
from markerd.values import Format, count_with_noun, make_harmless, make_printable

_STANDARD_OUTPUT = "-"
_SIGNAL_BASE = 128
"""A program that a signal ends has this number more as its exit code, as shells have it."""


@dataclass(frozen=True)
class Wanted:
    """What the command line asks for."""

    files: Sequence[str]
    output: str
    formats: Sequence[Format]
    options: Sequence[str]
    config: Path | None
    is_alone: bool = False
    is_explaining: bool = False
    is_json: bool = False
    is_quiet: bool = False
    is_verbose: bool = False

    @property
    def is_to_standard_output(self) -> bool:
        return self.output == _STANDARD_OUTPUT

    @cached_property
    def _folder(self) -> tuple[FolderConfig, list[str]]:
        return build_folder(Path(os.path.abspath(self.output)), self.formats, self.options)  # noqa: PTH100 - as written

    @property
    def problems(self) -> list[str]:
        """What is wrong with the options, a line each."""
        return self._folder[1]

    def build_folder(self, state_dir: Path) -> FolderConfig:
        """Build the folder that says what is made of the documents. What is printed lies in `state_dir` first."""
        folder = self._folder[0]
        return folder.model_copy(update={"output": state_dir / "output"}) if self.is_to_standard_output else folder


def convert(wanted: Wanted) -> int:
    """Convert the files; return the exit code. Raise RefusedOptionsError, and what the daemon raises at its start."""
    config = _load_config(wanted.config)
    log = logs.configure("console", "info" if wanted.is_verbose else "critical", None)
    requests = StopRequests()
    try:
        with requests.listening(), hold_private_state() as state_dir:
            folder = wanted.build_folder(state_dir)
            run = OneOffRun(config, folder, state_dir, requests, log, is_alone=wanted.is_alone)
            with open_output_folder(folder.output):
                return _convert(wanted, run)
    except StopNowError:
        _print_problem(f"stopped by {requests.stop_name}")
        return _SIGNAL_BASE + requests.stop_number


def _load_config(named: Path | None, environ: Mapping[str, str] = os.environ) -> Config:
    """Load the configuration that is named or found. Without any, the defaults are in force."""
    if named is not None:
        return load_config(named)
    try:
        found = find_config(environ)
    except ConfigurationError:
        if environ.get("MARKERD_CONFIG"):
            raise
        return load_defaults(environ).config
    return load_config(found)


def _convert(wanted: Wanted, run: OneOffRun) -> int:
    with run.record(wanted.files) as given:
        report = _Report(wanted, run, given)
        for each in given:
            if each.problem:
                report.end(each)
        try:
            with open_display(report.count_open(), report.end_finished, is_quiet=wanted.is_quiet) as display:
                run.convert(given, display)
        except UnavailableError:  # what has ended so far is known all the same
            report.print_json()
            raise
        for each in given:
            report.end(each)
        report.print_json()
        return report.choose_exit_code()


class _Report:
    """Tells what became of each file, as soon as it is known."""

    def __init__(self, wanted: Wanted, run: OneOffRun, given: Sequence[Given]) -> None:
        self._wanted = wanted
        self._run = run
        self._given = {each.number: each for each in given if not each.problem}
        self._endings: dict[Given, Ending] = {}

    def count_open(self) -> int:
        """Count the files that are to be converted."""
        return len(self._given)

    def end_finished(self, number: int) -> None:
        """A document has come back; it may be tried again."""
        if number in self._given and self._run.is_finished(number):
            self.end(self._given[number])

    def end(self, given: Given) -> None:
        """Tell what became of the file, unless that was told."""
        if given in self._endings:
            return
        ending = self._endings[given] = self._run.find_ending(given)
        if ending.output is None:
            _print_problem(f"{make_printable(given.name)}: {make_harmless(ending.reason)}", advise(ending))
        elif self._wanted.is_to_standard_output:
            _print_text(ending, self._wanted.formats[0])
        elif not (self._wanted.is_json or self._wanted.is_quiet):
            print(_word(ending), flush=True)
        if ending.manifest is not None:
            _print_losses(given.name, ending.manifest, is_quiet=self._wanted.is_quiet)
            if self._wanted.is_explaining and not self._wanted.is_json:
                print_explanation(ending)

    def print_json(self) -> None:
        """Print all at once, if that is wanted."""
        if self._wanted.is_json:
            endings = self._endings.values()
            described = [describe_ending(ending, is_explained=self._wanted.is_explaining) for ending in endings]
            print(json.dumps(described, indent=2))

    def choose_exit_code(self) -> int:
        """Return the code of the worst that happened: a document that failed is worse than a file that is missing."""
        failed = [ending for ending in self._endings.values() if ending.output is None]
        if any(ending.is_read for ending in failed):
            return EXIT_DOCUMENT
        return EXIT_NO_INPUT if failed else EXIT_OK


def _word(ending: Ending) -> str:
    pages = f" ({count_with_noun(ending.manifest.pages, 'page')})" if ending.manifest is not None else ""
    return f"{make_printable(ending.name)} -> {make_printable(str(ending.output))}{pages}"


def _print_losses(name: str, manifest: Manifest, *, is_quiet: bool) -> None:
    """Say what of the document is not in its output: missing text always, lost structure unless nothing is wanted."""
    losses = [
        (manifest.pages_text_missing, "words of the text layer are missing"),
        (manifest.pages_unread, "OCR could not read what is there"),
        (() if is_quiet else [page.page for page in manifest.pages_degraded], "without all of its structure"),
    ]
    for pages, what in losses:
        if pages:
            named = f"{'page' if len(pages) == 1 else 'pages'} {', '.join(map(str, pages))}"
            _print_problem(f"{make_printable(name)}, {named}: {what}")


def _print_text(ending: Ending, wanted: Format) -> None:
    """Write the text to standard output, with the bytes of its file."""
    assert ending.output is not None
    assert ending.manifest is not None
    files = [artifact.file for artifact in ending.manifest.artifacts if artifact.role == wanted.value]
    with (ending.output / files[0]).open("rb") as file:
        shutil.copyfileobj(file, sys.stdout.buffer)
    sys.stdout.buffer.flush()
    images = sum(artifact.role == ArtifactRole.IMAGE.value for artifact in ending.manifest.artifacts)
    if images:
        _print_problem(f"{count_with_noun(images, 'picture')} of it left out: name a folder with --output to have them")


def _print_problem(text: str, *details: str) -> None:
    print("\n  ".join([f"markerd: {text}", *filter(None, details)]), file=sys.stderr, flush=True)
