"""Units are edited, not made: comments and order stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from markerd.cli.service_manager.unit_file import edit_unit, find_path_problem, quote_argument, quote_path

UNIT = """\
# A head.

[Unit]
Description=x
# About the mounts.
RequiresMountsFor=/a

[Service]
# The program.
ExecStart=/bin/true
ReadWritePaths=/a
ReadWritePaths=/b
# No Foo=yes: it would break.

# ----- next -----
[Install]
WantedBy=multi-user.target
"""


def test_value_is_replaced_in_place() -> None:
    """Its comment stays above it."""
    text = edit_unit(UNIT, {("Service", "ExecStart"): ["/bin/false"]})
    assert text == UNIT.replace("/bin/true", "/bin/false")


def test_key_gets_one_line_for_each_value() -> None:
    """The lines stand where the first one stood, however many there were."""
    text = edit_unit(UNIT, {("Service", "ReadWritePaths"): ["/c", "/d", "/e"]})
    assert "ExecStart=/bin/true\nReadWritePaths=/c\nReadWritePaths=/d\nReadWritePaths=/e\n# No Foo" in text


def test_key_without_values_is_removed() -> None:
    """All its lines are removed."""
    assert "ReadWritePaths" not in edit_unit(UNIT, {("Service", "ReadWritePaths"): []})


def test_new_key_is_added_at_the_end_of_its_section() -> None:
    """It comes before what belongs to the next section. A commented-out key does not count."""
    text = edit_unit(UNIT, {("Service", "# No Foo"): [], ("Service", "Foo"): ["1"], ("Unit", "After"): ["y"]})
    assert "RequiresMountsFor=/a\nAfter=y\n\n[Service]" in text
    assert "ReadWritePaths=/b\nFoo=1\n# No Foo=yes: it would break.\n" in text


def test_same_key_of_another_section_is_unchanged() -> None:
    """`Description` belongs to [Unit] only."""
    assert edit_unit(UNIT, {("Install", "WantedBy"): ["z"]}) == UNIT.replace("multi-user.target", "z")


def test_setting_of_a_missing_section_raises() -> None:
    """The units are shipped, so a missing section is a bug."""
    with pytest.raises(ValueError, match="Socket"):
        edit_unit(UNIT, {("Socket", "ListenStream"): ["1"]})


@pytest.mark.parametrize(
    ("path", "path_value", "argument"),
    [
        ("/srv/plain", "/srv/plain", "/srv/plain"),
        ("/srv/100%", "/srv/100%%", "/srv/100%%"),
        ("/srv/two words", '"/srv/two words"', '"/srv/two words"'),
        ("/srv/R&D", "/srv/R&D", "/srv/R&D"),
        ("/srv/$HOME", "/srv/$HOME", "/srv/$$HOME"),
        ("/srv/it's", '"/srv/it\'s"', '"/srv/it\'s"'),
        ("/srv/a;b", '"/srv/a;b"', '"/srv/a;b"'),
        ("/srv/Büro", "/srv/Büro", "/srv/Büro"),
    ],
)
def test_values_are_quoted_as_the_format_demands(path: str, path_value: str, argument: str) -> None:
    """Specifiers and quotes are escaped, and variables in ExecStart= alone."""
    assert quote_path(Path(path)) == path_value
    assert quote_argument(path) == argument
    assert find_path_problem(Path(path)) is None


@pytest.mark.parametrize("path", ["/srv/a\nb", "/srv/\udcff", '/srv/"', "/srv/a\\b", "/srv/\x1b"])
def test_path_that_no_unit_can_name_is_refused(path: str) -> None:
    """It is refused with the reason, not written in the hope that it works."""
    assert "rename it" in str(find_path_problem(Path(path)))
