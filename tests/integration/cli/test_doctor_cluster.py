"""`markerd doctor` about a cluster: what is wrong, before the daemon finds it out."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from markerd.cli.doctor_cluster import examine_cluster
from markerd.cli.findings import Finding, Verdict
from markerd.config import load_config
from markerd.convert.ray.settings import LONGEST_TEMP_DIR
from needs import need_ray


def examine(root: Path, ray: str, models: str = "embedded") -> dict[str, Finding]:
    file = root / "markerd.toml"
    converter = f'[converter]\nisolation = "ray"\nmodels = "{models}"\n'
    file.write_text(f'{converter}[ray]\n{ray}\n[[folders]]\npath = "in"\noutput = "out"\n')
    return {finding.subject: finding for finding in examine_cluster(load_config(file))}


def test_head_is_tried(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as head:
        address = f"127.0.0.1:{head.getsockname()[1]}"
        there = examine(tmp_path, f'address = "{address}"')["ray.address"]
    away = examine(tmp_path, f'address = "{address}"')["ray.address"]
    assert (there.verdict, away.verdict) == (Verdict.GOOD, Verdict.FAULT)
    assert "refused" in away.detail


def test_cluster_that_others_may_use_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A local one has a token of its own, and nothing is said."""
    for variable in ("RAY_AUTH_MODE", "RAY_USE_TLS"):
        monkeypatch.delenv(variable, raising=False)
    assert "cluster access" not in examine(tmp_path, "")
    open_to_all = examine(tmp_path, 'address = "auto"')["cluster access"]
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.setenv("RAY_USE_TLS", "1")
    assert (open_to_all.verdict, examine(tmp_path, 'address = "auto"')["cluster access"].verdict) == (
        Verdict.WARNING, Verdict.GOOD,
    )  # fmt: skip
    assert open_to_all.detail == "no token, without TLS, in this environment"


def test_temp_dir_must_leave_room_for_sockets(tmp_path: Path) -> None:
    fits, too_long = ("/" + "x" * (length - 1) for length in (LONGEST_TEMP_DIR, LONGEST_TEMP_DIR + 1))
    assert examine(tmp_path, f'temp_dir = "{fits}"')["ray.temp_dir"].verdict is Verdict.GOOD
    assert examine(tmp_path, f'temp_dir = "{too_long}"')["ray.temp_dir"].verdict is Verdict.FAULT


def test_what_a_node_would_need_a_key_for_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Marker's own models are the nodes' own, and none."""
    need_ray()
    assert "cluster" not in examine(tmp_path, "")
    assert "cluster" not in examine(tmp_path, "", models="surya")
    monkeypatch.setenv("MARKERD_VLM_KEY", "secret-words")
    refused = examine(tmp_path, '[surya]\nvlm_url = "http://127.0.0.1:9/v1"', models="surya")["cluster"]
    assert refused.verdict is Verdict.FAULT
    assert "secret-words" not in refused.detail
    assert examine(tmp_path, "")["ray"].verdict is Verdict.GOOD
