"""Tables whose cells are known, drawn in many styles and places; and pages that hold none."""

from __future__ import annotations

from bs4 import BeautifulSoup

from fidelity_measures import words

PROSE = (
    "The river runs through the valley and turns the wheels of seven mills before it meets the sea, and those who "
    "live beside it have counted its floods in stone since their grandfathers built the bridge. "
)


def make_rows(text: str, head: int = 1) -> str:
    """HTML rows of lines of cells parted by `|`; `N>` before a cell: over N columns, `N^`: over N rows."""
    lines = [line for line in text.strip().splitlines() if line.strip()]
    marked = [("th" if number < head else "td", line) for number, line in enumerate(lines)]
    rows = ["<tr>" + "".join(_cell(tag, part.strip()) for part in line.split("|")) + "</tr>" for tag, line in marked]
    return f"<table><thead>{''.join(rows[:head])}</thead><tbody>{''.join(rows[head:])}</tbody></table>"


def _cell(tag: str, text: str) -> str:
    span = ""
    if text[1:2] == ">":
        span, text = f' colspan="{text[0]}"', text[2:]
    elif text[1:2] == "^":
        span, text = f' rowspan="{text[0]}"', text[2:]
    number = text.strip("()-%€$ ").replace(",", "").replace(".", "").isdigit()
    mark = text in {"✓", "✗", "☐", "☑", "•"}
    kind = ' class="number"' if number else ' class="mark"' if mark else ""
    return f"<{tag}{span}{kind}>{text}</{tag}>"


TABLES = {
    "plain": make_rows("""
        Mill | Built | Wheels | Flour, t | Share
        Upper mill | 1702 | 3 | 120.5 | 12.1 %
        Lower mill | 1688 | 4 | 98.25 | 9.8 %
        Sea mill | 1811 | 9 | 1,204 | 61.4 %
        Bridge mill | 1745 | 2 | 64 | 6.2 %
        Old mill | 1590 | 1 | 12.75 | 1.0 %
        Hill mill | 1833 | 2 | 93 | 9.5 %"""),
    "merged": make_rows(
        """
        2^Model | 2^Size | 3>Score | 2>Time (s)
        easy | hard | all | train | test
        Base | 12 | 0.912 | 0.701 | 0.822 | 410 | 1.25
        Large | 24 | 0.934 | 0.744 | 0.851 | 980 | 2.61
        Tiny | 4 | 0.843 | 0.598 | 0.733 | 95 | 0.42
        Ours | 6 | 0.951 | 0.790 | 0.880 | 133 | 0.57""",
        head=2,
    ),
    "rows": make_rows("""
        Region | Town | People | Schools
        3^North | Alby | 12,400 | 4
        Brent | 8,310 | 3
        Corvo | 910 | 1
        2^South | Dunes | 40,120 | 11
        Elm | 7,700 | 2
        2^West | Ferry | 15,000 | 5
        Garth | 3,250 | 1"""),
    "texts": make_rows("""
        Step | What is to be done | Who | Until
        1 | Obtain offers from at least three suppliers and compare their terms of delivery | Purchasing | 3 May
        2 | Check that the money is there and ask the treasurer to approve it | Office of the treasurer | 17 May
        3 | Sign | Director | 1 June
        4 | Send the order by registered mail and file a copy with the receipt of the post office | Registry | 4 June
        5 | Watch the delivery, count the pieces and note what is missing or broken | Stores and purchasing | July"""),
    "finance": make_rows("""
        In thousands of euros | Note | 2025 | 2024
        Revenue | 4 | 12,480 | 11,920
        Cost of sales | 5 | (7,310) | (6,985)
        Gross profit | | 5,170 | 4,935
        Selling expenses | | (1,240) | (1,198)
        Administrative expenses | 6 | (905) | (870)
        Other income | | 35 | -
        Operating profit | | € 3,060 | € 2,867
        Finance costs | 7 | (412) | (390)
        Profit before tax | | € 2,648 | € 2,477"""),
    "ticks": make_rows("""
        Feature | Basic | Plus | Pro
        Mail and calendar | ✓ | ✓ | ✓
        Shared folders | ✗ | ✓ | ✓
        Video calls with guests | ✗ | ✗ | ✓
        Own domain | ✗ | ✓ | ✓
        Support by telephone | ✗ | ✗ | ✓"""),
    "sparse": make_rows("""
        Part | Mon | Tue | Wed | Thu | Fri | Note
        Wheel | 2 | | | 1 | | oiled
        Stones | | 1 | | | 3 |
        Sluice | | | 4 | | |
        Shaft | 1 | | | | 2 | bent
        Hopper | | | | 5 | | new"""),
    "numbers": make_rows("""
        Year | Jan | Feb | Mar | Apr | May | Jun | Jul | Aug
        2018 | 14.2 | 9.81 | 17.5 | 103 | 7.7 | 0.9 | 22.4 | 18
        2019 | 15.9 | 8.4 | 16.25 | 98.5 | 6.1 | 1.25 | 21 | 17.3
        2020 | 11.1 | 10.2 | 15 | 110.75 | 8 | 1.1 | 20.8 | 16.9
        2021 | 13.3 | 9.05 | 18.4 | 99 | 7.35 | 0.75 | 23.1 | 19
        2022 | 12.75 | 9.6 | 17.1 | 101.2 | 7.2 | 1.4 | 22 | 18.65"""),
    "pairs": make_rows(
        """
        Weight | 12.4 kg
        Length over all | 1,200 mm
        Power supply | 230 V, 50 Hz
        Protection | IP 54
        Operating temperature | -20 to 50 °C
        Colour | light grey""",
        head=0,
    ),
    "sections": make_rows("""
        Item | Unit | Count | Price
        4>Hand tools
        Hammer | piece | 12 | 9.50
        Pliers | piece | 7 | 11.20
        4>Consumables
        Nails | kg | 40 | 3.10
        Glue | tube | 25 | 2.75
        Tape | roll | 31 | 1.90"""),
}  # fmt: skip
LONG = make_rows("No. | Name | Room | Since\n" + "\n".join(
    f"{n} | {name} {chr(65 + n % 26)}. | {100 + 7 * n} | {1980 + n % 40}"
    for n, name in enumerate(["Abel", "Bruun", "Costa", "Duval", "Ek", "Fuchs", "Gray"] * 9, start=1)
))  # fmt: skip

