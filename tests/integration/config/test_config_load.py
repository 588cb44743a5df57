"""Configurations read from real files."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from markerd.config import (
    Config,
    ConverterConfig,
    DaemonConfig,
    FolderConfig,
    Isolation,
    LogFormat,
    LogLevel,
    Models,
    Observer,
    find_config,
    load_config,
    write_template,
)
from markerd.errors import EXIT_CONFIGURATION, ConfigurationError
from markerd.values import After, Format, Spans

EXAMPLES = Path(__file__).resolve().parents[3] / "config"
FOLDER = '[[folders]]\npath = "in"\noutput = "out"\n'


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path / "home")}


def written(folder: Path, text: str | bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "markerd.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def problems_of(file: Path, environ: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as caught:
        load_config(file, environ)
    assert caught.value.exit_code == EXIT_CONFIGURATION
    assert caught.value.source == str(file)
    assert all(problem.isprintable() for problem in caught.value.problems)
    return caught.value.problems


def test_smallest_configuration_gets_the_documented_defaults(tmp_path: Path, environ: dict[str, str]) -> None:
    """A configuration that names a hot folder and an output has the documented default for everything else."""
    config = load_config(written(tmp_path / "etc", FOLDER), environ)
    etc = tmp_path / "etc"
    assert config == Config(
        daemon=DaemonConfig(
            state_dir=tmp_path / "home/.local/state/markerd", queue_size=256, reconcile_s=60, stop_timeout_s=90
        ),
        converter=ConverterConfig(
            models=Models.AUTO, isolation=Isolation.PROCESS, threads=0, timeout_s=600, timeout_per_page_s=30,
            max_attempts=3, retry_delay_s=30, recycle_documents=500, recycle_rss_mb=None, max_rss_mb=None,
            max_file_mb=512, part_pages=50, max_unpacked_mb=512, max_pages=10_000, ocr_models=None,
        ),
        folders=(
            FolderConfig(
                path=etc / "in", output=etc / "out", archive=etc / "done", failed=etc / "failed", recursive=True,
                include=("*",), exclude=(), formats=(Format.MARKDOWN,), after=After.ARCHIVE, settle_s=1.0,
                foreign_settle_s=10.0, empty_settle_s=600.0,
                observer=Observer.AUTO, spans=Spans.REPEAT, marker={},
            ),
        ),
    )  # fmt: skip
    assert (config.log.format, config.log.level, config.log.file) == (LogFormat.AUTO, LogLevel.INFO, None)


def test_relative_paths_start_at_the_folder_of_the_named_file(
    tmp_path: Path, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the working directory nor the target of a symbolic link moves a relative path."""
    target = written(tmp_path / "real", FOLDER)
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/link.toml").symlink_to(target)
    monkeypatch.chdir(tmp_path)
    overrides = {
        "MARKERD__FOLDERS__0__OUTPUT": "elsewhere",
        "MARKERD__LOG__FILE": "m.log",
        "MARKERD__CONVERTER__OCR_MODELS": "ocr",
    }
    config = load_config(Path("etc/link.toml"), environ | overrides)
    assert config.folders[0].path == tmp_path / "etc/in"
    assert config.folders[0].output == tmp_path / "etc/elsewhere"
    assert config.log.file == tmp_path / "etc/m.log"
    assert config.converter.ocr_models == tmp_path / "etc/ocr"


def test_all_problems_of_file_and_environment_are_reported_at_once(tmp_path: Path, environ: dict[str, str]) -> None:
    """Apart from syntax errors, each fault is one line with its key: keys, types, ranges, paths, overlaps and
    overrides."""
    text = """
        [daemon]
        queue_size = 0
        stop_timout_s = 3
        state_dir = "in/state"
        [converter]
        isolation = "thread"
        [[folders]]
        path = "in"
        formats = ["json", "json"]
        marker = { since = 2020-01-01 }
        [[folders]]
        path = "$NOWHERE/in"
        output = "in/out"
    """
    overrides = {"MARKERD__CONVERTER__THREADS": "many", "MARKERD__CONVERTR__THREADS": "1"}
    found = problems_of(written(tmp_path, text), environ | overrides)
    keys = sorted(problem.partition(": ")[0] for problem in found)
    assert keys == [
        "MARKERD__CONVERTR__THREADS", "converter.isolation", "converter.threads", "daemon.queue_size",
        "daemon.state_dir", "daemon.stop_timout_s", "folders[0].formats", "folders[0].marker.since",
        "folders[0].output", "folders[1].output", "folders[1].path",
    ]  # fmt: skip
    assert any("(is from MARKERD__CONVERTER__THREADS)" in problem for problem in found)


