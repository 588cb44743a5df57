# How long documents waited from the first sight to their end: half of them, 95 and 99 of a hundred no longer than this.
def percentile($of_100): sort | .[([(length * $of_100 / 100 | ceil), 1] | max) - 1];

[inputs | select(.event == "document.published" or .event == "document.dead") | .waited_seconds // empty]
| select(length > 0)
| (["documents", "p50", "p95", "p99", "most"], [length, percentile(50), percentile(95), percentile(99), max])
| @tsv
