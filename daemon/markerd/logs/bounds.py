"""Values cut to the size that journald and its readers take. Pure."""

from __future__ import annotations

import json
from typing import Any

VALUE_MAX_BYTES = 4000
"""`journalctl -o json` shows longer values than 4096 bytes as null, unless it is given `--all` (journalctl(1))."""


def bound(value: Any, limit_bytes: int = VALUE_MAX_BYTES) -> Any:
    """Return the value, visibly cut if it would take more than `limit_bytes` as UTF-8 JSON.

    Text loses its middle. A list keeps its last items, which are the newest in a log. Anything else becomes text.
    """
    if _measure_size(value) <= limit_bytes:
        return value
    if isinstance(value, str):
        return _cut_middle(value, limit_bytes)
    if isinstance(value, list):
        return _keep_last_items(value, limit_bytes)
    return _cut_middle(json.dumps(value, ensure_ascii=False, default=str), limit_bytes)


def _measure_size(value: Any) -> int:
    if isinstance(value, str):
        return len(value.encode("utf-8", "backslashreplace")) + _count_escape_bytes(value)
    return len(json.dumps(value, ensure_ascii=False, default=str).encode("utf-8", "backslashreplace"))


def _count_escape_bytes(text: str) -> int:
    """Count the bytes that JSON adds for escapes. Of control characters, only line ends are left at this point."""
    return sum(text.count(character) for character in '"\\\n')


def _cut_middle(text: str, limit_bytes: int) -> str:
    # The mark takes at most 40 bytes. A character takes at most 4, or 2 if JSON escapes it.
    room = (limit_bytes - 40) // 2
    head, tail = _fit(text, room), _fit(text[::-1], room)[::-1]
    return f"{head} … {len(text) - len(head) - len(tail)} characters … {tail}"


def _fit(text: str, limit_bytes: int) -> str:
    used = 0
    for index, character in enumerate(text):
        used += _measure_size(character)
        if used > limit_bytes:
            return text[:index]
    return text


def _keep_last_items(items: list[Any], limit_bytes: int) -> list[Any]:
    kept: list[Any] = []
    room = limit_bytes - 60
    for item in reversed(items):
        short = bound(item, limit_bytes // 2)
        room -= _measure_size(short) + 4
        if room < 0:
            break
        kept.insert(0, short)
    return [f"… {len(items) - len(kept)} more …", *kept] if len(kept) < len(items) else kept
