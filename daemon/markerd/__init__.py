"""markerd: documents dropped into a hot folder come out as Markdown, JSON, HTML or chunks."""

__version__ = "0.1.0"
