import duckdb
import pytest

from indicators import catalogue
from regimes.expressions import Expression, parse
from regimes.rules.probability_over import ProbabilityOverRule
from regimes.rules.sql import title_of


def value(expression: Expression, **columns: object) -> object:
    """The expression's value on one row; columns not given are missing."""
    names = [*expression.columns, *(f"previous {name}" for name in expression.previous_indicators)]
    row = ", ".join(f'${name.replace(" ", "_")} AS "{name}"' for name in names)
    given = {name.replace(" ", "_"): columns.get(name.replace(" ", "_")) for name in names}
    result = duckdb.execute(f"SELECT {expression.sql} FROM (SELECT {row})", given).fetchone()
    return result[0] if result else None


def test_a_ratio_of_the_catalogue_is_written_out() -> None:
    assert parse("equity_ratio").indicators == (
        "creditors_within_one_year",
        "net_assets",
        "total_assets_less_current_liabilities",
    )


def test_every_ratio_of_the_catalogue_works() -> None:
    ratios = [key for key, indicator in catalogue.load().indicators.items() if indicator.expression]

    assert len(ratios) > 10
    assert [key for key in ratios if parse(key).is_condition] == []


def test_altman_z2_gives_the_figure_worked_out_by_hand() -> None:
    # WC 30, RE 20, EBIT 15, assets 100, net assets 40, liabilities 60:
    # 6.56 * 0.30 + 3.26 * 0.20 + 6.72 * 0.15 + 1.05 * 40 / 60
    z = value(
        parse("altman_z2"),
        net_current_assets=30.0,
        profit_and_loss_reserve=20.0,
        operating_profit=15.0,
        total_assets_less_current_liabilities=75.0,
        creditors_within_one_year=25.0,
        net_assets=40.0,
    )
    assert z == pytest.approx(4.328)


def test_dividing_by_zero_is_missing_and_not_infinite() -> None:
    assert value(parse("net_assets / turnover"), net_assets=1.0, turnover=0.0) is None


@pytest.mark.parametrize(
    "text",
    [
        "least(net_assets, turnover)",
        "greatest(net_assets / turnover, 0)",
        "nullif(net_assets, turnover)",
        "CASE WHEN net_assets < 0 THEN 1 WHEN turnover > 0 THEN 2 ELSE 3 END",
        "abs(net_assets) + turnover",
    ],
)
def test_no_function_replaces_a_missing_value_by_a_number(text: str) -> None:
    assert value(parse(text), net_assets=5.0, turnover=None) is None


def test_a_condition_may_be_true_whatever_is_missing_if_the_rest_decides() -> None:
    condition = parse("net_assets < 0 OR turnover < 0")

    assert value(condition, net_assets=-1.0, turnover=None) is True
    assert value(condition, net_assets=1.0, turnover=None) is None


def test_the_words_of_one_grade_compare_alike() -> None:
    assert value(parse("overall_judgement = 'Adequate'"), overall_judgement=3.0) is True
    assert value(parse("overall_judgement IN ('requires improvement', 'inadequate')"), overall_judgement=3.0) is True


def test_the_value_before_the_newest_is_named_so() -> None:
    growth = parse("turnover / previous.turnover - 1")

    assert growth.previous_indicators == ("turnover",)
    assert value(growth, turnover=3.0, previous_turnover=2.0) == 0.5


