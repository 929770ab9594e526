"""Which fact counts, whose figures they are, and with which sign."""

from datetime import date

import pytest

from indicators.parsed_records import UnreadableRecord
from tests.indicators.sources.accounts_documents import (
    GROUP,
    LAST_YEAR,
    NAME,
    THIS_YEAR,
    context,
    figure,
    instance,
    lost,
    only,
    page,
    parse,
    values,
)


def test_both_years_are_read_and_each_figure_can_be_followed_home():
    records = parse(page(figure("core:Debtors", "1,234"), figure("core:Debtors", "987", context="before")))
    assert (values(records), values(records, LAST_YEAR)) == ({"debtors": 1234.0}, {"debtors": 987.0})
    debtors = next(record for record in records if record.indicator == "debtors")
    assert (debtors.line, debtors.place, debtors.verbatim) == (3, "Debtors, context now", "1,234")


def test_a_part_of_a_figure_is_not_the_figure():
    part = context("part", "2024-12-31", "core:PropertyPlantEquipmentClassesDimension=core:MotorVehicles")
    shown = figure("core:PropertyPlantEquipment", "5", context="part")
    assert values(parse(page(shown, figure("core:CurrentAssets", "1"), contexts=part))) == {"current_assets": 1.0}


def test_equal_facts_are_one():
    records = parse(page(figure("core:Debtors", "1,234"), figure("core:Debtors", "1,234.00")))
    assert (values(records), lost(records)) == ({"debtors": 1234.0}, [])


def test_a_figure_is_taken_and_not_its_rounding():
    rounded = figure("core:Debtors", "1.2", decimals="-5", scale="6")
    records = parse(page(rounded, figure("core:Debtors", "1,234,567")))
    assert (values(records), lost(records)) == ({"debtors": 1234567.0}, [])


def test_facts_that_contradict_each_other_are_not_taken():
    records = parse(page(figure("core:Debtors", "1,234"), figure("core:Debtors", "4,321"), figure("core:Equity", "1")))
    reason = "the document also says '4,321' (context 'now', line 4) for the same figure and period; neither is taken"
    assert lost(records) == [UnreadableRecord(reason, 3, "Debtors, context now")]
    assert values(records) == {"net_assets": 1.0}


def test_restated_figures_count_where_there_are_no_others():
    restated = context("restated", "2023-12-31", "core:RestatementsFirstTimeAdoptionDimension=core:RestatedAmount")
    figures = [figure("core:Debtors", "2", context="restated"), figure("core:Equity", "1", context="before")]
    assert values(parse(page(*figures, contexts=restated)), LAST_YEAR) == {"debtors": 2.0, "net_assets": 1.0}
    figures.append(figure("core:Debtors", "3", context="before"))
    assert values(parse(page(*figures, contexts=restated)), LAST_YEAR)["debtors"] == 3.0


def test_an_opening_balance_on_the_first_day_is_that_of_the_day_before():
    opening = context("opening", "2024-01-01")
    turnover = figure("core:TurnoverRevenue", "9", context="year")
    records = parse(page(figure("core:Equity", "1", context="opening"), turnover, contexts=opening))
    assert values(records, LAST_YEAR) == {"net_assets": 1.0}


def test_a_balance_sheet_on_the_first_of_a_month_keeps_its_day():
    """A year of 52 weeks to 1 January 2025, and a note about what happened from that day on."""
    days = [context("first", "2025-01-01"), context("note", "2025-01-01/2025-02-28")]
    figures = [figure("core:Equity", "1", context="first"), figure("core:TurnoverRevenue", "9", context="note")]
    records = parse(page(*figures, contexts="".join(days)), NAME.replace("20241231", "20250101"))
    assert values(records, date(2025, 1, 1)) == {"net_assets": 1.0}
    assert values(records, THIS_YEAR) == {}


@pytest.mark.parametrize("period", ["2022-01-03/2024-01-01", "2024-01-02/2024-12-31"])
def test_the_balance_sheet_of_a_year_before_keeps_its_day_too(period):
    """The year before ended on 1 January 2024: one of its periods does, or the next begins on the day after."""
    days = [context("first", "2024-01-01"), context("note", "2024-01-01/2024-02-28"), context("other", period)]
    figures = [figure("core:Equity", "1", context="first"), figure("core:TurnoverRevenue", "8", context="note")]
    turnover = figure("core:TurnoverRevenue", "9", context="other")
    records = parse(page(*figures, turnover, contexts="".join(days)))
    assert values(records, date(2024, 1, 1))["net_assets"] == 1.0


# --- numbers of people


