"""The names of months and days in the languages of sheets, by the language codes of Windows ([MS-LCID])."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class DateNames(NamedTuple):
    """Months from January and days from Monday, written out; `short` has them as sheets shorten them."""

    months: tuple[str, ...]
    days: tuple[str, ...]
    short_months: tuple[str, ...] = ()
    short_days: tuple[str, ...] = ()

    def name_month(self, month: int, width: int) -> str:
        """Name a month, counted from 1, as `mmm`, `mmmm` or `mmmmm` do."""
        if width == 3:
            return self.short_months[month - 1] if self.short_months else self.months[month - 1][:3]
        return self.months[month - 1] if width == 4 else self.months[month - 1][:1]

    def name_day(self, day: int, width: int) -> str:
        """Name a day of the week, counted from 0 for Monday, as `ddd` or `dddd` do."""
        if width == 3:
            return self.short_days[day] if self.short_days else self.days[day][:3]
        return self.days[day]


def _read(months: str, days: str, short_months: str = "", short_days: str = "") -> DateNames:
    return DateNames(*(tuple(names.split()) for names in (months, days, short_months, short_days)))


ENGLISH = _read(
    "January February March April May June July August September October November December",
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
)
_EAST_MONTHS = " ".join(f"{month}月" for month in range(1, 13))
_BY_LANGUAGE: Mapping[int, DateNames] = MappingProxyType(
    {
        0x04: _read(
            "一月 二月 三月 四月 五月 六月 七月 八月 九月 十月 十一月 十二月",
            "星期一 星期二 星期三 星期四 星期五 星期六 星期日",
            _EAST_MONTHS,
            "周一 周二 周三 周四 周五 周六 周日",
        ),
        0x05: _read(
            "leden únor březen duben květen červen červenec srpen září říjen listopad prosinec",
            "pondělí úterý středa čtvrtek pátek sobota neděle",
            "I II III IV V VI VII VIII IX X XI XII",
            "po út st čt pá so ne",
        ),
        0x06: _read(
            "januar februar marts april maj juni juli august september oktober november december",
            "mandag tirsdag onsdag torsdag fredag lørdag søndag",
        ),
        0x07: _read(
            "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
            "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
            "Jan Feb Mrz Apr Mai Jun Jul Aug Sep Okt Nov Dez",
            "Mo Di Mi Do Fr Sa So",
        ),
        0x0A: _read(
            "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
            "lunes martes miércoles jueves viernes sábado domingo",
        ),
        0x0B: _read(
            "tammikuu helmikuu maaliskuu huhtikuu toukokuu kesäkuu heinäkuu elokuu syyskuu lokakuu marraskuu joulukuu",
            "maanantai tiistai keskiviikko torstai perjantai lauantai sunnuntai",
            "tammi helmi maalis huhti touko kesä heinä elo syys loka marras joulu",
            "ma ti ke to pe la su",
        ),
        0x0C: _read(
            "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
            "lundi mardi mercredi jeudi vendredi samedi dimanche",
            "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
            "lun. mar. mer. jeu. ven. sam. dim.",
        ),
        0x0E: _read(
            "január február március április május június július augusztus szeptember október november december",
            "hétfő kedd szerda csütörtök péntek szombat vasárnap",
            "jan. febr. márc. ápr. máj. jún. júl. aug. szept. okt. nov. dec.",
            "H K Sze Cs P Szo V",
        ),
        0x10: _read(
            "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
            "lunedì martedì mercoledì giovedì venerdì sabato domenica",
        ),
        0x11: _read(
            _EAST_MONTHS, "月曜日 火曜日 水曜日 木曜日 金曜日 土曜日 日曜日", _EAST_MONTHS, "月 火 水 木 金 土 日"
        ),
        0x12: _read(
            " ".join(f"{month}월" for month in range(1, 13)),
            "월요일 화요일 수요일 목요일 금요일 토요일 일요일",
            " ".join(f"{month}월" for month in range(1, 13)),
            "월 화 수 목 금 토 일",
        ),
        0x13: _read(
            "januari februari maart april mei juni juli augustus september oktober november december",
            "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
            "jan feb mrt apr mei jun jul aug sep okt nov dec",
            "ma di wo do vr za zo",
        ),
        0x14: _read(
            "januar februar mars april mai juni juli august september oktober november desember",
            "mandag tirsdag onsdag torsdag fredag lørdag søndag",
        ),
        0x15: _read(
            "styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad grudzień",
            "poniedziałek wtorek środa czwartek piątek sobota niedziela",
            "sty lut mar kwi maj cze lip sie wrz paź lis gru",
            "pon. wt. śr. czw. pt. sob. niedz.",
        ),
        0x16: _read(
            "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
            "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo",
            "",
            "seg ter qua qui sex sáb dom",
        ),
        0x18: _read(
            "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie",
            "luni marți miercuri joi vineri sâmbătă duminică",
        ),
        0x19: _read(
            "Январь Февраль Март Апрель Май Июнь Июль Август Сентябрь Октябрь Ноябрь Декабрь",
            "понедельник вторник среда четверг пятница суббота воскресенье",
            "янв фев мар апр май июн июл авг сен окт ноя дек",
            "Пн Вт Ср Чт Пт Сб Вс",
        ),
        0x1D: _read(
            "januari februari mars april maj juni juli augusti september oktober november december",
            "måndag tisdag onsdag torsdag fredag lördag söndag",
        ),
        0x1F: _read(
            "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
            "Pazartesi Salı Çarşamba Perşembe Cuma Cumartesi Pazar",
            "Oca Şub Mar Nis May Haz Tem Ağu Eyl Eki Kas Ara",
            "Pzt Sal Çar Per Cum Cmt Paz",
        ),
        0x22: _read(
            "січень лютий березень квітень травень червень липень серпень вересень жовтень листопад грудень",
            "понеділок вівторок середа четвер п'ятниця субота неділя",
        ),
    }
)
_LANGUAGE_BITS = 0x3FF  # the rest of a code says which country


def find_names(code: str) -> DateNames:
    """Return the names for a language code in hexadecimal, as `[$-407]` has it; English for one that is not known."""
    try:
        number = int(code, 16)
    except ValueError:
        return ENGLISH
    return _BY_LANGUAGE.get(number & _LANGUAGE_BITS, ENGLISH)
