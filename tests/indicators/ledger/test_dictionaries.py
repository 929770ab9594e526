"""The numbers of subjects, indicators and texts: given once, and kept."""

from sqlalchemy import Engine

from indicators.ledger.dictionaries import Dictionaries, RecordsByType
from indicators.parsed_records import AwardStatement, BlankRecord, Record, UnreadableRecord
from models.database import write_session
from models.vocabulary import PUBLIC, DateBasis
from tests.factories import FILE_DAY, HOME, listed, observed, owned

OWNER = "CW-OWNER-a"
BLANK = BlankRecord(HOME, "net_assets", FILE_DAY, DateBasis.SNAPSHOT)
AWARD = AwardStatement("GB-CFS-1", "award", "reference", frozenset(), FILE_DAY, DateBasis.STATED)


def numbered(engine: Engine, *records: Record, names: Dictionaries | None = None) -> Dictionaries:
    names = names or Dictionaries()
    with write_session(engine) as session:
        names.assign_numbers(session, RecordsByType(list(records)))
    return names


def test_records_are_sorted_by_type() -> None:
    value, link, setting = observed(), owned(OWNER), listed()
    by_type = RecordsByType([UnreadableRecord("a reason"), setting, link, value, BLANK, AWARD])
    assert by_type.observed == [value]
    assert by_type.linked == [link]
    assert by_type.listed == [setting]
    assert by_type.blank == [BLANK]
    assert by_type.awards == [AWARD]


def test_every_subject_indicator_and_text_of_the_records_has_a_number(engine: Engine) -> None:
    value = observed(unit="USD", audience="casework")
    names = numbered(engine, value, owned(OWNER), listed("GB-OFSTED-SC2", "Boarding school"), BLANK, AWARD)
    assert names.subjects.keys() == {HOME, OWNER, "GB-OFSTED-SC2", "GB-CFS-1"}
    assert names.indicators.keys() == {"places", "net_assets"}
    assert {"Places", "Owner", "Boarding school", "USD"} <= names.texts.keys()
    assert names.audiences.keys() == {PUBLIC, "casework"}
    assert len(set(names.subjects.values())) == 4


def test_a_later_load_finds_the_same_numbers(engine: Engine) -> None:
    first = numbered(engine, observed(), owned(OWNER))
    second = numbered(engine, owned(OWNER), observed(subject="GB-OFSTED-SC2"))
    assert second.subjects[HOME] == first.subjects[HOME]
    assert second.subjects[OWNER] == first.subjects[OWNER]
    assert second.subjects["GB-OFSTED-SC2"] not in first.subjects.values()


def test_only_subjects_of_this_batch_are_new(sqlite_engine: Engine) -> None:
    names = numbered(sqlite_engine, observed())
    assert names.new_subjects == {names.subjects[HOME]}
    numbered(sqlite_engine, observed(), owned(OWNER), names=names)
    assert names.new_subjects == {names.subjects[OWNER]}
