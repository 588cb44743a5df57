"""Profiles in a hot folder: real files of every kind, read while documents are converted by a fake converter."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core_scene import Core, core_at, files_below
from fakes import FakeConverter
from markerd.config import FolderConfig, HookConfig
from markerd.config.profile import MAX_BYTES
from markerd.convert.protocol import ConversionRequest
from markerd.intake.filters import is_left_alone
from markerd.journal.deliveries import Lane, Route
from markerd.pipeline.folder_plan import FolderPlan
from markerd.runtime.profiles import FolderProfiles
from markerd.runtime.recovery import recover
from markerd.runtime.wiring import build_watched_folder
from markerd.values import After, Occasion, State

JSON = 'formats = ["json"]\n'


def build_folder(root: Path, **keys: Any) -> FolderConfig:
    return FolderConfig(
        path=root / "inbox", output=root / "outbox", archive=root / "done", failed=root / "failed",
        **{"allow_profiles": True, **keys},
    )  # fmt: skip


@pytest.fixture
def core(tmp_path: Path) -> Iterator[Core]:
    with core_at(tmp_path, converter=RememberingConverter()) as opened:
        allow(opened)
        yield opened


def allow(core: Core, **keys: Any) -> None:
    plan = core.plans[str(core.inbox)]
    core.plans[str(core.inbox)] = replace(plan, profiles=FolderProfiles(build_folder(core.root, **keys)))


class RememberingConverter(FakeConverter):
    """Remembers what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: dict[str, ConversionRequest] = {}

    def convert(self, request: ConversionRequest, *, on_pages: Callable[[int], None]) -> Any:
        self.requests[request.document] = request
        return super().convert(request, on_pages=on_pages)


def write(core: Core, path: str, content: str) -> Path:
    profile = core.inbox / path
    profile.parent.mkdir(parents=True, exist_ok=True)
    profile.write_text(content)
    return profile


def request_of(core: Core, path: str) -> ConversionRequest:
    core.drop(path)
    core.finish_all()
    assert isinstance(core.converter, RememberingConverter)
    return core.converter.requests[path]


def read_letter(core: Core, path: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((core.root / "failed" / f"{path}.error.json").read_text())
    return found


def test_profiles_hold_for_what_lies_under_them(core: Core) -> None:
    """The folder's own, that of a folder in it, and that of one document: for each key the nearest one wins."""
    write(core, ".markerd.toml", JSON + 'spans = "html"\n[marker]\npaginate_output = true\n')
    write(core, "sub/.markerd.toml", 'formats = ["html"]\n')
    write(core, "sub/deep/b.pdf.markerd.toml", 'page_range = "0-2"\n[marker]\npaginate_output = false\n')
    top, deep, single = (request_of(core, path) for path in ("a.pdf", "sub/deep/a.pdf", "sub/deep/b.pdf"))
    assert (top.formats, top.options) == (("json",), {"paginate_output": True, "spans": "html"})
    assert (deep.formats, deep.options) == (("html",), top.options)
    assert (single.formats, single.options) == (
        ("html",), {"paginate_output": False, "page_range": "0-2", "spans": "html"}
    )  # fmt: skip


def test_profiles_of_other_folders_and_documents_do_not_count(core: Core) -> None:
    """Neither one beside the hot folder, nor that of a neighbour."""
    (core.root / ".markerd.toml").write_text(JSON)
    write(core, "other/.markerd.toml", JSON)
    write(core, "sub/b.pdf.markerd.toml", JSON)
    assert request_of(core, "sub/a.pdf").formats == ("markdown",)


def test_profiles_stay_where_they_are(core: Core) -> None:
    """The document goes to the archive; its profile holds for the next document of this name."""
    write(core, "a.pdf.markerd.toml", JSON)
    for number in (1, 2):
        core.drop("a.pdf", b"%%PDF-1.4 %d" % number)
        core.finish_all()
    assert {"done/a.pdf", "done/a-2.pdf", "inbox/a.pdf.markerd.toml"} <= files_below(core.root)
    assert json.loads((core.root / "outbox" / "a" / "manifest.json").read_text())["formats"] == ["json"]


def test_without_the_key_profiles_are_not_read(tmp_path: Path) -> None:
    """They are files as any others: one that is named after a document is a document."""
    with core_at(tmp_path, converter=RememberingConverter()) as core:
        write(core, ".markerd.toml", "output = '/etc'")
        assert request_of(core, "a.pdf").formats == ("markdown",)
    for is_allowed in (True, False):
        watched = build_watched_folder(build_folder(tmp_path, allow_profiles=is_allowed), is_once=False)
        assert is_left_alone("sub/a.pdf.markerd.toml", watched.ignore) is is_allowed
        assert is_left_alone(".markerd.toml", watched.ignore)
        assert not is_left_alone("sub/a.toml", watched.ignore)


def make_link(path: Path) -> None:
    secret = path.parents[1] / "elsewhere.toml"
    secret.write_text(JSON)
    path.symlink_to(secret)


def make_socket(path: Path) -> None:
    before = Path.cwd()
    os.chdir(path.parent)  # the whole path is too long for a socket
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(path.name)
    os.chdir(before)


KINDS: dict[str, Callable[[Path], object]] = {
    "link": make_link,
    "dangling link": lambda path: path.symlink_to("nowhere"),
    "named pipe": os.mkfifo,
    "folder": Path.mkdir,
    "socket": make_socket,
    "device": lambda path: path.symlink_to("/dev/zero"),
    "too large": lambda path: path.write_bytes(b"#" * (MAX_BYTES + 1)),
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", [".markerd.toml", "a.pdf.markerd.toml"])
def test_whatever_else_has_the_name_is_refused_with_a_letter(core: Core, kind: str, name: str) -> None:
    """It is neither followed nor waited for, and the document is not converted in another way."""
    KINDS[kind](core.inbox / name)
    core.drop("a.pdf")
    core.finish_all()
    assert core.converter.documents == 0
    letter = read_letter(core, "a.pdf")
    assert letter["kind"] == "profile"
    assert letter["message"].startswith(f"the profile {name} is refused: it cannot be read: ")
    assert "markerd retry" in letter["what_to_do"]


def test_folder_that_became_a_link_is_not_followed(core: Core) -> None:
    """A profile elsewhere is not reached by a link in the way of the document."""
    document = core.drop("sub/a.pdf").parent
    document.rename(core.root / "moved")
    document.symlink_to(core.root / "moved")
    (core.root / "moved" / ".markerd.toml").write_text(JSON)
    core.finish_all()
    assert core.converter.documents == 0
    assert core.log.find("document.dead") == core.log.find("document.failed") == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('output = "/etc"\n', "output: no profile may set this"),
        ("allow_profiles = true\n", "allow_profiles: no profile may set this"),
        ("[marker]\nuse_llm = true\n", "marker.use_llm: no profile may set this"),
        ('converter = "ocr"\n', 'converter = "ocr" writes JSON only'),
        ('hooks = ["mail"]\n', "hooks: the folder has no hook mail"),
    ],
)
def test_unsafe_or_wrong_profile_is_a_letter_at_the_first_attempt(core: Core, content: str, said: str) -> None:
    """The other documents of the hot folder are converted; once it is corrected, a retry converts this one."""
    profile = write(core, "sub/.markerd.toml", content)
    core.drop("sub/a.pdf")
    core.drop("b.pdf")
    core.finish_all()
    letter = read_letter(core, "sub/a.pdf")
    assert (letter["kind"], letter["attempts"]) == ("profile", 1)
    assert letter["message"].startswith("the profile sub/.markerd.toml is refused: ")
    assert said in letter["message"]
    assert core.find("b.pdf").state is State.PUBLISHED
    profile.write_text(JSON)
    assert request_of(core, "sub/a.pdf").formats == ("json",)


