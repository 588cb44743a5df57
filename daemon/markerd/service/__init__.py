"""What the daemon and the service managers say to each other: sd_notify, units, plists."""
