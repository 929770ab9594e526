"""Reads from when to when the contracts of an OCDS release run, and their value."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import TypeVar

from indicators.formats.ocds import JsonNode, UnreadableValue
from indicators.parsed_records import Record

# The contract statuses of OCDS 1.1 (https://standard.open-contracting.org/1.1/en/schema/codelists/#contract-status):
# the contract runs, has ended, or says nothing yet.
CONTRACT_STATUSES = {"": "runs", "active": "runs", "terminated": "ended", "cancelled": "ended", "pending": "nothing"}
TERMINATION = "contractTermination"  # of the tags of a release
CURRENCY = re.compile(r"[A-Z]{3}")
LONGEST_CONTRACT = 200 * 366  # days; a longer one is a slip

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ContractTerms:
    """The first and last day of a contract, and its value; None for parts that are not stated."""

    since: date | None = None
    until: date | None = None
    amount: Decimal | None = None
    currency: str = "GBP"
    is_ended: bool = False  # terminated or cancelled

    def merge_with(self, award: "ContractTerms") -> "ContractTerms":
        """These terms, completed by the terms of the award."""
        has_days, has_value = (self.since, self.until) != (None, None), self.amount is not None
        return ContractTerms(
            self.since if has_days else award.since,
            self.until if has_days else award.until,
            self.amount if has_value else award.amount,
            self.currency if has_value else award.currency,
            self.is_ended or award.is_ended,
        )

    @property
    def pounds(self) -> float | None:
        """The value if it is known and in pounds: publishers give 0 for frameworks, which means "not known"."""
        return float(self.amount) if self.amount and self.currency == "GBP" else None


class ReleaseReader:
    """Reads the cells of one release: a cell that cannot be read does not take the others with it."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.tags: set[str] = set()

    def try_read(self, read: Callable[[], T]) -> T | None:
        """The result of ``read``; None, and a record of the reason, if a value cannot be read."""
        try:
            return read()
        except UnreadableValue as error:
            self.records.append(error.unreadable)
            return None

    def add_unreadable(self, cell: JsonNode, why: str) -> None:
        """Add a record that a cell is wrong, and go on."""
        self.try_read(partial(cell.raise_unreadable, why))

    def combined_terms(self, contracts: list[JsonNode]) -> ContractTerms:
        """The terms of all contracts of an award: from the first day to the last, and their sum."""
        read = [terms for cell in contracts if (terms := self.try_read(partial(self._contract_terms, cell)))]
        if not read:
            return ContractTerms()
        currencies, amounts = {terms.currency for terms in read}, [terms.amount for terms in read]
        known = [amount for amount in amounts if amount is not None]
        is_sum = len(known) == len(amounts) and len(currencies) == 1
        running = [terms for terms in read if not terms.is_ended] or read
        ends = [terms.until for terms in running]
        return ContractTerms(
            min((terms.since for terms in read if terms.since), default=None),
            max((day for day in ends if day), default=None) if None not in ends or len(ends) == 1 else None,
            sum(known, Decimal(0)) if is_sum else None,
            read[0].currency if is_sum else "GBP",
            all(terms.is_ended for terms in read),
        )

    def _contract_terms(self, contract: JsonNode) -> ContractTerms | None:
        """The terms of a contract; None if the contract is not signed yet."""
        meaning = CONTRACT_STATUSES.get(contract["status"].read_text())
        if meaning is None:
            contract["status"].raise_unreadable("is not a contract status of OCDS 1.1")
        if meaning == "nothing":
            return None
        since, until = self.try_read(partial(self._read_period, contract["period"] or contract["contractPeriod"])) or (
            None,
            None,
        )
        amount, currency = self.try_read(partial(_read_money, contract["value"])) or (None, "GBP")
        return ContractTerms(since, until, amount, currency, meaning == "ended" or TERMINATION in self.tags)

    def award_terms(self, award: JsonNode) -> ContractTerms:
        """The terms that the award itself states."""
        since, until = self.try_read(partial(self._read_period, award["contractPeriod"])) or (None, None)
        amount, currency = self.try_read(partial(_read_money, award["value"])) or (None, "GBP")
        return ContractTerms(since, until, amount, currency)

    def _read_period(self, period: JsonNode) -> tuple[date | None, date | None]:
        """The first and the last day; without a last day, the number of days gives it."""
        since, until = self.try_read(period["startDate"].read_day), self.try_read(period["endDate"].read_day)
        if since and not until and (days := self.try_read(period["durationInDays"].read_number)):
            if not 0 < days <= LONGEST_CONTRACT:
                self.add_unreadable(period["durationInDays"], "is not a number of days that a contract can have")
            else:
                until = since + timedelta(days=math.ceil(days) - 1)
        if since and until and until < since:
            self.add_unreadable(period["endDate"], f"ends the contract before it starts on {since}")
            return None, None
        return since, until


def _read_money(value: JsonNode) -> tuple[Decimal, str] | None:
    """Amount and currency; None if no amount is stated."""
    amount = value["amount"].read_number()
    if amount is None:
        return None
    if amount < 0 or not math.isfinite(float(amount)):
        value["amount"].raise_unreadable("is not an amount that a contract can have")
    if not CURRENCY.fullmatch(value["currency"].read_text()):
        value["currency"].raise_unreadable("is not a currency")
    return amount, value["currency"].read_text()