_BASE = """
    @page { size: A4; margin: 22mm 20mm } body { font: 10pt/1.35 "DejaVu Serif" }
    table { border-collapse: collapse; margin: 8pt auto; font-size: 9pt; line-height: 1.25 }
    td, th { padding: 2.5pt 7pt; text-align: left; vertical-align: top } th { font-weight: bold }
    th[colspan] { text-align: center } th[rowspan], td[rowspan] { vertical-align: middle }
    .number { text-align: right } .mark { text-align: center } caption { font-size: 8.5pt; text-align: left }
    .two { column-count: 2; column-gap: 16pt } .three { column-count: 3; column-gap: 16pt; font-size: 8pt }
    h1 { font-size: 17pt } h2 { font-size: 13pt } p { text-align: justify; hyphens: auto }
"""
STYLES = {
    "booktabs": """table { border-top: 1pt solid; border-bottom: 1pt solid } thead { border-bottom: .6pt solid }
        th[colspan] { border-bottom: .4pt solid }""",
    "grid": "td, th { border: .6pt solid }",
    "lines": "td, th { border-bottom: .4pt solid #888 }",
    "open grid": """td + td, th + th, [rowspan] + td { border-left: .5pt solid } thead { border-bottom: .5pt solid }
        table { border-top: .5pt solid; border-bottom: .5pt solid }""",
    "zebra": """tr:nth-child(even) td { background: #e8eef4 } thead tr { background: #234; color: #fff }""",
    "bare": "th { font-weight: normal }",
}
PLACES = {
    "in a column": ("texts numbers merged", "table { font-size: 7pt } td, th { padding: 2pt 3pt }",
        f"<div class=two><h2>1 The mills</h2><p>{PROSE * 4}</p>{{}}<p>{PROSE * 9}</p><p>{PROSE * 3}</p></div>"),
    "across two columns": ("plain texts merged", "table { width: 100% }",
        f"<div class=two><p>{PROSE * 6}</p></div>{{}}<div class=two><p>{PROSE * 8}</p></div>"),
    "narrow gaps": ("plain finance numbers", "td, th { padding: 1pt 2.5pt }", f"<p>{PROSE}</p>{{}}<p>{PROSE}</p>"),
    "small type": ("plain texts sparse", "table { font-size: 6pt } td, th { padding: 1pt 4pt }",
        f"<p>{PROSE}</p>{{}}<p>{PROSE}</p>"),
    "caption and notes": ("plain merged rows", ".note { font-size: 7.5pt }",
        f"<p>{PROSE * 2}</p><p class=note>Table 3. What the mills grind in an average year.</p>{{}}"
        f"<p class=note>* Estimated. Source: accounts of the millers.</p><p>{PROSE * 3}</p>"),
    "caption below": ("plain ticks finance", ".note { font-size: 8pt; text-align: center }",
        f"<p>{PROSE * 2}</p>{{}}<p class=note>Table 1: The mills, by age</p><p>{PROSE * 3}</p>"),
    "landscape": ("numbers texts", "@page { size: A4 landscape }", f"<h2>Annex</h2>{{}}<p>{PROSE * 3}</p>"),
    "wide and open": ("plain finance pairs", "table { width: 100% }", f"<p>{PROSE}</p>{{}}<p>{PROSE * 3}</p>"),
    "continued": ("long", "", f"<p>{PROSE * 5}</p>{{}}<p>{PROSE * 2}</p>"),
}  # fmt: skip
STYLES_OF_PLACES = ("booktabs", "grid", "bare")
ALONE = f"<h1>Mills of the valley</h1><p>{PROSE * 3}</p>{{}}<p>{PROSE * 3}</p>"


