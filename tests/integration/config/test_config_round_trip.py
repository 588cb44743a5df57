"""Generated configurations: what is shown loads again, and nothing but a ConfigurationError ever comes out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from markerd.config import (
    Config,
    ConverterConfig,
    DaemonConfig,
    FolderConfig,
    HookConfig,
    Isolation,
    LogConfig,
    LogFormat,
    LogLevel,
    Models,
    Observer,
    WebBoilerplate,
    load_config,
    to_toml,
)
from markerd.config.model import SECTIONS
from markerd.document_metadata import FrontMatterField
from markerd.errors import ConfigurationError
from markerd.values import After, CompleteWhen, ConverterKind, Format, Occasion, OnSourceRemoved, Order, Spans

text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
# A path below no real folder: prefixed so that it is never `.` or `..`, and apart from all others.
names = text.map(lambda name: name.replace("/", "-").replace("\0", "-"))
seconds = st.floats(0.001, 604_800) | st.integers(1, 604_800)
options = st.dictionaries(
    text.filter(lambda name: not name.lower().endswith("_api_key") and name not in FolderConfig.model_fields),
    st.recursive(
        st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | text,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
        max_leaves=6,
    ),
    max_size=3,
)


@st.composite
def hooks(draw: st.DrawFn, name: str) -> HookConfig:
    shared: dict[str, Any] = {
        "name": name,
        "on": tuple(draw(st.lists(st.sampled_from(Occasion), min_size=1, unique=True))),
        "timeout_s": draw(seconds),
        "give_up_after_h": draw(st.floats(0, 10_000)),
    }
    if draw(st.booleans()):
        arguments = text.map(lambda argument: argument.replace("{", "{{").replace("}", "}}").replace("\0", "-"))
        return HookConfig(**shared, run=("/bin/true", *draw(st.lists(arguments, max_size=2))))
    secret = draw(st.none() | names.map(lambda name: Path(f"/markerd-none/secret-{name}")))
    return HookConfig(**shared, url="https://kb.example/hook", secret_file=secret, content=draw(st.booleans()))


@st.composite
def folders(draw: st.DrawFn, index: int) -> FolderConfig:
    parent = Path(f"/markerd-none/{index}-{draw(names)}")
    paths = {key: parent / f"{key}-{draw(names)}" for key in ("path", "output", "archive", "failed")}
    formats = tuple(draw(st.lists(st.sampled_from(Format), min_size=1, unique=True)))
    chunk_tokens = draw(st.sampled_from([0, 512])) if Format.MARKDOWN in formats else 0
    after = draw(st.sampled_from(After))
    return FolderConfig(
        **paths,
        recursive=draw(st.booleans()),
        include=tuple(draw(st.lists(text, min_size=1, max_size=2))),
        exclude=tuple(draw(st.lists(text, max_size=2))),
        ignore=tuple(draw(st.lists(text, max_size=2))),
        formats=formats,
        converter=draw(st.sampled_from((ConverterKind.PDF, ConverterKind.TABLE))),
        after=after,
        archive_keep_days=draw(st.none() | st.floats(0.1, 1000)),
        archive_max_gb=draw(st.none() | st.floats(0.1, 1000)),
        failed_keep_days=draw(st.none() | st.floats(0.1, 1000)),
        failed_max_gb=draw(st.none() | st.floats(0.1, 1000)),
        order=draw(st.sampled_from(Order)),
        complete_when=draw(st.sampled_from(CompleteWhen)),
        marker_name=draw(st.sampled_from(["{name}.done", "ok-{name}"])),
        on_source_removed=draw(st.sampled_from(OnSourceRemoved)) if after is After.KEEP else OnSourceRemoved.KEEP,
        source_removed_grace_s=draw(seconds),
        allow_profiles=draw(st.booleans()),
        web_boilerplate=draw(st.sampled_from(WebBoilerplate)),
        spans=draw(st.sampled_from(Spans)),
        settle_s=draw(seconds),
        foreign_settle_s=draw(seconds),
        empty_settle_s=draw(seconds),
        observer=draw(st.sampled_from(Observer)),
        chunk_tokens=chunk_tokens,
        chunk_overlap_tokens=chunk_tokens // 8,
        front_matter=tuple(draw(st.lists(st.sampled_from(FrontMatterField), max_size=3))),
        marker=draw(options),
        hooks=tuple(draw(hooks(f"hook-{number}")) for number in range(draw(st.integers(0, 2)))),
    )


@st.composite
def configs(draw: st.DrawFn) -> Config:
    count = draw(st.integers(1, 3))
    return Config(
        daemon=DaemonConfig(
            state_dir=Path(f"/markerd-none/state-{draw(names)}"),
            stop_timeout_s=draw(seconds),
            quiet_hours=tuple(draw(st.lists(st.sampled_from(["22:00-06:00", "mon-fri 08:00-18:00"]), max_size=2))),
        ),
        log=LogConfig(
            format=draw(st.sampled_from(LogFormat)),
            level=draw(st.sampled_from(LogLevel)),
            file=draw(st.none() | names.map(lambda name: Path(f"/markerd-none/log-{name}"))),
        ),
        converter=ConverterConfig(
            models=draw(st.sampled_from(Models)),
            isolation=draw(st.sampled_from(Isolation)),
            timeout_s=draw(seconds),
            recycle_rss_mb=draw(st.none() | st.integers(1, 2**40)),
            max_rss_mb=draw(st.none() | st.integers(2**40 + 1, 2**41)),
        ),
        folders=tuple(draw(folders(index)) for index in range(count)),
    )


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("round-trip") / "markerd.toml"


@given(config=configs())
def test_shown_configuration_loads_again(file: Path, config: Config) -> None:
    """The effective configuration as TOML loads to an equal one, without any environment."""
    file.write_bytes(to_toml(config).encode())
    assert load_config(file, {}) == config


junk = st.recursive(
    st.booleans() | st.integers() | st.floats() | text | st.dates() | st.sampled_from(["json", "/in", "$X", "~", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=5,
)


def tables(section: str) -> st.SearchStrategy[dict[str, Any]]:
    keys = st.sampled_from(list(SECTIONS[section].model_fields)) | text
    return st.dictionaries(keys, junk, max_size=5)


documents = st.fixed_dictionaries(
    {},
    optional={
        "daemon": tables("daemon") | junk,
        "log": tables("log") | junk,
        "converter": tables("converter") | junk,
        "folders": st.lists(tables("folders") | junk, max_size=3) | junk,
    },
)
overridden = ["DAEMON__STATE_DIR", "LOG__FILE", "FOLDERS__0__FORMATS", "FOLDERS__1__MARKER__X", "CONVERTER__THREADS"]
variables = st.dictionaries(
    st.sampled_from([f"MARKERD__{name}" for name in overridden]),
    text | st.sampled_from(["1", "true", "[]", "{}", "1979-05-27", "nan"]),
    max_size=3,
)


@given(document=documents, environ=variables)
def test_any_input_gives_a_configuration_or_printable_problems(
    file: Path, document: dict[str, Any], environ: dict[str, str]
) -> None:
    """Whatever TOML and environment hold, loading gives a configuration or printable problems with keys."""
    file.write_bytes(tomli_w.dumps(document).encode())
    assert all(": " in problem and problem.isprintable() for problem in problems_of(file, environ))


def problems_of(file: Path, environ: dict[str, str]) -> tuple[str, ...]:
    try:
        load_config(file, environ)
    except ConfigurationError as error:
        return error.problems
    return ()
