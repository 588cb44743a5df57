"""Names of marker files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from markerd.config import FolderConfig
from markerd.intake.markers import find_marked, name_marker

_patterns = st.sampled_from(["{name}.done", "ok-{name}", ".{name}.ready", "{name}~done"])
_paths = st.lists(st.text("ab.-_done ", min_size=1, max_size=8), min_size=1, max_size=3).map("/".join)


@given(_patterns, _paths)
def test_marker_leads_back_to_its_document(pattern: str, path: str) -> None:
    """It lies in the same folder, and is no document itself."""
    marker = name_marker(pattern, path)
    assert find_marked(pattern, marker) == path
    assert marker.rpartition("/")[0] == path.rpartition("/")[0]


@pytest.mark.parametrize("path", ["a.pdf", ".done", "sub/.done", "a.done/b.pdf"])
def test_other_files_are_no_markers(path: str) -> None:
    """Nor is one that belongs to no name."""
    assert find_marked("{name}.done", path) is None


@pytest.mark.parametrize("pattern", ["{name}", "done", "sub/{name}.done", "{name}{name}", "{stem}.done", ""])
def test_pattern_that_cannot_be_a_marker_is_refused(pattern: str) -> None:
    """Each document would be its own marker, or none would be found."""
    with pytest.raises(ValidationError):
        FolderConfig.model_validate({"path": "/a", "output": "/b", "marker_name": pattern})