NOT_PLAIN = "is not allowed in an expression: write arithmetic, comparisons"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("coalesce(net_assets, 0)", NOT_PLAIN),
        ("net_assets IS NULL", NOT_PLAIN),
        ("read_csv('/etc/passwd')", NOT_PLAIN),
        ("getenv('HOME')", NOT_PLAIN),
        ("current_setting('memory_limit')", NOT_PLAIN),
        ("(SELECT 1)", NOT_PLAIN),
        ("net_assets IN (SELECT id FROM subject)", NOT_PLAIN),
        ("EXISTS (FROM subject)", NOT_PLAIN),
        ("net_assets > ALL (1)", NOT_PLAIN),
        ("sum(net_assets)", NOT_PLAIN),
        ("count(*)", NOT_PLAIN),
        ("row_number() OVER ()", NOT_PLAIN),
        ("net_assets::VARCHAR", NOT_PLAIN),
        ("try_cast(name AS DOUBLE)", NOT_PLAIN),
        ("name LIKE '%x%'", NOT_PLAIN),
        ("name || 'x'", NOT_PLAIN),
        ("net_assets ** 2", NOT_PLAIN),
        ("[net_assets]", NOT_PLAIN),
        ("{'a': net_assets}", NOT_PLAIN),
        ("$secret", NOT_PLAIN),
        ("COLUMNS(*)", NOT_PLAIN),
        ("random()", NOT_PLAIN),
        ("net_assets; DROP TABLE subject", "is not one expression"),
        ("net_assets FROM subject", "is not an expression"),
        ("", "is not one expression"),
        ("main.subject.key", "write an indicator, or previous.<indicator>"),
        ("latest.net_assets", "write an indicator, or previous.<indicator>"),
        ("previous.probability", "only indicators have a value before the newest"),
        ("net_asset", "unknown indicator 'net_asset'; write 'net_assets'"),
        ("profit_warning", "is an event; use kind: event"),
        ("net_assets / 0", "divides by zero"),
        ("net_assets / (1 - 1)", "divides by zero"),
        ("net_assets / -0", "divides by zero"),
        ("net_assets / nullif(0, 0)", "divides by zero"),
        ("net_assets > 0 UNION SELECT 1", NOT_PLAIN),
        ("ATTACH '/tmp/x.db' AS x", NOT_PLAIN),
        ("PRAGMA database_list", NOT_PLAIN),
        ("LOAD 'x.so'", NOT_PLAIN),
        ("COPY (SELECT 1) TO '/tmp/x'", NOT_PLAIN),
        ("list_transform([1], x -> x + 1)", NOT_PLAIN),
        ("glob('*')", NOT_PLAIN),
        ("net_assets BETWEEN 0 AND (SELECT 1)", NOT_PLAIN),
        ("WITH x AS (SELECT 1) SELECT 1", NOT_PLAIN),
        (
            "IF(net_assets > 0, 1, 2)",
            "IF turns a missing value into an answer; write CASE WHEN",
        ),  # of a missing figure it would make the 2
        ("net_assets > 0 -- or turnover", "has a comment, which nobody computes"),
        ("net_assets /* x */ > 0", "has a comment, which nobody computes"),
        ("net_assets IN ()", "IN needs something between its brackets"),
        ("net_assets > 'NaN'", "'NaN' in 'net_assets > 'NaN'' is not a number"),
        ("net_assets < 1e400", "'1e400' in 'net_assets < 1e400' is not a number"),
        ("net_assets AND turnover > 0", "'net_assets' in 'net_assets AND turnover > 0' is not true or false"),
        ("CASE WHEN net_assets THEN 1 ELSE 2 END", "'net_assets' in 'CASE WHEN net_assets THEN 1 ELSE 2 END' is not"),
        ("accounts_approved_on > '2020-02-30'", "does not work: "),
        ("n\u0435t_assets > 0", "with a CYRILLIC SMALL LETTER IE in it; write 'net_assets'"),
        ("(" * 400 + "net_assets" + ")" * 400, "has too many parts within each other"),
        ("+".join(["net_assets"] * 20_000), "is longer than 1,000 letters; make it several rules"),
        ("CASE WHEN net_assets > 0 THEN 1 END", "CASE needs an ELSE"),
        ("1 + 1", "names no indicator"),
        ("name > 3", "does not work: "),
        ("name", "is neither a number nor true or false"),
        ("overall_judgement = 'superb'", "'superb' is no grade of overall_judgement; write one of outstanding, good"),
    ],
)
def test_whatever_is_not_a_plain_expression_is_refused(text: str, says: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 (the message is compared below)
        parse(text)
    assert says in str(refused.value)
    assert len(str(refused.value)) < 400  # it fits on a line, whatever was written


def test_a_ratio_made_of_itself_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    known = catalogue.load()
    looped = known.indicators["current_ratio"].model_copy(update={"expression": "equity_ratio + 1"})
    other = known.indicators["equity_ratio"].model_copy(update={"expression": "current_ratio - 1"})
    indicators = known.indicators | {"current_ratio": looped, "equity_ratio": other}
    monkeypatch.setattr(catalogue, "load", lambda: known.model_copy(update={"indicators": indicators}))

    with pytest.raises(ValueError, match="made of itself: current_ratio -> equity_ratio -> current_ratio"):
        parse.__wrapped__("current_ratio")


def test_only_the_model_gives_a_probability() -> None:
    assert title_of("probability") == "Probability"
    assert ProbabilityOverRule.model_fields["title"].default == "Probability by the model"
