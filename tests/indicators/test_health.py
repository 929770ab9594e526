"""How fresh registers are on a day, and which days their lists are of."""

from datetime import date

from indicators.health import count_fresh_registers, read_list_days, read_looked_on
from models.database import read_session, write_session
from models.ledger import Pull
from tests.factories import NOW, listed, load, observed

FIRST, SECOND = date(2019, 3, 31), date(2020, 3, 31)


def load_list(engine, day):
    records = [observed(known_on=day), listed()]
    load(engine, records, name=f"{day}.csv", parser="ofsted_social_care/1", register="ofsted_social_care")


def test_a_register_is_looked_at_on_the_days_of_its_documents_and_of_its_pulls(engine):
    load_list(engine, FIRST)
    with write_session(engine) as session:
        for day, error in ((date(2019, 5, 1), ""), (date(2019, 6, 1), "the server is down")):
            session.add(
                Pull(
                    register_key="contracts", is_web=True, pulled_at=NOW, pulled_on=day, documents=0, new=0, error=error
                )
            )

    with read_session(engine) as session:
        assert read_looked_on(session, date(2019, 7, 1)) == {
            "ofsted_social_care": FIRST,
            "contracts": date(2019, 5, 1),
        }
        assert read_looked_on(session, date(2019, 4, 1)) == {"ofsted_social_care": FIRST}


def test_a_register_is_fresh_for_as_many_days_as_the_catalogue_says(engine):
    load_list(engine, FIRST)

    with read_session(engine) as session:
        assert count_fresh_registers(session, date(2019, 3, 30)) == (0, 0)
        assert count_fresh_registers(session, date(2019, 4, 1)) == (1, 1)
        assert count_fresh_registers(session, date(2025, 4, 1)) == (0, 1)


def test_the_days_of_lists_are_those_of_finished_loads_of_the_register(engine):
    load_list(engine, SECOND)
    load_list(engine, FIRST)
    load(engine, [observed(known_on=date(2021, 1, 1))], name="no-list.csv", parser="ofsted_social_care/1")

    with read_session(engine) as session:
        assert read_list_days(session, "ofsted_social_care") == [FIRST, SECOND]
        assert read_list_days(session, "contracts") == []
