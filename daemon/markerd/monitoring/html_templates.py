"""HTML pages from the templates in `data/pages`: self-contained, one style sheet for all, everything escaped."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import cache
from typing import Any

from markerd.values import counted

_UNITS = ((0.001, "ms", 0, 1000), (1, "s", 1, 120), (60, "min", 0, 120), (3600, "h", 0, 48))
"""Seconds, name, digits after the point, and from which number on the next unit suits better."""


def render(template: str, **values: Any) -> str:
    """The page. Values are text unless they are `markupsafe.Markup`; a name the template does not know is an error."""
    return str(_environment().get_template(template).render(**values))


@cache
def _environment() -> Any:
    """Compiled templates are kept: the status page is asked for again and again."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("markerd", "data/pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(span=span, moment=moment)
    environment.globals.update(counted=counted)
    return environment


def span(seconds: float) -> str:
    """A duration in the unit that suits it: `340 ms`, `7.5 s`, `12 min`, `3 h`, `5 d`."""
    for size, unit, digits, below in _UNITS:
        number = round(seconds / size, digits)  # before the choice: 0.9996 s is `1.0 s`, not `1000 ms`
        if number < below:
            return f"{number:.{digits}f} {unit}"
    return f"{seconds / 86400:.0f} d"


def moment(at: float) -> str:
    """Seconds since the epoch as UTC, to the second."""
    return datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
