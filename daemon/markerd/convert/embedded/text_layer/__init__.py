"""The text layer of a page: its lines, and whether they say what the page shows."""