def test_profile_that_is_not_whole_yet_is_looked_at_again(core: Core) -> None:
    """A program may write it while the document is taken: the next attempts find it whole."""
    profile = write(core, ".markerd.toml", 'formats = ["js')
    core.drop("a.pdf")
    document = core.backlog.take(0.0)
    assert document is not None
    core.process(document)
    assert (core.find("a.pdf").state, core.find("a.pdf").kind) == (State.FAILED, "profile")
    profile.write_text(JSON)
    core.finish_all()
    assert core.find("a.pdf").state is State.PUBLISHED


def test_same_bytes_are_converted_again_for_a_format_of_a_profile(core: Core) -> None:
    """As for a format that is added to the configuration."""
    request_of(core, "a.pdf")
    write(core, ".markerd.toml", 'formats = ["markdown", "json"]\n')
    core.drop("a.pdf")
    core.finish_all()
    core.drop("a.pdf")
    core.finish_all()
    assert core.converter.documents == 2
    assert len(core.log.find("document.skipped")) == 1


def test_output_of_a_profile_is_recovered_after_a_crash(core: Core) -> None:
    """A crash between the publication and the journal: the manifest proves the output in the profile's formats."""
    write(core, ".markerd.toml", JSON)
    core.drop("a.pdf")
    core.finish_all()
    done = core.find("a.pdf")
    core.journal.writer.claim(done.id)
    core.journal.writer.begin_attempt(done.id, done.sha256)
    recover(core.journal, core.plans, 3, core.log)
    assert core.find("a.pdf").state is State.SKIPPED
    assert core.log.find("document.failed") == []


def test_profile_chooses_among_the_hooks_of_the_folder(core: Core) -> None:
    """By name: those that run are the folder's own, and a letter is told as an output is."""
    hooks = tuple(HookConfig(name=name, run=("true",), on=tuple(Occasion)) for name in ("index", "mail"))
    allow(core, hooks=hooks)
    core.journal.outbox.route({str(core.inbox): [Route(hook.name, frozenset(hook.on)) for hook in hooks]})
    write(core, ".markerd.toml", 'hooks = ["mail"]\n')
    write(core, "none/.markerd.toml", "hooks = []\n")
    write(core, "bad/.markerd.toml", 'run = ["sh"]\n')
    for path in ("a.pdf", "none/a.pdf", "bad/a.pdf"):
        core.drop(path)
    core.finish_all()
    told = []
    for hook in hooks:
        lane = Lane(str(core.inbox), hook.name)
        while delivery := core.journal.outbox.find_due(lane, 1e12):
            told.append((hook.name, delivery.path, delivery.occasion.value))
            core.journal.outbox.record_delivered(delivery)
    assert told == [("index", "bad/a.pdf", "dead"), ("mail", "a.pdf", "published"), ("mail", "bad/a.pdf", "dead")]


def test_plan_of_a_folder_without_profiles_is_as_before(tmp_path: Path) -> None:
    """No file is read, and nothing is copied."""
    with core_at(tmp_path, after=After.KEEP) as core:
        core.drop("a.pdf")
        plan: FolderPlan = core.plans[str(core.inbox)]
        assert plan.choose_for(core.find("a.pdf")) is plan
