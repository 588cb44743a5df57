"""A cluster without a head, a number of actors that changes, and a batch of real documents: `make scale`."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import psutil
import pytest

import documents
from cluster_scene import CONVERTER, at, demand_nothing_left, outputs, published
from conftest import StartDaemon
from harness import wait_until
from killing import quick_environ
from needs import need_ray
from receivers import make_certificates
from simulated_cluster import SimulatedCluster
from tiny_surya import COMMIT, LAYOUT_REPOSITORY, TinySurya

pytestmark = [pytest.mark.models, pytest.mark.large_cluster]
PATIENCE_S = 300.0
QUICK_FAREWELL = {"RAY_gcs_rpc_server_reconnect_timeout_s": "5"}
"""So long Ray's processes wait for a head that is gone; it is a minute otherwise."""


def test_killed_head_that_comes_back_costs_no_attempt(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """In mid-document: Ray ends the driver, the documents go back into the line, and a new driver finds a new head."""
    need_ray()
    held = tmp_path / "held"
    held.touch()
    names = [f"{number:02}.pdf" for number in range(8)]
    environ = {**quick_environ(), **QUICK_FAREWELL, "HELD_FILE": str(held)}
    with SimulatedCluster(environ=environ) as cluster:
        daemon = daemon_at(tmp_path, converter=CONVERTER, ray=at(cluster))
        daemon.start(is_waiting=True, **cluster.variables, **QUICK_FAREWELL)
        for name in names:
            daemon.drop(name, f"held {name}".encode())
        daemon.wait_for("document.converting", count=2)
        cluster.behead()
        daemon.wait_for("cluster.away", timeout_s=PATIENCE_S)
        wait_until(
            lambda: json.loads((daemon.state_dir / "status.json").read_bytes())["folders"][0]["paused"],
            what="the paused folder",
        )
        held.unlink()
        cluster.restart()
        daemon.wait_for("cluster.back", timeout_s=PATIENCE_S)
        daemon.wait_for("document.published", count=len(names), timeout_s=PATIENCE_S)
        assert daemon.stop() == 0
        assert published(daemon) == dict.fromkeys(names, 1)
        assert daemon.find("document.failed") == []
        demand_nothing_left(cluster, daemon)


def test_number_of_actors_follows_the_documents_that_wait(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """One at first, three while documents wait, and one again; and then three again."""
    need_ray()
    held = tmp_path / "held"
    with SimulatedCluster(environ={**quick_environ(), "HELD_FILE": str(held)}) as cluster:
        ray = {"address": cluster.address, "actors": {"min": 1, "max": 3}, "idle_s": 2.0}
        daemon = daemon_at(tmp_path, converter=CONVERTER, ray=ray).start(is_waiting=True, **cluster.variables)
        for turn in range(2):
            assert len(cluster.actors()) == 1
            held.touch()
            for number in range(5):
                daemon.drop(f"{turn}-{number}.pdf", f"held {turn} {number}".encode())
            wait_until(lambda: len(cluster.actors()) == 3, PATIENCE_S, "three actors")
            daemon.wait_for("document.converting", count=5 * turn + 3, timeout_s=PATIENCE_S)
            held.unlink()
            daemon.wait_for("document.published", count=5 * (turn + 1), timeout_s=PATIENCE_S)
            wait_until(lambda: len(cluster.actors()) == 1, PATIENCE_S, "one actor")
        assert daemon.stop() == 0
        assert set(published(daemon).values()) == {1}
        assert daemon.find("document.failed") == daemon.find("cluster.actor_lost") == []
        demand_nothing_left(cluster, daemon)


def test_batch_of_real_documents_comes_out_as_on_one_machine(
    tmp_path: Path, daemon_at: StartDaemon, corpus: Path
) -> None:
    """Byte for byte, whatever became of a document; one document is converted in parts."""
    need_ray()
    batch = choose_batch(corpus)
    with SimulatedCluster() as cluster:
        converter = {**CONVERTER, "part_pages": 20}
        local = daemon_at(tmp_path / "local", ("--once",), converter={**converter, "isolation": "process"})
        remote = daemon_at(tmp_path / "remote", ("--once",), converter=converter, ray=at(cluster))
        for daemon in (local, remote):
            daemon.inbox.mkdir()
            for number, path in enumerate(batch):  # no two of one stem: which of them is named otherwise is by chance
                daemon.drop(f"{number}-{path.name}", path.read_bytes())
            daemon.start(is_waiting=False, **cluster.variables)
            assert daemon.wait(900.0) == 0, daemon.tail()
        assert outputs(remote) == outputs(local)
        assert len(published(remote)) > len(batch) // 2
        assert {path.name for path in remote.failed.iterdir()} == {path.name for path in local.failed.iterdir()}
        demand_nothing_left(cluster, remote)


def choose_batch(corpus: Path) -> list[Path]:
    """Some of each kind, the smaller ones: 40 documents."""
    chosen: list[Path] = []
    for kind in ("pdf", "scan", "image", "office", "hostile"):
        files = [path for path in (corpus / kind).rglob("*") if path.is_file()]
        chosen += sorted(files, key=lambda path: (path.stat().st_size, path))[:8]
    return chosen


def test_cluster_with_a_token_and_certificates_lets_in_who_has_them(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """A daemon without the token, or without the certificates, does not start, and names the cluster as the reason."""
    need_ray()
    authority, _ = make_certificates(tmp_path, find_own_address())
    chain = str(tmp_path / "server.pem")
    certificates = {"RAY_USE_TLS": "1", "RAY_TLS_SERVER_CERT": chain, "RAY_TLS_SERVER_KEY": chain}
    certificates["RAY_TLS_CA_CERT"] = str(authority)
    with SimulatedCluster(nodes=1, environ={**quick_environ(), **certificates}) as cluster:
        token = {**cluster.variables}
        daemon = daemon_at(tmp_path / "let-in", converter=CONVERTER, ray=at(cluster))
        daemon.start(is_waiting=True, **token, **certificates)
        daemon.drop("a.pdf", b"%PDF of no pages")
        daemon.wait_for("document.published", timeout_s=PATIENCE_S)
        assert daemon.stop() == 0
        wrong_token = {**token, "RAY_AUTH_TOKEN": "0" * 64}
        for name, variables in {"no-token": {**wrong_token, **certificates}, "no-certificate": token}.items():
            refused = daemon_at(tmp_path / name, converter=CONVERTER, ray=at(cluster))
            refused.inbox.mkdir(parents=True)
            refused.start(is_waiting=False, **variables)
            assert refused.wait(PATIENCE_S) == 69, refused.tail()
            assert cluster.address in refused.tail()


def find_own_address() -> str:
    """The address that Ray finds for this machine; a datagram socket that is connected sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way_out:
        way_out.connect(("192.0.2.1", 80))
        return str(way_out.getsockname()[0])


def test_actors_have_servers_for_the_own_models_of_marker(
    tmp_path: Path, daemon_at: StartDaemon, tiny_surya: TinySurya
) -> None:
    """On stand-in weights, a server each on the node of the actor; they end with it, also where it is killed."""
    need_ray()
    converter = {**CONVERTER, "models": "surya"}
    with SimulatedCluster(nodes=1, environ=tiny_surya.environment) as cluster:
        daemon = daemon_at(tmp_path, converter=converter, surya={"vlm": "none"}, ray={**at(cluster), "actors": 1})
        daemon.start(is_waiting=False, **cluster.variables)  # its own machine has no weights
        daemon.wait_for("folder.watching", timeout_s=PATIENCE_S)
        daemon.drop("a.pdf", documents.pdf_bytes(documents.page_of("harvest festival")))
        daemon.wait_for("document.published", document="a.pdf", timeout_s=PATIENCE_S)
        assert "harvest festival" in daemon.markdown("a")
        manifest = json.loads((daemon.outbox / "a" / "manifest.json").read_text("utf-8"))
        assert manifest["model_set"] == "surya"
        assert manifest["versions"]["layout"] == f"{LAYOUT_REPOSITORY}@{COMMIT}"
        ready = {event["server"]: event for event in daemon.find("server.ready")}
        assert set(ready) == {"layout", "OCR error"}
        assert {(event["actor"], bool(event["node"])) for event in ready.values()} == {(0, True)}
        cluster.actors()[0].kill()
        wait_until(lambda: not any(psutil.pid_exists(event["server_pid"]) for event in ready.values()), what="the end")
        daemon.drop("b.pdf", documents.pdf_bytes(documents.page_of("after the kill")))
        daemon.wait_for("document.published", document="b.pdf", timeout_s=PATIENCE_S)
        again = [event["server_pid"] for event in daemon.find("server.ready")[2:]]
        assert len(again) == 2
        assert daemon.stop() == 0
        wait_until(lambda: not any(map(psutil.pid_exists, again)), what="the end of the servers")
        demand_nothing_left(cluster, daemon)
