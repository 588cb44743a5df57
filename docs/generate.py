"""Writes from the code the pages of docs/reference, the JSON Schema of the log and the example configuration.

`make pages` runs it; a test fails where a file is not what the code says.
"""

from __future__ import annotations

from pathlib import Path

from generators import commands, configuration, events, exit_codes, metrics, outputs
from markerd.config.template import write_template

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "docs" / "reference"
EXAMPLE = ROOT / "config" / "example.toml"
SCHEMA = ROOT / "config" / "monitoring" / "events.schema.json"


def files() -> dict[Path, str]:
    """Path to content of everything that is generated."""
    return {
        REFERENCE / "configuration.md": configuration.page(),
        REFERENCE / "events.md": events.page(),
        REFERENCE / "metrics.md": metrics.page(),
        REFERENCE / "exit-codes.md": exit_codes.page(),
        REFERENCE / "commands.md": commands.page(),
        REFERENCE / "outputs-and-manifest.md": outputs.page(),
        SCHEMA: events.schema_file(),
        EXAMPLE: write_template(),
    }


if __name__ == "__main__":
    for path, content in files().items():
        path.write_text(content, "utf-8")
