"""The template, the dump and the conventional places, as text."""

from __future__ import annotations

from pathlib import Path

import pytest

from markerd.config import (
    Config,
    FolderConfig,
    find_default_config_path,
    find_default_state_dir,
    to_toml,
    write_system_template,
    write_template,
)
from markerd.config.model import SECTIONS

HOME = {"HOME": "/home/ada"}


def test_every_key_is_in_the_template_with_its_description() -> None:
    """No key can be added to the configuration without a line that says what it does."""
    text = write_template()
    for section, model in SECTIONS.items():
        for key, field in model.model_fields.items():
            assert f"{key} = " in text or f"[{section}.{key}]" in text
            assert field.description
            assert f"# {field.description}\n" in text


def test_given_paths_are_written_as_toml_strings() -> None:
    """A path with quotes, backslashes and dollars is written so that TOML reads the same text."""
    import tomli

    odd = 'C:\\"in"\x7f/$HOME/é'
    assert tomli.loads(write_template(path=odd))["folders"][0]["path"] == odd


def test_system_template_does_not_depend_on_the_user() -> None:
    """No path in it depends on the home folder of a user, and it sets the state directory."""
    import tomli

    written = tomli.loads(write_system_template())
    assert written["daemon"] == {"state_dir": "/var/lib/markerd"}
    assert written["folders"] == [{"path": "/srv/markerd/inbox", "output": "/srv/markerd/outbox", "marker": {}}]
    assert write_system_template().count("~/") == write_system_template().count("$HOME") == 0


def test_secrets_are_masked() -> None:
    """Options that end in _api_key are shown as ***, nested ones too, and nothing else is."""
    options = {"gemini_api_key": "s3cret", "llm": {"OPENAI_API_KEY": "s3cret"}, "l": [{"x_api_key": "s3cret"}], "n": 1}
    folder = FolderConfig.model_validate({"path": "/in", "output": "/out", "marker": options})
    text = to_toml(Config(folders=(folder,)))
    assert "s3cret" not in text
    assert text.count('"***"') == 3
    assert "n = 1" in text


def test_archive_and_failed_are_siblings_of_the_hot_folder() -> None:
    """By default they are the folders done and failed beside it."""
    folder = FolderConfig.model_validate({"path": "/srv/a/in", "output": "/srv/b/out"})
    assert (folder.archive, folder.failed) == (Path("/srv/a/done"), Path("/srv/a/failed"))


@pytest.mark.parametrize(
    ("environ", "platform", "expected"),
    [
        (HOME, "linux", "/home/ada/.config/markerd/markerd.toml"),
        ({**HOME, "XDG_CONFIG_HOME": "/c"}, "linux", "/c/markerd/markerd.toml"),
        ({**HOME, "XDG_CONFIG_HOME": "relative"}, "linux", "/home/ada/.config/markerd/markerd.toml"),
        ({**HOME, "XDG_CONFIG_HOME": "/c"}, "darwin", "/home/ada/Library/Application Support/markerd/markerd.toml"),
    ],
)
def test_default_config_path_follows_the_platform(environ: dict[str, str], platform: str, expected: str) -> None:
    """The user's configuration lies where the platform's conventions say."""
    assert find_default_config_path(environ, platform) == Path(expected)


@pytest.mark.parametrize(
    ("environ", "platform", "expected"),
    [
        (HOME, "linux", "/home/ada/.local/state/markerd"),
        ({**HOME, "XDG_STATE_HOME": "/s"}, "linux", "/s/markerd"),
        (HOME, "darwin", "/home/ada/Library/Application Support/markerd"),
        ({**HOME, "STATE_DIRECTORY": "/var/lib/markerd"}, "linux", "/var/lib/markerd"),
        ({**HOME, "STATE_DIRECTORY": "/var/lib/a:/var/lib/b"}, "linux", "/var/lib/a"),
        ({**HOME, "STATE_DIRECTORY": "relative"}, "linux", "/home/ada/.local/state/markerd"),
    ],
)
def test_default_state_dir_follows_service_manager_and_platform(
    environ: dict[str, str], platform: str, expected: str
) -> None:
    """The service manager's folder comes first, then the platform's conventions."""
    assert find_default_state_dir(environ, platform) == Path(expected)
