"""The command line: one module for each command of `markerd`; each gives an exit code."""
