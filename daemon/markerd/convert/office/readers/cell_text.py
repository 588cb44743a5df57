"""A cell's value as the sheet shows it, by its number format (ECMA-376 part 1, 18.8.31), as far as it matters."""

from __future__ import annotations

import datetime
import re
from decimal import ROUND_HALF_UP, Decimal
from operator import eq, ge, gt, le, lt, ne
from typing import Any

_LITERAL = re.compile(r'"([^"]*)"|\\(.)|_.|\*.|\[\$([^\]-]*)[^\]]*\]|\[[^\]]*\]')
_DATE_TOKEN = re.compile(
    r'"[^"]*"|\\.|\[h+\]|\[m+\]|\[s+\]|\[[^\]]*\]|y+|m+|d+|h+|s+|\.0+|AM/PM|A/P|[^"]', re.IGNORECASE
)
_UNSHOWN = re.compile(r"\[(?!\$)[^\]]*\]|_.|\*.")  # colours, conditions, spaces as wide as a sign
_CONDITION = re.compile(r"\[(<=|>=|<>|<|>|=)(-?[\d.]+)\]")
_HOLDS = {"<=": le, ">=": ge, "<>": ne, "<": lt, ">": gt, "=": eq}
_BY_LOCALE = ("mm-dd-yy", "m/d/yy h:mm", "m/d/yyyy", "general", "@", "")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def show_value(value: Any, number_format: str | None) -> str:
    """Return the text of a value; the value itself where its format is not understood."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return _show_date(value, number_format or "")
    if isinstance(value, datetime.timedelta):
        return _show_duration(value)
    if isinstance(value, int | float):
        return _show_number(value, number_format or "")
    return str(value)


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
        return _show_general(value)
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
    found = re.search(r"[0#?][0#?.,/ ]*[0#?.,]|[0#?]", literal)
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


def _show_date(value: Any, number_format: str) -> str:
    """Show a date by its format; as ISO 8601 where the format depends on the reader's country."""
    section = number_format.partition(";")[0]
    section = re.sub(r"^\[\$-[^\]]*\]", "", section)
    if section.lower() in _BY_LOCALE or section.startswith("[$-F"):
        return _show_iso(value)
    tokens = _DATE_TOKEN.findall(section)
    has_noon = any(token.upper() in ("AM/PM", "A/P") for token in tokens)
    out, before = "", ""
    for number, token in enumerate(tokens):
        kind = token[0].lower()
        if kind in "ymdhs":
            is_minute = kind == "m" and (before == "h" or _find_next_kind(tokens[number + 1 :]) == "s")
            out += _show_date_part(value, "n" if is_minute else kind, len(token), has_noon)
            before = kind
        else:
            out += _show_date_literal(value, token)
            before = "h" if token.lower().startswith("[h") else before
    return out.strip() or _show_iso(value)


def _find_next_kind(tokens: list[str]) -> str:
    return next((token[0].lower() for token in tokens if token[0].lower() in "ymdhs"), "")


def _show_date_literal(value: Any, token: str) -> str:
    if token.upper() in ("AM/PM", "A/P"):
        return "AM" if getattr(value, "hour", 0) < 12 else "PM"
    if re.fullmatch(r"\.0+", token):
        return f".{getattr(value, 'microsecond', 0):06d}"[: len(token)]
    if token.startswith("["):
        return str(getattr(value, "hour", "")) if token.lower().startswith("[h") else ""
    return token.strip('"').removeprefix("\\")


def _show_date_part(value: Any, kind: str, width: int, has_noon: bool) -> str:
    if kind in "ymd" and not hasattr(value, "year"):
        return ""
    if kind in "hns" and not hasattr(value, "hour"):
        return "0" * min(width, 2)
    if kind == "y":
        year: int = value.year
        return f"{year:04d}" if width > 2 else f"{year % 100:02d}"
    if kind == "m" and width > 2:
        month = _MONTHS[value.month - 1]
        return month[:3] if width == 3 else month if width == 4 else month[:1]
    if kind == "d" and width > 2:
        day = _DAYS[value.weekday()]
        return day[:3] if width == 3 else day
    numbers = {"m": "month", "d": "day", "h": "hour", "n": "minute", "s": "second"}
    number = getattr(value, numbers[kind])
    if kind == "h" and has_noon:
        number = (number - 1) % 12 + 1
    return f"{number:0{min(width, 2)}d}"


def _show_iso(value: Any) -> str:
    if isinstance(value, datetime.datetime):
        is_day = (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0)
        return value.date().isoformat() if is_day else value.isoformat(" ", "seconds")
    return str(value)


def _show_duration(value: datetime.timedelta) -> str:
    seconds = round(value.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}{seconds // 3600}:{seconds % 3600 // 60:02d}:{seconds % 60:02d}"
