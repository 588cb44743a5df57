"""Dates, times and durations as a sheet shows them, by their number format."""

from __future__ import annotations

import datetime
import math
import re
from typing import Any

from markerd.convert.office.readers.date_names import DateNames, find_names

_DATE_TOKEN = re.compile(
    r'"[^"]*"|\\.|\[h+\]|\[m+\]|\[s+\]|\[[^\]]*\]|y+|m+|d+|h+|s+|\.0+|AM/PM|A/P|[^"]', re.IGNORECASE
)
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_LANGUAGE = re.compile(r"^\[\$[^\]-]*-([0-9A-Fa-f]+)[^\]]*\]")
_BY_LOCALE = ("mm-dd-yy", "m/d/yy h:mm", "m/d/yyyy", "general", "@", "")


def show_date(value: Any, number_format: str) -> str:
    """Show a date by its format; as ISO 8601 where the format depends on the reader's country."""
    section = number_format.partition(";")[0]
    language = _LANGUAGE.match(section)
    names = find_names(language[1]) if language else DateNames()
    section = section[language.end() :] if language else section
    if section.lower() in _BY_LOCALE or section.startswith("[$-F"):
        return _show_iso(value)
    tokens = _DATE_TOKEN.findall(section)
    has_noon = any(token.upper() in ("AM/PM", "A/P") for token in tokens)
    out, before = "", ""
    for number, token in enumerate(tokens):
        kind = token[0].lower()
        if kind in "ymdhs":
            is_minute = kind == "m" and (before == "h" or _find_next_kind(tokens[number + 1 :]) == "s")
            is_name = kind in "md" and len(token) > 2 and not is_minute
            part = _show_name(value, kind, len(token), names) if is_name else None
            out += part or _show_date_part(value, "n" if is_minute else kind, len(token), has_noon)
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


def _show_name(value: Any, kind: str, width: int, names: DateNames) -> str:
    """Return the name of the month or the day; nothing for a time without a date."""
    if not hasattr(value, "year"):
        return ""
    return names.name_month(value.month, width) if kind == "m" else names.name_day(value.weekday(), width)


def _show_date_part(value: Any, kind: str, width: int, has_noon: bool) -> str:
    if kind in "ymd" and not hasattr(value, "year"):
        return ""
    if kind in "hns" and not hasattr(value, "hour"):
        return "0" * min(width, 2)
    if kind == "y":
        year: int = value.year
        return f"{year:04d}" if width > 2 else f"{year % 100:02d}"
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


def show_duration(value: datetime.timedelta, number_format: str) -> str:
    """Show a duration by its format, of which `[h]`, `[m]` and `[s]` count all hours, minutes or seconds."""
    seconds = round(abs(value.total_seconds()), 3)
    tokens = _DATE_TOKEN.findall(number_format.partition(";")[0])
    whole = [token.strip("[]")[0].lower() for token in tokens if _ELAPSED.fullmatch(token)]
    if not whole:
        tokens, whole = ["[h]", ":", "mm", ":", "ss"], ["h"]
    has_parts = any(re.fullmatch(r"\.0+", token) for token in tokens)
    seconds = seconds if has_parts else math.floor(seconds + 0.5)
    units = {"h": 3600, "m": 60, "s": 1}
    out = "-" if value < datetime.timedelta() else ""
    for token in tokens:
        kind = token.strip("[]")[:1].lower()
        if _ELAPSED.fullmatch(token):
            out += f"{int(seconds // units[kind]):0{len(token) - 2}d}"
        elif kind in units and token.isalpha():
            out += f"{int(seconds // units[kind] % (60 if kind != 'h' else 24)):0{min(len(token), 2)}d}"
        elif has_parts and token.startswith(".0"):
            out += f"{seconds % 1:.{len(token) - 1}f}"[1:]
        else:
            out += _show_date_literal(value, token)
    return out