def page_html(table: str, style: str, css: str = "", around: str = ALONE) -> str:
    """A document with the table, which `around` has a `{}` for."""
    return f"<html lang=en><meta charset=utf-8><style>{_BASE}{STYLES[style]}{css}</style>{around.format(table)}</html>"


def made() -> dict[str, tuple[str, str]]:
    """By name (`style/table`, `place/table/style`): the table's HTML, and its document's."""
    found = {f"{style}/{name}": (html, page_html(html, style)) for style in STYLES for name, html in TABLES.items()}
    for place, (names, css, around) in PLACES.items():
        for name in names.split():
            html = LONG if name == "long" else TABLES[name]
            for style in STYLES_OF_PLACES:
                found[f"{place}/{name}/{style}"] = (html, page_html(html, style, css, around))
    return found


def known_cells(table: str) -> list[str]:
    """The words of each cell that has any, once for each row and column that it spans, as published conversions do."""
    cells = []
    for tag in BeautifulSoup(table, "html.parser").find_all(["td", "th"]):
        text = " ".join(words(tag.get_text(" ")))
        times = int(str(tag.get("colspan", "1"))) * int(str(tag.get("rowspan", "1")))
        cells += [text] * times if text else []
    return cells


_REFERENCES = "".join(
    f"<p>[{n}] A. Writer and B. Other. {PROSE[:90]}. Journal of Mills, {n}(2):{n}1-{n}9, 20{n:02}.</p>"
    for n in range(1, 15)
)
_ENTRIES = "".join(f"<div class=entry data-page='{3 * n}'>{n} {PROSE[n : n + 22].strip()}</div>" for n in range(1, 15))
_TERMS = "".join(f"<dt>{word}</dt><dd>{PROSE}</dd>" for word in ("Wheel", "Sluice", "Hopper", "Shaft", "Stone"))
_CODE = "def turn(wheel):\n    speed = 3        # turns a minute\n    if wheel:\n        speed += 1   # faster\n" * 4
_ADDRESS = "Miller &amp; Sons<br>12 Bridge Street<br>Alby 4410<br>Telephone 555 0199"
WITHOUT = {
    "two columns": f"<div class=two><h2>1 Wheels</h2><p>{PROSE * 9}</p><h2>2 Stones</h2><p>{PROSE * 9}</p></div>",
    "three columns": f"<div class=three><p>{PROSE * 9}</p><p>{PROSE * 9}</p></div>",
    "references": f"<h2>References</h2><div style='font-size:8pt' class=two>{_REFERENCES}</div>",
    "contents": "<style>.entry::after { content: leader('.') attr(data-page) }</style>"
    f"<h1>Contents</h1>{_ENTRIES}",
    "terms": f"<h2>Terms</h2><dl>{_TERMS}</dl>",
    "listing": f"<p>{PROSE}</p><pre style='font: 8pt \"DejaVu Sans Mono\"'>{_CODE}</pre><p>{PROSE}</p>",
    "letter": f"<div style='float:right'>{_ADDRESS}</div><div>{_ADDRESS}</div><p style='clear:both; margin-top:40pt'>"
    f"Dear Sir or Madam,</p><p>{PROSE * 3}</p><p>Yours,</p><p>{'_' * 20} &emsp; {'_' * 20}</p>",
    "lists": f"<p>{PROSE}</p><ol>{f'<li>{PROSE[:60]}</li>' * 6}</ol><ul>{'<li>flour</li>' * 6}</ul>",
    "authors": "<h1>A title of some length</h1><div class=three>"
    + "<div>Ann Author<br>University of Alby<br>Alby, Norland<br>ann@alby.example</div>" * 3
    + f"</div><div class=two><h2>Abstract</h2><p>{PROSE * 6}</p><p>{PROSE * 5}</p></div>",
    "framed": "<div style='border:1pt solid; padding:6pt; margin:20pt'>"
    f"<h2>Note</h2><p>{PROSE * 2}</p></div><p>{PROSE * 4}</p>",
}  # fmt: skip


def page_without(name: str) -> str:
    return f"<html lang=en><meta charset=utf-8><style>{_BASE}</style>{WITHOUT[name]}</html>"
