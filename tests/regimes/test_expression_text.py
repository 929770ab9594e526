"""Expressions of regimes in words."""

import re
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from indicators import catalogue
from regimes import expressions
from regimes.expression_text import describe_expression
from regimes.schema import DEFINITIONS, load_regime_file

FILES = sorted(DEFINITIONS.glob("*.yaml"))
OF_SQL = re.compile(r"<>|[<>=*/'\"_]|\b(?:AND|OR|NOT|IN|CASE|WHEN|THEN|ELSE|END|INTERVAL|previous\.)\b")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("registration_status = 'Suspended'", "Registration status is Suspended"),
        ("plan_state IN ('missed', 'abandoned')", "State of the turnaround plan is missed or abandoned"),
        (
            "plan_state NOT IN ('completed', 'missed', 'abandoned')",
            "State of the turnaround plan is not completed, missed or abandoned",
        ),
        ("NOT stand_by_named", "A stand-by provider is named: no"),
        (
            "charity_insolvent OR charity_in_administration",
            "Charity insolvent: yes or Charity in administration: yes",
        ),
        ("plan_end_on < day", "Agreed end of the turnaround plan is before the day that is scored"),
        (
            "plan_end_on < day - INTERVAL 6 MONTH",
            "Agreed end of the turnaround plan is before the day that is scored minus 6 months",
        ),
        ("net_assets < 0", "Net assets is below £0"),
        ("net_assets <= -1500", "Net assets is at most -£1,500"),
        ("charity_government_share >= 0.8", "Share of the charity's income from government is at least 80 %"),
        (
            "home_care_people >= 800 AND home_care_hours_week / home_care_people > 30",
            "People who get care at home is at least 800 and Hours of home care a week divided by People who get care "
            "at home is above 30",
        ),
        (
            "charity_expenditure > previous.charity_expenditure",
            "Gross expenditure of the charity is above Gross expenditure of the charity of the period before",
        ),
        (
            "CASE WHEN net_interest > 0 THEN operating_profit / net_interest ELSE 99 END",
            "if Net interest is above £0: Operating profit divided by Net interest; otherwise: 99",
        ),
        ("net_assets BETWEEN 1 AND 2", "Net assets is from £1 to £2"),
        ("provider_kind <> 'housing_association'", "Kind of provider is not housing association"),
        ("stand_by_named = true", "A stand-by provider is named is yes"),
        ("greatest(cash, net_debt) > 5", "the greatest of Cash at bank and in hand and Net debt is above £5"),
        (
            "abs(cash) > 5 AND NOT (cash > 9 OR cash < 1)",
            "the size of Cash at bank and in hand is above £5 and not so: (Cash at bank and in hand is above £9 or "
            "Cash at bank and in hand is below £1)",
        ),
        ("nullif(cash, 0) > 5", "Cash at bank and in hand unless that is £0 is above £5"),
    ],
)
def test_an_expression_is_said_in_words(text: str, expected: str) -> None:
    expressions.parse(text)
    assert describe_expression(text) == expected


def _expressions(path: Path) -> list[str]:
    regime = load_regime_file(path)
    texts = [getattr(rule, name, None) for rule in regime.rules() for name in ("when", "applies_when", "expression")]
    return [text for text in [*texts, regime.covers.where, regime.covers.except_when] if text]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_shipped_expression_shows_sql_or_a_key(path: Path) -> None:
    keys = {key for key in catalogue.load().indicators if "_" in key}
    for text in _expressions(path):
        description = describe_expression(text)
        # Values and titles of the catalogue may have signs of their own: "EBIT / interest", "the charity's".
        for title in sorted((i.title for i in catalogue.load().indicators.values()), key=len, reverse=True):
            description = description.replace(title, "")
        for value in sorted(
            (node.name for node in sqlglot.parse_one(text, read="duckdb").find_all(exp.Literal) if node.is_string),
            key=len,
            reverse=True,
        ):
            description = description.replace(value, "")
        assert not OF_SQL.search(description), description
        assert not keys & set(re.findall(r"\w+", description)), description
