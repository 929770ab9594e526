"""A filing's own statements: company, period, approval, receipt."""

from datetime import UTC, date, datetime

import pytest

from indicators.parsed_records import ObservationRecord, UnreadableRecord
from models.vocabulary import DateBasis
from tests.indicators.sources.accounts_documents import (
    ANOTHER,
    APPROVED,
    BALANCE_SHEET,
    DEBTORS,
    NAME,
    NUMBER_FACT,
    SUBJECT,
    context,
    figure,
    instance,
    lost,
    only,
    page,
    parse,
    words,
)


def test_the_name_is_for_good_and_the_rest_is_for_the_period():
    records = parse(
        page(
            words("bus:EntityCurrentLegalOrRegisteredName", "A  Care\nLimited"),
            words("bus:EntityDormantTruefalse", "", format="ixt:booleanfalse"),
            words("bus:StartDateForPeriodCoveredByReport", "1.1.24", context="now", format="ixt:datedaymonthyear"),
            words("bus:BalanceSheetDate", "31 December 2024", context="now", format="ixt:datedaymonthyearen"),
            words("core:DateAuthorisationFinancialStatementsForIssue", "1 March 2025", context="now"),
            DEBTORS,
        )
    )
    period = (date(2024, 1, 1), date(2024, 12, 31))
    observations = {
        r.indicator: (r.value, r.period_start, r.period_end) for r in records if isinstance(r, ObservationRecord)
    }
    assert observations == {
        "name": ("A Care Limited", None, None),
        "is_dormant": (False, *period),
        "accounts_period_start": ("2024-01-01", *period),
        "accounts_period_end": ("2024-12-31", *period),
        "accounts_approved_on": ("2025-03-01", *period),
        "accounts_scope": ("company", *period),
        "currency": ("GBP", *period),
        "debtors": (1234.0, None, date(2024, 12, 31)),
    }
    assert {(r.subject, r.known_on, r.known_on_basis) for r in records} == {
        (SUBJECT, date(2025, 5, 3), DateBasis.INFERRED)
    }


@pytest.mark.parametrize(("flag", "is_dormant"), [("CompanyDormant", True), ("CompanyNotDormant", False)])
def test_the_form_of_2009_states_that_a_company_is_dormant_or_that_it_is_not(flag, is_dormant):
    assert only(parse(instance(f'<ae:{flag} contextRef="year">true</ae:{flag}>')), "is_dormant").value is is_dormant


def test_the_form_of_2009_states_no_first_day_but_has_it_in_its_contexts():
    number = '<ae:CompaniesHouseRegisteredNumber contextRef="year">01234567</ae:CompaniesHouseRegisteredNumber>'
    last = '<gc:BalanceSheetDate contextRef="now">2024-12-31</gc:BalanceSheetDate>'
    assert only(parse(instance(number, last)), "accounts_period_start").value == "2024-01-01"


def test_a_period_of_one_day_in_the_contexts_gives_no_first_day():
    one_day = context("one", "2024-12-31/2024-12-31")
    number = words("bus:UKCompaniesHouseRegisteredNumber", "01234567", context="one")
    records = parse(page(number, DEBTORS, contexts=one_day))
    assert {r.indicator for r in records if isinstance(r, ObservationRecord)} >= {"accounts_period_end", "debtors"}
    assert "accounts_period_start" not in {r.indicator for r in records if isinstance(r, ObservationRecord)}


def test_the_day_of_receipt_is_kept_where_the_form_states_it():
    received = '<ae:DateAccountsReceived contextRef="now">2025-06-01</ae:DateAccountsReceived>'
    record = only(parse(instance(received)), "accounts_filed_on")
    assert (record.value, record.known_on) == ("2025-06-01", date(2025, 6, 1))


def test_the_register_s_own_file_name_wins_over_another_company_number():
    records = parse(page(NUMBER_FACT, DEBTORS), ANOTHER)
    reason = "gives the company number as '01234567', but it is 07654321 by its file name, which counts"
    assert lost(records) == [
        UnreadableRecord(reason, 3, "UKCompaniesHouseRegisteredNumber, context year"),
    ]
    assert only(records, "debtors").subject == "GB-COH-07654321"


def test_another_number_in_the_contexts_is_noticed_too():
    reason = "gives the company number as '01234567', but it is 07654321 by its file name, which counts"
    assert lost(parse(page(DEBTORS), ANOTHER)) == [UnreadableRecord(reason, 3, "Debtors, context now")]


def test_a_company_name_in_place_of_the_number_is_no_disagreement():
    named = context("named", "2024-12-31", entity="BEST MONEY HOLDING LIMITED")  # joint filings of 2010
    assert lost(parse(page(figure("core:Debtors", "1", context="named"), contexts=named))) == []


def test_without_a_telling_file_name_the_number_in_the_document_counts():
    approved = words("core:DateAuthorisationFinancialStatementsForIssue", "1 March 2025", context="now")
    debtors = only(parse(page(NUMBER_FACT, approved, DEBTORS), "accounts.html"), "debtors")
    assert (debtors.subject, debtors.known_on) == (SUBJECT, date(2025, 12, 1))


def test_accounts_of_nobody_are_not_read():
    data = page(DEBTORS).replace(b"01234567", b"A Limited")
    assert parse(data, "accounts.html") == [UnreadableRecord("has no company number, neither inside nor in its name")]


