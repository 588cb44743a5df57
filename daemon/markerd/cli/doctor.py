"""`markerd doctor`: what is installed, what is missing, and what will cause trouble later."""

from __future__ import annotations

import ctypes.util
import importlib.metadata
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from markerd import __version__
from markerd.cli.doctor_cluster import examine_cluster
from markerd.cli.doctor_hooks import examine_hooks
from markerd.cli.findings import Finding, Verdict
from markerd.config import Config, ConverterConfig, Isolation, find_config, load_config
from markerd.convert import model_sets
from markerd.convert.model_sets import surya
from markerd.convert.process import memory_limits
from markerd.convert.protocol import ConverterSpec
from markerd.convert.sandbox import confinement
from markerd.errors import EXIT_OK, EXIT_UNAVAILABLE, ConfigurationError, MarkerdError
from markerd.runtime import wiring
from markerd.values import After, count_with_noun

_LIBRARIES = ("marker-pdf", "torch", "onnxruntime", "rapidocr", "watchdog", "structlog", "pydantic")
_WEASYPRINT_LIBRARIES = ("pango-1.0", "pangoft2-1.0", "gobject-2.0", "harfbuzz-subset", "fontconfig")
_INOTIFY_WATCHES = Path("/proc/sys/fs/inotify/max_user_watches")
_SHARED_MEMORY = "/dev/shm"  # noqa: S108 - where glibc keeps named semaphores
_FEW_WATCHES = 8192
_LITTLE_DISK_BYTES = 1 << 30


def examine(config_path: Path | None, *, is_faults_only: bool = False) -> int:
    """Print the report. Return 69 if there is a fault."""
    findings = list(_examine_all(config_path))
    faults = [finding for finding in findings if finding.verdict is Verdict.FAULT]
    _print(faults if is_faults_only else findings)
    return EXIT_UNAVAILABLE if faults else EXIT_OK


def _examine_all(config_path: Path | None) -> Iterator[Finding]:
    yield Finding(Verdict.GOOD, "markerd", f"{__version__} on Python {sys.version.split()[0]}, {sys.platform}")
    yield from _examine_libraries()
    yield from _examine_weasyprint()
    yield from _examine_semaphores()
    yield from _examine_inotify()
    yield _examine_confinement()
    yield from _examine_service_manager()
    try:
        config = load_config(config_path or find_config())
    except ConfigurationError as error:
        yield Finding(Verdict.FAULT, "configuration", "; ".join(error.problems), "`markerd init` writes one")
        yield from _examine_model_sets(ConverterSpec("auto"), surya.Vision())
        return
    if config.converter.isolation is not Isolation.RAY:  # else the nodes have the models
        yield from _examine_model_sets(wiring.build_converter_spec(config), wiring.build_surya_settings(config).vision)
    yield _examine_workers(config)
    yield _examine_memory(config)
    if config.converter.isolation is Isolation.RAY:
        yield from examine_cluster(config)
    yield from _examine_folders(config)
    yield from examine_hooks(config)


