# The converter's memory in each hour (UTC): least and most megabytes, semaphores at most. From the heartbeats.
[inputs | select(.event == "daemon.heartbeat" and .rss_mb)]
| group_by(.timestamp[:13])
| (["hour", "least MB", "most MB", "semaphores", "heartbeats"],
   (.[] | [.[0].timestamp[:13], (map(.rss_mb) | min, max), (map(.semaphores // 0) | max), length]))
| @tsv
