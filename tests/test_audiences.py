"""Readers see nothing of a record for an audience they do not belong to: every command and page, on both databases.

Two databases are alike except for one record for the audience ``secret``, which makes a home critical. Readers outside
this audience must read the same in both.
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

from access import people
from access.people import current_viewer
from casework.writing import case_writer
from dashboard import cache
from dashboard.presenters.watchlist_view import WatchlistFilter
from flows import day as steps
from models.database import engine_for, read_session, table_of
from models.scoring import Assessment, FindingSet, Run
from queries.level_history import read_data_version
from settings import Settings
from tests import extracts
from tests.command import Command, environment
from tests.dashboard.conftest import *  # noqa: F403  (its fixtures)
from tests.dashboard.conftest import html
from tests.databases import _new_database
from tests.extracts import DAY, EARLIER
from tests.factories import on_record

HOME, OTHER = extracts.home(1), extracts.home(2)
LAST, NEXT = DAY + timedelta(days=1), DAY + timedelta(days=2)
REGIME = """
schema: 1
key: decided
title: Homes by decision
about: Made for a test.
publisher: Nobody
owner: Nobody
legal_basis: None
valid_from: 2020-01-01
review_on: 2030-01-01
retrospective: false
official: false
covers: {schemes: [GB-OFSTED], has_indicator: [provision_type]}
principles:
  support: {rules: []}
  accountability:
    rules:
      - {key: decided, kind: event, title: Decision on record, events: [decision_recorded], within: 12 months,
         level: critical, optional_because: nobody has decided, source: Our own choice, evidence: ours}
      - {key: judged, kind: grades, indicator: overall_judgement, stale_after: 10 years,
         grades: {Outstanding: none, Good: watch, Requires improvement to be good: watch, Inadequate: concern},
         source: Our own choice, evidence: ours}
  consequences:
    rules:
      - {key: noticed, kind: event, title: Notice on record, events: [notice_issued], within: 12 months,
         level: watch, optional_because: nobody has written, source: Our own choice, evidence: ours}
  evidence:
    rules:
      - {key: complete, kind: bands, expression: completeness, title: Completeness, unit: share, better: higher,
         bands: [{level: watch, below: 0.3}, {level: none, from: 0.3}], source: Our own choice, evidence: ours}
  external_powers: {rules: [], powers: []}
  flexibility: {rules: [], vision: None., transition: None.}
levels: {Well: none, Watched: watch, Worrying: concern, Dire: critical}
risk: {evidence_up_to: watch}
ladder:
  - {key: look, title: Look closer, from_level: watch, next_step: Somebody looks, told: [councils served]}
  - {key: act, title: Act, from_rules: [decided], next_step: Somebody acts, told: [councils served], audience: secret}
"""
POLICY = """
schema: 2
title: Three desks
lower_after: 2
useful_for_days: 7
lines: 30
criticals_alone: 20
nothing_done: {from_level: watch, after: 1 day}
recipients:
  duty: {title: Duty desk, channel: file, sees: everything}
  staff: {title: Staff, channel: file, sees: [casework]}
