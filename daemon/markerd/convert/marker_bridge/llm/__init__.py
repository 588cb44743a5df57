"""Marker's services for `use_llm`: which there are, how the converter asks one, and what it says of its failures."""
