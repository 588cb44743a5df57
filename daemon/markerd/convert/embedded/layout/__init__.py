"""Where things stand on a page: its regions, their lines, and the order in which they are read."""
