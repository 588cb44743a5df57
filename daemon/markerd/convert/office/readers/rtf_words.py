"""What the control words of a rich text stand for (RTF 1.9.1). Pure."""

from __future__ import annotations

SKIPPED = frozenset({
    "colortbl", "info", "header", "headerl", "headerr", "headerf", "footer", "footerl", "footerr", "footerf",
    "listtable", "listoverridetable", "rsidtbl", "generator", "xmlnstbl", "themedata", "colorschememapping",
    "datastore", "latentstyles", "pgdsctbl", "revtbl", "filetbl", "objdata", "objclass", "nonshppict", "private",
    "bkmkend", "atnid", "atnauthor", "annotation", "sn", "shprslt", "atrfstart", "atrfend", "mmathPr", "fldtype",
    "datafield", "pnseclvl", "wgrffmtfilter", "template", "password", "ftnsep", "ftnsepc", "ftncn", "aftnsep",
    "aftnsepc", "aftncn",
})  # fmt: skip
DESTINATIONS = {
    "fonttbl": "fonts", "stylesheet": "style", "fldinst": "fldinst", "listtext": "listtext", "pntext": "listtext",
    "pict": "pict", "footnote": "footnote", "bkmkstart": "bookmark", "upr": "unshown", "sv": "unshown",
}  # fmt: skip
TEXTS = {
    "tab": "\t", "line": "\n", "emdash": "—", "endash": "–", "lquote": "‘", "rquote": "’", "ldblquote": "“",
    "rdblquote": "”", "bullet": "•", "emspace": "\u2003", "enspace": "\u2002", "lbr": "\n", "page": " ", "column": " ",
}  # fmt: skip
SIGNS = {b"~": "\u00a0", b"_": "\u2011", b"-": "", b"\\": "\\", b"{": "{", b"}": "}", b"\n": "\n", b"\r": "\n"}
MARKS = {
    "b": "b",
    "i": "i",
    "strike": "del",
    "striked": "del",
    "super": "sup",
    "sub": "sub",
    "v": "hidden",
    "deleted": "hidden",
}
PAGES = {
    0: 1252, 77: 10000, 128: 932, 129: 949, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258, 177: 1255, 178: 1256,
    186: 1257, 204: 1251, 222: 874, 238: 1250,
}  # fmt: skip
NOT_IGNORED = frozenset({
    "shppict", "shpinst", "shptxt", "cs", "ud", "upr", "listpicture", "pnlvlblt", "nesttableprops",
})  # fmt: skip
"""What is read although it is marked as something that older programs may ignore."""
