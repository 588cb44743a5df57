"""The environment variables that the converter's libraries read, set before any of them is imported.

Most of these are read once, when a library is loaded; set later they have no effect. Two are read by the interpreter
and by glibc at the start of the process, so only a child process can have them.
"""

from __future__ import annotations

import gc
import os
import tempfile
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import replace

import psutil

from markerd.convert.protocol import ConverterSpec
from markerd.files.shipped import FONT, FONTS_CONF


def count_physical_threads(threads: int) -> int:
    """Return the number of intra-op threads: `threads`, or one for each physical core that we may run on where it is
    0.
    """
    if threads > 0:
        return threads
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(psutil.cpu_count(logical=False) or usable, usable))


def resolve_threads(spec: ConverterSpec) -> ConverterSpec:
    """Replace 0 threads by the number that it stands for on this machine."""
    return replace(spec, threads=count_physical_threads(spec.threads))


def build_variables(threads: int) -> dict[str, str]:
    """Build the variables for `threads` intra-op threads, which is at least 1."""
    count = str(threads)
    return {
        # --- threads: read when the library is loaded -------------------------------------------------------------
        "OMP_NUM_THREADS": count,  # libgomp: torch, onnxruntime builds with OpenMP; Surya's servers inherit it
        "MKL_NUM_THREADS": count,  # MKL, inside torch
        "OPENBLAS_NUM_THREADS": count,  # OpenBLAS, inside NumPy and SciPy
        "NUMEXPR_NUM_THREADS": count,  # numexpr, where pandas uses it
        "VECLIB_MAXIMUM_THREADS": count,  # Accelerate, NumPy's BLAS on macOS
        "TOKENIZERS_PARALLELISM": "false",  # Hugging Face tokenizers: no thread pool of their own
        # --- the process: read at its start, so they work for the converter process and not for `inline` ----------
        "PYTHONHASHSEED": "0",  # the interpreter: the same document gives the same output
        "MALLOC_ARENA_MAX": "2",  # glibc: fewer arenas, so that memory goes back after a big document
        # --- no network: read by huggingface_hub and transformers when they are imported --------------------------
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        # --- Marker and Surya: pydantic-settings reads these when marker.settings and surya.settings are imported --
        "FONT_PATH": str(FONT),  # marker downloads a font where this one does not exist
        "FONT_NAME": FONT.name,
        "LOGLEVEL": "WARNING",
        "DISABLE_TQDM": "true",
        # --- weasyprint: fontconfig reads this at its first use; the shipped font is added to the system's ---------
        "FONTCONFIG_FILE": str(FONTS_CONF),
        # --- read by nothing in Marker 2; kept at one worker for Marker 1 habits that a plug-in may still have -----
        "MARKER_MAX_WORKERS": "1",
        "MARKER_PARALLEL_FACTOR": "1",
        "MARKER_WORKERS": "1",
        "MARKER_NUM_WORKERS": "1",
        "MARKER_DISABLE_MULTIPROCESSING": "1",
    }


_ALWAYS_OURS = frozenset({"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY"}) | {
    name for name in build_variables(1) if name.endswith("_THREADS") or name.startswith("MARKER_")
}
"""`converter.threads` decides, whatever the surroundings say; and nothing goes to the network."""


_NEVER = frozenset({"SSL_CERT_FILE", "SSL_CERT_DIR"})
"""A confined process may not open these files, and httpx fails where it cannot. Nothing here speaks TLS."""


_PROXIES = frozenset({"http_proxy", "https_proxy", "all_proxy", "ftp_proxy"})
_LOOPBACK = ("127.0.0.1", "localhost")
_OF_SERVICES = ("ANTHROPIC_", "OPENAI_", "AZURE_OPENAI_", "OPENROUTER_", "GOOGLE_", "GEMINI_", "OLLAMA_")
"""What clients of LLM services read by themselves: other addresses, headers, accounts. markerd says where they go."""
_SECRETS = ("_KEY", "_TOKEN", "_SECRET", "_PASSWORD", "CREDENTIALS_DIRECTORY")
"""Endings of names of variables with secrets, which what reads documents has no use for."""


def build_child_environment(
    threads: int, base: Mapping[str, str] = os.environ, also: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Build the environment of a converter process, or of a model server. `also` has variables for its model set.

    What the administrator set stays (FONT_PATH, FONTCONFIG_FILE, CUDA_VISIBLE_DEVICES, which CUDA reads at its first
    use), except for what `_ALWAYS_OURS` names, certificates, proxies, and whatever could be a key.
    """
    ours = build_variables(threads)
    kept = {name: value for name, value in base.items() if not _is_kept_back(name)}
    always = {name: ours[name] for name in _ALWAYS_OURS} | _exempt_from_proxies(base)
    return {**ours, **kept, **always, **(also or {})}


def _is_kept_back(name: str) -> bool:
    return name in _NEVER or name.lower() in _PROXIES or name.startswith(_OF_SERVICES) or name.endswith(_SECRETS)


def _exempt_from_proxies(base: Mapping[str, str]) -> dict[str, str]:
    """Servers and relays are on the loopback. In the daemon's own process the proxies stay, for what the relay asks."""
    given = base.get("no_proxy") or base.get("NO_PROXY") or ""
    value = ",".join(filter(None, (given, *(host for host in _LOOPBACK if host not in given.split(",")))))
    return {"NO_PROXY": value, "no_proxy": value}


def apply_environment(
    threads: int, environ: MutableMapping[str, str] = os.environ, also: Mapping[str, str] | None = None
) -> None:
    """Set the variables in this process. Call it before marker, torch or onnxruntime is imported."""
    environ.update(build_child_environment(threads, environ, also))


@contextmanager
def redirect_temp_files(folder: str) -> Iterator[None]:
    """Send temp files to `folder`, which ends with the job: Marker's providers delete theirs in `__del__`, if at
    all.
    """
    before, before_variable = tempfile.tempdir, os.environ.get("TMPDIR")
    tempfile.tempdir = os.environ["TMPDIR"] = folder
    try:
        yield
    finally:
        gc.collect()
        tempfile.tempdir = before
        if before_variable is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = before_variable
