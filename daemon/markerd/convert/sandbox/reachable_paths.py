"""The paths that a confined process may still read, run and write, for Landlock."""

from __future__ import annotations

import contextlib
import ctypes
import mimetypes
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from markerd.convert.sandbox.landlock import Access
from markerd.convert.sandbox.reach import Reach
from markerd.files import shipped

# The system's programs and libraries, what they read at their start, fonts, time zones, settings for certificates.
_SYSTEM = (
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store", "/gnu/store", "/etc/ld.so.cache",
    "/etc/ld.so.preload", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives", "/etc/localtime",
    "/etc/locale.alias", "/etc/ssl/openssl.cnf", "/etc/pki/tls/openssl.cnf", "/etc/crypto-policies", "/etc/fonts",
    "/var/cache/fontconfig",
    "/proc", "/sys/devices/system", "/sys/fs/cgroup", "/sys/kernel/mm",
    "/dev/zero", "/dev/random", "/dev/urandom",
)  # fmt: skip
_GRAPHICS = ("nvidia*", "dri", "kfd")
_NAMES_OF_HOSTS = ("/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf", "/etc/gai.conf")
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - where glibc keeps named semaphores, ours too


def list_reachable(reach: Reach) -> dict[Path, Access]:
    """List programs, libraries and fonts, from where this Python and this environment have them, and what `reach`
    names.
    """
    readable = {
        *map(Path, _SYSTEM),
        *_find_python(),
        *_find_linker_folders(),
        *_find_fonts(),
        *map(Path, mimetypes.knownfiles),
        *reach.readable,
    }
    if reach.connects:
        readable |= set(map(Path, _NAMES_OF_HOSTS))
    return dict.fromkeys(readable, Access.RUN) | _list_writable(reach)


def _list_writable(reach: Reach) -> dict[Path, Access]:
    """List the process's own folder, semaphores and /dev/null, and graphics cards where they are wanted."""
    paths = {reach.home: Access.READ | Access.CHANGE, Path(os.devnull): Access.READ_FILE | Access.WRITE_FILE}
    paths[_SHARED_MEMORY] = Access.READ | Access.CHANGE
    if reach.has_graphics:
        devices = (device for pattern in _GRAPHICS for device in Path("/dev").glob(pattern))
        paths |= dict.fromkeys(devices, Access.READ | Access.WRITE_FILE | Access.IOCTL_DEV)
        paths |= {Path("/dev"): Access.READ_DIR, Path("/sys"): Access.READ}
    return paths


def _find_python() -> Iterator[Path]:
    yield from map(Path, {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix, *sys.path} - {""})
    yield Path(sys.executable).resolve()
    yield shipped.PACKAGE
    if sys.pycache_prefix:
        yield Path(sys.pycache_prefix)


def _find_linker_folders() -> Iterator[Path]:
    """Find where the administrator has told the dynamic linker to look, besides the system's own folders."""
    yield from (Path(entry) for entry in os.environ.get("LD_LIBRARY_PATH", "").split(":") if entry)
    for file in sorted(Path("/etc/ld.so.conf.d").glob("*.conf")):
        with contextlib.suppress(OSError):
            yield from (Path(line) for line in file.read_text(errors="replace").splitlines() if line.startswith("/"))


def _find_fonts() -> Iterator[Path]:
    """Find Marker's font, and what fontconfig says that it reads, as FONTCONFIG_FILE or its own defaults have it."""
    yield Path(os.environ.get("FONT_PATH") or shipped.FONT)
    fontconfig = _load_fontconfig()
    if fontconfig is None:
        return
    config = fontconfig.FcInitLoadConfigAndFonts()  # this also updates the font cache, which is forbidden later
    for listed in (fontconfig.FcConfigGetConfigFiles, fontconfig.FcConfigGetFontDirs, fontconfig.FcConfigGetCacheDirs):
        entries = listed(config)
        while (entry := fontconfig.FcStrListNext(entries)) is not None:
            yield Path(os.fsdecode(entry))
        fontconfig.FcStrListDone(entries)
    fontconfig.FcConfigDestroy(config)


def _load_fontconfig() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL("libfontconfig.so.1")
    except OSError:
        return None
    library.FcInitLoadConfigAndFonts.restype = ctypes.c_void_p
    library.FcConfigDestroy.argtypes = [ctypes.c_void_p]
    for name in ("FcConfigGetConfigFiles", "FcConfigGetFontDirs", "FcConfigGetCacheDirs"):
        listed = getattr(library, name)
        listed.argtypes, listed.restype = [ctypes.c_void_p], ctypes.c_void_p
    library.FcStrListNext.argtypes, library.FcStrListNext.restype = [ctypes.c_void_p], ctypes.c_char_p
    library.FcStrListDone.argtypes = [ctypes.c_void_p]
    return library
