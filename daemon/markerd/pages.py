"""HTML pages from the templates in `data/pages`: self-contained, one style sheet for all, everything escaped."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import cache
from typing import Any


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
    return environment


def span(seconds: float) -> str:
    """A duration in the unit that suits it: `340 ms`, `7.5 s`, `12 min`, `3 h`, `5 d`."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 120:
        return f"{seconds:.1f} s"
    for size, unit in ((86400, "d"), (3600, "h")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds / 60:.0f} min"


def moment(at: float) -> str:
    """Seconds since the epoch as UTC, to the second."""
    return datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
