"""The command line of `markerd convert`, and what its options mean."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from markerd.cli.convert_command import convert_command
from markerd.config.given_options import FOLDER_KEYS, build_folder, load_defaults
from markerd.config.model import FolderConfig
from markerd.values import Format, Spans


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Missing argument"),
        (("a.pdf", "b.pdf", "-o", "-"), "Only one FILE"),
        (("a.pdf", "-o", "-", "--json"), "with a folder for --output"),
        (("a.pdf", "--format", "word"), "word"),
        (("a.pdf", "--option", "force_ocr"), "write KEY=VALUE"),
        (("a.pdf", "--option", "path=/"), "cannot be given here"),
        (("a.pdf", "--option", "spans=no"), "repeat, once or html"),
    ],
)
def test_wrong_command_line_is_refused(arguments: tuple[str, ...], said: str) -> None:
    """It is refused before anything is read or started; `main` makes 64 of click's own code."""
    done = CliRunner().invoke(convert_command, list(arguments))
    assert done.exit_code == 2
    assert said in done.output


def test_options_are_keys_of_the_folder_or_options_of_marker() -> None:
    """Values are read as TOML where the key takes them, as those of environment variables are."""
    folder, problems = build_folder(
        Path("/out"), [Format.JSON, Format.MARKDOWN], ["force_ocr=true", "page_range=0,2-3", "spans=html"]
    )
    assert problems == []
    assert folder.formats == (Format.JSON, Format.MARKDOWN)
    assert folder.marker == {"force_ocr": True, "page_range": "0,2-3"}
    assert folder.spans is Spans.HTML


@given(st.text(max_size=20), st.text(max_size=20))
def test_no_option_changes_another_key_of_the_folder(key: str, text: str) -> None:
    """Whatever is given, only the three keys and Marker's options can differ, or a problem is said."""
    usual, _ = build_folder(Path("/out"), [Format.MARKDOWN], [])
    folder, problems = build_folder(Path("/out"), [Format.MARKDOWN], [f"{key}={text}"])
    changed = {name for name in FolderConfig.model_fields if getattr(folder, name) != getattr(usual, name)}
    assert changed <= {"marker", *FOLDER_KEYS}
    assert problems or changed


def test_defaults_hold_without_a_configuration(tmp_path: Path) -> None:
    """The overrides of the environment count, except those of folders, which there are none of."""
    environ = {"HOME": str(tmp_path), "MARKERD__CONVERTER__THREADS": "2", "MARKERD__FOLDERS__0__PATH": "/x"}
    assert load_defaults(environ).config.converter.threads == 2