def test_accounts_of_no_time_are_not_read():
    assert parse(page(NUMBER_FACT), "accounts.html") == [
        UnreadableRecord("has no balance-sheet day and no approval date, neither inside nor in its name")
    ]


def test_the_balance_sheet_day_of_the_file_name_counts():
    records = parse(page(words("bus:BalanceSheetDate", "2023-12-31", context="now"), DEBTORS))
    reason = "gives the balance-sheet day as 2023-12-31, but it is 2024-12-31 by its file name, which counts"
    assert lost(records) == [UnreadableRecord(reason, 3, "BalanceSheetDate, context now")]
    assert (only(records, "accounts_period_end").value, only(records, "accounts_period_end").place) == (
        "2024-12-31",
        "file name",
    )


def test_a_first_day_that_is_not_before_the_last_is_left_out():
    records = parse(page(words("bus:StartDateForPeriodCoveredByReport", "2024-12-31", context="now"), DEBTORS))
    reason = "gives the first day as 2024-12-31, which is not before the last (2024-12-31)"
    assert lost(records) == [UnreadableRecord(reason, 3, "StartDateForPeriodCoveredByReport, context now")]


@pytest.mark.parametrize(
    ("shown", "reason"),
    [
        ("1 March 2024", "approved on 2024-03-01, before the balance-sheet day 2024-12-31"),
        ("1 March 2095", "approved on 2095-03-01, after it was fetched (2027-07-01)"),
        ("1 March 2027", "approved on 2027-03-01, long after it was published (2025-05-03)"),
        ("1 March 2205", "'1 March 2205' is not a day that accounts can be about"),
        ("soon", "'soon' is not a date"),
    ],
)
def test_an_approval_date_that_cannot_be_right_is_named_and_does_not_count(shown, reason):
    approved = words("core:DateAuthorisationFinancialStatementsForIssue", shown, context="now")
    records = parse(page(approved, DEBTORS), fetched_at=datetime(2027, 6, 30, 23, 30, tzinfo=UTC))  # 1 July in London
    place = "DateAuthorisationFinancialStatementsForIssue, context now"
    assert lost(records) == [UnreadableRecord(reason, 3, place)]
    assert only(records, "debtors").known_on == date(2025, 5, 3)


@pytest.mark.parametrize("name", ["01234567.html", "Prod224_0097_01234567_20241231.html", NAME])
def test_an_approval_still_to_come_is_named_and_the_figures_have_another_day(name):
    records = parse(page(words(APPROVED, "1 March 2035", context="now"), NUMBER_FACT, BALANCE_SHEET, DEBTORS), name)
    reason = "approved on 2035-03-01, after it was fetched (2026-01-01)"
    assert lost(records) == [UnreadableRecord(reason, 3, "DateAuthorisationFinancialStatementsForIssue, context now")]
    assert only(records, "debtors").known_on <= date(2026, 1, 1)


def test_the_day_of_the_fetch_is_a_day_in_london():
    approved = page(words(APPROVED, "1 July 2025", context="now"), DEBTORS)
    assert lost(parse(approved, fetched_at=datetime(2025, 6, 30, 23, 30, tzinfo=UTC))) == []
    assert len(lost(parse(approved, fetched_at=datetime(2025, 6, 30, 22, 30, tzinfo=UTC)))) == 1


def test_accounts_do_not_end_after_they_were_fetched():
    ends = words("bus:BalanceSheetDate", "2034-12-31", context="now")
    approved = words(APPROVED, "1 March 2025", context="now")
    records = parse(page(ends, approved, NUMBER_FACT, DEBTORS), "01234567.html")
    reason = "ends on 2034-12-31, after it was fetched (2026-01-01)"
    assert lost(records) == [UnreadableRecord(reason, 3, "BalanceSheetDate, context now")]
    assert only(records, "debtors").known_on == date(2025, 12, 1)
    assert "accounts_period_end" not in {r.indicator for r in records if isinstance(r, ObservationRecord)}


def test_a_file_name_with_a_day_to_come_does_not_count():
    records = parse(page(BALANCE_SHEET, DEBTORS), "Prod223_3951_01234567_20341231.html")
    assert [each.reason for each in lost(records)] == [
        "by its file name ends on 2034-12-31, after it was fetched (2026-01-01)"
    ]
    assert only(records, "accounts_period_end").value == "2024-12-31"
    assert only(records, "debtors").known_on == date(2025, 5, 3)


def test_accounts_are_not_received_after_they_were_fetched():
    received = '<ae:DateAccountsReceived contextRef="now">2035-06-01</ae:DateAccountsReceived>'
    assert [each.reason for each in lost(parse(instance(received)))] == [
        "received on 2035-06-01, after it was fetched (2026-01-01)"
    ]


def test_texts_that_contradict_each_other_are_not_taken():
    name = "bus:EntityCurrentLegalOrRegisteredName"
    records = parse(page(words(name, "A Limited"), words(name, "A LIMITED"), words(name, "B Limited"), DEBTORS))
    reason = "the document says 'A Limited' and 'B Limited' (line 5); neither is taken"
    assert lost(records) == [UnreadableRecord(reason, 3, "EntityCurrentLegalOrRegisteredName, context year")]


def test_a_truth_value_that_is_none_is_named():
    records = parse(page(words("bus:EntityDormantTruefalse", "perhaps"), DEBTORS))
    assert [each.reason for each in lost(records)] == ["'perhaps' is neither true nor false"]
