"""Small lists of children's homes for tests, put into a ledger as the register's parser would."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Engine

from indicators.ledger.append import append
from indicators.parsed_records import LinkRecord, ListingRecord, ObservationRecord, Record
from models.database import write_session
from models.ledger import Snapshot
from models.vocabulary import DateBasis, Relation
from risk.features import REGISTER
from tests.factories import NOW

WORDS = {1: "Outstanding", 2: "Good", 3: "Requires improvement to be good", 4: "Inadequate"}
CHILDRENS_HOME = "Children's home"


def urn(number: int) -> str:
    return f"GB-OFSTED-SC{number:06}"


def home(
    number: int,
    day: date,
    *,
    overall: int | None = 2,
    protection: int | None = None,
    leadership: int | None = None,
    inspected_on: date | None = None,
    published_on: date | None = None,
    places: int | None = 4,
    owner: str | None = None,
    sector: str = "Private",
    status: str = "Active",
    registered_on: date | None = None,
    scope: str = CHILDRENS_HOME,
) -> list[Record]:
    """A row of the list of a day; judgements are those of one inspection, 90 days before the list unless told."""
    subject = urn(number)
    inspected_on = inspected_on or day - timedelta(days=90)
    attributes: dict[str, Any] = {"sector": sector, "registration_status": status, "places": places}
    attributes["registered_on"] = registered_on and registered_on.isoformat()
    records: list[Record] = [ListingRecord(subject, scope)]
    records += [
        ObservationRecord(subject, indicator, value, day, DateBasis.SNAPSHOT)
        for indicator, value in attributes.items()
        if value is not None
    ]
    grades = {
        "overall_judgement": overall,
        "protection_judgement": protection or overall,
        "leadership_judgement": leadership or overall,
    }
    records += [
        ObservationRecord(
            subject, indicator, WORDS[rank], published_on or inspected_on, DateBasis.STATED, period_end=inspected_on
        )
        for indicator, rank in grades.items()
        if rank is not None
    ]
    if owner:
        records.append(LinkRecord(subject, Relation.OWNED_BY, f"CW-OWNER-{owner}", day, DateBasis.SNAPSHOT))
    return records


def publish(engine: Engine, day: date, homes: Iterable[list[Record]], *, register: str = REGISTER) -> None:
    """Put the list of a day into the ledger."""
    name = f"{register}/list_at_{day}.csv"
    snapshot = Snapshot(register_key=register, name=name, sha256=name, size=0, address="", fetched_at=NOW)
    with write_session(engine) as session:
        session.add(snapshot)
        session.flush()
        number = snapshot.id or 0
    append(engine, number, f"{register}/1", [record for rows in homes for record in rows], recorded_at=NOW)


def lists(engine: Engine, *, homes: int, days: Iterable[date], seed: int = 0) -> None:
    """Yearly lists of homes of which the badly judged leave far more often; new ones take the place of the gone."""
    random = np.random.default_rng(seed)
    listed, unused = list(range(1, homes + 1)), homes + 1
    for day in days:
        grades = {number: int(random.choice([1, 2, 3, 4], p=[0.2, 0.5, 0.2, 0.1])) for number in listed}
        publish(
            engine,
            day,
            [
                home(
                    number,
                    day,
                    overall=grades[number],
                    inspected_on=day - timedelta(days=int(random.integers(30, 400))),
                    places=int(random.integers(1, 9)),
                    owner=f"owner-{number % 40}",
                )
                for number in listed
            ],
        )
        leaving = {number for number in listed if random.random() < {1: 0.02, 2: 0.05, 3: 0.2, 4: 0.6}[grades[number]]}
        listed = [number for number in listed if number not in leaving]
        new = homes - len(listed)
        listed += range(unused, unused + new)
        unused += new
