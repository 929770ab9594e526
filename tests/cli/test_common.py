"""The parts that commands share: days, JSON and CSV."""

import json
from datetime import date, timedelta

import pytest

from cli.common import now, parse_day_option, print_csv, print_json
from models.vocabulary import day_in_london
from settings import WrongInput


def test_a_day_is_today_if_it_is_left_out() -> None:
    assert parse_day_option(None) == day_in_london(now())
    assert parse_day_option("2022-03-31") == date(2022, 3, 31)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("31 March 2022", "'31 March 2022' is not a day; write it as YYYY-MM-DD"),
        ("2022-02-30", "'2022-02-30' is not a day"),
        ((day_in_london(now()) + timedelta(days=2)).isoformat(), "is in the future; give a day up to today"),
    ],
)
def test_a_wrong_day_is_refused(text: str, message: str) -> None:
    with pytest.raises(WrongInput, match=message):
        parse_day_option(text)


def test_json_is_one_document_with_its_letters(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"name": "Ærø", "day": date(2022, 3, 31)})
    printed = capsys.readouterr().out
    assert "Ærø" in printed
    assert json.loads(printed) == {"name": "Ærø", "day": "2022-03-31"}


def test_csv_has_its_columns_in_order_and_no_formula(capsys: pytest.CaptureFixture[str]) -> None:
    print_csv([{"b": "=1+1", "a": 1}], ["a", "b"])
    head, row = capsys.readouterr().out.splitlines()
    assert head == "a,b"
    assert row.startswith("1,")
    assert not row.startswith("1,=")
