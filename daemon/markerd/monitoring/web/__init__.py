"""The status page, health checks and metrics over HTTP: read-only, off unless configured."""
