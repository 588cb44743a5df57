"""Marker, called directly: its converter, its providers, and the pages that it cannot read."""
