"""`markerd convert`: the pipeline of the daemon for files that a command names, without hot folders and intake."""
