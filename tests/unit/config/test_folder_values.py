"""Values of a folder that others than the configuration choose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from markerd.config.folder_values import override_folder
from markerd.config.model import FolderConfig
from markerd.values import Format


@pytest.fixture
def folder() -> FolderConfig:
    return FolderConfig(
        path=Path("/in"), output=Path("/out"), archive=Path("/done"), failed=Path("/failed"), marker={"force_ocr": True}
    )


def test_values_take_the_place_of_the_folders_own(folder: FolderConfig) -> None:
    """Options of Marker are added to those of the folder."""
    changed, problems = override_folder(folder, {"formats": ["json"], "marker": {"paginate_output": True}})
    assert problems == []
    assert changed.formats == (Format.JSON,)
    assert changed.marker == {"force_ocr": True, "paginate_output": True}
    assert changed.output == folder.output


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"formats": ["json", "json"]}, "formats: 'json' is there more than once: keep one"),
        ({"converter": "ocr"}, 'formats: converter = "ocr" writes JSON only'),
        ({"spans": 3}, "spans: 3 is not allowed"),
        ({"marker": 3}, "marker: 3 has the wrong type: it must be a table"),
        ({"marker": {"formats": 1}}, "marker.formats: is a key of the folder"),
        ({"page_range": "3"}, "page_range: there is no such key"),
    ],
)
def test_wrong_value_leaves_the_folder_as_it_was(folder: FolderConfig, values: dict[str, Any], problem: str) -> None:
    """Each problem names its key as the configuration would."""
    changed, problems = override_folder(folder, values)
    assert changed is folder
    assert problems[0].startswith(problem)


def test_chunks_go_with_the_markdown() -> None:
    """A document that is wanted as HTML alone is not refused, because its folder cuts Markdown into chunks."""
    folder = FolderConfig.model_validate({"path": "/in", "output": "/out", "chunk_tokens": 512})
    changed, problems = override_folder(folder, {"formats": ["html"]})
    assert (changed.chunk_tokens, problems) == (0, [])
    changed, problems = override_folder(folder, {"formats": ["html", "markdown"]})
    assert (changed.chunk_tokens, problems) == (512, [])
