"""A document too big to be converted at once: its parts, and how they are joined."""
