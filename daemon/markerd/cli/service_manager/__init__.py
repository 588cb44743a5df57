"""The installation of the daemon as a service of the machine or of the user, under systemd or launchd."""
