"""The real `markerd run` as a child process: started, fed, read, signalled, and always ended."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import tomli_w

Event = dict[str, Any]
START_TIMEOUT_S = 120.0
DEFAULT_TIMEOUT_S = 90.0


def wait_until(condition: Callable[[], Any], timeout_s: float = DEFAULT_TIMEOUT_S, what: str = "the condition") -> Any:
    """What `condition` gives once it is true; AssertionError when it is not in time."""
    deadline = time.monotonic() + timeout_s
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{what} did not come true within {timeout_s} s"
        time.sleep(0.05)
    return value


def write_folder(folder: Mapping[str, Any]) -> str:
    """Write a folder as a table of its own, as people do: a test may add another one behind it."""
    tables = {key: value for key, value in folder.items() if isinstance(value, Mapping) or is_several(value)}
    written = "[[folders]]\n" + tomli_w.dumps({key: value for key, value in folder.items() if key not in tables})
    for key, value in tables.items():
        header = f"[[folders.{key}]]" if is_several(value) else f"[folders.{key}]"
        written += "".join(f"\n{header}\n{tomli_w.dumps(each)}" for each in (value if is_several(value) else [value]))
    return written


def is_several(value: object) -> bool:
    """Whether it is an array of tables."""
    return isinstance(value, (list, tuple)) and bool(value) and all(isinstance(each, Mapping) for each in value)


class RunningDaemon:
    """A daemon with one hot folder below `root`; `settings` are added to the sections of its configuration."""

    def __init__(self, root: Path, arguments: tuple[str, ...] = (), **settings: Mapping[str, Any]) -> None:
        self.root = root
        self.inbox, self.outbox = root / "inbox", root / "outbox"
        self.done, self.failed = root / "done", root / "failed"
        self.state_dir = root / "state"
        self.config = root / "markerd.toml"
        self._arguments = arguments
        self.write_config(**settings)
        self.events: list[Event] = []
        self.noise: list[str] = []
        self.process: subprocess.Popen[bytes] | None = None

    def write_config(self, **settings: Mapping[str, Any]) -> None:
        sections: dict[str, dict[str, Any]] = {
            "daemon": {"state_dir": "state", "reconcile_s": 2},
            "log": {"format": "json", "level": "debug"},
            "converter": {"models": "embedded", "retry_delay_s": 0.2},
            "surya": {},
            "ray": {},
            "llm": {},
            "http": {},
            "folders": {"path": "inbox", "output": "outbox", "settle_s": 0.3},
        }
        document: dict[str, Any] = {name: {**section, **settings.get(name, {})} for name, section in sections.items()}
        folder = document.pop("folders")
        if "marker" in settings:
            folder["marker"] = settings["marker"]
        written = tomli_w.dumps(document) + "\n" + write_folder(folder)
        self.config.write_text(written)

    def start(self, *, is_waiting: bool = True, **environ: str) -> RunningDaemon:
        self.inbox.mkdir(exist_ok=True)
        self.events.clear()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "markerd", "run", "--config", str(self.config), *self._arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=self.root,
            env={**os.environ, **environ},
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, args=(self.process,), daemon=True)
        self._reader.start()
        if is_waiting:
            self.wait_for("folder.watching", timeout_s=START_TIMEOUT_S)
        return self

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stderr is not None
        with process.stderr as stream:
            for line in stream:
                try:
                    self.events.append(json.loads(line))
                except ValueError:
                    self.noise.append(line.decode("utf-8", "replace"))

    # --- what it said -------------------------------------------------------------------------------------------

    def find(self, event: str, **fields: Any) -> list[Event]:
        return [e for e in list(self.events) if e["event"] == event and all(e.get(k) == v for k, v in fields.items())]

    def wait_for(self, event: str, *, timeout_s: float = DEFAULT_TIMEOUT_S, count: int = 1, **fields: Any) -> Event:
        """The `count`-th event of that name with those fields."""

        def found() -> list[Event]:
            assert self.process is not None
            events = self.find(event, **fields)
            if len(events) < count and self.process.poll() is not None:
                self._reader.join(5)
                raise AssertionError(f"the daemon ended with {self.process.returncode} before {event}: {self.tail()}")
            return events[count - 1 : count]

        deadline = time.monotonic() + timeout_s
        while not (events := found()):
            assert time.monotonic() < deadline, f"no {event} {fields} within {timeout_s} s: {self.tail()}"
            time.sleep(0.05)
        return events[0]

    def tail(self) -> str:
        return "\n".join([*(json.dumps(event) for event in self.events[-12:]), *self.noise[-20:]])

    def markdown(self, name: str) -> str:
        return (self.outbox / name / f"{Path(name).name}.md").read_text("utf-8")

    # --- what is done to it -------------------------------------------------------------------------------------

    def drop(self, name: str, content: bytes) -> Path:
        """Put a file into the hot folder at once, by a rename."""
        hidden = self.root / f"drop-{os.getpid()}-{time.monotonic_ns()}"
        hidden.write_bytes(content)
        target = self.inbox / name
        target.parent.mkdir(parents=True, exist_ok=True)
        hidden.rename(target)
        return target

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def stop(self, timeout_s: float = 60.0) -> int:
        """End it in the ordinary way; gives the exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        return self.wait(timeout_s)

    def wait(self, timeout_s: float = 60.0) -> int:
        assert self.process is not None
        code = self.process.wait(timeout_s)
        self._reader.join(10)
        return code

    def kill(self) -> None:
        """As a power cut would: the daemon alone, at once. Its converter has to notice by itself."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.kill()
        self.wait()


def words_of(text: str) -> set[str]:
    """The words of four letters and more, in lower case."""
    return set(re.findall(r"[^\W\d_]{4,}", text.lower()))


def run_markerd(*arguments: str, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """`markerd …` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "markerd", *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, **environ},
        timeout=120,
        check=False,
    )
