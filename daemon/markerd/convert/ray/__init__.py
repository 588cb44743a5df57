"""Converters on a Ray cluster: the same pool, whose converters are on other machines.

The daemon imports no Ray. It speaks JSON lines with a driver process, which is the cluster's client; an actor on the
cluster owns a converter process, as the daemon does on one machine. Documents and outputs travel as bytes.
"""
