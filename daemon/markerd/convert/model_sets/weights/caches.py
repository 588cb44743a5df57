"""Where Surya's libraries keep weights, by their own rules, and how these folders are laid out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

DEFAULT_REVISION = "main"
MANIFEST = "manifest.json"


def locate_hub(environment: Mapping[str, str]) -> Path:
    """Return Hugging Face's cache."""
    hub = environment.get("HF_HUB_CACHE") or environment.get("HUGGINGFACE_HUB_CACHE")
    if hub:
        return Path(hub).expanduser()
    cache = Path(environment.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface"
    return Path(environment.get("HF_HOME") or cache).expanduser() / "hub"


def locate_store(environment: Mapping[str, str]) -> Path:
    """Return where surya keeps what it fetches from its own store."""
    configured = environment.get("MODEL_CACHE_DIR")
    if configured:
        return Path(configured)
    import platformdirs  # comes with surya, which computes its default with it

    return Path(platformdirs.user_cache_dir("datalab")) / "models"


def locate_repository(hub: Path, repository: str) -> Path:
    """Return the folder of a repository, `owner/name`, in Hugging Face's cache."""
    return hub / f"models--{repository.replace('/', '--')}"


def read_commit(repository: Path) -> str:
    """Return the commit that the libraries take without network; empty where there is none."""
    try:
        return (repository / "refs" / DEFAULT_REVISION).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def locate_snapshot(repository: Path, commit: str) -> Path:
    return repository / "snapshots" / (commit or "none")


def list_manifest(folder: Path) -> list[str] | None:
    """Return the files that a folder of surya's store has to have; None without a readable list of them."""
    try:
        names = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
        return names if isinstance(names, list) and all(isinstance(name, str) for name in names) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