@pytest.mark.parametrize("unit", ["GBP", "USD", "pure", "shares", "undefined"])
@pytest.mark.parametrize("shown", ["8", "-8"])
def test_a_number_of_employees_counts_in_any_unit_and_with_any_sign(unit, shown):
    shares = '<xbrli:unit id="shares"><xbrli:measure>xbrli:shares</xbrli:measure></xbrli:unit>'
    people = figure("core:AverageNumberEmployeesDuringPeriod", shown, context="year", unit=unit)
    records = parse(page(people, figure("core:Debtors", "1"), contexts=shares))
    assert (only(records, "employees").value, only(records, "employees").unit) == (8.0, None)
    assert (only(records, "currency").value, only(records, "currency").place) == ("GBP", "Debtors, context now")
    assert lost(records) == []


def test_a_number_of_employees_in_brackets_or_as_a_dash_is_as_printed():
    brackets = figure("core:AverageNumberEmployeesDuringPeriod", "23", context="year", sign="-")
    record = only(parse(page(brackets)), "employees")
    assert (record.value, record.place) == (23.0, "AverageNumberEmployeesDuringPeriod, context year, sign turned")
    dash = figure("core:AverageNumberEmployeesDuringPeriod", "-", context="year", format="ixt:zerodash")
    assert only(parse(page(dash)), "employees").value == 0.0


def test_a_number_of_employees_without_a_unit_is_one():
    inline = figure("core:AverageNumberEmployeesDuringPeriod", "1,008", context="year").replace(' unitRef="GBP"', "")
    assert only(parse(page(inline)), "employees").value == 1008.0
    as_text = '<ix:nonNumeric name="core:AverageNumberEmployeesDuringPeriod" contextRef="year"> 8 </ix:nonNumeric>'
    assert only(parse(page(as_text)), "employees").value == 8.0
    assert (
        only(parse(instance('<gaap:EmployeesTotal contextRef="year">8</gaap:EmployeesTotal>')), "employees").value == 8
    )


def test_employees_in_pounds_and_pure_agree():
    both = [figure("core:AverageNumberEmployeesDuringPeriod", "8", context="year", unit=u) for u in ("GBP", "pure")]
    assert only(parse(page(*both)), "employees").value == 8.0


def test_employees_of_accounts_in_dollars_are_no_dollars():
    people = figure("core:AverageNumberEmployeesDuringPeriod", "8", context="year", unit="USD")
    records = parse(page(people, figure("core:Debtors", "1", unit="USD")))
    assert (only(records, "employees").unit, only(records, "debtors").unit) == (None, "USD")


# --- rounding


@pytest.mark.parametrize(
    ("shown", "attributes", "decimals"),
    [
        ("1,235", {"decimals": "-3", "scale": "3"}, -3),
        ("2", {"decimals": "0", "scale": "3"}, -3),
        ("1,234,567", {"decimals": "-3"}, None),  # the page shows more than the tag admits
        ("1,235", {"decimals": "0"}, None),
        ("1,235.40", {"decimals": "2"}, None),
        ("1,235", {"decimals": "INF"}, None),
        ("0", {"decimals": "-3", "scale": "3"}, -3),
    ],
)
def test_a_rounded_figure_says_how_far(shown, attributes, decimals):
    assert only(parse(page(figure("core:Debtors", shown, **attributes))), "debtors").decimals == decimals


# --- whose figures


def test_the_groups_balance_sheet_is_taken_and_not_the_companys():
    records = parse(
        page(
            figure("core:CurrentAssets", "10"),
            figure("core:Debtors", "4"),
            figure("core:CurrentAssets", "99", context="group"),
        )
    )
    assert values(records) == {"current_assets": 99.0}
    assert only(records, "accounts_scope").value == "group"


def test_a_consolidated_profit_beside_the_companys_balance_sheet_is_not_mixed_with_it():
    records = parse(
        page(
            figure("core:CurrentAssets", "10"),
            figure("core:ProfitLoss", "77", context="group_year"),
            figure("core:ProfitLoss", "-5", context="year", format=""),
            figure("core:ProfitLossOnOrdinaryActivitiesBeforeTax", "88", context="year"),
        )
    )
    assert values(records) == {"current_assets": 10.0, "profit_after_tax": -5.0}
    assert only(records, "accounts_scope").value == "company (of consolidated accounts)"
    reason = "the document marks other figures as consolidated, but not whether this is the group's or the company's"
    assert lost(records) == [UnreadableRecord(reason, 6, "ProfitLossOnOrdinaryActivitiesBeforeTax, context year")]


