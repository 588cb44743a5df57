"""When the daemon counts as alive and as well, and whom the status page answers."""

from __future__ import annotations

from typing import Any

import pytest

from markerd.monitoring import status_file
from markerd.monitoring.status_file import STALE_AFTER_S, DaemonState, Snapshot
from markerd.monitoring.web.health import age_silence, find_faults_of_health, find_faults_of_life
from markerd.monitoring.web.server import is_local_host

LONG = STALE_AFTER_S + 1


def content(**changes: Any) -> dict[str, Any]:
    """The status of a daemon that is well."""
    folder = {"path": "/in", "output": "/out", "observer": "native", "since": 1.0, "paused": None, "settling": 0}
    silent = {"loop": 0.1, "observers": 0.1, "converter": 0.1}
    snapshot = Snapshot(state=DaemonState.IDLE, is_ready=True, silent_s=silent, folders=[folder])
    return {**status_file.build_content(snapshot), **changes}


def test_healthy_daemon_has_no_faults() -> None:
    """Nothing to say."""
    assert find_faults_of_life(content()) == find_faults_of_health(content()) == []


@pytest.mark.parametrize(
    ("part", "named"), [("loop", "main loop"), ("observers", "observers"), ("converter", "converter")]
)
def test_a_part_that_stands_still_is_named(part: str, named: str) -> None:
    """It is neither alive nor well, and the others are not blamed."""
    still = content(silent_s={"loop": 0.1, "observers": 0.1, "converter": 0.1, part: LONG})
    (fault,) = find_faults_of_life(still)
    assert named in fault
    assert find_faults_of_health(still) == [fault]


def test_a_status_that_is_not_renewed_is_the_loop_standing_still() -> None:
    """Of the other parts nothing new is known then."""
    assert age_silence(content(), LONG) == {"loop": LONG + 0.1, "observers": 0.1, "converter": 0.1}


def test_before_the_first_sign_of_life_the_age_counts() -> None:
    """A daemon that hangs at its start is not alive either."""
    assert age_silence(content(silent_s={}), LONG) == {"loop": LONG}


def test_the_loop_may_be_silent_while_marker_works_in_its_thread() -> None:
    """With `isolation = "inline"`: while a document is converted or the models load, and only then."""
    inline = content(isolation="inline", silent_s={"loop": LONG})
    for state in ("converting", "starting"):
        assert find_faults_of_life({**inline, "state": state}) == []
        assert age_silence({**inline, "state": state}, LONG) == {"loop": LONG}, "nor does its silence grow"
    assert find_faults_of_life({**inline, "state": "idle"}) != []
    assert age_silence({**inline, "state": "idle"}, LONG) == {"loop": 2 * LONG}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"is_ready": False, "state": "starting"}, "not ready"),
        ({"state": "stopping"}, "stopping"),
        ({"folders": [{"path": "/gone", "paused": "no such folder"}]}, "/gone cannot be used: no such folder"),
    ],
)
def test_alive_daemon_may_be_unhealthy(changes: dict[str, Any], reason: str) -> None:
    """To restart it would not help; the reason says what is wrong."""
    assert find_faults_of_life(content(**changes)) == []
    (fault,) = find_faults_of_health(content(**changes))
    assert reason in fault


@pytest.mark.parametrize(
    "header",
    [
        "localhost",
        "localhost:9464",
        "LOCALHOST:1",
        "127.0.0.1",
        "127.0.0.1:9464",
        "127.1.2.3:80",
        "[::1]",
        "[::1]:9464",
    ],
)
def test_host_names_of_this_machine_are_local(header: str) -> None:
    """With any port: a tunnel may have another."""
    assert is_local_host(header)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "evil.example",
        "evil.example:9464",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "localhost:9464@evil.example",
        "evil.example#localhost",
        "192.168.1.5:9464",
        "0.0.0.0:9464",
        "[::]:9464",
        "[::1",
        "2130706433",
    ],
)
def test_other_host_names_are_not_local(header: str) -> None:
    """A name that a foreign page had resolve to this machine is among them."""
    assert not is_local_host(header)
