"""Reads one OCDS release: who buys from whom, each award as an event of its supplier, and what changed of it later.

The days and the value of a contract stand in ``awards`` or in ``contracts``, which come later and tell what was signed:
where both say something, the contract counts.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TypeVar

from indicators.records import AwardChanged, AwardStated, Linked, Observed, Record
from indicators.sources.ocds import Node, Odd, subject_of
from models.vocabulary import Basis, BuyerKind, Relation, day_in_london

# The statuses of OCDS 1.1 (https://standard.open-contracting.org/1.1/en/schema/codelists/#award-status and
# #contract-status), and what they say: that somebody is chosen, that nobody is any more, or nothing yet.
STATUSES = {"": "chosen", "active": "chosen", "cancelled": "ended", "pending": "nothing", "unsuccessful": "nothing"}
CONTRACT_STATUSES = {"": "runs", "active": "runs", "terminated": "ended", "cancelled": "ended", "pending": "nothing"}
FIRST_STATEMENT, TERMINATION = "award", "contractTermination"  # of the tags of a release
CURRENCY = re.compile(r"[A-Z]{3}")
LONGEST_CONTRACT = 200 * 366  # days; a longer one is a slip

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Terms:
    """From when to when a contract runs, and what it is worth; what is not stated is None."""

    since: date | None = None
    until: date | None = None
    amount: Decimal | None = None
    currency: str = "GBP"
    is_ended: bool = False  # terminated or cancelled

    def over(self, award: "Terms") -> "Terms":
        """These terms, and those of the award where they say nothing."""
        has_days, has_value = (self.since, self.until) != (None, None), self.amount is not None
        return Terms(
            self.since if has_days else award.since,
            self.until if has_days else award.until,
            self.amount if has_value else award.amount,
            self.currency if has_value else award.currency,
            self.is_ended or award.is_ended,
        )

    @property
    def pounds(self) -> float | None:
        """The value where it is known and in pounds: 0 is given for frameworks and means "not known"."""
        return float(self.amount) if self.amount and self.currency == "GBP" else None


class Notice:
    """One release, read cell by cell: a cell that cannot be read does not take the others with it."""

    def __init__(self, release: Node, moment: datetime) -> None:
        self.release = release
        self.known_on = day_in_london(moment)
        self.parties: dict[str, Node] = {}
        self.met: set[str] = set()
        self.said: list[Record] = []
        self.stated = dict[str, AwardStated | None]()  # by reference; None where not all suppliers could be read
        self.tags = {str(tag.value) for tag in self._tried(lambda: list(release["tag"])) or ()}

    def read(self) -> list[Record]:
        """All that the release says."""
        for party in self._tried(lambda: list(self.release["parties"])) or ():
            self._tried(partial(self._meet, party))
        buyer = self._tried(self._buyer)
        awards = self._tried(lambda: list(self.release["awards"])) or []
        contracts = self._contracts()
        for award, reference, part in self._numbered(awards):
            of_award = contracts.pop(_text(award["id"]), [])
            self._tried(partial(self._read_award, award, (reference, part), buyer, of_award))
        self.said += filter(None, self.stated.values())
        for number, later in contracts.items():
            if buyer and number:
                self._tried(partial(self._read_change, later, buyer))
        return self.said

    def _tried(self, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except Odd as odd:
            self.said.append(odd.unreadable)
            return None

    def _meet(self, party: Node) -> None:
        if key := party["id"].text():
            self.parties.setdefault(key, party)  # one company under two names: the first stands

    def _buyer(self) -> str:
        buyer = self.release["buyer"]
        if not buyer:
            buyer.refuse("is no buyer; the suppliers are linked to nobody")
        return self._subject(buyer, "buyer")

    def _subject(self, reference: Node, role: str) -> str:
        party = self.parties.get(reference["id"].text(), reference)
        subject, nonsense = subject_of(party, role)
        if subject not in self.met:
            self.met.add(subject)
            self.said.extend(nonsense)
            cell = party["name"] or reference["name"]
            if name := self._tried(cell.text):
                # Beside the name by which a register of its own knows it.
                self.said.append(self._observed(subject, "name", name, cell)._replace(occurrence="contracts"))
        return subject

    def _observed(self, subject: str, indicator: str, value: float | str | None, cell: Node) -> Observed:
        return Observed(subject, indicator, value, self.known_on, Basis.STATED, line=cell.line, place=cell.path)

    def _numbered(self, awards: list[Node]) -> Iterator[tuple[Node, str, str]]:
        """Each award with its reference, and that with a number where several share it.

        Two under one identifier are two, unless they say the very same.
        """
        often, values = Counter[str](), defaultdict[str, list[object]](list)
        for award in awards:
            reference = self._tried(partial(self._reference, award))
            if reference is None:
                continue
            if award.value in values[reference]:
                self._doubt(award["id"], "is the identifier of an award that is in the release already, word for word")
                continue
            values[reference].append(award.value)
            often[reference] += 1
            if often[reference] > 1:
                self._doubt(award["id"], "is the identifier of another award of the release too; each is counted")
            yield award, reference, reference if often[reference] == 1 else f"{reference}/{often[reference]}"

    def _doubt(self, cell: Node, why: str) -> None:
        self._tried(partial(cell.refuse, why))

    def _reference(self, award: Node) -> str:
        """The award's identifier, and the day of the award where the identifier is the process's own count.

        Publishers use a process again, and count its awards from 1 again: the day tells two such awards apart.
        """
        number = self._number(award["id"])
        day = None if number == award["id"].text() else self._tried(partial(self._awarded_on, award["date"]))
        return f"{number}/{day}" if day else number

    def _number(self, award: Node) -> str:
        """The identifier of an award, with its process before it (which Contracts Finder's already has)."""
        process, own = self.release["ocid"].text(), award.text()
        if not own:
            award.refuse("is no identifier; without it the award could not be corrected")
        return own if own.startswith(process) else f"{process}/{own}"

    def _read_award(self, award: Node, references: tuple[str, str], buyer: str | None, contracts: list[Node]) -> None:
        whole, reference = references
        self.stated.setdefault(whole, None)
        says = STATUSES.get(award["status"].text())
        if says is None:
            award["status"].refuse("is not an award status of OCDS 1.1")
        if says == "nothing":
            return
        if not award["suppliers"] and FIRST_STATEMENT not in self.tags and buyer:
            self._read_change([*contracts, award], buyer)
            return
        suppliers = self._suppliers(award["suppliers"])
        terms = self._terms(contracts).over(self._award_terms(award))
        since, until = terms.since, terms.until
        if says == "ended" or terms.is_ended:
            until = min(until or self.known_on, self.known_on) if terms.is_ended else self.known_on
            since = min(since or until, until)
        awarded_on = self._tried(partial(self._awarded_on, award["date"])) or self.known_on
        stated = Node(None, f"{award.path}.value.amount", award.line)
        is_sole = len(suppliers) == 1 and says == "chosen"
        value = float(terms.amount) if terms.amount and is_sole else None
        named = list(dict.fromkeys(filter(None, suppliers)))
        for supplier in named:
            if buyer:
                self.said.append(
                    Linked(
                        buyer, Relation.BUYS_FROM, supplier, self.known_on, Basis.STATED, BuyerKind.BUYER, since, until,
                        reference=reference, value_gbp=terms.pounds if is_sole else None,
                        line=award.line, place=award.path,
                    )
                )  # fmt: skip
            if says == "chosen":
                self.said.append(
                    self._observed(supplier, "contract_awarded", value, stated)._replace(
                        period_end=awarded_on,
                        occurrence=reference,
                        verbatim=None if terms.amount is None else str(terms.amount),
                        unit=None if terms.currency == "GBP" else terms.currency,
                    )
                )
        self._state(award, references, buyer, suppliers)

    def _state(
        self, award: Node, references: tuple[str, str], buyer: str | None, suppliers: Sequence[str | None]
    ) -> None:
        """Keep who all the suppliers are, unless somebody could not be read."""
        whole, reference = references
        before = self.stated.get(whole)
        if buyer is None or None in suppliers or (before is None and reference != whole):
            self.stated[whole] = None
            return
        links = frozenset((supplier, reference) for supplier in suppliers if supplier)
        self.stated[whole] = AwardStated(
            buyer, self._number(award["id"]), whole, links | (before.links if before else frozenset()), self.known_on,
            Basis.STATED, is_update=FIRST_STATEMENT not in self.tags, line=award.line, place=award.path,
        )  # fmt: skip

    def _suppliers(self, cells: Node) -> list[str | None]:
        """Each supplier once; None for one that cannot be read, which still has its share of the award."""
        read = [self._tried(partial(self._subject, cell, "supplier")) for cell in cells]
        if not read:
            cells.refuse("is no supplier")
        return [*dict.fromkeys(filter(None, read)), *(None for supplier in read if supplier is None)]

    def _awarded_on(self, cell: Node) -> date | None:
        day = cell.day()
        if day and day > self.known_on:
            cell.refuse(f"cannot be the day of an award that was published on {self.known_on}; that day is taken")
        return day

    # --- contracts

    def _contracts(self) -> dict[str, list[Node]]:
        """The contracts of the release by the identifier of their award."""
        found = defaultdict[str, list[Node]](list)
        for contract in self._tried(lambda: list(self.release["contracts"])) or ():
            number = self._tried(contract["awardID"].text) if contract else None
            if number:
                found[number].append(contract)
            elif contract:
                self._doubt(contract["awardID"], "is no award; without it nobody knows whose contract this is")
        return found

    def _read_change(self, contracts: list[Node], buyer: str) -> None:
        """Contracts (or an award) told without suppliers: other days or another value of what is known."""
        award = contracts[-1]["awardID"] if contracts[-1]["awardID"] else contracts[-1]["id"]
        terms, place = self._terms(contracts), contracts[-1]
        until = min(terms.until or self.known_on, self.known_on) if terms.is_ended else terms.until
        if (terms.since, until, terms.amount) != (None, None, None):
            self.said.append(
                AwardChanged(
                    buyer, self._number(award), self.known_on, Basis.STATED, terms.since, until, terms.pounds,
                    line=place.line, place=place.path,
                )
            )  # fmt: skip

    def _terms(self, contracts: list[Node]) -> Terms:
        """The terms of all contracts of an award: from the first day to the last, and their sum."""
        read = [terms for cell in contracts if (terms := self._tried(partial(self._contract_terms, cell)))]
        if not read:
            return Terms()
        currencies, amounts = {terms.currency for terms in read}, [terms.amount for terms in read]
        known = [amount for amount in amounts if amount is not None]
        is_sum = len(known) == len(amounts) and len(currencies) == 1
        running = [terms for terms in read if not terms.is_ended] or read
        ends = [terms.until for terms in running]
        return Terms(
            min((terms.since for terms in read if terms.since), default=None),
            max((day for day in ends if day), default=None) if None not in ends or len(ends) == 1 else None,
            sum(known, Decimal(0)) if is_sum else None,
            read[0].currency if is_sum else "GBP",
            all(terms.is_ended for terms in read),
        )

    def _contract_terms(self, contract: Node) -> Terms | None:
        """The terms of a contract; None where it is not signed yet, and so says nothing."""
        says = CONTRACT_STATUSES.get(contract["status"].text())
        if says is None:
            contract["status"].refuse("is not a contract status of OCDS 1.1")
        if says == "nothing":
            return None
        since, until = self._tried(partial(self._period, contract["period"] or contract["contractPeriod"])) or (
            None,
            None,
        )
        amount, currency = self._tried(partial(_money, contract["value"])) or (None, "GBP")
        return Terms(since, until, amount, currency, says == "ended" or TERMINATION in self.tags)

    def _award_terms(self, award: Node) -> Terms:
        since, until = self._tried(partial(self._period, award["contractPeriod"])) or (None, None)
        amount, currency = self._tried(partial(_money, award["value"])) or (None, "GBP")
        return Terms(since, until, amount, currency)

    def _period(self, period: Node) -> tuple[date | None, date | None]:
        """The first and the last day; the last by its own day, else by how many days it has."""
        since, until = self._tried(period["startDate"].day), self._tried(period["endDate"].day)
        if since and not until and (days := self._tried(period["durationInDays"].number)):
            if not 0 < days <= LONGEST_CONTRACT:
                self._doubt(period["durationInDays"], "is not a number of days that a contract can have")
            else:
                until = since + timedelta(days=math.ceil(days) - 1)
        if since and until and until < since:
            self._doubt(period["endDate"], f"ends the contract before it starts on {since}")
            return None, None
        return since, until


def _text(cell: Node) -> str:
    """The text of a cell, empty where there is none: for looking it up, not for reading it."""
    return str(cell.value).strip() if isinstance(cell.value, str | int) else ""


def _money(value: Node) -> tuple[Decimal, str] | None:
    """Amount and currency; None where no amount is stated."""
    amount = value["amount"].number()
    if amount is None:
        return None
    if amount < 0 or not math.isfinite(float(amount)):
        value["amount"].refuse("is not an amount that a contract can have")
    if not CURRENCY.fullmatch(value["currency"].text()):
        value["currency"].refuse("is not a currency")
    return amount, value["currency"].text()
