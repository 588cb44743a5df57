"""What a conversion depends on besides the document: the options of its folder, as they reach the converter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from markerd.config import Config, FolderConfig
from markerd.convert.protocol import ConverterInfo
from markerd.pipeline.conversion import build_key
from markerd.pipeline.spool import Job
from markerd.runtime.wiring import build_plans, list_options


def folder(**keys: Any) -> FolderConfig:
    return FolderConfig(path=Path("/in"), output=Path("/out"), **keys)


@pytest.mark.parametrize(
    ("keys", "options"),
    [
        ({}, {}),
        ({"spans": "repeat", "web_boilerplate": "drop"}, {}),
        ({"spans": "once"}, {"spans": "once"}),
        ({"spans": "html", "web_boilerplate": "keep"}, {"spans": "html", "web_boilerplate": "keep"}),
        ({"converter": "pdf"}, {}),
        ({"converter": "table"}, {"converter": "table"}),
        ({"spans": "html", "marker": {"force_ocr": True}}, {"spans": "html", "force_ocr": True}),
    ],
)
def test_converter_is_told_what_is_not_usual(keys: dict[str, Any], options: dict[str, Any]) -> None:
    """Of the folder's own keys; a document in parts goes on where only a key was written that is usual anyway."""
    assert list_options(folder(**keys)) == options


@pytest.mark.parametrize(
    "change", [{"spans": "once"}, {"spans": "html"}, {"web_boilerplate": "keep"}, {"converter": "table"}]
)
def test_finished_parts_do_not_outlive_a_changed_key(tmp_path: Path, change: dict[str, Any]) -> None:
    """They were made with another one, so the document is converted anew."""
    job, info = Job(tmp_path, tmp_path / "source", "aa", 1), ConverterInfo("embedded", "", {}, 0.0)
    keys = [build_key(job, build_plans(Config(folders=(made,)))["/in"], info) for made in (folder(), folder(**change))]
    assert keys[0] != keys[1]
