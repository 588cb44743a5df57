"""The weights of Marker's own models on this machine: which there are, where, whether they are whole, and the download.

Nothing here imports torch or surya; only `pull` and what it uses speak to the network.
"""
