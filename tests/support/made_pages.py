"""Pages of kinds that are easily read wrong, in several looks, each with what a careful reader would type."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from textwrap import wrap

SENTENCES = (
    "The river runs through the valley and turns the wheels of seven mills before it meets the sea.",
    "Those who live beside it have counted its floods in stone since their grandfathers built the bridge.",
    "In a dry summer the upper mill stands still, and the miller mends his sieves and waits for rain.",
    "Flour was weighed at the gate, and a tenth of it went to the parish until the law was changed.",
    "Nobody remembers who laid the first stone, but the accounts begin with the price of an oak shaft.",
    "A new wheel costs more than a house, so that neighbours share one and grind on alternate days.",
)


@dataclass(frozen=True)
class Kind:
    """The body of a page and its style, and what is right."""

    body: str
    truth: str
    style: str = ""


def _tell(number: int, sentences: int = 2) -> str:
    return " ".join(SENTENCES[(number + each) % len(SENTENCES)] for each in range(sentences))


def _make_contract() -> Kind:
    """Numbers of paragraphs in a column of their own."""
    clauses = [(f"{number}.", _tell(number)) for number in range(1, 8)]
    body = "".join(f"<div class=clause><div class=number>{n}</div><div class=text>{t}</div></div>" for n, t in clauses)
    style = ".clause { margin-bottom: 8pt } .number { float: left; width: 12mm } .text { margin-left: 14mm }"
    truth = "\n\n".join(f"{number} {text}" for number, text in clauses)
    return Kind(f"<h1>Agreement on water</h1>{body}", f"# Agreement on water\n\n{truth}", style)


def _make_transcript() -> Kind:
    """A number before each line, which is not part of the text."""
    asked = ("When did you see the wheel?", "Who was with you?", "And then?", "Who paid for it?")
    told = ("In May.", _tell(0, 4), _tell(2, 4), _tell(5, 3))
    turns = [turn for q, a in zip(asked, told, strict=True) for turn in (f"Q. {q}", f"A. {a}")]
    lines = [line for turn in turns for line in wrap(turn, 52)]
    body = "".join(f"<div class=line><span class=number>{n}</span>{t}</div>" for n, t in enumerate(lines, start=1))
    style = ".line { line-height: 2; white-space: nowrap } .number { display: inline-block; width: 14mm }"
    return Kind(body, "\n\n".join(turns), style)


def _make_receipt() -> Kind:
    """Items with their prices at the other edge, line by line."""
    items = [("Rye flour 5 kg", "11.50"), ("Wheat flour 2 kg", "3.98"), ("Bran 1 kg", "1.20"), ("Total", "16.68"),
             ("Cash", "20.00"), ("Change", "3.32")]  # fmt: skip
    rows = "".join(f"<div class=row><span>{name}</span><span class=price>{price}</span></div>" for name, price in items)
    style = ".slip { width: 75mm } .row { line-height: 1.6 } .price { float: right }"
    head = "Mill shop, 12 Bridge Street"
    truth = "\n\n".join([head, *(f"{name} {price}" for name, price in items), "Thank you"])
    return Kind(f"<div class=slip><p>{head}</p>{rows}<p>Thank you</p></div>", truth, style)


def _make_letter() -> Kind:
    """A sender at the right, an address, aligned pairs, paragraphs, and a closing."""
    sender, address = "Miller & Sons|12 Bridge Street|Alby 4410", "Ms Ada Costa|Harbour Office|1 Quay Road|Corvo 9300"
    pairs = [("Our reference", "MS/77"), ("Your message of", "3 May"), ("Date", "17 May 2025")]
    shown = ["<br>".join(map(escape, block.split("|"))) for block in (sender, address)]
    rows = "".join(f"<div><span class=label>{label}:</span>{value}</div>" for label, value in pairs)
    body = f"<div class=right>{shown[0]}</div><p>{shown[1]}</p><div class=pairs>{rows}</div><h2>Delivery of flour</h2>"
    body += f"<p>Dear Ms Costa,</p><p>{_tell(1, 3)}</p><p>{_tell(4, 3)}</p><p>Yours sincerely</p><p>Jo Miller</p>"
    truth = [*sender.split("|"), *address.split("|"), *(f"{label}: {value}" for label, value in pairs)]
    truth += ["# Delivery of flour", "Dear Ms Costa,", _tell(1, 3), _tell(4, 3), "Yours sincerely", "Jo Miller"]
    style = ".right { margin-left: 110mm } .pairs { margin: 8mm 0 } .label { display: inline-block; width: 45mm }"
    return Kind(body, "\n\n".join(truth), style)


def _make_boxes() -> Kind:
    """Framed texts side by side."""
    texts = [("For visitors", _tell(0, 4)), ("For millers", _tell(3, 4))]
    boxes = "".join(f"<div class=box><h2>{head}</h2><p>{text}</p></div>" for head, text in texts)
    truth = "\n\n".join(["# Open day", _tell(2), *(f"## {head}\n\n{text}" for head, text in texts)])
    style = ".box { float: left; width: 38%; border: 1pt solid; padding: 3mm; margin-right: 5mm }"
    return Kind(f"<h1>Open day</h1><p>{_tell(2)}</p>{boxes}", truth, style)


def _make_discs() -> Kind:
    """Bullets that are drawn, not written."""
    items = [SENTENCES[n] for n in range(5)]
    disc = '<svg class=disc viewBox="0 0 10 10"><circle cx="5" cy="5" r="5"/></svg>'
    body = "".join(f"<div class=item>{disc}<div class=text>{item}</div></div>" for item in items)
    style = ".disc { float: left; width: 4pt; height: 4pt; margin: 4pt 3mm } .text { margin: 3pt 0 3pt 9mm }"
    return Kind(f"<p>{_tell(0)}</p>{body}", "\n\n".join([_tell(0), "\n".join(f"- {item}" for item in items)]), style)


def _make_paper() -> Kind:
    """A title over two columns of numbered sections."""
    sections = [(f"{number} {name}", _tell(number, 6)) for number, name in enumerate(
        ("Introduction", "Wheels", "Stones", "Results", "Discussion", "References"), start=1)]  # fmt: skip
    columns = "".join(f"<h2>{head}</h2><p>{text}</p>" for head, text in sections)
    body = f"<h1>On the mills of the valley</h1><p class=author>Ada Costa</p><div class=two>{columns}</div>"
    truth = ["# On the mills of the valley", "Ada Costa", *(f"## {head}\n\n{text}" for head, text in sections)]
    style = "h1, .author { text-align: center } .two { column-count: 2; column-gap: 8mm }"
    return Kind(body, "\n\n".join(truth), style)


def _make_compounds() -> Kind:
    """A narrow column in which words are broken, and compounds end lines with their own hyphen."""
    known = "A well-known water-wheel is a long-term, low-cost and well-known aid."
    text = f"{known} {_tell(0, 6)} The well-known water-wheel stays."
    return Kind(f"<p lang=en>{text}</p>", text, "p { width: 48mm; hyphens: auto; text-align: justify }")


def _make_minutes() -> Kind:
    """Headings in bold of the size of the text, and lettered items."""
    topics = [("Accounts", _tell(0)), ("Repairs", _tell(2)), ("Any other business", _tell(4))]
    items = ["(a) the sluice is to be painted", "(b) the shaft is to be oiled", "(c) the miller reports in May"]
    lettered = "".join(f"<p class=item>{item}</p>" for item in items)
    body = "".join(f"<p><b>{head}</b></p><p>{text}</p>{lettered if head == 'Repairs' else ''}" for head, text in topics)
    truth = ["# Minutes"]
    for head, text in topics:
        truth += [f"## {head}", text, *(items if head == "Repairs" else [])]
    return Kind(f"<h1>Minutes</h1>{body}", "\n\n".join(truth), ".item { margin: 2pt 0 2pt 8mm }")


def _make_typescript() -> Kind:
    """A page in type of one width."""
    paragraphs = [_tell(number, 3) for number in range(4)]
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return Kind(body, "\n\n".join(paragraphs), "p { font-family: 'DejaVu Sans Mono' }")


KINDS = {
    "contract": _make_contract(), "transcript": _make_transcript(), "receipt": _make_receipt(),
    "letter": _make_letter(), "boxes": _make_boxes(), "drawn bullets": _make_discs(), "paper": _make_paper(),
    "compounds": _make_compounds(), "minutes": _make_minutes(), "typescript": _make_typescript(),
}  # fmt: skip
LOOKS = {
    "serif": "@page { size: A4; margin: 22mm } body { font: 10.5pt/1.4 'DejaVu Serif' } h1 { font-size: 17pt }",
    "sans": "@page { size: A4; margin: 30mm 18mm } body { font: 9.5pt/1.3 'DejaVu Sans' } h1 { font-size: 14pt }",
    "letter": "@page { size: letter; margin: 25mm } body { font: 11.5pt/1.55 'DejaVu Serif' } h1 { font-size: 15pt }",
}
_BASE = "h2 { font-size: 1.15em } p { margin: 6pt 0 } .two p { text-align: justify }"


def write_page(kind: str, look: str) -> str:
    """Return the HTML of a page."""
    made = KINDS[kind]
    style = f"{LOOKS[look]} {_BASE} {made.style}"
    return f"<html lang=en><meta charset=utf-8><style>{style}</style>{made.body}</html>"
