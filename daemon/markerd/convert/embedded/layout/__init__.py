"""The layout of a page: its regions, their lines, and the order in which they are read."""
