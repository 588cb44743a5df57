# Starts and stops of the daemon and of its converter, with the reason where there is one.
inputs
| select(.event | IN("daemon.started", "daemon.stopping", "daemon.failed", "converter.started", "converter.died",
                     "converter.recycled"))
| [.timestamp[:19], .event, (.pid // .converter_pid // "" | tostring), .reason // .version // ""]
| @tsv
