"""Run where systemd is PID 1: puts the records of a log into the journal and asks it.

in_journal.py ask          takes on standard input {"log": TEXT, "form": "fields" or "lines", "commands": {NAME:
                           COMMAND}}, runs the unit below and then the commands in a shell, in the folder where it
                           was started; prints {NAME: what it printed}
in_journal.py feed FORM    what the unit runs: sends each record as the daemon does
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from markerd.events import message_id
from markerd.logs import PRIORITY

LOG = Path("/run/markerd.log")  # systemd mounts a /tmp of its own
JOURNAL = "/run/systemd/journal/socket"  # speaks what systemd calls its native protocol
UNIT = Path("/run/systemd/system/markerd.service")
TEXT_OF_UNIT = f"""\
[Service]
Type=oneshot
Environment="PYTHONPATH={os.environ["PYTHONPATH"]}" PYTHONDONTWRITEBYTECODE=1
ExecStart="{sys.executable}" "{Path(__file__).resolve()}" feed %s
StandardError=journal
"""


def feed(form: str) -> None:
    """As fields of the journal's own, or as JSON lines with a priority before each."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
        journal.connect(JOURNAL)
        for line in LOG.read_text("utf-8").splitlines():
            record = json.loads(line)
            if form == "fields":
                journal.send("".join(f"{name}={value}\n" for name, value in fields_of(record).items()).encode())
            else:
                print(f"<{PRIORITY[record['level']]}>{line}", file=sys.stderr)


def fields_of(record: dict[str, Any]) -> dict[str, str]:
    """As the daemon names them; every value a text without line breaks."""
    own = {
        f"MARKERD_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
        for name, value in record.items()
        if name not in ("message", "level", "timestamp")
    }
    return {
        "MESSAGE": record["message"],
        "MESSAGE_ID": message_id(record["event"]),
        "PRIORITY": str(PRIORITY[record["level"]]),
        "SYSLOG_IDENTIFIER": "markerd",
        **own,
    }


def ask(log: str, form: str, commands: dict[str, str]) -> dict[str, str]:
    LOG.write_text(log, "utf-8")
    UNIT.write_text(TEXT_OF_UNIT % form)
    for command in ("systemctl daemon-reload", "systemctl start markerd.service", "journalctl --sync"):
        subprocess.run(command.split(), check=True)
    return {name: answer_to(command) for name, command in commands.items()}


def answer_to(command: str) -> str:
    shell = ["/bin/bash", "-euo", "pipefail", "-c", command]
    return subprocess.run(shell, stdout=subprocess.PIPE, text=True, check=True).stdout


if __name__ == "__main__":
    if sys.argv[1] == "feed":
        feed(sys.argv[2])
    else:
        print(json.dumps(ask(**json.load(sys.stdin))))