steps: {watch: [{to: [everybody]}]}
"""
WORDS = ("Zanzibar", "Quagmire")  # of the secret record


class World(NamedTuple):
    """A database with its data directory."""

    engine: Engine
    url: str
    home: Path


def urls(kind: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        template = request.getfixturevalue("migrated_sqlite_file").read_bytes()
        for name in ("plain", "secret"):
            (folder / f"{name}.db").write_bytes(template)
            yield f"sqlite:///{folder / name}.db"
        return
    server, template = (
        request.getfixturevalue(f"{one}") for one in ("postgresql_server", "migrated_postgresql_template")
    )
    first, second = _new_database(server, template), _new_database(server, template)
    yield next(first)
    yield next(second)
    for made in (first, second):
        next(made, None)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def worlds(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, World]]:
    """Without the record, and with it; every test only reads them."""
    root = tmp_path_factory.mktemp("worlds")
    folder = extracts.write(root / "extracts")
    made = urls(request.param, request, root)
    found = []
    for name in ("plain", "secret"):
        home = root / name
        (home / "regimes").mkdir(parents=True)
        (home / "regimes" / "decided.yaml").write_text(REGIME, encoding="utf-8")
        (home / "policy.yaml").write_text(POLICY, encoding="utf-8")
        url = next(made)
        world = World(engine_for(url), url, home)
        live(world, folder, is_secret=name == "secret")
        found.append(world)
    yield found[0], found[1]
    for world in found:
        world.engine.dispose()
    list(made)


def live(world: World, folder: Path, *, is_secret: bool) -> None:
    """Two days without the record, two with it where there is one."""
    for key, audiences in (("eve", ["casework", "secret"]), ("ann", ["casework"]), ("pat", [])):
        on_record(world.engine, key, audiences=audiences)
    for on in (EARLIER, DAY, LAST, NEXT):
        if on == DAY:
            enter(world, "ann", OTHER, on, "casework", "Moved", "As agreed")
        if on == LAST and is_secret:
            enter(world, "eve", HOME, on, "secret", *WORDS)
        settings = Settings(home=world.home, database_url=world.url)
        day = steps.open_day(settings, now=datetime(on.year, on.month, on.day, 18, tzinfo=UTC), day=on)
        assert steps.watch(day, folder).omissions == []
        day.engine.dispose()


def enter(world: World, by: str, provider: str, on: date, audience: str, what: str, why: str) -> None:
    with case_writer(
        world.engine, people.find_user(world.engine, by), now=datetime(on.year, on.month, on.day, 9, tzinfo=UTC)
    ) as book:
        details = {"what": what, "authoriser": "The board"}
        book.open_record("decision", provider, audience=audience, rationale=why, details=details)


@contextmanager
def acting(world: World, user: str) -> Iterator[None]:
    with environment(world.home, CONTINUITY_DATABASE_URL=world.url, CONTINUITY_USER=user):
        yield


EDITED = REGIME.replace("level: critical", "level: concern")
COMMANDS = [
    ["watchlist"],
    ["watchlist", "--format", "json", "--as-of", str(LAST)],
    ["watchlist", "--format", "csv", "--regime", "decided", "--as-of", str(NEXT)],
    ["explain", HOME, "--as-of", str(NEXT)],
    ["explain", HOME, "--as-of", str(LAST), "--format", "json"],
    ["explain", HOME, "--as-of", str(NEXT), "--since", str(DAY)],
    ["explain", OTHER, "--as-of", str(NEXT)],
    ["observations", "--as-of", str(NEXT)],
    ["observations", HOME, "--format", "json"],
    ["what-if", "edited.yaml", "--format", "json"],
    ["replay", "--as-of", str(NEXT)],
    ["case", "list"],
    ["case", "due"],
    ["case", "stage", HOME],
    ["alerts", "list", "--format", "json", "--all"],
    ["alerts", "undone", "--as-of", str(NEXT)],
    ["alerts", "timeline", HOME],
    ["alerts", "timeline", OTHER],
    ["alerts", "why", HOME, "--as-of", str(NEXT)],
    ["alerts", "notice", HOME, "--regime", "decided"],
]


def plain(text: str) -> str:
    """Without what is numbered over everything that was sent, and without peers: figures for some are not theirs."""
    less = r"(?:\d+ % of them have less|none of them has (?:less|more))"
    peers = rf"median of [^;]*; {less}|only [^;]*, too few to compare|\"peers\": \{{[^}}]*\}}"
    return re.sub(rf"M-\d+|\d{{4}}-\d\d-\d\d \d\d:\d\d|\"id\": \d+|{peers}", "", text)


def test_every_command_says_the_same_as_without_the_record(
    worlds: tuple[World, World], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("edited.yaml").write_text(EDITED, encoding="utf-8")
    said: dict[str, list[tuple[str, ...]]] = {}
    for user in ("pat", "ann", "eve"):
        for world in worlds:
            with acting(world, user):
                command = Command(capsys)
                said.setdefault(user, []).append(tuple(plain(_all(command(*one))) for one in COMMANDS))
    for user in ("pat", "ann"):
        for number, command_line in enumerate(COMMANDS):
            without, with_it = (texts[number] for texts in said[user])
            assert with_it == without, (user, command_line)
            assert not any(word in with_it for word in WORDS), (user, command_line)
    told = dict(zip(map(" ".join, COMMANDS), said["eve"][1], strict=True))
    assert "Zanzibar" in told[f"explain {HOME} --as-of {NEXT}"]
    assert "Zanzibar" in told[f"observations --as-of {NEXT}"]
    assert "raised to critical" in told[f"alerts timeline {HOME}"]
    assert "act" in told[f"case stage {HOME}"]
    assert '"level": "critical"' in told["alerts list --format json --all"]


def _all(said: Any) -> str:
    return f"{said.code}\n{said.out}\n{said.err}"


def test_every_page_shows_the_same_as_without_the_record(
    worlds: tuple[World, World], open_app: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    views = [
        ("watchlist", {"day": str(NEXT)}),
        ("watchlist", {"day": str(DAY), "later": "true"}),
        ("provider", {"id": HOME, "day": str(NEXT)}),
        ("provider", {"id": HOME, "day": str(DAY)}),
        ("timeline", {"id": HOME}),
        ("due", {}),
        ("cases", {"id": HOME}),
    ]
    for user in ("pat", "ann", "eve"):
        monkeypatch.setenv("CONTINUITY_USER", user)
        for view, query in views:
            shown = []
            for world in worlds:
                app = open_app(world.url, view, **query)
                assert not app.exception, (user, view)
                shown.append(plain(html(app)))
            if user == "eve":
                assert shown[0] != shown[1] or view == "due", view
            else:
                assert shown[1] == shown[0], (user, view)


def test_nothing_that_pages_are_made_of_tells_of_the_record(worlds: tuple[World, World]) -> None:
    for user, is_same in (("pat", True), ("ann", True), ("eve", False)):
        read = []
        for world in worlds:
            viewer = current_viewer(world.engine, Settings(user=user))
            at = cache.ReadContext(world.url, viewer.audiences, read_data_version(world.engine))
            runs = cache.newest_run_by_day(at)
            read.append(
                [
                    [cache.level_counts(at, run) for run in runs.values()],
                    cache.levels_over_time(at, HOME, NEXT),
                    [cache.day_summary(at, day) for day in runs],
                    cache.later_levels(at, DAY, (HOME, OTHER)),
                    cache.later_facts(at, DAY, (HOME, OTHER), False),
                    cache.filtered_rows(at, NEXT, WatchlistFilter(levels=frozenset({"critical"}))),
                    cache.observation_history(at, HOME, NEXT),
                ]
            )
        for without, with_it in zip(*read, strict=True):
            assert (with_it == without) is is_same


def test_a_day_with_such_a_finding_is_replayed_byte_for_byte(
    worlds: tuple[World, World], capsys: pytest.CaptureFixture[str]
) -> None:
    _, secret = worlds
    a, f, r = (table_of(one).c for one in (Assessment, FindingSet, Run))
    with read_session(secret.engine) as session:
        rows = session.execute(
            select(a.audiences, a.level, f.findings)
            .join_from(table_of(Assessment), table_of(FindingSet), f.sha256 == a.findings_sha256)
            .join(table_of(Run), r.id == a.run_id)
            .where(r.day == NEXT, a.regime == "decided", a.audiences.contains("secret"))
        ).all()
    [(audiences, level, findings)] = rows
    assert (audiences, level) == ("secret", "critical")
    assert {one["rule"]: one.get("audiences") for one in findings} == {
        "powers": None,
        "decided": ["secret"],
        "judged": None,
        "noticed": ["secret"],
        "complete": ["secret"],
    }
    os.environ.pop("CONTINUITY_USER", None)
    with acting(secret, "operator"):
        said = Command(capsys)("replay", "--as-of", str(NEXT))
    assert (said.code, "unchanged, byte for byte" in said.out) == (0, True)
