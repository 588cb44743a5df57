"""What others see of the daemon: status, metrics, pages, the report, and what systemd is told."""
