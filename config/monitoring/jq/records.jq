# Run with -R: of the lines of a log those that are markerd's records. Others are passed over: what a library or the
# interpreter printed, a line that a full disk cut off. A priority before a record, as in `<6>{`, is taken off.
(if startswith("<") then .[3:] else . end)
| fromjson?
| objects
| select(.event | type == "string")
