"""The names among a request's options, beside those of Marker, of what is added to an output once it is rendered."""

from __future__ import annotations

FRONT_MATTER = "front_matter"
"""The fields for the top of the Markdown: a list of values of `FrontMatterField`, absent where none is wanted."""
