# The ten documents that took longest, with what they took it for.
[inputs | select(.event == "document.published" and .seconds)]
| sort_by(-.seconds)
| (["seconds", "pages", "kB", "attempt", "document"],
   (.[:10][] | [.seconds, .pages, (.size_bytes / 1000 | ceil), .attempt, .document]))
| @tsv