@pytest.mark.parametrize("most", ["4096", "1000"])
def test_memory_limit_below_the_recycling_limit_is_refused(tmp_path: Path, environ: dict[str, str], most: str) -> None:
    """The problem names both keys, the effect, and the source of a value that is not in the file."""
    text = f"[converter]\nrecycle_rss_mb = 4096\n{FOLDER}"
    (found,) = problems_of(written(tmp_path, text), environ | {"MARKERD__CONVERTER__MAX_RSS_MB": most})
    assert found.startswith(f"converter.max_rss_mb: {most} is not above converter.recycle_rss_mb (4096): ")
    assert found.endswith("(is from MARKERD__CONVERTER__MAX_RSS_MB)")


@pytest.mark.parametrize("keys", ["recycle_rss_mb = 99999999", "max_rss_mb = 1", "recycle_rss_mb = 1\nmax_rss_mb = 2"])
def test_single_memory_limit_is_accepted(tmp_path: Path, environ: dict[str, str], keys: str) -> None:
    """One limit alone is never wrong, whatever memory the machine has, because the default of the other adapts."""
    load_config(written(tmp_path, f"[converter]\n{keys}\n{FOLDER}"), environ)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"[daemon]\nqueue_size = \n", "line 2"),
        (b"[daemon]\n[daemon]\n", "line 2"),
        (b'[daemon]\nstate_dir = "\xff"\n', "line 2 is not UTF-8"),
        (b"x = " + b"9" * 5000, "not valid TOML"),
        (b"x = " + b"[" * 100_000, "not valid TOML"),
    ],
)
def test_invalid_toml_is_one_problem(tmp_path: Path, environ: dict[str, str], text: bytes, expected: str) -> None:
    """A file that cannot be parsed has one problem, with the line if it is known."""
    (problem,) = problems_of(written(tmp_path, text), environ)
    assert expected in problem


def test_byte_order_mark_is_accepted(tmp_path: Path, environ: dict[str, str]) -> None:
    """A file with a byte order mark is read like any other."""
    load_config(written(tmp_path, b"\xef\xbb\xbf" + FOLDER.encode()), environ)


def test_missing_file_is_a_configuration_error(tmp_path: Path, environ: dict[str, str]) -> None:
    """The error for a missing configuration says how to get one."""
    (problem,) = problems_of(tmp_path / "none.toml", environ)
    assert "markerd init" in problem


def test_unreadable_file_is_a_configuration_error(tmp_path: Path, environ: dict[str, str]) -> None:
    """The error for an unreadable configuration gives the reason."""
    (problem,) = problems_of(tmp_path, environ)
    assert "directory" in problem


def test_overlap_through_a_symbolic_link_is_refused(tmp_path: Path, environ: dict[str, str]) -> None:
    """An output that lies inside the hot folder once links are followed is refused. The value keeps the link."""
    (tmp_path / "in").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "in")
    file = written(tmp_path, '[[folders]]\npath = "in"\noutput = "link/out"\n')
    (problem,) = problems_of(file, environ)
    assert problem.startswith("folders[0].output: ")
    assert "folders[0].path" in problem
    config = load_config(written(tmp_path, '[[folders]]\npath = "link"\noutput = "out"\n'), environ)
    assert config.folders[0].path == tmp_path / "link"


def test_configuration_in_a_hot_folder_is_refused(tmp_path: Path, environ: dict[str, str]) -> None:
    """The configuration must not be taken for a document."""
    (problem,) = problems_of(written(tmp_path / "in", '[[folders]]\npath = "."\noutput = "../out"\n'), environ)
    assert problem.startswith("the configuration file: ")


def test_unused_archive_overlaps_nothing(tmp_path: Path, environ: dict[str, str]) -> None:
    """With after = "keep", the default archive does not conflict with an output called done."""
    text = '[[folders]]\npath = "in"\noutput = "done"\n'
    (problem,) = problems_of(written(tmp_path, text), environ)
    assert "(folders[0].archive is the default)" in problem
    load_config(written(tmp_path, text + 'after = "keep"\n'), environ)


def test_environment_alone_can_name_the_folders(tmp_path: Path, environ: dict[str, str]) -> None:
    """An empty file with overrides is a configuration."""
    overrides = {"MARKERD__FOLDERS__0__PATH": "/srv/in", "MARKERD__FOLDERS__0__OUTPUT": "/srv/out"}
    config = load_config(written(tmp_path, ""), environ | overrides)
    assert config.folders[0].failed == Path("/srv/failed")


