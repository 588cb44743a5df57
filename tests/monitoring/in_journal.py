"""Run where systemd is PID 1: puts the records of a log into the journal and asks it.

in_journal.py ask          takes on standard input {"log": TEXT, "form": "fields" or "lines", "commands": {NAME:
                           COMMAND}}, runs the unit below and then the commands in a shell, in the folder where it
                           was started; prints {NAME: what it printed}
in_journal.py feed FORM    what the unit runs: sends each record as the daemon does
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from markerd.logs.renderings import PRIORITY

LOG = Path("/run/markerd.log")
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
    send = send_fields if form == "fields" else print_line
    for line in LOG.read_text("utf-8").splitlines():
        send(line)


def send_fields(line: str) -> None:
    from markerd.logs.journald import to_journal_fields
    from systemd import journal

    record = json.loads(line)
    priority = str(PRIORITY[record["level"]])
    journal.send(record["message"], PRIORITY=priority, SYSLOG_IDENTIFIER="markerd", **to_journal_fields(record))


def print_line(line: str) -> None:
    print(f"<{PRIORITY[json.loads(line)['level']]}>{line}", file=sys.stderr)


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
