"""The part of `markerd doctor` about a Ray cluster. It imports no Ray, and joins no cluster."""

from __future__ import annotations

import importlib.metadata
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

from markerd.cli.findings import Finding, Verdict
from markerd.config import Config
from markerd.convert.ray.settings import LOCAL, LONGEST_TEMP_DIR
from markerd.errors import UnavailableError
from markerd.runtime import cluster_choice, wiring

_CONNECT_S = 3.0
_DOCS = "see docs/operate/scaling.md"


def examine_cluster(config: Config) -> Iterator[Finding]:
    """Look whether Ray is installed, what is configured fits a cluster, its head answers, and who else may reach it."""
    try:
        yield Finding(Verdict.GOOD, "ray", importlib.metadata.version("ray"))
    except importlib.metadata.PackageNotFoundError:
        yield Finding(Verdict.FAULT, "ray", "is not installed", "pip install 'markerd[ray]'")
    try:
        cluster_choice.demand_fit_for_cluster(config, wiring.build_converter_spec(config))
    except UnavailableError as error:
        yield Finding(Verdict.FAULT, "cluster", str(error), _DOCS)
    if config.ray.address == LOCAL:
        yield _examine_temp_dir(config.ray.temp_dir or Path(tempfile.gettempdir()))
    else:
        if ":" in config.ray.address:
            yield _examine_head(config.ray.address)
        yield _examine_access()


def _examine_temp_dir(path: Path) -> Finding:
    """A socket may have a path of 107 characters, and those of a local cluster are deep below this folder."""
    if len(os.fsencode(path)) > LONGEST_TEMP_DIR:
        detail = f"{path} has more than {LONGEST_TEMP_DIR} characters, and Ray has sockets far below it"
        return Finding(Verdict.FAULT, "ray.temp_dir", detail, "name a folder with a shorter path")
    return Finding(Verdict.GOOD, "ray.temp_dir", str(path))


def _examine_head(address: str) -> Finding:
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_S):
            return Finding(Verdict.GOOD, "ray.address", f"{address} takes connections")
    except (OSError, OverflowError) as error:
        advice = "start the head, or correct the address; the daemon tries again until it is there"
        return Finding(Verdict.FAULT, "ray.address", f"{address}: {error}", advice)


def _examine_access() -> Finding:
    """Whoever reaches the ports of a cluster without a token can run code on all its nodes."""
    has_token = os.environ.get("RAY_AUTH_MODE") == "token"
    is_encrypted = os.environ.get("RAY_USE_TLS") == "1"
    detail = (
        f"{'a token' if has_token else 'no token'}, {'with' if is_encrypted else 'without'} TLS, in this environment"
    )
    if has_token and is_encrypted:
        return Finding(Verdict.GOOD, "cluster access", detail)
    return Finding(Verdict.WARNING, "cluster access", detail, f"whoever reaches its ports runs code on it: {_DOCS}")
