"""Sphinx' configuration: `make docs` builds the pages into build/docs."""

from __future__ import annotations

from markerd import __version__

project = "markerd"
author = "The markerd authors"
project_copyright = author
release = __version__

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
myst_heading_anchors = 4
"""Headings of the first four levels can be linked to by the name that a forge would give them."""
suppress_warnings = ["misc.highlighting_failure"]
"""Blocks of `console` and `toml` show comments and abbreviations that no lexer knows."""

html_theme = "furo"
html_title = f"markerd {release}"
html_static_path = ["_static"]
html_css_files = ["wide.css"]
html_copy_source = False
html_show_sphinx = False
