"""The dates of the Transformation Rules Registries, in their languages and calendars."""

from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicators.formats.xbrl_dates import DATES
from indicators.formats.xbrl_formats import UnconvertibleText, convert_text

# All names of dates of the registries 1 to 5, by the registry that has them first.
REGISTRIES = {
    1: "dateslashus dateslasheu datedotus datedoteu datelongus datelonguk dateshortus dateshortuk datelongdaymonthuk "
    "datelongmonthdayus dateshortdaymonthuk dateshortmonthdayus dateslashdaymontheu dateslashmonthdayus "
    "datelongyearmonth dateshortyearmonth datelongmonthyear dateshortmonthyear",
    2: "datedaymonth datedaymonthen datedaymonthyear datedaymonthyearen dateerayearmonthdayjp dateerayearmonthjp "
    "datemonthday datemonthdayen datemonthdayyear datemonthdayyearen datemonthyearen dateyearmonthcjk "
    "dateyearmonthdaycjk dateyearmonthen",
    3: "calindaymonthyear datedaymonthdk datedaymonthyeardk datedaymonthyearin datemonthyear datemonthyeardk "
    "datemonthyearin dateyearmonthday",
    4: "date-day-month date-day-month-year date-day-monthroman date-day-monthroman-year date-ind-day-monthname-year-hi "
    "date-jpn-era-year-month date-jpn-era-year-month-day date-month-day date-month-day-year date-month-year "
    "date-monthname-day-en date-monthname-day-hu date-monthname-day-lt date-monthname-day-year-en date-monthroman-year "
    "date-year-day-monthname-lv date-year-month date-year-month-day date-year-monthname-en date-year-monthname-hu "
    "date-year-monthname-lt date-year-monthname-lv date-year-monthname-day-hu date-year-monthname-day-lt "
    "date-day-monthname-lv date-day-monthname-year-hi date-monthname-year-hi",
    5: "date-day-monthname-cy date-day-monthname-year-cy date-monthname-year-cy",
}
EUROPEAN = "bg cs da de el en es et fi fr hr it nl no pl pt ro sk sl sv"


@pytest.mark.parametrize("registry", REGISTRIES)
def test_every_date_of_a_registry_is_known(registry):
    assert [name for name in REGISTRIES[registry].split() if name not in DATES] == []


def test_every_language_of_the_fourth_registry_has_its_three_dates():
    names = [
        name
        for code in EUROPEAN.split()
        for name in (f"day-monthname-{code}", f"day-monthname-year-{code}", f"monthname-year-{code}")
    ]
    assert [name for name in names if f"date-{name}" not in DATES] == []


