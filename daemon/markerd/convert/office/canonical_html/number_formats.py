"""Numbers as Word writes them, in each format of `w:numFmt` (ECMA-376 part 1, 17.18.59). Pure.

Formats are of four kinds: letters of an alphabet that is gone through again and again, signs that exist for the first
numbers only, digits of another script, and East Asian numerals with signs for tens, hundreds and thousands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
    (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_MOST_ROUNDS = 30
"""How often Word goes through an alphabet: after z comes aa, up to thirty letters."""
_LATIN = "abcdefghijklmnopqrstuvwxyz"
_RUSSIAN = "абвгдежзиклмнопрстуфхцчшщыэюя"
_AIUEO = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン"
_AIUEO_HALF = "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜｦﾝ"
_IROHA = "イロハニホヘトチリヌルヲワカヨタレソツネナラムウヰノオクヤマケフコエテアサキユメミシヱヒモセスン"
_IROHA_HALF = "ｲﾛﾊﾆﾎﾍﾄﾁﾘﾇﾙｦﾜｶﾖﾀﾚｿﾂﾈﾅﾗﾑｳヰﾉｵｸﾔﾏｹﾌｺｴﾃｱｻｷﾕﾒﾐｼヱﾋﾓｾｽﾝ"
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_BRANCHES = "子丑寅卯辰巳午未申酉戌亥"
_HEBREW = (
    (400, "ת"), (300, "ש"), (200, "ר"), (100, "ק"), (90, "צ"), (80, "פ"), (70, "ע"), (60, "ס"), (50, "נ"), (40, "מ"),
    (30, "ל"), (20, "כ"), (10, "י"), (9, "ט"), (8, "ח"), (7, "ז"), (6, "ו"), (5, "ה"), (4, "ד"), (3, "ג"), (2, "ב"),
    (1, "א"),
)  # fmt: skip
_ALPHABETS: Mapping[str, str] = MappingProxyType(
    {
        "lowerLetter": _LATIN,
        "upperLetter": _LATIN.upper(),
        "russianLower": _RUSSIAN,
        "russianUpper": _RUSSIAN.upper(),
        "chicago": "*†‡§",
        "ganada": "가나다라마바사아자차카타파하",
        "chosung": "ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ",
        "arabicAlpha": "أبتثجحخدذرزسشصضطظعغفقكلمنهوي",
        "arabicAbjad": "أبجدهوزحطيكلمنسعفصقرشتثخذضظغ",
        "hebrew2": "אבגדהוזחטיכלמנסעפצקרשת",
        "thaiLetters": "กขคงจฉชซฌญฎฏฐฑฒณดตถทธนบปผฝพฟภมยรลวศษสหฬอฮ",
        "hindiVowels": "अआइईउऊऋऌऍऎएऐऑऒओऔ",
        "hindiConsonants": "कखगघङचछजझञटठडढणतथदधनपफबभमयरलवशषसह",
    }
)
"""Letters that are doubled, trebled … when they are used up."""
_ROWS: Mapping[str, str] = MappingProxyType(
    {
        "aiueo": _AIUEO_HALF,
        "aiueoFullWidth": _AIUEO,
        "iroha": _IROHA_HALF,
        "irohaFullWidth": _IROHA,
        "ideographTraditional": _STEMS,
        "ideographZodiac": _BRANCHES,
        "decimalEnclosedCircle": "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳",
        "decimalEnclosedCircleChinese": "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳",
        "decimalEnclosedFullstop": "⒈⒉⒊⒋⒌⒍⒎⒏⒐⒑⒒⒓⒔⒕⒖⒗⒘⒙⒚⒛",
        "decimalEnclosedParen": "⑴⑵⑶⑷⑸⑹⑺⑻⑼⑽⑾⑿⒀⒁⒂⒃⒄⒅⒆⒇",
        "ideographEnclosedCircle": "㊀㊁㊂㊃㊄㊅㊆㊇㊈㊉",
    }
)
"""Signs for the first numbers; later numbers are in digits."""
_DIGITS: Mapping[str, str] = MappingProxyType(
    {
        "decimalFullWidth": "０１２３４５６７８９",
        "decimalFullWidth2": "０１２３４５６７８９",
        "decimalHalfWidth": "0123456789",
        "ideographDigital": "〇一二三四五六七八九",
        "japaneseDigitalTenThousand": "〇一二三四五六七八九",
        "taiwaneseDigital": "○一二三四五六七八九",
        "koreanDigital": "영일이삼사오육칠팔구",
        "koreanDigital2": "零一二三四五六七八九",
        "hindiNumbers": "०१२३४५६७८९",
        "thaiNumbers": "๐๑๒๓๔๕๖๗๘๙",
    }
)


@dataclass(frozen=True)
class _Numerals:
    """East Asian numerals: the digits from 0, the signs for 10, 100 and 1000, and that for ten thousand.

    `drops_one` writes ten as 十 where another style has 一十; `"all"` drops the one before hundreds and thousands too.
    `shows_zero` marks a gap, as in 一百零一.
    """

    digits: str
    powers: str
    ten_thousand: str
    drops_one: str = ""
    shows_zero: bool = False


_JAPANESE = _Numerals("〇一二三四五六七八九", "十百千", "万", drops_one="all")
_CHINESE = _Numerals("零一二三四五六七八九", "十百千", "万", drops_one="ten", shows_zero=True)
_TAIWANESE = _Numerals("零一二三四五六七八九", "十百千", "萬", drops_one="ten", shows_zero=True)
_NUMERALS: Mapping[str, _Numerals] = MappingProxyType(
    {
        "japaneseCounting": _JAPANESE,
        "japaneseLegal": _Numerals("〇壱弐参四伍六七八九", "拾百阡", "萬"),
        "chineseCounting": _CHINESE,
        "chineseCountingThousand": _CHINESE,
        "chineseLegalSimplified": _Numerals("零壹贰叁肆伍陆柒捌玖", "拾佰仟", "万", shows_zero=True),
        "taiwaneseCounting": _TAIWANESE,
        "taiwaneseCountingThousand": _TAIWANESE,
        "ideographLegalTraditional": _Numerals("零壹貳參肆伍陸柒捌玖", "拾佰仟", "萬", shows_zero=True),
        "koreanCounting": _Numerals("영일이삼사오육칠팔구", "십백천", "만", drops_one="all"),
        "koreanLegal": _Numerals("영일이삼사오육칠팔구", "십백천", "만", drops_one="all"),
    }
)
_ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip


def write_number(number: int, kind: str) -> str:
    """Write a number in a format; in decimal digits where the format has no sign for it, or is not known."""
    if kind in _ALPHABETS:
        return _write_letters(number, _ALPHABETS[kind])
    if kind in _ROWS:
        return _ROWS[kind][number - 1] if 0 < number <= len(_ROWS[kind]) else str(number)
    if kind in _DIGITS:
        return "".join(_DIGITS[kind][int(digit)] if digit.isdigit() else digit for digit in str(number))
    if kind in _NUMERALS:
        return _write_numerals(number, _NUMERALS[kind])
    return _WRITERS.get(kind, str)(number)


def _write_letters(number: int, alphabet: str) -> str:
    rounds, place = divmod(number - 1, len(alphabet))
    return alphabet[place] * (rounds + 1) if 0 <= rounds < _MOST_ROUNDS else str(number)


def _write_by_sizes(number: int, signs: tuple[tuple[int, str], ...], most: int) -> str:
    if not 0 < number <= most:
        return str(number)
    text = ""
    for size, sign in signs:
        text += sign * (number // size)
        number %= size
    return text


def _write_roman(number: int) -> str:
    return _write_by_sizes(number, _ROMAN, 3999)


def _write_hebrew(number: int) -> str:
    """Write letters for numbers; 15 and 16 are not written with the letters of a name of God."""
    return _write_by_sizes(number, _HEBREW, 999).replace("יה", "טו").replace("יו", "טז")


def _write_numerals(number: int, style: _Numerals) -> str:
    if not 0 < number < 100_000_000:
        return style.digits[0] if number == 0 else str(number)
    high, low = divmod(number, 10_000)
    text = f"{_write_group(high, style)}{style.ten_thousand}" if high else ""
    gap = style.digits[0] if high and 0 < low < 1000 and style.shows_zero else ""
    written = text + gap + _write_group(low, style)
    ten = style.digits[1] + style.powers[0]
    return written[1:] if style.drops_one == "ten" and written.startswith(ten) else written


def _write_group(number: int, style: _Numerals) -> str:
    """Write up to four digits; a number of nothing is nothing."""
    text, has_gap = "", False
    for power in (3, 2, 1, 0):
        digit = number // 10**power % 10
        if not digit:
            has_gap = bool(text)
            continue
        text += style.digits[0] if has_gap and style.shows_zero else ""
        has_gap = False
        text += "" if digit == 1 and power and style.drops_one == "all" else style.digits[digit]
        text += style.powers[power - 1] if power else ""
    return text


def _write_ordinal(number: int) -> str:
    suffixes = {1: "st", 2: "nd", 3: "rd"}
    return f"{number}{'th' if number // 10 % 10 == 1 else suffixes.get(number % 10, 'th')}"


def _spell(number: int) -> str:
    """Spell a number in English words, as far as lists go."""
    if not 0 <= number < 1_000_000:
        return str(number)
    if number < 20:
        return _ONES[number]
    if number < 100:
        return _TENS[number // 10] + (f"-{_ONES[number % 10]}" if number % 10 else "")
    size, name = (100, "hundred") if number < 1000 else (1000, "thousand")
    rest = f" {_spell(number % size)}" if number % size else ""
    return f"{_spell(number // size)} {name}{rest}"


def _spell_ordinal(number: int) -> str:
    words = _spell(number)
    last = max(words.rfind(" "), words.rfind("-")) + 1
    word = words[last:]
    if not word.isalpha():
        return _write_ordinal(number)
    regular = f"{word[:-1]}ieth" if word.endswith("y") else f"{word}th"
    return words[:last] + _ORDINALS.get(word, regular)


def _write_zodiac_pair(number: int) -> str:
    """Write a stem and a branch, which come together again after sixty numbers."""
    return _STEMS[(number - 1) % 10] + _BRANCHES[(number - 1) % 12] if number > 0 else str(number)


def _write_hex(number: int) -> str:
    return f"{number:X}"


def _write_in_dashes(number: int) -> str:
    return f"- {number} -"


def _pad_to(width: int) -> Callable[[int], str]:
    def write(number: int) -> str:
        return f"{number:0{width}d}"

    return write


_WRITERS: Mapping[str, Callable[[int], str]] = MappingProxyType(
    {
        "none": lambda _: "",
        "bullet": lambda _: "",
        "decimalZero": _pad_to(2),
        "lowerRoman": _write_roman,
        "upperRoman": lambda number: _write_roman(number).upper(),
        "hex": _write_hex,
        "numberInDash": _write_in_dashes,
        "ordinal": _write_ordinal,
        "cardinalText": lambda number: _spell(number).capitalize(),
        "ordinalText": lambda number: _spell_ordinal(number).capitalize(),
        "hebrew1": _write_hebrew,
        "ideographZodiacTraditional": _write_zodiac_pair,
        "custom 01, 02, 03, ...": _pad_to(2),
        "custom 001, 002, 003, ...": _pad_to(3),
        "custom 0001, 0002, 0003, ...": _pad_to(4),
        "custom 00001, 00002, 00003, ...": _pad_to(5),
    }
)
FORMATS = (*_ALPHABETS, *_ROWS, *_DIGITS, *_NUMERALS, *(kind for kind in _WRITERS if kind not in ("none", "bullet")))
"""The formats that show a number, as `w:numFmt` names them."""
