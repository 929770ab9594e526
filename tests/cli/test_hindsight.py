"""what-if, backtest and explain --since: their output and errors, and that they write nothing."""

import pytest

from tests.cli.conftest import HOMES
from tests.extracts import DAY, EARLIER


def test_what_if_as_json_is_one_document(continuity, edited):
    said = continuity("what-if", edited, "--format", "json").json

    assert (said["file"], said["regime"], said["basis"]) == (str(edited), "childrens_homes", "full")
    assert [day["day"] for day in said["days"]] == [EARLIER.isoformat(), DAY.isoformat()]
    assert {"id", "name", "from", "to", "published", "edited", "rules"} == set(said["changes"][0])


def test_regular_days_are_chosen_where_none_were_scored(continuity, edited, tmp_path):
    chart = tmp_path / "chart.svg"
    options = ("--from", "2021-12-01", "--to", "2022-03-31", "--every", "month", "--format", "json", "--chart", chart)
    said = continuity("what-if", edited, *options).json

    assert [day["day"] for day in said["days"]] == ["2021-12-31", "2022-01-31", "2022-02-28", "2022-03-31"]
    assert chart.read_text(encoding="utf-8").startswith("<svg ")


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--to", "2001-01-01"], "no day up to 2001-01-01 was scored; add '--every month' (with --from)"),
        (["--every", "month"], "--every month needs a first day; add --from DATE"),
        (["--from", "2022-03-31", "--to", "2021-03-31"], "--from 2022-03-31 is after --to 2021-03-31"),
        (["--from", "soon"], "'soon' is not a day; write it as YYYY-MM-DD"),
        (["--chart", "chart.png"], "--chart chart.png: write a name that ends in .svg or .html"),
        (["--format", "csv"], "--format csv does not fit this command; use table or json"),
    ],
)
def test_wrong_options_are_said_in_one_line(continuity, edited, options, error):
    said = continuity("what-if", edited, *options)

    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"continuity: {error}")
    assert said.err.count("\n") == 1


def test_a_wrong_regime_file_is_said_with_its_line(continuity, tmp_path):
    path = tmp_path / "wrong.yaml"
    path.write_text(HOMES.replace("better: lower", "better: sideways", 1), encoding="utf-8")
    said = continuity("what-if", path)

    assert said.code == 2
    assert f"{path}:" in said.err