@pytest.mark.parametrize(
    ("shown", "name", "expected"),
    [
        ("31 Mawrth 2024", "date-day-monthname-year-cy", "2024-03-31"),
        ("10fed o Ragfyr 2024", "date-day-monthname-year-cy", "2024-12-10"),  # an ordinal, and a mutated month
        ("Chwefror 2024", "date-monthname-year-cy", "2024-02"),
        ("31 август 2024", "date-day-monthname-year-bg", "2024-08-31"),
        ("30. června 2023", "date-day-monthname-year-cs", "2023-06-30"),
        ("31. července 2023", "date-day-monthname-year-cs", "2023-07-31"),
        ("31. marts 2024", "date-day-monthname-year-da", "2024-03-31"),
        ("31. März 2024", "date-day-monthname-year-de", "2024-03-31"),
        ("31 Μαΐου 2023", "date-day-monthname-year-el", "2023-05-31"),
        ("31 de diciembre de 2023", "date-day-monthname-year-es", "2023-12-31"),
        ("31. detsember 2023", "date-day-monthname-year-et", "2023-12-31"),
        ("31. joulukuuta 2023", "date-day-monthname-year-fi", "2023-12-31"),
        ("31 août 2024", "date-day-monthname-year-fr", "2024-08-31"),
        ("३१ मार्च २०२४", "date-day-monthname-year-hi", "2024-03-31"),
        ("31. prosinca 2023.", "date-day-monthname-year-hr", "2023-12-31"),
        ("2023. december 31.", "date-year-monthname-day-hu", "2023-12-31"),
        ("31 luglio 2024", "date-day-monthname-year-it", "2024-07-31"),
        ("2023 m. gruodžio 31 d.", "date-year-monthname-day-lt", "2023-12-31"),
        ("2023. gada 31. decembris", "date-year-day-monthname-lv", "2023-12-31"),
        ("31 maart 2024", "date-day-monthname-year-nl", "2024-03-31"),
        ("31. desember 2023", "date-day-monthname-year-no", "2023-12-31"),
        ("31 grudnia 2023 r.", "date-day-monthname-year-pl", "2023-12-31"),
        ("31 de dezembro de 2023", "date-day-monthname-year-pt", "2023-12-31"),
        ("30 iunie 2024", "date-day-monthname-year-ro", "2024-06-30"),
        ("31. júla 2024", "date-day-monthname-year-sk", "2024-07-31"),
        ("31. avgust 2024", "date-day-monthname-year-sl", "2024-08-31"),
        ("31 oktober 2024", "date-day-monthname-year-sv", "2024-10-31"),
        ("31 XII 2023", "date-day-monthroman-year", "2023-12-31"),
        ("2024年3月31日", "dateyearmonthdaycjk", "2024-03-31"),
        ("令和5年12月31日", "date-jpn-era-year-month-day", "2023-12-31"),
        ("平成元年1月", "date-jpn-era-year-month", "1989-01"),
        ("1 Chaitra 1946", "date-ind-day-monthname-year-hi", "2024-03-21"),  # of a leap year
        ("1 Chaitra 1945", "calindaymonthyear", "2023-03-22"),
        ("10 Pausha 1945", "calindaymonthyear", "2023-12-31"),
        ("December 2023", "datelongmonthyear", "2023-12"),
        ("2023 Dec", "date-year-monthname-en", "2023-12"),
        ("31/12", "dateslashdaymontheu", "--12-31"),
        ("29 Feb", "datedaymonthen", "--02-29"),
        ("3rd day of April 2025", "datedaymonthyearen", "2025-04-03"),
    ],
)
def test_a_date_is_read_in_its_language(shown, name, expected):
    assert convert_text(shown, name) == expected


@pytest.mark.parametrize(
    ("shown", "name"),
    [
        ("31 March 2024", "date-day-monthname-year-cy"),
        ("31 Juni 2024", "date-day-monthname-year-de"),
        ("31 Chaitra 1945", "calindaymonthyear"),
        ("令和5年13月1日", "dateerayearmonthdayjp"),
        ("12 months ended March 2023", "datedaymonthyearen"),
        ("XIII 2023", "date-monthroman-year"),
    ],
)
def test_a_text_that_is_not_a_date_of_the_language_is_refused(shown, name):
    with pytest.raises(UnconvertibleText, match="is not a date"):
        convert_text(shown, name)


@pytest.mark.parametrize("name", ["date-year-monthname-fr", "date-day-monthname-year-xx", "datequarterend"])
def test_a_date_that_no_registry_has_stays_unknown(name):
    with pytest.raises(UnconvertibleText, match="unknown format"):
        convert_text("31 March 2024", name)


@given(st.dates(date(1957, 3, 22), date(2090, 1, 1)))
def test_days_of_the_indian_calendar_follow_each_other(day):
    """The table of the calendar: 22 March (21 in leap years), then five months of 31 days and six of 30."""
    year = day.year if day >= date(day.year, 3, 21 if day.year % 4 == 0 else 22) else day.year - 1
    is_leap = year % 4 == 0
    left = (day - date(year, 3, 21 if is_leap else 22)).days
    months = "Chaitra Vaisakha Jyaishta Asadha Sravana Bhadra Aswina Kartika Agrahayana Pausa Magha Phalguna"
    for month, length in zip(months.split(), [31 if is_leap else 30, *[31] * 5, *[30] * 6], strict=True):
        if left < length:
            assert convert_text(f"{left + 1} {month} {year - 78}", "calindaymonthyear") == day.isoformat()
            return
        left -= length
    raise AssertionError(timedelta(days=left))


@given(st.text(max_size=30), st.sampled_from(sorted(DATES)))
def test_no_text_makes_a_date_raise_anything_else(shown, name):
    with suppress(UnconvertibleText):
        convert_text(shown, name)
