# Dead letters and failed attempts of one day (--arg day 2026-11-24, in UTC) by kind, most frequent first.
[inputs | select((.event == "document.dead" or .event == "document.failed") and (.timestamp | startswith($day)))]
| group_by(.kind)
| map({
    kind: .[0].kind,
    dead: map(select(.event == "document.dead")) | length,
    tried_again: map(select(.event == "document.failed")) | length,
    last: .[-1].document
  })
| sort_by(-(.dead + .tried_again))
| (["kind", "dead", "tried again", "last document"], (.[] | [.kind, .dead, .tried_again, .last]))
| @tsv
