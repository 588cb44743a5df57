"""The text layer of a page: its lines, and whether they agree with what the page shows."""
