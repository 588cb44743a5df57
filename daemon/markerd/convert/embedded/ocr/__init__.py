"""Text recognition: the engine, its models, and what it leaves to be mended."""
