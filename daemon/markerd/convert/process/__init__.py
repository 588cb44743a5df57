"""The converter process: how it starts, what it is told and says, its memory, and its end."""
