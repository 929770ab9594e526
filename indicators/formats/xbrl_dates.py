"""Reads the dates of inline XBRL: a day or a month shown on a page, in the languages of the registries.

The orders, languages and calendars are those of the Transformation Rules Registries 1 to 5 of XBRL International. A
month is recognised by the first letters of its name, without accents, as the patterns of the registries do.
"""

import re
import unicodedata
from calendar import isleap
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import lru_cache

# A word ends at a digit, a blank or a mark; \w would cut Hindi words at their vowel signs.
_PARTS = re.compile(r"\d+|[^\d\s.,;:/()\-\u2010-\u2015]+")
_BESIDE_ENGLISH = frozenset({"st", "nd", "rd", "th", "of", "day"})  # "the 3rd day of April 2025"

# January to December; "/" separates the spellings of one month.
_LANGUAGES = {
    "bg": "ян фев мар апр май юни юли авг сеп окт ное дек",
    "cs": "led uno bre dub kve cerven/cervn/cvn cervenec/cervenc/cvc srp zar rij lis pro",
    "cy": "ion chwe maw/faw ebr mai/fai meh/feh gor/ngor aws med/fedi hyd tach/dach/nhach/thach rhag/rag",
    "da": "jan feb mar apr maj jun jul aug sep okt nov dec",
    "de": "jan/jaen feb mar/maer apr mai jun jul aug sep okt nov dez",
    "el": "ιαν φεβ μαρ απρ/αριλ μαι ιουν ιουλ αυγ σεπ οκτ νοε δεκ",  # noqa: RUF001
    "en": "jan feb mar apr may jun jul aug sep oct nov dec",
    "es": "ene feb mar abr may jun jul ago sep oct nov dic",
    "et": "jaan veebr marts apr mai juuni juuli aug sept okt nov dets",
    "fi": "tam hel maa huh tou kes hei elo syy lok mar jou",
    "fr": "janv fevr mars avr mai juin juil aout sept oct nov dec",
    "hi": "जनवरी फरवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर अक्टूबर नवंबर/नवम्बर दिसंबर/दिसम्बर",
    "hr": "sij velj ozu tra svi lip srp kol ruj lis stu pro",
    "hu": "jan feb marc apr maj jun jul aug szept okt nov dec",
    "it": "gen feb mar apr mag giu lug ago set ott nov dic",
    "lt": "sau vas kov bal geg bir lie rugp/rgp rugs/rgs spa/spl lap gru/grd",
    "lv": "janv febr marts apr maij jun jul aug sept okt nov dec",
    "nl": "jan feb maa/mrt apr mei jun jul aug sep okt nov dec",
    "no": "jan feb mar apr mai jun jul aug sep okt nov des",
    "pl": "sty lut mar kwi maj cze lip sie wrz paz lis gru",
    "pt": "jan fev mar abr mai jun jul ago set out nov dez",
    "ro": "ian feb mar apr mai iun iul aug sep oct noi/nov dec",
    "sk": "jan feb mar apr maj jun jul aug sep okt nov dec",
    "sl": "jan feb mar apr maj jun jul avg sep okt nov dec",
    "sv": "jan feb mar apr maj jun jul aug sep okt nov dec",
}
# The months of the Indian national calendar, in Latin letters and in Hindi.
_SAKA = (
    "chait/caitra/चैत्र vais/वैशाख/बैसाख jy/ज्येष्ठ asad/ashad/आषाढ srav/shrav/श्रावण/सावन bhad/prosth/भाद्रपद/भादो "
    "asv/asw/ash/आश्विन kart/कार्तिक agra/marg/मार्गशीर्ष/अगहन paus/पौष magh/माघ phal/फाल्गुन"
)
# The orders that the registries have in a language, where they are not a day, a day with its year, and a month.
_ORDERS = {
    "en": (),  # named with the numbers
    "hi": ("dmy", "my"),
    "hu": ("md", "ym", "ymd"),
    "lt": ("md", "ym", "ymd"),
    "lv": ("dm", "ym", "ydm"),
}
_NAMES = {"d": "day", "m": "monthname", "y": "year"}
_ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii")
_ERA = re.compile(
    r"\s*(令和?|平成?|昭和?|大正?|明治?)\s*(\d{1,2}|元)\s*年\s*(\d{1,2})\s*月\s*(?:(\d{1,2})\s*日\s*)?"
).fullmatch
_ERAS = {"令": 2018, "平": 1988, "昭": 1925, "大": 1911, "明": 1867}  # the year before the first of each

MonthFinder = Callable[[str], int | None]


def _fold_word(word: str) -> str:
    """The word in small letters without accents."""
    return "".join(c for c in unicodedata.normalize("NFD", word.lower()) if not unicodedata.combining(c))


def _month_finder(text: str) -> MonthFinder:
    """A function that gives the number of the month whose name begins as in one of the spellings of ``text``."""
    spellings = [
        (_fold_word(start), month) for month, names in enumerate(text.split(), 1) for start in names.split("/")
    ]
    spellings.sort(key=lambda spelling: -len(spelling[0]))  # the Czech June is the beginning of the Czech July

    @lru_cache(maxsize=1024)  # the same few words come again and again
    def month_of(word: str) -> int | None:
        folded = _fold_word(word)
        return next((month for start, month in spellings if folded.startswith(start)), None)

    return month_of


_INDIAN_MONTHS = _month_finder(_SAKA)
_MONTHS: Mapping[str, MonthFinder] = {language: _month_finder(text) for language, text in _LANGUAGES.items()}


def _parse_roman(word: str) -> int | None:
    return _ROMAN.index(word.lower()) + 1 if word.lower() in _ROMAN else None


