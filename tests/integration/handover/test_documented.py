"""The programs and configurations of the page on handing over: what people copy from there works."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from handing_over import QUICK, make_delivery, write_output
from harness import wait_until
from markerd.config import Config, load_config
from markerd.config.keys import Secret
from markerd.handover.backoff import compute_delay_s
from markerd.handover.facts import build_cloud_event, build_variables
from markerd.handover.halt import Halt
from markerd.handover.hook import Address, Program
from markerd.handover.output_files import read_output_files
from markerd.handover.program import run_program
from markerd.handover.results import Delivered, Failed, Result
from markerd.handover.webhook import post
from markerd.journal.deliveries import Delivery
from markerd.values import Occasion
from needs import missing
from receivers import SECRET

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "guide" / "handover.md").read_text("utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)
STRANGE = os.fsdecode(b"sub/-x \xff\nname.pdf")


def write_program(folder: Path, name: str) -> Path:
    """The program that says on its second line that it is this one."""
    (text,) = [text for _, text in BLOCKS if re.match(rf"#!.*\n# (/usr/local/bin/)?{name} ", text)]
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(text.replace("/usr/bin/env python3", sys.executable))
    program.chmod(0o755)
    return program


def load_tables(tmp_path: Path) -> Config:
    """All hooks of the page, of one folder."""
    tables = [text for kind, text in BLOCKS if kind == "toml"]
    hooks = "\n".join(text for text in tables if "[[folders]]" not in text)
    (tmp_path / "markerd.toml").write_text(next(text for text in tables if "[[folders]]" in text))
    load_config(tmp_path / "markerd.toml", {"HOME": str(tmp_path)})
    (tmp_path / "markerd.toml").write_text(f'[[folders]]\npath = "in"\noutput = "out"\n{hooks}')
    return load_config(tmp_path / "markerd.toml", {"HOME": str(tmp_path)})


def tell(tmp_path: Path, program: Path, delivery: Delivery, *arguments: str) -> Result:
    """As the hook of the page with this program is told, with other places."""
    (hook,) = [
        each for each in load_tables(tmp_path).folders[0].hooks if each.run and Path(each.run[0]).name == program.name
    ]
    assert hook.run is not None
    assert delivery.occasion in hook.on
    assert len(hook.run) == 1 + len(arguments)
    run = Program((str(program), *arguments))
    return run_program(
        run, delivery, hook.timeout_s, Halt(), {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}, QUICK
    )


def test_every_table_of_the_page_loads(tmp_path: Path) -> None:
    """Each is a hook that the configuration takes."""
    assert [hook.name for hook in load_tables(tmp_path).folders[0].hooks] == ["local", "index", "commit", "mail"]


@pytest.mark.parametrize("path", ["report.pdf", STRANGE])
def test_index(tmp_path: Path, path: str) -> None:
    """A document is found by its words; told twice, or converted anew, it is there once."""
    program, database = write_program(tmp_path / "bin", "index"), tmp_path / "documents.sqlite"
    for text in ("# An old invoice\n", "# A new invoice\n", "# A new invoice\n"):
        delivery = make_delivery(tmp_path, path, write_output(tmp_path / "outbox" / "a", text))
        assert tell(tmp_path, program, delivery, str(database)) == Delivered(exit_code=0)
    assert find_in(database, "invoice") == [
        (os.fsencode(path).decode("utf-8", "backslashreplace"), "# A new invoice\n")
    ]
    removed = make_delivery(tmp_path, path, occasion=Occasion.SOURCE_REMOVED)
    assert tell(tmp_path, program, removed, str(database)) == Delivered(exit_code=0)
    assert find_in(database, "invoice") == []


def find_in(database: Path, word: str) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(database)) as index:
        return index.execute("SELECT path, text FROM documents WHERE documents MATCH ?", (word,)).fetchall()


@pytest.mark.parametrize("path", ["report.pdf", STRANGE])
def test_git_commit(tmp_path: Path, path: str) -> None:
    """Each output is a commit with the key of its event; told twice, it is one."""
    if shutil.which("git") is None:
        missing("git")
    repository = tmp_path / "outbox"
    repository.mkdir()
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    (repository / "other").write_text("not of this event")
    program = write_program(tmp_path / "bin", "commit-output")
    for text in ("# One\n", "# One\n", "# Two\n"):
        delivery = make_delivery(tmp_path, path, write_output(repository / "a b", text))
        assert tell(tmp_path, program, delivery, str(repository), "{output}") == Delivered(exit_code=0)
    log = subprocess.run(
        ["git", "-C", str(repository), "log", "--name-only", "--format=%b"], check=True, capture_output=True
    ).stdout.decode()
    assert log.count(f"Event: {delivery.key}") == 2
    assert set(re.findall(r"^a b/.*$", log, re.MULTILINE)) == {"a b/a b.md", "a b/manifest.json"}
    assert "other" not in log


@contextmanager
def mail_server(answer: bytes = b"250 Ok") -> Iterator[tuple[str, list[str]]]:
    """One that takes mails, or refuses their recipients; gives its address and the mails."""
    mails: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_serve_mail, args=(server, answer, mails))
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}", mails
        server.shutdown(socket.SHUT_RDWR)
        thread.join(20)


def _serve_mail(server: socket.socket, answer: bytes, mails: list[str]) -> None:
    with suppress(OSError):
        while True:
            connection, _ = server.accept()
            with connection, connection.makefile("rwb", buffering=0) as stream:
                stream.write(b"220 test\r\n")
                while line := stream.readline():
                    command = line[:4].upper()
                    stream.write(
                        {b"DATA": b"354 Go\r\n", b"QUIT": b"221 Bye\r\n", b"RCPT": answer + b"\r\n"}.get(
                            command, b"250 Ok\r\n"
                        )
                    )
                    if command == b"DATA":
                        mails.append(b"".join(iter(stream.readline, b".\r\n")).decode())
                        stream.write(b"250 Ok\r\n")
                    if command == b"QUIT":
                        break


@pytest.mark.parametrize("path", ["report.pdf", STRANGE])
def test_mail(tmp_path: Path, path: str) -> None:
    """A dead letter of whatever name is a mail with its reason; the key is its identifier."""
    delivery = make_delivery(tmp_path, path, occasion=Occasion.DEAD, kind="damaged", reason="no trailer", attempts=3)
    program = write_program(tmp_path / "bin", "mail-dead-letter")
    with mail_server() as (address, mails):
        assert tell(tmp_path, program, delivery, address, "operators@example.org") == Delivered(exit_code=0)
    (mail,) = mails
    assert "To: operators@example.org" in mail
    assert f"Message-ID: <{delivery.key}@markerd>" in mail
    assert "no trailer" in mail
    assert "after 3 attempts" in mail


def test_mail_that_is_refused_is_a_failure(tmp_path: Path) -> None:
    """It is tried again, and the log has the reason."""
    delivery = make_delivery(tmp_path, occasion=Occasion.DEAD, reason="no trailer")
    program = write_program(tmp_path / "bin", "mail-dead-letter")
    with mail_server(b"550 nobody here") as (address, _):
        result = tell(tmp_path, program, delivery, address, "operators@example.org")
    assert isinstance(result, Failed)
    assert "nobody here" in result.last_output[-1]


def test_receiver(tmp_path: Path) -> None:
    """It takes an event once, whatever comes twice, and nothing that is signed by others."""
    secret = tmp_path / "secret"
    secret.write_text(SECRET + "\n")
    program = write_program(tmp_path / "bin", "receive")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    delivery = make_delivery(tmp_path, output=write_output(tmp_path / "outbox" / "a"))
    with subprocess.Popen(
        [str(program), str(port), str(secret)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as server:
        try:
            own = Address(f"http://localhost:{port}/", Secret(SECRET), frozenset({"localhost"}), 0)
            _wait_for(port)
            foreign = replace(own, secret=Secret("A" * 43 + "="))
            sent = [(own, 0), (own, 1), (foreign, 0), (own, -900)]
            results = [_post(address, delivery, late_s) for address, late_s in sent]
        finally:
            server.kill()
        assert server.stdout is not None
        assert server.stdout.read().decode().splitlines() == ["markerd.document.published sub/a.pdf"]
    assert results[:2] == [Delivered(), Delivered()]
    assert all(isinstance(result, Failed) and "401" in result.reason for result in results[2:])


def _post(address: Address, delivery: Delivery, late_s: float) -> Result:
    return post(address, delivery, 20, None, time.time() + late_s, QUICK)


def _wait_for(port: int) -> None:
    def answers() -> bool:
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        return False

    wait_until(answers, 20)


def test_page_names_all_that_a_program_gets(tmp_path: Path) -> None:
    """Each word in braces, each variable, and those that are kept."""
    delivery = make_delivery(tmp_path)
    given = build_variables(delivery, None, {"PATH": "", "HOME": "", "SECRET": ""})
    section = PAGE.split("## Programs")[1].split("## ")[0]
    short = {f"MARKERD{name}" for name in re.findall(r"`(_[A-Z_0-9]+)`", section)}
    named = set(re.findall(r"`(MARKERD_[A-Z_0-9]+)`", section)) | short
    assert named == {name for name in given if name.startswith("MARKERD_")}


def test_page_shows_the_event_as_it_is(tmp_path: Path) -> None:
    """The keys of the event and of its data, in their order."""
    (shown,) = [json.loads(text) for kind, text in BLOCKS if kind == "json"]
    output = write_output(tmp_path / "outbox" / "a")
    event = json.loads(build_cloud_event(make_delivery(tmp_path, output=output), read_output_files(output), 0))
    assert (list(shown), list(shown["data"])) == (list(event), list(event["data"]))


def test_page_says_when_deliveries_are_tried_again() -> None:
    """The delays are those of the code."""
    words = "5 s, 15 s, 45 s, 2 min, 7 min, 20 min, then each hour"
    assert words in PAGE.replace("\n  ", " ")
    delays = [compute_delay_s(n, "msg_7fffffff", Failed("")) for n in range(1, 8)]
    assert [round(each) for each in delays[:3]] == [5, 15, 45]
    assert [round(each / 60) for each in delays[3:]] == [2, 7, 20, 60]
