"""Tables without rules whose cells take several lines, in many looks; and tables in which each line is a row.

What tells the rows apart is a shade behind every second row, white between rows, or nothing but the numbers, which
stand beside the first, the middle or the last line of their labels.
"""

from __future__ import annotations

from made_tables import PROSE, make_rows, page_html

_LABELS = make_rows("""
    Indicator | 2019 | 2020 | 2021
    Share of households with a connection to the public network | 81.2 | 83.9 | 86.4
    Rooms let | 12.4 | 9.8 | 11.1
    Persons who took part in a course of training during the last four weeks before the survey | 7.3 | 6.9 | 8.8
    Mean distance to the nearest school | 2.1 | 2.0 | 1.9
    Young people neither in work nor in education | 13.6 | 14.4 | 12.7
    Floods | 3 | 5 | 4
    Expenditure of public libraries for books, journals and other media | 41.0 | 43.5 | 44.2
    Deaths on roads per million people | 55 | 47 | 49""")
_GERMAN = make_rows("""
    Merkmal | Anzahl | Anteil | Vorjahr
    Haushalte mit Anschluss an das öffentliche Trinkwasserversorgungsnetz | 1.204 | 61,4 | 1.198
    Beherbergungsbetriebe | 98 | 5,0 | 101
    Teilnehmende an Weiterbildungsveranstaltungen in den letzten vier Wochen vor der Befragung | 310 | 15,8 | 295
    Durchschnittliche Entfernung zur nächstgelegenen Grundschule | 27 | 1,4 | 26
    Geschwindigkeitsüberschreitungen innerhalb geschlossener Ortschaften | 77 | 3,9 | 81
    Museen | 12 | 0,6 | 12
    Ausgaben der öffentlichen Bibliotheken für Bücher und Zeitschriften | 64 | 3,3 | 59""")
_TEXTS = make_rows("""
    No. | What is to be done | Who | Days
    1 | Obtain offers from at least three suppliers and compare their terms of delivery | Purchasing | 21
    2 | Check that the money is there and ask the treasurer to approve it | Office of the treasurer | 14
    3 | Sign | Director | 2
    4 | Send the order by registered mail and file a copy with the receipt of the post | Registry | 3
    5 | Watch the delivery, count the pieces and note what is broken | Stores and purchasing | 30
    6 | Pay within the term | Accounts | 10""")
WRAPPED = {"labels": _LABELS, "german": f"<div lang=de>{_GERMAN}</div>", "texts": _TEXTS}

_WRAP = """table { table-layout: fixed; width: 330pt; hyphens: auto } td, th { text-align: left; font-weight: normal }
    td, th { width: 60pt } tr > :first-child { width: 150pt }"""
_WRAPS = {
    "labels": "", "german": "",
    "texts": "tr > :first-child { width: 30pt } tr > :nth-child(2) { width: 130pt } tr > :nth-child(3) { width: 90pt }",
}  # fmt: skip
LOOKS = {
    "bands": "td, th { padding: 0 5pt } tr:nth-child(even) td { background: #e8eef4 }",
    "bands over every second row": """td, th { padding: 2pt 5pt } tr:nth-child(odd) td { background: #ddd }""",
    "shaded cells apart": "table { border-collapse: separate; border-spacing: 1.5pt } td { background: #eee }",
    "white": "td, th { padding: 3pt 5pt }",
    "little white": "td, th { padding: 1.5pt 5pt }",
    "nothing": "td, th { padding: 0 5pt }",
}
ANCHORS = ("top", "middle", "bottom")

_GROUPS = make_rows("""
    Region | Towns | People | Schools
    North | | |
    Alby | 4 | 12,400 | 14
    Brent and the islands | 2 | 8,310 | 9
    Corvo | 1 | 910 | 1
    South | | |
    Dunes | 11 | 40,120 | 31
    Elm with the parts of Ferry that joined it | 2 | 7,700 | 8
    Garth | 1 | 3,250 | 4""")
_PARTS = make_rows("""
    Persons in work | 2019 | 2020 | 2021
    All persons | 410 | 398 | 405
    of whom women | 201 | 196 | 199
    of whom men | 209 | 202 | 206
    Full time | 310 | 301 | 299
    of whom women | 121 | 119 | 118
    of whom men | 189 | 182 | 181
    Part time | 100 | 97 | 106
    of whom women | 80 | 77 | 81
    of whom men | 20 | 20 | 25""")
_NAMES = make_rows("""
    Name | Trade | Town | Since
    Abel | smith | Alby | 1981
    Bruun | miller | Brent | 1990
    Costa | teacher of languages | Dunes | 2004
    Duval | baker | | 1977
    Ek | tailor | Ferry | 2011
    Fuchs | keeper of bees | Garth | 1999
    Gray | | Elm | 2016
    Hall | painter | Corvo | 1985
    Iversen | carpenter | Alby | 2001""")
SINGLE = {"groups": _GROUPS, "parts": _PARTS, "names": _NAMES}
_INDENTED = "table { width: 330pt } td, th { font-weight: normal }"
SINGLE_LOOKS = {
    "zebra": "td, th { padding: 0 5pt } tr:nth-child(even) td { background: #e8eef4 }",
    "bands of three": "td, th { padding: 0 5pt } tr:nth-child(6n+1) td, tr:nth-child(6n+2) td, tr:nth-child(6n+3) td "
    "{ background: #e8eef4 }",
    "white after three": "td, th { padding: 0 5pt } tr:nth-child(3n) td { padding-bottom: 5pt }",
    "dense": "td, th { padding: 0 5pt }",
    "loose": "td, th { padding: 3pt 5pt }",
}  # fmt: skip
_AROUND = f"<p>{PROSE * 2}</p>{{}}<p>{PROSE * 3}</p>"


def make_wrapped() -> dict[str, tuple[str, str]]:
    """By name (`look/where the numbers stand/table`): the table's HTML, and its document's."""
    return {
        f"{look}/{anchor}/{name}": (
            table,
            page_html(table, "bare", f"{_WRAP}{_WRAPS[name]}{css} td, th {{ vertical-align: {anchor} }}", _AROUND),
        )
        for look, css in LOOKS.items()
        for anchor in ANCHORS
        for name, table in WRAPPED.items()
    }


def make_single() -> dict[str, tuple[str, str]]:
    """By name (`each line a row/look/table`): the table's HTML, and its document's."""
    return {
        f"each line a row/{look}/{name}": (table, page_html(table, "bare", _INDENTED + css, _AROUND))
        for look, css in SINGLE_LOOKS.items()
        for name, table in SINGLE.items()
    }
