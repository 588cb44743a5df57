"""The daemon lends its converters, whose models are loaded, to commands of its own user."""
