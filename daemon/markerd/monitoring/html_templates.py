"""HTML pages from the templates in `data/pages`: self-contained, one style sheet for all, everything escaped."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import cache
from typing import Any

from markerd.values import count_with_noun

_UNITS = ((0.001, "ms", 0, 1000), (1, "s", 1, 120), (60, "min", 0, 120), (3600, "h", 0, 48))
"""Seconds, name, digits after the point, and the number from which on the next unit suits better."""


def render(template: str, **values: Any) -> str:
    """Render the page. Values are text unless they are `markupsafe.Markup`; a name that the template does not get is
    an error."""
    return str(_load_environment().get_template(template).render(**values))


@cache
def _load_environment() -> Any:
    """Compiled templates are kept, because the status page is requested again and again."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("markerd", "data/pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(span=format_span, moment=format_moment)
    environment.globals.update(count_with_noun=count_with_noun)
    return environment


def format_span(seconds: float) -> str:
    """Format a duration in the unit that suits it: `340 ms`, `7.5 s`, `12 min`, `3 h`, `5 d`."""
    for size, unit, digits, below in _UNITS:
        number = round(seconds / size, digits)  # before the choice: 0.9996 s is `1.0 s`, not `1000 ms`
        if number < below:
            return f"{number:.{digits}f} {unit}"
    return f"{seconds / 86400:.0f} d"


def format_moment(at: float) -> str:
    """Format seconds since the epoch as UTC, to the second."""
    return datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
