"""The check of `converter.max_rss_mb` against `converter.recycle_rss_mb`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from markerd.config.problems import Problem


def find_ceiling_problems(document: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield a problem if the memory limit is not above the limit for recycling.

    Pydantic reports values that are no numbers. If one of the two is missing, its default adapts to the other, so only
    a pair can be wrong.
    """
    converter = document.get("converter")
    keys = ("recycle_rss_mb", "max_rss_mb")
    recycle, most = (converter.get(key) if isinstance(converter, dict) else None for key in keys)
    if type(recycle) is int and type(most) is int and 0 < most <= recycle:
        hint = "the converter would be killed in mid-document before it is replaced between two; raise it"
        yield Problem(
            ("converter", "max_rss_mb"),
            f"{most} is not above converter.recycle_rss_mb ({recycle}): {hint}",
            ("converter", "recycle_rss_mb"),
        )
