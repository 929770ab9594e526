"""The end of a provider's coverage, its unreadable documents, and names of homes without a public name."""

from datetime import date, timedelta

from indicators.names import read_names
from indicators.parsed_records import UnreadableRecord
from models.database import read_session
from queries import provider
from tests.dashboard.scenes import AFTER, ALDER, BEFORE, REGIME, Scored, facts, score
from tests.factories import FILE_DAY, HOME, listed, load, observed, owned

NEXT = FILE_DAY + timedelta(days=366)
REGIME_WITH_AN_END = REGIME + "covers: {ends_on: [left_register, outcome_failed]}\n"


def scored(engine, day, *providers):
    rows = (Scored(key, "", "watch") for key in providers)
    return score(engine, day, *rows, regime_file=REGIME_WITH_AN_END)


def test_the_outcome_that_ended_coverage_has_its_day_and_document_once_it_is_known(engine):
    load(engine, facts())
    run = scored(engine, BEFORE, ALDER)
    scored(engine, AFTER, HOME)

    unknown_yet = provider.explain_provider(engine, ALDER, date(2021, 1, 14), audiences=None)
    known = provider.explain_provider(engine, ALDER, date(2021, 1, 15), audiences=None)

    assert unknown_yet["ended"] is None
    assert known["ended"] == {
        "indicator": "outcome_failed",
        "title": "Outcome: failed",
        "text": "<b>Administration</b>",
        "on": "2021-01-14",
        "known_on": "2021-01-15",
        "register": "contracts",
        "document": "file.csv",
    }
    assert known["last_assessed"] == {"day": BEFORE.isoformat(), "run": run, "regimes": {"care": "watch"}}


def test_a_setting_gone_from_the_next_list_has_left_by_that_list(engine):
    other = "GB-OFSTED-SC000002"
    load(engine, [listed(), listed(other), observed(5.0)], name="2019.csv")
    load(engine, [listed(other), observed(5.0, known_on=NEXT, subject=other)], name="2020.csv")
    scored(engine, FILE_DAY, HOME, other)
    scored(engine, NEXT, other)

    gone, listed_still = (provider.explain_provider(engine, key, NEXT, audiences=None) for key in (HOME, other))

    assert gone["ended"]["title"] == "Left the register"
    assert gone["ended"]["on"] == NEXT.isoformat()
    assert gone["ended"]["document"] == "2020.csv"
    assert gone["last_assessed"]["day"] == FILE_DAY.isoformat()
    assert listed_still["ended"] is None
    assert listed_still["last_assessed"]["day"] == NEXT.isoformat()


def test_unreadable_rows_of_its_documents_are_counted(engine):
    number = ALDER.rsplit("-", 1)[1]
    load(
        engine,
        [UnreadableRecord("truncated", place=f"Prod_{number}_2020.html"), UnreadableRecord("truncated")],
        name="bulk.zip",
    )
    load(engine, [UnreadableRecord("no figures")], name=f"Prod_{number}_2019.html")
    load(engine, [UnreadableRecord("of another company")], name=f"Prod_{number}9_2019.html")

    assert provider.explain_provider(engine, ALDER, FILE_DAY, audiences=None)["unreadable"] == {
        "count": 2,
        "reasons": {"truncated": 1, "no figures": 1},
        "documents": ["bulk.zip", f"Prod_{number}_2019.html"],
    }
    assert provider.explain_provider(engine, HOME, FILE_DAY, audiences=None)["unreadable"]["count"] == 0


def test_a_document_that_its_parser_reads_today_is_not_unreadable(sqlite_engine):
    name = f"Prod_{ALDER.rsplit('-', 1)[1]}_2019.html"
    load(sqlite_engine, [UnreadableRecord("no figures")], name=name, parser="contracts/1")
    load(sqlite_engine, [observed(5.0)], name=name, parser="contracts/2")

    assert provider.explain_provider(sqlite_engine, ALDER, FILE_DAY, audiences=None)["unreadable"]["count"] == 0


def test_a_home_without_a_public_name_is_called_by_its_kind_and_number(engine):
    load(engine, [observed("Children's home", indicator="provision_type"), owned("CW-OWNER-a")])

    explained = provider.explain_provider(engine, HOME, FILE_DAY, audiences=None)

    assert explained["name"] == "Children's home SC000001"
    assert [link["subject_name"] for link in explained["links"]] == ["Children's home SC000001"]
    with read_session(engine) as session:
        assert read_names(session, [HOME], FILE_DAY - timedelta(days=1)) == {}