def test_unmarked_figures_are_the_companys_in_british_taxonomies_and_the_groups_in_ifrs():
    assert only(parse(page(figure("core:CurrentAssets", "1"))), "accounts_scope").value == "company"
    separate = context("own", "2024-12-31", "ifrs:ConsolidatedAndSeparateFinancialStatementsAxis=ifrs:SeparateMember")
    both = page(figure("ifrs:CurrentAssets", "9"), figure("ifrs:CurrentAssets", "1", context="own"), contexts=separate)
    assert values(parse(both)) == {"current_assets": 9.0}
    assert only(parse(both), "accounts_scope").value == "group"


def test_figures_marked_as_consolidated_only_in_texts_are_the_companys():
    title = '<ix:nonNumeric name="bus:ReportTitle" contextRef="group_year">Consolidated accounts</ix:nonNumeric>'
    records = parse(page(figure("core:CurrentAssets", "1"), title))
    assert values(records) == {"current_assets": 1.0}
    assert only(records, "accounts_scope").value == "company (of consolidated accounts)"


def test_a_group_dimension_of_an_older_taxonomy_is_known():
    older = context("older", "2024-12-31", GROUP.replace("GroupCompanyDataDimension", "ConsolidationDimension"))
    records = parse(page(figure("gaap:CurrentAssets", "9", context="older"), contexts=older))
    assert only(records, "accounts_scope").value == "group"


# --- facts in doubt


@pytest.mark.parametrize(
    ("fact", "reason", "place"),
    [
        (figure("core:Debtors", "N/A"), "'N/A' is not a number in format 'numdotdecimal'", "Debtors, context now"),
        (
            figure("core:Debtors", "1", context="x"),
            "its context 'x' is not defined in the document",
            "Debtors, context x",
        ),
        (
            figure("core:Debtors", "1", context="year"),
            "its context 'year' is a period, not a day",
            "Debtors, context year",
        ),
        (
            figure("core:TurnoverRevenue", "1"),
            "its context 'now' is a day, not a period",
            "TurnoverRevenue, context now",
        ),
        (figure("core:Debtors", "1", unit="x"), "its unit is not defined in the document", "Debtors, context now"),
        (figure("core:Debtors", "1", unit="pure"), "is given in 'pure', which is no currency", "Debtors, context now"),
        (
            '<ix:nonNumeric name="core:AverageNumberEmployeesDuringPeriod" contextRef="year">some</ix:nonNumeric>',
            "'some' is tagged as text, not as a figure",
            "AverageNumberEmployeesDuringPeriod, context year",
        ),
        (
            '<ix:nonNumeric name="core:Debtors" contextRef="now">some</ix:nonNumeric>',
            "'some' is tagged as text, not as a figure",
            "Debtors, context now",
        ),
        ("<ix:nonNumeric>A Person</ix:nonNumeric>", "is tagged, but does not say as what", "a fact, context missing"),
    ],
)
def test_one_fact_in_doubt_is_named_and_the_rest_is_read(fact, reason, place):
    records = parse(page(figure("core:CurrentAssets", "1"), fact))
    assert lost(records) == [UnreadableRecord(reason, 4, place)]
    assert values(records) == {"current_assets": 1.0}


def test_a_nil_figure_is_no_figure_and_no_doubt():
    records = parse(page(figure("core:Debtors", "", xsi__nil="true"), figure("core:CurrentAssets", "1")))
    assert (values(records), lost(records)) == ({"current_assets": 1.0}, [])


def test_a_figure_for_a_day_still_to_come_is_not_taken():
    later = context("later", "2917-12-31")
    records = parse(page(figure("core:Debtors", "1", context="later"), figure("core:Equity", "2"), contexts=later))
    reason = "is for 2917-12-31, which was still to come when the accounts became known (2025-05-03)"
    assert lost(records) == [UnreadableRecord(reason, 3, "Debtors, context later")]


def test_figures_in_another_currency_say_so():
    records = parse(page(figure("core:Debtors", "1", unit="USD"), figure("core:CurrentAssets", "2", unit="USD")))
    assert (only(records, "debtors").unit, only(records, "currency").value) == ("USD", "USD")


def test_a_translation_into_a_second_currency_is_left_out():
    figures = [figure("core:Debtors", "1"), figure("core:CurrentAssets", "2"), figure("core:Debtors", "3", unit="USD")]
    records = parse(page(*figures))
    assert (only(records, "debtors").value, only(records, "debtors").unit, lost(records)) == (1.0, None, [])


# --- signs


def test_undivided_creditors_are_due_within_one_year_where_the_balance_sheet_says_so():
    lines = [figure("core:CurrentAssets", "100"), figure("core:Creditors", "60")]
    assert (
        values(parse(page(*lines, figure("core:NetCurrentAssetsLiabilities", "40"))))["creditors_within_one_year"] == 60
    )
    assert "creditors_within_one_year" not in values(parse(page(*lines)))
