"""A cell's value as the sheet shows it, by its number format (ECMA-376 part 1, 18.8.31), as far as it matters."""

from __future__ import annotations

import datetime
import re
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from markerd.convert.office.readers.cell_dates import show_date, show_duration

_LITERAL = re.compile(r'"([^"]*)"|\\(.)|_.|\*.|\[\$([^\]-]*)[^\]]*\]|\[[^\]]*\]')
_UNSHOWN = re.compile(r"\[(?!\$)[^\]]*\]|_.|\*.")  # colours, conditions, spaces as wide as a sign
_FRACTION = re.compile(r"(?:([0#?]+) +)?([0#?]+) ?/ ?([0#?]+|[1-9]\d*)")
"""A whole number, perhaps, and the places of a numerator; its denominator has places, or is given."""
_TEXT_PIECE = re.compile(r'"([^"]*)"|\\(.)|_.|\*.|\[[^\]]*\]|@|(.)', re.DOTALL)
"""What a format puts around a text: words in quotation marks, a sign behind a backslash, others as they are."""
_SECTION_END = re.compile(r';(?=(?:[^"]*"[^"]*")*[^"]*$)')
_LONGEST_FORMAT = 255
"""Most characters of a format, as in Excel."""
_CONDITION = re.compile(r"\[(<=|>=|<>|<|>|=)(-?[\d.]+)\]")
_HOLDS = {"<=": le, ">=": ge, "<>": ne, "<": lt, ">": gt, "=": eq}


def show_value(value: Any, number_format: str | None) -> str:
    """Return the text of a value; the value itself where its format is not understood."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return show_date(value, number_format or "")
    if isinstance(value, datetime.timedelta):
        return show_duration(value, number_format or "")
    if isinstance(value, int | float):
        return _show_number(value, number_format or "")
    return _show_text(str(value), number_format or "")


def _show_text(text: str, number_format: str) -> str:
    """Return a text with what the last section of its format, where it has an `@`, puts around it."""
    section = _SECTION_END.split(number_format)[-1] if len(number_format) <= _LONGEST_FORMAT else ""
    if not text.strip() or "@" not in section:
        return text
    return _TEXT_PIECE.sub(lambda found: text if found[0] == "@" else found[1] or found[2] or found[3] or "", section)


def _show_number(value: float, number_format: str) -> str:
    section, magnitude = _choose_section(value, number_format)
    if "general" in section.lower() or section in ("", "-", "@", "-@") or abs(value) >= 1e21:
        return _show_general(value)
    pattern, before, after = _split_section(section)
    if not pattern:
        return (before + after).strip() or _show_general(value)
    if re.match(r"E[+-]", after, re.IGNORECASE):
        return f"{before}{magnitude:.{len(pattern.partition('.')[2])}E}"
    if "/" in pattern:
        return f"{before}{_show_fraction(pattern, magnitude)}{after}".strip()
    if re.search(r"[0#]", after):
        return _fill_pattern(section, magnitude)
    magnitude *= 100 ** (before.count("%") + after.count("%"))
    return f"{before}{_format_digits(pattern, magnitude)}{after}"


def _format_digits(pattern: str, magnitude: float) -> str:
    """Format a number by its pattern of digits: places, thousands, and commas at the end that divide by a thousand."""
    bare = pattern.replace(" ", "").replace("?", "#")
    shown_digits = bare.rstrip(",")
    whole, _, fraction = shown_digits.partition(".")
    number = Decimal(repr(magnitude)) / 1000 ** (len(bare) - len(shown_digits))
    fixed = number.quantize(Decimal(1).scaleb(-len(fraction)), ROUND_HALF_UP)
    left, _, right = (f"{fixed:,f}" if "," in whole else f"{fixed:f}").partition(".")
    needed = len(fraction.rstrip("#"))
    while len(right) > needed and right.endswith("0"):
        right = right[:-1]
    return left.zfill(whole.count("0")) + (f".{right}" if right else "")


def _show_fraction(pattern: str, magnitude: float) -> str:
    """Show a number as a fraction, with its whole part before it where the pattern has a place for one."""
    found = _FRACTION.search(pattern)
    if found is None:
        return _show_general(magnitude)
    whole = int(magnitude) if found[1] else 0
    rest = Fraction(magnitude) - whole
    if found[3].isdigit() and found[3].strip("0"):
        top, bottom = round(rest * int(found[3])), int(found[3])
    else:
        top, bottom = rest.limit_denominator(10 ** len(found[3]) - 1).as_integer_ratio()
    if found[1] and top == bottom:
        whole, top = whole + 1, 0
    shown_whole = str(whole) if found[1] and (whole or "0" in found[1] or not top) else ""
    shown_part = f"{top}/{bottom}" if top or not found[1] else ""
    return f"{shown_whole} {shown_part}".strip()


def _fill_pattern(section: str, magnitude: float) -> str:
    """Put digits into the pieces of a pattern from the right, as for a telephone number."""
    digits, out = list(str(round(magnitude))), ""
    pieces = re.findall(r'"[^"]*"|\\.|.', _UNSHOWN.sub("", section))
    first = next(number for number, piece in enumerate(pieces) if piece in "0#")
    for number in range(len(pieces) - 1, -1, -1):
        piece = pieces[number]
        if piece in "0#":
            count = len(digits) if number == first else 1
            out = ("".join(digits[-count:]) or ("0" if piece == "0" else "")) + out
            digits = digits[:-count] if count else digits
        else:
            out = piece.strip('"').removeprefix("\\") + out
    return out


def _choose_section(value: float, number_format: str) -> tuple[str, float]:
    """Return the section of a format for positive, negative or zero values, and the value as that section takes it."""
    sections = re.split(r';(?=(?:[^"]*"[^"]*")*[^"]*$)', number_format)
    conditions = [(found, section) for section in sections if (found := _CONDITION.search(section))]
    if conditions:
        fitting = (section for found, section in conditions if _HOLDS[found[1]](value, float(found[2])))
        return next(fitting, sections[-1]), value
    if value < 0 and len(sections) > 1:
        return sections[1], -value
    if value == 0 and len(sections) > 2:
        return sections[2], value
    return (f"-{sections[0]}", -value) if value < 0 else (sections[0], value)


def _split_section(section: str) -> tuple[str, str, str]:
    """Return the pattern of the digits, and the text before and after it."""
    literal = _LITERAL.sub(lambda found: _protect(found[1] or found[2] or found[3] or ""), section)
    found = _FRACTION.search(literal) or re.search(r"[0#?][0#?.,/ ]*[0#?.,]|[0#?]", literal)
    if found is None or not re.search(r"[0#/]", found[0]):
        return "", _unprotect(literal.replace("?", "")), ""
    return found[0], _unprotect(literal[: found.start()]), _unprotect(literal[found.end() :])


def _protect(text: str) -> str:
    """Hide digits' signs in literal text from the search for patterns."""
    return "".join(chr(0xE000 + ord(c)) if c in "0#?.,/" else c for c in text)


def _unprotect(text: str) -> str:
    return "".join(chr(ord(c) - 0xE000) if 0xE000 <= ord(c) < 0xE080 else c for c in text)


def _show_general(value: float) -> str:
    """Show a number as the format General does: no more digits than are meant, no `.0`."""
    if isinstance(value, int):
        return str(value)
    return (
        f"{value:.15g}"
        if abs(value) < 1e15
        else f"{value:.0f}"
        if value.is_integer() and abs(value) < 1e21
        else repr(value)
    )
