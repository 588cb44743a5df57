"""The names of months and days in the language of a sheet. Babel has them, from the Unicode CLDR."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from locale import windows_locale  # the language codes that sheets use ([MS-LCID]), with the names that Babel uses

_ENGLISH = "en_US"
_LANGUAGE_BITS = 0x3FF  # of a code; the rest says which country
_MAIN_COUNTRY = 0x400
_ONLY_LETTER = 5
"""How often a format repeats its letter for the first letter of a month, as in `mmmmm`."""


@dataclass(frozen=True)
class DateNames:
    """The names of one locale. `width` is how often the format repeats its letter: 3 for short names, 4 for whole."""

    locale: str = _ENGLISH

    def name_month(self, month: int, width: int) -> str:
        """Name a month, counted from 1, as `mmm`, `mmmm` or `mmmmm` do."""
        name = _list_months(self.locale, width == 3)[month - 1]
        return name[:1] if width == _ONLY_LETTER else name

    def name_day(self, day: int, width: int) -> str:
        """Name a day of the week, counted from 0 for Monday, as `ddd` or `dddd` do."""
        return _list_days(self.locale, width == 3)[day]


def find_names(code: str) -> DateNames:
    """Return the names for a language code in hexadecimal, as `[$-407]` has it; English for one that is not known."""
    from babel import Locale, UnknownLocaleError

    try:
        number = int(code, 16) & 0xFFFF
        locale = windows_locale.get(number) or windows_locale[number & _LANGUAGE_BITS | _MAIN_COUNTRY]
        Locale.parse(locale)
    except (ValueError, KeyError, UnknownLocaleError):
        return DateNames()
    return DateNames(locale)


@cache
def _list_months(locale: str, is_short: bool) -> tuple[str, ...]:
    from babel.dates import get_month_names

    names = get_month_names("abbreviated" if is_short else "wide", "stand-alone", locale)
    return tuple(names[month] for month in range(1, 13))


@cache
def _list_days(locale: str, is_short: bool) -> tuple[str, ...]:
    from babel.dates import get_day_names

    names = get_day_names("abbreviated" if is_short else "wide", "stand-alone", locale)
    return tuple(names[day] for day in range(7))
