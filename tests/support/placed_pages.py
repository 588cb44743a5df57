"""PDFs whose words and rules stand where a test puts them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from documents import assembled

WIDTH, HEIGHT = 595, 842  # points: A4


@dataclass(frozen=True)
class Text:
    """A line in Helvetica; `x` and `y` are where it begins, in points from the left and the bottom edge."""

    x: float
    y: float
    text: str
    size: float = 11.0


@dataclass(frozen=True)
class Rule:
    """A line of 0.7 points from one place to another."""

    x0: float
    y0: float
    x1: float
    y1: float


Page = Sequence["Text | Rule"]


def grid(left: float, top: float, columns: Sequence[float], rows: Sequence[float]) -> list[Text | Rule]:
    """The rules of a table with cells of these widths and heights."""
    xs = [left + sum(columns[:n]) for n in range(len(columns) + 1)]
    ys = [top - sum(rows[:n]) for n in range(len(rows) + 1)]
    return [*(Rule(x, ys[0], x, ys[-1]) for x in xs), *(Rule(xs[0], y, xs[-1], y) for y in ys)]


def placed_pdf(*pages: Page, size: tuple[int, int] = (WIDTH, HEIGHT)) -> bytes:
    """A PDF with a text layer, ASCII only; `size` is that of its pages, in points."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>"]
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects.append(f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode())
    objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    for number, page in enumerate(pages):
        content = "\n".join(_drawn(one) for one in page).encode("ascii")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {size[0]} {size[1]}] /Contents {5 + 2 * number} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        objects.append(f"<< /Length {len(content)} >>\nstream\n".encode() + content + b"\nendstream")
    return assembled(objects)


def _drawn(one: Text | Rule) -> str:
    if isinstance(one, Rule):
        return f"0.7 w {one.x0} {one.y0} m {one.x1} {one.y1} l S"
    text = one.text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"BT /F1 {one.size} Tf {one.x} {one.y} Td ({text}) Tj ET"
