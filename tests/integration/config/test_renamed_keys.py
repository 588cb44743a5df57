"""Keys that an earlier version called by another name, in real files and in the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from markerd.cli.configuration import check
from markerd.config import RenamedKey, read_config
from markerd.config.model import SECTIONS
from markerd.config.renamed_keys import RENAMED_KEYS
from markerd.errors import ConfigurationError

FOLDER = '[[folders]]\npath = "in"\noutput = "out"\n'
OLD_VARIABLE, NEW_VARIABLE = "MARKERD__CONVERTER__CHUNK_PAGES", "MARKERD__CONVERTER__PART_PAGES"
NEW = ("converter", "part_pages")


def write_config(folder: Path, converter: str = "") -> Path:
    file = folder / "markerd.toml"
    file.write_text(f"[converter]\n{converter}\n{FOLDER}")
    return file


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path / "home")}


def problems_of(file: Path, environ: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as caught:
        read_config(file, environ)
    return caught.value.problems


def test_every_old_key_leads_to_a_key_of_today() -> None:
    """An old name is not also a name of today, and its new name is one."""
    assert RENAMED_KEYS
    for (section, old), new in RENAMED_KEYS.items():
        fields = SECTIONS[str(section)].model_fields
        assert new in fields
        assert old not in fields


def test_old_key_in_the_file_is_read_and_named(tmp_path: Path, environ: dict[str, str]) -> None:
    """What an operator wrote for the version before has the same meaning, and the new name is said."""
    config, renamed = read_config(write_config(tmp_path, "chunk_pages = 12"), environ)
    assert config.converter.part_pages == 12
    assert renamed == [RenamedKey("converter.chunk_pages", "converter.part_pages", NEW)]


def test_present_key_causes_no_warning(tmp_path: Path, environ: dict[str, str]) -> None:
    """A key of today is read without a warning."""
    config, renamed = read_config(write_config(tmp_path, "part_pages = 12"), environ)
    assert (config.converter.part_pages, renamed) == (12, [])


def test_old_variable_is_read_and_named(tmp_path: Path, environ: dict[str, str]) -> None:
    """A variable with the old name overrides the file, whichever name that uses."""
    for key in ("chunk_pages", "part_pages"):
        file = write_config(tmp_path, f"{key} = 12")
        config, renamed = read_config(file, {**environ, OLD_VARIABLE: "20"})
        assert config.converter.part_pages == 20
        assert renamed[-1] == RenamedKey(OLD_VARIABLE, NEW_VARIABLE, NEW)


def test_both_names_at_once_are_refused(tmp_path: Path, environ: dict[str, str]) -> None:
    """Nobody can tell which of two values is meant, even where they agree."""
    file = write_config(tmp_path, "chunk_pages = 12\npart_pages = 12")
    (line,) = problems_of(file, environ)
    assert line == (
        "converter.chunk_pages: is the old name of converter.part_pages, which is there as well: remove one of them"
    )
    (line,) = problems_of(write_config(tmp_path), {**environ, OLD_VARIABLE: "9", NEW_VARIABLE: "9"})
    assert line == f"{OLD_VARIABLE}: is the old name of {NEW_VARIABLE}, which is set as well: unset one of them"


def test_wrong_value_is_reported_where_it_was_written(tmp_path: Path, environ: dict[str, str]) -> None:
    """The problem names the key of today and the name that stands in the file or in the environment."""
    (line,) = problems_of(write_config(tmp_path, "chunk_pages = 4"), environ)
    assert line.endswith("write 0, or at least 5 (is written as converter.chunk_pages)")
    (line,) = problems_of(write_config(tmp_path), {**environ, OLD_VARIABLE: "4"})
    assert line.endswith(f"write 0, or at least 5 (is from {OLD_VARIABLE})")


def test_section_that_is_not_a_table_is_one_problem(tmp_path: Path, environ: dict[str, str]) -> None:
    """A wrong section has no keys to rename, and is reported once."""
    file = tmp_path / "markerd.toml"
    file.write_text(f"converter = 3\n{FOLDER}")
    assert any("converter: 3 is not a section" in line for line in problems_of(file, environ))


def test_config_check_names_the_old_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`markerd config check` accepts the file, and says what to write instead."""
    file = write_config(tmp_path, "chunk_pages = 12")
    assert check(file) == 0
    assert "converter.chunk_pages is the old name of converter.part_pages" in capsys.readouterr().out
