"""The model sets and the choice between them. Importing this is cheap: no torch, no marker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from markerd.convert.models import embedded, surya
from markerd.convert.models.surya import weights_missing
from markerd.errors import ModelsMissingError


@dataclass(frozen=True)
class Choice:
    """The chosen model set, "embedded" or "surya", and why, as one sentence for the log and the manifest."""

    name: str
    reason: str


def choose(wanted: str) -> Choice:
    """Decide for "auto", "embedded" or "surya"; never downloads.

    Raises ModelsMissingError where surya is wanted and its weights are not on this machine.
    """
    if wanted == "embedded":
        return Choice("embedded", "The configuration asks for the embedded models.")
    missing = weights_missing()
    if wanted == "surya":
        if missing:
            raise ModelsMissingError(_advice(missing))
        return Choice("surya", "The configuration asks for Marker's own models, and they are on this machine.")
    if wanted != "auto":
        raise ValueError(f"no such model set: {wanted!r}")
    if missing:
        return Choice("embedded", f"Marker's own models are not complete on this machine: {missing[0]} is missing.")
    return Choice("surya", "Marker's own models are on this machine.")


def _advice(missing: list[str]) -> str:
    listed = "".join(f"\n  - {part}" for part in missing)
    return (
        f'models = "surya" needs what is not on this machine:{listed}\n'
        'models = "embedded" works without them, and without network.'
    )


def load(name: str, threads: int) -> dict[str, Any]:
    """The artifact dict of the chosen set for Marker's converters. Imports marker: apply the environment before."""
    if name == "surya":
        return surya.load()
    return embedded.load(threads)


def layout_builder_class(name: str) -> type[Any] | None:
    """The LayoutBuilder that belongs to the set; None: Marker's own."""
    return embedded.layout_builder_class() if name == "embedded" else None


def options(name: str) -> dict[str, Any]:
    """What Marker is told to leave to the set."""
    return dict(embedded.OPTIONS) if name == "embedded" else {}


def server_pids(name: str) -> set[int]:
    """The processes that the set is expected to have left running: none for the embedded one."""
    return surya.server_pids() if name == "surya" else set()
