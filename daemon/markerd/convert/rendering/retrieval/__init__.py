"""Chunks for retrieval: the Markdown cut into pieces of a bounded size, each with its place in the document.

The text of a chunk is `markdown[start:end]`, exactly. `tokens` counts by a stated rule, `markdown_blocks` finds what
must not be cut, `cutting` cuts, `placing` finds pages and boxes, and `chunk_lines` writes.
"""
