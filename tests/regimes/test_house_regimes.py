"""The house regimes over the embedded sample: their history must stay believable."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from indicators.archive import Archive
from indicators.folder import FolderClient
from indicators.ledger import append
from indicators.ledger.as_of import as_of
from indicators.parsed_records import ArchiveState
from indicators.sources import casebook
from models.database import engine_for
from models.vocabulary import Level
from regimes.schema import Regime, shipped_regimes
from risk.score import Verdict, assess_providers

SAMPLES = Path(__file__).parents[2] / "samples"
NOW = datetime(2026, 1, 2, tzinfo=UTC)
HOUSE = ("house_suppliers", "house_care_groups", "house_charities", "house_regulated")
ALLIED = "GB-COH-01963820"


@pytest.fixture(scope="module")
def sample(migrated_sqlite_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The embedded sample in a database."""
    folder = tmp_path_factory.mktemp("sample")
    shutil.copyfile(migrated_sqlite_file, folder / "continuity.db")
    engine = engine_for(f"sqlite:///{folder / 'continuity.db'}")
    archive = Archive(engine, folder / "archive")
    for fetched in casebook.fetch(FolderClient(SAMPLES), ArchiveState()):
        archive.add_document("casebook", fetched, now=NOW)
    for snapshot in archive.unread_snapshots("casebook", casebook.PARSER, "all"):
        records = casebook.parse(archive.document_of(snapshot))
        append.append(engine, snapshot.id, casebook.PARSER, records, recorded_at=NOW)
    yield engine
    engine.dispose()


def verdicts(engine: Engine, day: date, *regimes: str) -> dict[str, Verdict]:
    with as_of(engine, day) as known:
        assessed = assess_providers(known, [shipped_regimes()[key] for key in regimes]).verdicts
    return {verdict.provider.removeprefix("CW-SAMPLE-"): verdict for verdict in assessed}


def findings(verdict: Verdict, status: str = "met") -> dict[str, dict[str, Any]]:
    return {finding["rule"]: finding for finding in json.loads(verdict.findings) if finding["status"] == status}


@pytest.fixture(params=HOUSE)
def regime(request: pytest.FixtureRequest) -> Regime:
    return shipped_regimes()[request.param]


def test_a_house_regime_says_that_it_is_ours_and_looks_back(regime: Regime) -> None:
    assert (regime.retrospective, regime.official, regime.is_official) == (True, False, False)
    assert "Indicative" in regime.about


def test_all_six_principles_have_rules(regime: Regime) -> None:
    assert [principle for principle, section in regime.principles.sections() if not section.rules] == []
    assert regime.principles.external_powers.powers


def test_an_outcome_ends_coverage_and_survival_does_not(regime: Regime) -> None:
    assert regime.covers.ends_on == ("outcome_failed", "outcome_left", "outcome_merged")
    looked_at = {event for _, rule in regime.rules() if rule.kind == "event" for event in rule.events}
    assert {event for event in looked_at if event.startswith("outcome_")} == set()


def test_the_first_screen_shows_the_expected_providers(sample: Engine) -> None:
    levels = {name: verdict.level for name, verdict in verdicts(sample, date(2017, 6, 30), *HOUSE).items()}
    assert levels == {
        "capita": Level.CRITICAL,
        "mitie": Level.CRITICAL,
        "carillion": Level.CONCERN,
        "four-seasons": Level.CONCERN,
        "serco": Level.CONCERN,
        "caretech": Level.WATCH,
        ALLIED: Level.UNSCORABLE,
        "change-grow-live": Level.UNSCORABLE,
        "hadlow-college": Level.UNSCORABLE,
        "hc-one": Level.UNSCORABLE,
        "working-links": Level.UNSCORABLE,
    }


def test_the_adverse_findings_on_carillion(sample: Engine) -> None:
    carillion = findings(verdicts(sample, date(2017, 6, 30), "house_suppliers")["carillion"])
    assert {rule: (finding["level"], finding["is_recalled"]) for rule, finding in carillion.items()} == {
        "leaders_left": ("watch", False),
        "operating_margin": ("watch", True),  # the line is recalled, the figures are not
        "acid_ratio": ("watch", True),
        "dressed_debt": ("concern", False),
    }
    assert carillion["dressed_debt"]["value"] == pytest.approx(586.5 / 218.9)


def test_a_recalled_figure_is_marked_in_its_finding(sample: Engine) -> None:
    carillion = findings(verdicts(sample, date(2017, 11, 17), "house_suppliers")["carillion"])
    assert (carillion["net_assets"]["value"], carillion["net_assets"]["is_recalled"]) == (-405_000_000.0, True)
    assert carillion["interim_loss"]["is_recalled"] is False


@pytest.mark.parametrize(
    ("eve", "regime", "provider", "level"),
    [
        (date(2011, 7, 10), "house_care_groups", "southern-cross", Level.CRITICAL),
        (date(2012, 7, 15), "house_regulated", "south-london-healthcare", Level.CRITICAL),
        (date(2013, 3, 27), "house_regulated", "cosmopolitan", Level.CRITICAL),
        (date(2015, 1, 8), "house_suppliers", "circle-hinchingbrooke", Level.CONCERN),
        (date(2015, 8, 4), "house_charities", "kids-company", Level.CRITICAL),
        (date(2018, 1, 14), "house_suppliers", "carillion", Level.CRITICAL),
        (date(2018, 11, 29), "house_care_groups", ALLIED, Level.CRITICAL),
        (date(2019, 2, 14), "house_suppliers", "working-links", Level.WATCH),  # its inspection came out a day later
        (date(2019, 4, 29), "house_care_groups", "four-seasons", Level.CRITICAL),
        (date(2019, 5, 21), "house_regulated", "hadlow-college", Level.CRITICAL),
        (date(2021, 11, 23), "house_regulated", "bulb", Level.CRITICAL),
    ],
)
def test_the_levels_on_the_eve_of_each_failure(
    sample: Engine, eve: date, regime: str, provider: str, level: Level
) -> None:
    assert verdicts(sample, eve, regime)[provider].level == level


def test_a_failed_provider_is_not_critical_for_ever(sample: Engine) -> None:
    assert "carillion" not in verdicts(sample, date(2018, 1, 15), "house_suppliers")


def test_fresh_equity_starts_the_count_of_profit_warnings_again(sample: Engine) -> None:
    carillion = findings(
        verdicts(sample, date(2014, 11, 10), "house_suppliers")["serco"]
    )  # warned before a placing and since
    assert carillion["profit_warning"]["value"] == 3
    assert "repeated_profit_warnings" not in carillion


def test_a_survivor_alarms_too_and_comes_down_again(sample: Engine) -> None:
    days = (date(2016, 11, 21), date(2020, 6, 30))
    levels = [verdicts(sample, day, "house_suppliers")["mitie"].level for day in days]
    assert levels == [Level.CRITICAL, Level.WATCH]
