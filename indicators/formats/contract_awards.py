"""Reads one OCDS release: links from buyers to suppliers, an event for each award, and later changes of an award.

A release states the days and the value of a contract in ``awards`` or in ``contracts``. The latter come later and show
the signed contract, so if both are given, the contract counts.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from functools import partial

from indicators.formats.contract_terms import ReleaseReader
from indicators.formats.ocds import JsonNode, subject_of
from indicators.parsed_records import AwardChange, AwardStatement, LinkRecord, ObservationRecord, Record
from models.vocabulary import BuyerKind, DateBasis, Relation, day_in_london

# The award statuses of OCDS 1.1 (https://standard.open-contracting.org/1.1/en/schema/codelists/#award-status):
# suppliers are chosen, are chosen no longer, or the status says nothing yet.
STATUSES = {"": "chosen", "active": "chosen", "cancelled": "ended", "pending": "nothing", "unsuccessful": "nothing"}
FIRST_STATEMENT = "award"  # of the tags of a release


class AwardNotice(ReleaseReader):
    """Reads one release cell by cell."""

    def __init__(self, release: JsonNode, released_at: datetime) -> None:
        super().__init__()
        self.release = release
        self.known_on = day_in_london(released_at)
        self.parties: dict[str, JsonNode] = {}
        self.named_subjects: set[str] = set()
        self.statements = dict[str, AwardStatement | None]()  # by reference; None where not all suppliers could be read
        self.tags = {str(tag.value) for tag in self.try_read(lambda: list(release["tag"])) or ()}

    def read_records(self) -> list[Record]:
        """The records of the release."""
        for party in self.try_read(lambda: list(self.release["parties"])) or ():
            self.try_read(partial(self._add_party, party))
        buyer = self.try_read(self._read_buyer)
        awards = self.try_read(lambda: list(self.release["awards"])) or []
        contracts = self._contracts_by_award()
        for award, reference, part in self._numbered_awards(awards):
            of_award = contracts.pop(_cell_text(award["id"]), [])
            self.try_read(partial(self._read_award, award, (reference, part), buyer, of_award))
        self.records += filter(None, self.statements.values())
        for number, later in contracts.items():
            if buyer and number:
                self.try_read(partial(self._read_change, later, buyer))
        return self.records

    def _add_party(self, party: JsonNode) -> None:
        if key := party["id"].read_text():
            self.parties.setdefault(key, party)  # one company under two names: the first stands

    def _read_buyer(self) -> str:
        buyer = self.release["buyer"]
        if not buyer:
            buyer.raise_unreadable("is not a buyer; the suppliers are linked to nobody")
        return self._read_subject(buyer, "buyer")

    def _read_subject(self, reference: JsonNode, role: str) -> str:
        party = self.parties.get(reference["id"].read_text(), reference)
        subject, nonsense = subject_of(party, role)
        if subject not in self.named_subjects:
            self.named_subjects.add(subject)
            self.records.extend(nonsense)
            cell = party["name"] or reference["name"]
            if name := self.try_read(cell.read_text):
                # Beside the name in the subject's own register.
                self.records.append(
                    self._make_observation(subject, "name", name, cell)._replace(occurrence="contracts")
                )
        return subject

    def _make_observation(
        self, subject: str, indicator: str, value: float | str | None, cell: JsonNode
    ) -> ObservationRecord:
        return ObservationRecord(
            subject, indicator, value, self.known_on, DateBasis.STATED, line=cell.line, place=cell.path
        )

    def _numbered_awards(self, awards: list[JsonNode]) -> Iterator[tuple[JsonNode, str, str]]:
        """Each award with its reference, and the reference with a number if several awards share it.

        Two awards under one identifier are two, unless they are equal word for word.
        """
        counts, values = Counter[str](), defaultdict[str, list[object]](list)
        for award in awards:
            reference = self.try_read(partial(self._award_reference, award))
            if reference is None:
                continue
            if award.value in values[reference]:
                self.add_unreadable(
                    award["id"], "is the identifier of an award that is in the release already, word for word"
                )
                continue
            values[reference].append(award.value)
            counts[reference] += 1
            if counts[reference] > 1:
                self.add_unreadable(
                    award["id"], "is the identifier of another award of the release too; each is counted"
                )
            yield award, reference, reference if counts[reference] == 1 else f"{reference}/{counts[reference]}"

    def _award_reference(self, award: JsonNode) -> str:
        """The award's identifier, and the day of the award where the identifier is the process's own count.

        Publishers use a process again and count its awards from 1 again: the day distinguishes two such awards.
        """
        number = self._award_number(award["id"])
        day = None if number == award["id"].read_text() else self.try_read(partial(self._awarded_on, award["date"]))
        return f"{number}/{day}" if day else number

    def _award_number(self, award: JsonNode) -> str:
        """The identifier of an award, with its process before it (which Contracts Finder's already has)."""
        process, own = self.release["ocid"].read_text(), award.read_text()
        if not own:
            award.raise_unreadable("is not an identifier; without one the award could not be corrected")
        return own if own.startswith(process) else f"{process}/{own}"

    def _read_award(
        self, award: JsonNode, references: tuple[str, str], buyer: str | None, contracts: list[JsonNode]
    ) -> None:
        whole, reference = references
        self.statements.setdefault(whole, None)
        meaning = STATUSES.get(award["status"].read_text())
        if meaning is None:
            award["status"].raise_unreadable("is not an award status of OCDS 1.1")
        if meaning == "nothing":
            return
        if not award["suppliers"] and FIRST_STATEMENT not in self.tags and buyer:
            self._read_change([*contracts, award], buyer)
            return
        suppliers = self._read_suppliers(award["suppliers"])
        terms = self.combined_terms(contracts).merge_with(self.award_terms(award))
        since, until = terms.since, terms.until
        if meaning == "ended" or terms.is_ended:
            until = min(until or self.known_on, self.known_on) if terms.is_ended else self.known_on
            since = min(since or until, until)
        awarded_on = self.try_read(partial(self._awarded_on, award["date"])) or self.known_on
        stated = JsonNode(None, f"{award.path}.value.amount", award.line)
        is_sole = len(suppliers) == 1 and meaning == "chosen"
        value = float(terms.amount) if terms.amount and is_sole else None
        named = list(dict.fromkeys(filter(None, suppliers)))
        for supplier in named:
            if buyer:
                self.records.append(
                    LinkRecord(
                        buyer,
                        Relation.BUYS_FROM,
                        supplier,
                        self.known_on,
                        DateBasis.STATED,
                        BuyerKind.BUYER,
                        since,
                        until,
                        reference=reference,
                        value_gbp=terms.pounds if is_sole else None,
                        line=award.line,
                        place=award.path,
                    )
                )
            if meaning == "chosen":
                self.records.append(
                    self._make_observation(supplier, "contract_awarded", value, stated)._replace(
                        period_end=awarded_on,
                        occurrence=reference,
                        verbatim=None if terms.amount is None else str(terms.amount),
                        unit=None if terms.currency == "GBP" else terms.currency,
                    )
                )
        self._add_statement(award, references, buyer, suppliers)

    def _add_statement(
        self, award: JsonNode, references: tuple[str, str], buyer: str | None, suppliers: Sequence[str | None]
    ) -> None:
        """Keep all suppliers of the award, unless one could not be read."""
        whole, reference = references
        before = self.statements.get(whole)
        if buyer is None or None in suppliers or (before is None and reference != whole):
            self.statements[whole] = None
            return
        links = frozenset((supplier, reference) for supplier in suppliers if supplier)
        self.statements[whole] = AwardStatement(
            buyer,
            self._award_number(award["id"]),
            whole,
            links | (before.links if before else frozenset()),
            self.known_on,
            DateBasis.STATED,
            is_update=FIRST_STATEMENT not in self.tags,
            line=award.line,
            place=award.path,
        )

    def _read_suppliers(self, cells: JsonNode) -> list[str | None]:
        """Each supplier once; None for one that cannot be read, which still has its share of the award."""
        read = [self.try_read(partial(self._read_subject, cell, "supplier")) for cell in cells]
        if not read:
            cells.raise_unreadable("is not a supplier")
        return [*dict.fromkeys(filter(None, read)), *(None for supplier in read if supplier is None)]

    def _awarded_on(self, cell: JsonNode) -> date | None:
        day = cell.read_day()
        if day and day > self.known_on:
            cell.raise_unreadable(
                f"cannot be the day of an award that was published on {self.known_on}; that day is taken"
            )
        return day

    # --- contracts

    def _contracts_by_award(self) -> dict[str, list[JsonNode]]:
        """The contracts of the release by the identifier of their award."""
        contracts = defaultdict[str, list[JsonNode]](list)
        for contract in self.try_read(lambda: list(self.release["contracts"])) or ():
            number = self.try_read(contract["awardID"].read_text) if contract else None
            if number:
                contracts[number].append(contract)
            elif contract:
                self.add_unreadable(contract["awardID"], "is not an award; without one the contract belongs to nobody")
        return contracts

    def _read_change(self, contracts: list[JsonNode], buyer: str) -> None:
        """Read contracts (or an award) without suppliers: other days or another value of a known award."""
        award = contracts[-1]["awardID"] if contracts[-1]["awardID"] else contracts[-1]["id"]
        terms, place = self.combined_terms(contracts), contracts[-1]
        until = min(terms.until or self.known_on, self.known_on) if terms.is_ended else terms.until
        if (terms.since, until, terms.amount) != (None, None, None):
            self.records.append(
                AwardChange(
                    buyer,
                    self._award_number(award),
                    self.known_on,
                    DateBasis.STATED,
                    terms.since,
                    until,
                    terms.pounds,
                    line=place.line,
                    place=place.path,
                )
            )


def _cell_text(cell: JsonNode) -> str:
    """The text of a cell as a key for look-ups; empty if there is none."""
    return str(cell.value).strip() if isinstance(cell.value, str | int) else ""
