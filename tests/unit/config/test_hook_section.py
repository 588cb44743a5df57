"""Hooks in the configuration: what is refused, in which words, and how arguments are filled in."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markerd.config import load_config
from markerd.config.hook_command import PLACEHOLDERS, ArgumentError, fill_argument
from markerd.config.hook_problems import MOST_HOOKS
from markerd.errors import ConfigurationError
from markerd.values import Occasion

RUN = {"name": "index", "run": ["true"]}
URL = {"name": "index", "url": "https://kb.example/hook"}


def load(tmp_path: Path, *hooks: dict[str, Any], **environ: str) -> Any:
    import tomli_w

    file = tmp_path / "markerd.toml"
    file.write_text(tomli_w.dumps({"folders": [{"path": "in", "output": "out", "hooks": list(hooks)}]}))
    return load_config(file, {"HOME": str(tmp_path), **environ}).folders[0].hooks


def problems(tmp_path: Path, *hooks: dict[str, Any]) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, *hooks)
    return list(caught.value.problems)


def test_hook_has_sensible_defaults(tmp_path: Path) -> None:
    """It is told of what is published, has half a minute, and is given up after three days."""
    (hook,) = load(tmp_path, RUN)
    assert (hook.on, hook.timeout_s, hook.give_up_after_h) == ((Occasion.PUBLISHED,), 30, 72)
    assert load(tmp_path) == ()


def test_file_of_the_secret_is_beside_the_configuration(tmp_path: Path) -> None:
    """Relative paths start there, as all paths do."""
    assert load(tmp_path, {**URL, "secret_file": "index.secret"})[0].secret_file == tmp_path / "index.secret"


def test_hooks_can_be_set_by_a_variable(tmp_path: Path) -> None:
    """As one array of tables."""
    hooks = load(tmp_path, MARKERD__FOLDERS__0__HOOKS='[{name = "a", run = ["true"]}]')
    assert [hook.name for hook in hooks] == ["a"]


@pytest.mark.parametrize(
    ("hook", "expected"),
    [
        ({"name": "a"}, "folders[0].hooks[0]: has neither `run` nor `url`: write one of them"),
        ({**RUN, **URL}, "folders[0].hooks[0]: has both `run` and `url`: write one of them"),
        ({"run": ["true"]}, "folders[0].hooks[0].name: is missing: give the hook a name"),
        ({**RUN, "name": "Index"}, "folders[0].hooks[0].name: 'Index' is not allowed: "),
        ({**RUN, "on": ["publish"]}, "folders[0].hooks[0].on[0]: 'publish' is not allowed: did you mean published? "),
        ({**RUN, "on": []}, "folders[0].hooks[0].on: is empty"),
        ({**RUN, "time_out_s": 3}, "folders[0].hooks[0].time_out_s: there is no such key: did you mean timeout_s?"),
        ({**RUN, "timeout_s": 0}, "folders[0].hooks[0].timeout_s: 0 is out of range: it must be above 0"),
        ({**RUN, "run": "true"}, "folders[0].hooks[0].run: 'true' has the wrong type: it must be an array"),
        ({**RUN, "run": []}, "folders[0].hooks[0].run: is empty: name at least one"),
        ({**RUN, "content": True}, "folders[0].hooks[0].content: says nothing for a hook with `run`"),
        ({**RUN, "run": ["bin/x"]}, "folders[0].hooks[0].run[0]: is no program: "),
        ({**RUN, "run": ["{output}"]}, "folders[0].hooks[0].run[0]: the program itself is not filled in: "),
        ({**RUN, "run": ["x", "{result}"]}, "folders[0].hooks[0].run[1]: {result} is not known: write one of {event}"),
        ({**RUN, "run": ["x", "{output.name}"]}, "folders[0].hooks[0].run[1]: {output.name} is not known: "),
        ({**RUN, "run": ["x", "{output!r}"]}, "folders[0].hooks[0].run[1]: {output} is not known: "),
        ({**RUN, "run": ["x", "{output:>99999999}"]}, "folders[0].hooks[0].run[1]: {output} is not known: "),
        ({**RUN, "run": ["x", "{"]}, "folders[0].hooks[0].run[1]: has a single brace: "),
        ({**RUN, "run": ["x", "a\0b"]}, "folders[0].hooks[0].run[1]: no argument can hold a NUL"),
        ({**URL, "url": "ftp://kb.example/"}, "folders[0].hooks[0].url: is no address: "),
        ({**URL, "url": "https://kb.example:x/"}, "folders[0].hooks[0].url: is no address"),
        ({**URL, "url": "https://me:secret@kb.example/"}, "folders[0].hooks[0].url: has a name or a password in it: "),
        ({**URL, "url": "http://kb.example/"}, "folders[0].hooks[0].url: is not encrypted: "),
        ({**URL, "url": "https://kb.example/a b"}, "folders[0].hooks[0].url: has a space or a fragment in it"),
    ],
)  # fmt: skip
def test_wrong_hook_is_refused(tmp_path: Path, hook: dict[str, Any], expected: str) -> None:
    """In one line, with its key; an address is not repeated, for it may hold a secret."""
    (line,) = problems(tmp_path, hook)
    assert line.startswith(expected)
    assert "secret@" not in line
    assert hook.get("url", "none") not in line


def test_plain_http_is_for_hosts_of_ones_own(tmp_path: Path) -> None:
    """They are named a second time."""
    hook = {**URL, "url": "http://[::1]:8080/hook", "private_hosts": ["::1"]}
    assert load(tmp_path, hook)[0].private_hosts == ("::1",)


def test_hooks_of_a_folder_have_different_names(tmp_path: Path) -> None:
    """Two of one name are both refused."""
    lines = problems(tmp_path, RUN, URL)
    assert [line.split(":")[0] for line in lines] == ["folders[0].hooks[0].name", "folders[0].hooks[1].name"]


def test_number_of_hooks_is_bounded(tmp_path: Path) -> None:
    """Each has a thread."""
    hooks = [{**RUN, "name": f"hook{number}"} for number in range(MOST_HOOKS + 1)]
    assert problems(tmp_path, *hooks)[0].startswith(f"folders: there are more than {MOST_HOOKS} hooks")


_values = st.fixed_dictionaries(
    {name: st.binary(max_size=9).filter(lambda b: b"\0" not in b).map(os.fsdecode) for name in PLACEHOLDERS}
)


@given(_values, st.lists(st.sampled_from((*PLACEHOLDERS, None)), max_size=4), st.text(max_size=5))
def test_arguments_are_filled_in_as_they_are(values: dict[str, str], names: list[str | None], between: str) -> None:
    """Values of any bytes, braces among them, come out as they went in: they are never filled in themselves."""
    literal = between.replace("\0", "").replace("{", "{{").replace("}", "}}")
    argument = literal.join("{{}}" if name is None else f"{{{name}}}" for name in names)
    expected = between.replace("\0", "").join("{}" if name is None else values[name] for name in names)
    assert fill_argument(argument, values) == expected


@given(st.text(st.sampled_from("{}!:.[]ab output0"), max_size=12))
def test_any_argument_is_filled_in_or_refused(argument: str) -> None:
    """Nothing but an ArgumentError comes out."""
    with suppress(ArgumentError):
        assert isinstance(fill_argument(argument, dict.fromkeys(PLACEHOLDERS, "x")), str)
