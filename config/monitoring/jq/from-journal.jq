# From `journalctl -o json` back to the records that the other programs here read. In the journal every value is text:
# those of these fields are meant as text, all others are JSON. What a later version may add is text where it is no JSON.
def texts: ["address", "call", "config", "confinement", "delivery", "document", "event", "exception", "folder", "hook", "journal", "key", "kind", "line",
            "log_file", "logger", "model", "model_set", "moved_to", "node", "observer", "occasion", "old", "outcome", "output", "place", "point", "reader", "reason", "server",
            "service", "spool", "state", "text", "until", "version", "where"];
def levels: ["critical", "critical", "critical", "error", "warning", "info", "info", "debug"];

inputs
| select(.MARKERD_EVENT)
| {
    timestamp: (.__REALTIME_TIMESTAMP | (.[:-6] | tonumber | strftime("%Y-%m-%dT%H:%M:%S")) + "." + .[-6:] + "Z"),
    level: levels[.PRIORITY // "6" | tonumber],
    message: .MESSAGE
  } + (
    with_entries(
      select(.key | startswith("MARKERD_"))
      | .key |= (ltrimstr("MARKERD_") | ascii_downcase)
      | .key as $name
      | if texts | index($name) then . else .value = (.value as $text | $text | try fromjson catch $text) end
    )
  )
