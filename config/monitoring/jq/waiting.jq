# What was seen and has not ended, longest wait first, with the last that was said of it.
reduce (inputs | select(.document and (.event | startswith("document.")))) as $record ({};
  ($record.folder + "/" + $record.document) as $path
  | if $record.event | IN("document.published", "document.skipped", "document.dead", "document.refused")
    then del(.[$path])
    else .[$path] |= {since: (.since // $record.timestamp), last: ($record.event | ltrimstr("document.")), path: $path}
    end)
| [.[]] | sort_by(.since)
| (["since", "last", "document"], (.[] | [.since[:19], .last, .path]))
| @tsv
