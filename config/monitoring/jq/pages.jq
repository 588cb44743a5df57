# Documents and pages published in each hour (UTC), and how many pages an hour of conversion gave.
[inputs | select(.event == "document.published")]
| group_by(.timestamp[:13])
| (["hour", "documents", "pages", "pages in an hour of work"],
   (.[] | (map(.convert_seconds // 0) | add) as $worked
     | [.[0].timestamp[:13], length, (map(.pages) | add),
        (if $worked > 0 then (map(select(.convert_seconds).pages) | add) / $worked * 3600 | floor else null end)]))
| @tsv
