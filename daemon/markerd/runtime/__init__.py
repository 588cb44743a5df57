"""The process: how the daemon is put together, started, kept going and stopped."""
