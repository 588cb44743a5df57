"""Output folders have names that every system can open, and what stands in their way is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from markerd.errors import PublishError
from publishing import Publisher


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    return Publisher(tmp_path)


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("report .pdf", "report_"),
        ("report..pdf", "report_"),
        ("a. ./b. .pdf", "a___/b__"),
        ("wait....pdf", "wait___"),
        ("con.pdf", "con_"),
        ("NUL.tar.pdf", "NUL.tar_"),
        ("aux/x.pdf", "aux_/x"),
        ("a.b c.pdf", "a.b c"),
        ("console.pdf", "console"),
    ],
)
def test_names_are_safe_on_windows_shares(publisher: Publisher, path: str, wanted: str) -> None:
    folder = publisher.publish(path, "text")
    assert str(folder.relative_to(publisher.output)) == wanted
    assert (folder / f"{folder.name}.md").read_text() == "text"
    assert publisher.find(path, "text") == folder


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stem=st.text("ab. _", min_size=1, max_size=6).filter(lambda stem: stem.strip(". ")), again=st.booleans())
def test_documents_of_like_names_keep_apart(publisher: Publisher, stem: str, again: bool) -> None:
    """`a_` and `a.` are two documents with two folders, published anew as well."""
    plain = stem.replace(".", "_").replace(" ", "_")
    texts = {f"{stem}.pdf": f"one of {stem}", f"{plain}.txt": f"two of {stem}"}
    folders = {}
    for path, text in [*texts.items(), *(texts.items() if again else ())]:
        folders[path] = publisher.publish(path, text)
    for path, folder in folders.items():
        assert (folder / f"{folder.name}.md").read_text() == texts[path]
        assert not folder.name.endswith((".", " "))
    assert len(set(folders.values())) == 2


def test_entries_in_the_way_are_named(publisher: Publisher) -> None:
    """Both names that the output could have are taken by files of others."""
    folder = publisher.publish("sub/a.pdf", "text")
    other = publisher.publish("sub/a.docx", "text")
    for path in (folder, other):
        (path / "manifest.json").unlink()
    with pytest.raises(PublishError) as caught:
        publisher.publish("sub/a.docx", "text")
    assert str(folder) in str(caught.value)
    assert str(other) in str(caught.value)
    assert caught.value.kind == "publish"


def test_a_file_on_the_way_is_named(publisher: Publisher) -> None:
    publisher.output.mkdir()
    (publisher.output / "sub").write_text("a file of somebody's")
    with pytest.raises(PublishError) as caught:
        publisher.publish("sub/deeper/a.pdf", "text")
    assert str(publisher.output / "sub") in str(caught.value)