def _examine_libraries() -> Iterator[Finding]:
    for name in _LIBRARIES:
        try:
            yield Finding(Verdict.GOOD, name, importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            yield Finding(Verdict.FAULT, name, "is not installed", "install markerd again: pip install markerd")


def _examine_weasyprint() -> Iterator[Finding]:
    missing = [name for name in _WEASYPRINT_LIBRARIES if ctypes.util.find_library(name) is None]
    if missing:
        yield Finding(
            Verdict.WARNING,
            "weasyprint",
            f"system libraries are missing ({', '.join(missing)}), so SVG drawings in documents are left out",
            "Debian: apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0; macOS: brew install pango",
        )
    else:
        yield Finding(Verdict.GOOD, "weasyprint", "its system libraries are installed")


def _examine_semaphores() -> Iterator[Finding]:
    if sys.platform == "linux" and Path(_SHARED_MEMORY).is_dir():
        names = [name for name in os.listdir(_SHARED_MEMORY) if name.startswith("sem.")]
        ours = sum(name.startswith("sem.mkd") for name in names)
        free = shutil.disk_usage(_SHARED_MEMORY).free >> 20
        detail = f"{len(names)} POSIX names in {_SHARED_MEMORY}, {ours} of them markerd's; {free} MB are free for more"
        yield Finding(Verdict.GOOD, "semaphores", detail)
    elif limit := _capture_output("sysctl", "-n", "kern.posix.sem.max"):
        yield Finding(Verdict.GOOD, "semaphores", f"at most {limit} POSIX semaphores (kern.posix.sem.max)")
    arrays = _capture_output("ipcs", "-s")
    if arrays is not None:
        count = sum(line[:2] == "0x" for line in arrays.splitlines())
        yield Finding(
            Verdict.GOOD, "semaphores", f"{count} System V arrays (ipcs -s){_read_array_limit()}; markerd uses none"
        )


def _read_array_limit() -> str:
    """Return how many arrays there may be: the fourth number in the file (semget(2))."""
    limits = Path("/proc/sys/kernel/sem")
    return f" of at most {limits.read_text().split()[3]}" if limits.exists() else ""


def _examine_inotify() -> Iterator[Finding]:
    if not _INOTIFY_WATCHES.exists():
        return
    limit = int(_INOTIFY_WATCHES.read_text())
    verdict = Verdict.WARNING if limit < _FEW_WATCHES else Verdict.GOOD
    advice = "raise fs.inotify.max_user_watches; otherwise folders are polled" if limit < _FEW_WATCHES else ""
    yield Finding(verdict, "inotify", f"{limit} watches for each user; each subfolder needs one", advice)


def _examine_confinement() -> Finding:
    offered = confinement.probe_confinement()
    if offered.level is confinement.Level.FULL:
        return Finding(Verdict.GOOD, "confinement", f"{offered.reason} (Landlock's ABI {offered.landlock_abi})")
    return Finding(Verdict.WARNING, "confinement", f"of the converter: {offered.level.value} ({offered.reason})")


def _examine_service_manager() -> Iterator[Finding]:
    if sys.platform != "linux":
        return
    try:
        import systemd.journal  # noqa: F401

        yield Finding(Verdict.GOOD, "journald", "systemd-python is installed")
    except ImportError:
        yield Finding(Verdict.NOTE, "journald", "systemd-python is not installed", "pip install 'markerd[journald]'")


def _examine_model_sets(spec: ConverterSpec, vision: surya.Vision) -> Iterator[Finding]:
    missing = surya.find_missing_weights(vision)
    yield (
        Finding(Verdict.NOTE, "surya", "; ".join(missing), "fetch weights with `markerd models pull`, if you want them")
        if missing
        else Finding(Verdict.GOOD, "surya", "its weights are on this machine")
    )
    try:
        chosen = model_sets.choose_by_name(spec.models, vision)
        choice = model_sets.choose_model_set(replace(spec, models=chosen.name, models_reason=chosen.reason))
        if spec.ocr_models is not None and choice.name == "embedded":
            model_sets.check_ocr_models(spec.ocr_models)
    except MarkerdError as error:
        yield Finding(Verdict.FAULT, "model set", str(error))
    else:
        yield Finding(Verdict.GOOD, "model set", f"{choice.name}: {choice.reason}")


def _examine_memory(config: Config) -> Finding:
    total = memory_limits.measure_memory().total_bytes >> 20
    if config.converter.isolation is Isolation.INLINE:
        return Finding(Verdict.NOTE, "memory", f"{total} MB for markerd; no limit is enforced with isolation = inline")
    found = wiring.choose_memory_limits(config)
    detail = f"a converter is replaced above {found.recycle_bytes >> 20} MB, killed above {found.max_bytes >> 20} MB"
    if found.max_bytes >> 20 > total:
        return Finding(Verdict.WARNING, "memory", f"{total} MB for markerd; {detail}", "lower converter.max_rss_mb")
    return Finding(Verdict.GOOD, "memory", f"{total} MB for markerd; {detail}")


def _examine_workers(config: Config) -> Finding:
    """Say how many converters work at once, and how many could."""
    chosen = wiring.choose_workers(config)
    auto = wiring.choose_workers(config.model_copy(update={"converter": _with_auto_workers(config)}))
    detail = f"{count_with_noun(chosen.count, 'converter')} with {count_with_noun(chosen.threads, 'thread')}"
    if config.converter.isolation is Isolation.INLINE or auto.count == chosen.count:
        return Finding(Verdict.GOOD, "workers", f"{detail} ({chosen.reason})")
    return Finding(
        Verdict.NOTE, "workers", f'{detail}; converter.workers = "auto" would be {auto.count} ({auto.reason})'
    )


def _with_auto_workers(config: Config) -> ConverterConfig:
    return config.converter.model_copy(update={"workers": "auto"})


def _examine_folders(config: Config) -> Iterator[Finding]:
    yield _examine_writable("state_dir", config.daemon.state_dir)
    for index, folder in enumerate(config.folders):
        yield _examine_writable(f"folders[{index}].path", folder.path, is_needed=folder.after is not After.KEEP)
        yield _examine_writable(f"folders[{index}].output", folder.output)
        yield _examine_writable(f"folders[{index}].failed", folder.failed)
        if folder.after is After.ARCHIVE:
            yield _examine_writable(f"folders[{index}].archive", folder.archive)


def _examine_writable(key: str, path: Path, *, is_needed: bool = True) -> Finding:
    try:
        there = next(parent for parent in (path, *path.parents) if parent.exists())
        os.listdir(there)  # macOS hides some folders from daemons, and only this call shows that
        with tempfile.TemporaryFile(dir=there, prefix=".markerd-"):
            pass
    except OSError as error:
        verdict = Verdict.FAULT if is_needed else Verdict.NOTE
        return Finding(verdict, key, f"{path}: {error.strerror}", "check the owner and the permissions")
    free = shutil.disk_usage(there).free
    if free < _LITTLE_DISK_BYTES:
        return Finding(Verdict.WARNING, key, f"{path}: {free >> 20} MB free", "make room")
    return Finding(Verdict.GOOD, key, f"{path}{'' if path.exists() else ' (will be made)'}")


def _capture_output(*command: str) -> str | None:
    program = shutil.which(command[0])
    if program is None:
        return None
    try:
        done = subprocess.run([program, *command[1:]], capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _print(findings: list[Finding]) -> None:
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False, soft_wrap=True)
    for finding in findings:
        advice = f"\n                  -> {escape(finding.advice)}" if finding.advice else ""
        console.print(f"{finding.verdict.value} [bold]{finding.subject}[/bold]: {escape(finding.detail)}{advice}")
