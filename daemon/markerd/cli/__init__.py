"""The command line: one module for each command of `markerd`. Each command returns an exit code."""