def test_quickstart_configuration_stays_below_var(environ: dict[str, str]) -> None:
    """The quick start works below var/ in the checkout and leaves everything else at its default."""
    config = load_config(EXAMPLES / "quickstart.toml", environ)
    (folder,) = config.folders
    var = EXAMPLES.parent / "var"
    assert config.daemon.state_dir == var / "state"
    places = [folder.path, folder.output, folder.archive, folder.failed]
    assert places == [var / name for name in ("inbox", "outbox", "done", "failed")]
    for section in (config.daemon, config.log, config.converter, folder):
        assert section.model_fields_set <= {"state_dir", "path", "output", "archive", "failed"}


def test_example_is_the_template(environ: dict[str, str]) -> None:
    """The example in the repository is what `markerd init` writes, and loads."""
    assert (EXAMPLES / "example.toml").read_text(encoding="utf-8") == write_template()
    assert load_config(EXAMPLES / "example.toml", environ).folders[0].path == Path(environ["HOME"]) / "markerd/inbox"


def test_server_example_keeps_folders_below_one_parent(environ: dict[str, str]) -> None:
    """The server's configuration loads and keeps every folder below one parent."""
    config = load_config(EXAMPLES / "server.toml", environ)
    assert len(config.folders) == 2
    for folder in config.folders:
        for path in (folder.path, folder.output, folder.archive, folder.failed):
            assert path.is_relative_to("/srv/markerd")


def test_uncommented_template_is_the_same_configuration(tmp_path: Path, environ: dict[str, str]) -> None:
    """With every `# key = value` line uncommented, the template loads to the same configuration."""
    text = write_template()
    uncommented = re.sub(r"^# (\w+ = .*)$", r"\1", text, flags=re.MULTILINE)
    assert uncommented.count("\n# ") < text.count("\n# ") - 20
    config = load_config(written(tmp_path / "a", text), environ)
    assert load_config(written(tmp_path / "b", uncommented), environ) == config


@pytest.mark.parametrize("formats", ["", 'formats = ["markdown"]', 'formats = ["json", "chunks"]'])
def test_ocr_converter_writes_json_alone(tmp_path: Path, environ: dict[str, str], formats: str) -> None:
    """Other formats, the default among them, are refused with what to write."""
    (problem,) = problems_of(written(tmp_path, f'{FOLDER}converter = "ocr"\n{formats}\n'), environ)
    assert problem.startswith('folders[0].formats: converter = "ocr" writes JSON only, not ')
    assert 'write formats = ["json"]' in problem
    config = load_config(written(tmp_path, f'{FOLDER}converter = "ocr"\nformats = ["json"]\n'), environ)
    assert config.folders[0].formats == (Format.JSON,)


@pytest.mark.parametrize("name", ["formats", "spans", "output", "converter"])
def test_key_of_the_folder_among_the_options_is_refused(tmp_path: Path, environ: dict[str, str], name: str) -> None:
    """What is written below [folders.marker] belongs to that table, which is easily overlooked."""
    problems = problems_of(written(tmp_path, f'{FOLDER}[folders.marker]\n{name} = "json"\n'), environ)
    assert problems == (f"folders[0].marker.{name}: is a key of the folder: write it above [folders.marker]",)


class TestFindConfig:
    """Where the configuration is looked for when none is named."""

    def test_configuration_is_searched_in_the_documented_order(self, tmp_path: Path, environ: dict[str, str]) -> None:
        """$MARKERD_CONFIG comes first, then the working directory, then the user's folder."""
        environ = environ | {"XDG_CONFIG_HOME": str(tmp_path / "xdg")}
        user = written(tmp_path / "xdg/markerd", FOLDER)
        assert find_config(environ, tmp_path / "cwd") == user
        local = written(tmp_path / "cwd", FOLDER)
        assert find_config(environ, tmp_path / "cwd") == local
        named = written(tmp_path / "cwd/sub", FOLDER)
        assert find_config(environ | {"MARKERD_CONFIG": "sub/markerd.toml"}, tmp_path / "cwd") == named

    def test_error_without_configuration_names_every_place(self, tmp_path: Path, environ: dict[str, str]) -> None:
        """If there is no configuration, the error names every place and `markerd init`."""
        if os.path.lexists("/etc/markerd/markerd.toml"):
            pytest.skip("this machine has a configuration of its own")
        with pytest.raises(ConfigurationError) as caught:
            find_config(environ, tmp_path)
        (problem,) = caught.value.problems
        for part in (f"{tmp_path}/markerd.toml", "home/.config/markerd", "/etc/markerd/markerd.toml", "markerd init"):
            assert part in problem

    def test_missing_named_configuration_is_an_error(self, tmp_path: Path, environ: dict[str, str]) -> None:
        """$MARKERD_CONFIG that names no file is an error even if another configuration exists."""
        written(tmp_path, FOLDER)
        with pytest.raises(ConfigurationError, match="MARKERD_CONFIG"):
            find_config(environ | {"MARKERD_CONFIG": "gone.toml"}, tmp_path)
