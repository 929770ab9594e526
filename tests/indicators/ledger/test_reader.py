"""Conditions that readers of the ledger share."""

from sqlalchemy import select

from indicators.ledger.reader import is_recalled_row
from indicators.ledger.repeats import LINK
from models.database import read_session
from tests.factories import hosted, load, owned


def test_a_recalled_link_is_marked(engine):
    load(engine, [owned("CW-OWNER-a")._replace(is_recalled=True), hosted("CW-AREA-x")])

    with read_session(engine) as session:
        k = LINK.c
        marks = dict(session.execute(select(k.relation, is_recalled_row(k))).tuples().all())
    assert marks == {"owned_by": True, "buys_from": False}
