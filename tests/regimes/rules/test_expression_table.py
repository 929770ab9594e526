"""The number of an expression: figures of one period."""

from tests.regimes.builder import Known
from tests.regimes.small import CURRENT_RATIO, first_finding, ratio


def test_figures_of_different_periods_are_not_mixed() -> None:
    values = ratio(250.0) | {"creditors_within_one_year": Known(100.0, "2019-12-31")}
    status, _, title = first_finding(CURRENT_RATIO, values=values)

    assert status == "missing"
    assert title == "Current ratio: not known (missing: Creditors due within one year)"


def test_leaving_a_figure_out_of_the_newest_accounts_improves_nothing() -> None:
    """Accounts with both figures, then some with one: the ratio is that of the older ones, and grows stale."""
    old, new = "2019-12-31", "2020-12-31"
    creditors = {"creditors_within_one_year": Known(100.0, old)}
    both = {"current_assets": [Known(50.0, old), Known(500.0, new)]} | creditors

    assert first_finding(CURRENT_RATIO, values=both)[:2] == ("met", 3)
    assert "0.500 at 31 December 2019" in first_finding(CURRENT_RATIO, values=both)[2]
    assert first_finding(CURRENT_RATIO, values=both, day="2022-03-31")[:2] == ("stale", 3)
    # Were both figures good, an old ratio counts for nothing in the end.
    good = both | {"current_assets": [Known(500.0, old), Known(50.0, new)]}
    assert first_finding(CURRENT_RATIO, values=good, day="2022-03-31")[:2] == ("stale", 0)


def test_a_rule_can_allow_figures_of_different_periods() -> None:
    values = ratio(250.0) | {"creditors_within_one_year": Known(100.0, "2019-12-31")}

    assert first_finding(CURRENT_RATIO | {"mixed_periods": True}, values=values)[:2] == ("clear", 0)
