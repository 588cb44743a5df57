"""Options of `[folders.marker]`: what Marker knows, what a value may be, what is refused, and the form for Marker."""
