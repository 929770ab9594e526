"""Turns the links of one batch into rows, and adds the rows that follow from statements about awards."""

from typing import Any

from sqlalchemy import Select

from indicators.ledger.award_links import AwardLinks, LinkUpdate
from indicators.ledger.day_numbers import EPOCH, day_number
from indicators.ledger.dictionaries import Dictionaries, RecordsByType
from indicators.ledger.load_counts import LoadCounts
from indicators.ledger.repeats import LATER_SEQ, is_repeated_link, link_identity, read_known_links
from indicators.parsed_records import AwardChange, AwardStatement, LinkRecord
from models.database import Session
from models.vocabulary import PUBLIC, BuyerKind, Relation

LINK_COLUMNS = (
    "load_id",
    "row",
    "subject_id",
    "relation",
    "kind",
    "object_id",
    "since",
    "until",
    "known_on",
    "known_on_basis",
    "confidence",
    "reference",
    "value_gbp",
    "audience_id",
    "line",
    "place_id",
    "retracts",
)


class LinkRows:
    """The rows made from links, and the links already known of their subjects."""

    def __init__(
        self, session: Session, load_id: int, by_type: RecordsByType, names: Dictionaries, readable: Select[Any]
    ) -> None:
        self.load_id, self.names = load_id, names
        self.rows: list[tuple[Any, ...]] = []
        self.recalled: list[tuple[int, int]] = []  # load and row
        self.repeated: set[int] = set()  # subjects with links left out because they were known and unchanged
        self.extra = 0  # rows that follow from a statement about an award, beside its own
        linked, awards = by_type.linked, by_type.awards
        is_by_object = {BuyerKind.HOST_AREA, BuyerKind.BUYER} if awards else {BuyerKind.HOST_AREA}
        self.links_by_identity = read_known_links(
            session,
            {names.subjects[record.subject] for record in linked if record.kind != BuyerKind.HOST_AREA}
            | {names.subjects[record.subject] for record in awards},
            {names.subjects[link.object] for link in linked if link.kind in is_by_object and link.object is not None},
            readable,
        )
        self.awards = AwardLinks(self.links_by_identity)
        self.order = 0  # of the links: a row that follows from another comes after it

    def add_link(self, record: LinkRecord, row: int, loaded: LoadCounts) -> None:
        """Add the row of a link, unless the link is known already."""
        names = self.names
        subject = names.subjects[record.subject]
        other = None if record.object is None else names.subjects[record.object]
        known_on = record.known_on.toordinal() - EPOCH
        since, until = day_number(record.since), day_number(record.until)
        loaded.widen_span(known_on, record.known_on_basis)
        identity = link_identity(record.relation, record.kind, subject, other, record.reference)
        terms = (subject, other, since, until, record.confidence, record.value_gbp)
        self.order += 1
        is_repeat = is_repeated_link(self.links_by_identity.setdefault(identity, []), (known_on, self.order, terms))
        self.awards.index_link(identity)
        if is_repeat:
            self.repeated.add(subject)
            return
        if record.is_recalled:
            self.recalled.append((self.load_id, row))
        place = names.texts[record.place]
        self.rows.append(
            (
                self.load_id,
                row,
                subject,
                str(record.relation),
                str(record.kind),
                other,
                since,
                until,
                known_on,
                int(record.known_on_basis),
                record.confidence,
                record.reference,
                record.value_gbp,
                names.audiences[record.audience],
                record.line,
                place,
                None,
            )
        )

    def add_award_links(self, record: AwardStatement | AwardChange, row: int, loaded: LoadCounts) -> None:
        """Add the rows that follow from a statement about an award."""
        buyer, known_on = self.names.subjects[record.subject], record.known_on.toordinal() - EPOCH
        if isinstance(record, AwardStatement):
            links = {(buyer, self.names.subjects[supplier], reference) for supplier, reference in record.links}
            following = self.awards.apply_statement(
                record.award, record.reference, links, known_on, is_update=record.is_update
            )
        else:
            # A link without an object keeps the change: the award may be in a document that is read later.
            link = LinkRecord(
                record.subject,
                Relation.BUYS_FROM,
                None,
                record.known_on,
                record.known_on_basis,
                BuyerKind.BUYER,
                record.since,
                record.until,
                reference=record.award,
                value_gbp=record.value_gbp,
                line=record.line,
                place=record.place,
            )
            self.add_link(link, row, loaded)
            days = day_number(record.since), day_number(record.until)
            following = self.awards.apply_change(record.award, known_on, *days, record.value_gbp)
        for link_row in list(following):
            self._add_link_update(link_row, record, loaded)

    def _add_link_update(self, follows: LinkUpdate, record: AwardStatement | AwardChange, loaded: LoadCounts) -> None:
        relation, kind, subject, other, reference = follows.identity
        _, _, since, until, confidence, value = follows.terms
        self.order += 1
        self.extra += 1
        self.links_by_identity[follows.identity].append((follows.known_on, LATER_SEQ + self.order, follows.terms))
        loaded.widen_span(follows.known_on, record.known_on_basis)
        self.rows.append(
            (
                self.load_id,
                loaded.records + self.extra,
                subject,
                str(relation),
                str(kind),
                other,
                since,
                until,
                follows.known_on,
                int(record.known_on_basis),
                confidence,
                reference,
                value,
                self.names.audiences[PUBLIC],
                record.line,
                self.names.texts[record.place],
                None,
            )
        )
