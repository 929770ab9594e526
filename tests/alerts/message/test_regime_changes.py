"""New versions of regimes since the run before, and the providers that they move."""

from datetime import date

from sqlalchemy import Engine

from alerts.escalation.change_causes import Versions
from alerts.message.regime_changes import MAX_EXAMPLES, RegimeChange, read_regime_changes
from models.database import read_session
from models.scoring import Run
from models.vocabulary import Level
from tests.alerts.scenes import finding, score

MONDAY, TUESDAY = date(2024, 1, 8), date(2024, 1, 9)
FILE = "title: Homes\nversion: {0}\nprinciples: {{accountability: {{rules: [{{key: late, after: {0} days}}{1}]}}}}\n"
HOMES = [f"Home {number}" for number in range(7)]


def scored(engine: Engine, day: date, file: str, level: Level, moved: int) -> int:
    """A run in which so many homes are at the level, and the others at watch."""
    levels = {name: level if number < moved else Level.WATCH for number, name in enumerate(HOMES)}
    findings = {name: [finding("Late", level, rule="late", seqs=[1])] for name, level in levels.items()}
    return score(engine, day, levels, findings=findings, file=file)


def changes(engine: Engine, run: int) -> list[RegimeChange]:
    with read_session(engine) as session:
        return read_regime_changes(session, session.get_one(Run, run))


def test_a_new_version_has_its_rules_and_the_providers_that_it_alone_moves(engine: Engine) -> None:
    scored(engine, MONDAY, FILE.format(1, ""), Level.WATCH, 0)
    [change] = changes(engine, scored(engine, TUESDAY, FILE.format(2, ", {key: new}"), Level.CONCERN, 6))
    assert change.title == "Homes"
    assert change.versions == Versions("1", "2")
    assert change.changed_rules == ("late (accountability)",)
    assert change.added_rules == ("new (accountability)",)
    assert change.removed_rules == ()
    assert change.level_moves == {(Level.WATCH, Level.CONCERN): 6}
    assert change.mixed_moves == 0
    assert [example.name for example in change.examples] == HOMES[:MAX_EXAMPLES]


def test_the_same_version_and_the_first_run_are_no_change(sqlite_engine: Engine) -> None:
    assert changes(sqlite_engine, scored(sqlite_engine, MONDAY, FILE.format(1, ""), Level.WATCH, 0)) == []
    assert changes(sqlite_engine, scored(sqlite_engine, TUESDAY, FILE.format(1, ""), Level.CONCERN, 3)) == []


def test_other_parts_of_the_file_are_named(sqlite_engine: Engine) -> None:
    scored(sqlite_engine, MONDAY, FILE.format(1, ""), Level.WATCH, 0)
    file = FILE.format(1, "") + "covers: {schemes: [GB-COH]}\nladder: []\n"
    [change] = changes(sqlite_engine, scored(sqlite_engine, TUESDAY, file, Level.WATCH, 0))
    assert change.other_parts == ("the providers covered", "stages and clocks")
    assert change.changed_rules == ()
