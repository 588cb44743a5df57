"""Text recognition: the engine, its models, and the correction of what it reads."""