def parse_date_parts(
    text: str, order: str, months: MonthFinder = _MONTHS["en"], *, skips: bool = False
) -> dict[str, int]:
    """The numbers of year, month and day that ``order`` ("dmy", "my", ...) has.

    With ``skips`` any other word is skipped, as the registries do; without ``skips`` only the words of English dates
    are.

    Raises:
        ValueError: the text does not have these parts. The day itself is not checked.
    """
    numbers: list[int] = []
    for part in _PARTS.findall(text):
        if part.isdecimal():
            numbers.append(int(part))
        elif len(numbers) < len(order) and order[len(numbers)] == "m" and (month := months(part)) is not None:
            numbers.append(month)
        elif not skips and part.lower() not in _BESIDE_ENGLISH:
            raise ValueError
    parts = dict(zip(order, numbers, strict=True))
    if "y" in parts and parts["y"] < 100:
        parts["y"] += 2000
    return parts


def _iso_text(parts: Mapping[str, int]) -> str:
    """ISO text: a day, a month of a year, or a day of any year ("--12-31").

    Raises:
        ValueError: the calendar does not have the day.
    """
    date(parts.get("y", 2000), parts["m"], parts.get("d", 1))  # 2000 has a 29 February
    if "d" not in parts:
        return f"{parts['y']:04}-{parts['m']:02}"
    year = f"{parts['y']:04}" if "y" in parts else "-"
    return f"{year}-{parts['m']:02}-{parts['d']:02}"


def _date_reader(order: str, months: MonthFinder = _MONTHS["en"], *, skips: bool = False) -> Callable[[str], str]:
    return lambda text: _iso_text(parse_date_parts(text, order, months, skips=skips))


def _parse_indian(text: str) -> str:
    """A day of the Indian national calendar, whose year begins on 22 March, in leap years on 21 March."""
    parts = parse_date_parts(text, "dmy", _INDIAN_MONTHS, skips=True)
    year, month, day = parts["y"] + 78, parts["m"], parts["d"]
    is_leap = isleap(year)
    lengths = [31 if is_leap else 30, *[31] * 5, *[30] * 6]
    if not 1 <= day <= lengths[month - 1]:
        raise ValueError
    first = date(year, 3, 21 if is_leap else 22)
    return (first + timedelta(days=sum(lengths[: month - 1]) + day - 1)).isoformat()


def _parse_japanese(text: str) -> str:
    """A day or a month of a Japanese era."""
    match = _ERA(text)
    if match is None:
        raise ValueError
    era, year, month, day = match.groups()
    western = _ERAS[era[0]] + (1 if year == "元" else int(year))
    shown = f"{western} {month}" if day is None else f"{western} {month} {day}"
    return _iso_text(parse_date_parts(shown, "ym" if day is None else "ymd"))


def _date_formats() -> dict[str, Callable[[str], str]]:
    """The registries' formats by name: numbers and English names, then other languages, then other calendars."""
    formats: dict[str, Callable[[str], str]] = {}
    for names, order in {
        "dateslasheu datedoteu datedaymonthyear date-day-month-year": "dmy",
        "datelonguk dateshortuk datedaymonthyearen datedaymonthnameyearen date-day-monthname-year-en": "dmy",
        "dateslashus datedotus datemonthdayyear date-month-day-year": "mdy",
        "datelongus dateshortus datemonthdayyearen datemonthnamedayyearen date-monthname-day-year-en": "mdy",
        "dateyearmonthday date-year-month-day": "ymd",
        "datedaymonth datedaymonthen datelongdaymonthuk dateshortdaymonthuk dateslashdaymontheu": "dm",
        "date-day-month date-day-monthname-en": "dm",
        "datemonthday datemonthdayen datelongmonthdayus dateshortmonthdayus dateslashmonthdayus": "md",
        "date-month-day date-monthname-day-en": "md",
        "datemonthyear datemonthyearen datelongmonthyear dateshortmonthyear": "my",
        "date-month-year date-monthname-year-en": "my",
        "dateyearmonthen datelongyearmonth dateshortyearmonth date-year-month date-year-monthname-en": "ym",
    }.items():
        formats |= dict.fromkeys(names.split(), _date_reader(order))
    for language in _LANGUAGES:
        for order in _ORDERS.get(language, ("dm", "dmy", "my")):
            name = "-".join(_NAMES[letter] for letter in order)
            formats[f"date-{name}-{language}"] = _date_reader(order, _MONTHS[language], skips=True)
    for name, order, months in (
        ("datedaymonthdk", "dm", _MONTHS["da"]),
        ("datedaymonthyeardk", "dmy", _MONTHS["da"]),
        ("datemonthyeardk", "my", _MONTHS["da"]),
        ("datedaymonthyearin", "dmy", _MONTHS["hi"]),
        ("datemonthyearin", "my", _MONTHS["hi"]),
        ("date-day-monthroman", "dm", _parse_roman),
        ("date-day-monthroman-year", "dmy", _parse_roman),
        ("date-monthroman-year", "my", _parse_roman),
        ("dateyearmonthdaycjk", "ymd", _MONTHS["en"]),  # 2024年3月31日
        ("dateyearmonthcjk", "ym", _MONTHS["en"]),
    ):
        formats[name] = _date_reader(order, months, skips=True)
    formats |= dict.fromkeys(("calindaymonthyear", "date-ind-day-monthname-year-hi"), _parse_indian)
    japanese = "dateerayearmonthdayjp dateerayearmonthjp date-jpn-era-year-month-day date-jpn-era-year-month"
    return formats | dict.fromkeys(japanese.split(), _parse_japanese)


# Each format to the function that reads a text: it returns ISO text or raises ValueError.
DATES: Mapping[str, Callable[[str], str]] = _date_formats()
