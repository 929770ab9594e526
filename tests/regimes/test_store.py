"""Versions of regimes on disk and in the database."""

from datetime import date
from pathlib import Path

import pytest
import yaml
from sqlalchemy import Engine
from sqlmodel import Session

from models.scoring import ArchivedFile
from regimes.schema import (
    DEFINITIONS,
    Regime,
    WrongRegime,
    regimes_in_force,
)
from regimes.store import available_regimes, check_unchanged
from settings import Settings
from tests.factories import NOW
from tests.regimes.right_regime import version


def use(engine: Engine, regime: Regime) -> None:
    """As a run does that scores with it."""
    with Session(engine) as session:
        session.add(
            ArchivedFile(sha256=regime.sha256, kind="regime", key=regime.key, body=regime.text, first_used_at=NOW)
        )
        session.commit()


def test_a_used_version_with_other_content_is_refused_with_its_line(engine: Engine) -> None:
    use(engine, version(1))

    check_unchanged(engine, [version(1), version(2, about="Mended"), version(1, valid_from="2016-01-01")])
    with pytest.raises(WrongRegime) as refused:
        check_unchanged(engine, [version(1, about="Changed in silence")])
    assert str(refused.value) == (
        "small.yaml:3: version 1 of 'small' was used by a run with other content; write 'version: 2'"
    )


def test_an_organisations_own_version_stands_beside_the_shipped_one(tmp_path: Path) -> None:
    own = tmp_path / "regimes"
    own.mkdir()
    shipped_text = (DEFINITIONS / "charities.yaml").read_text(encoding="utf-8")
    content = yaml.safe_load(shipped_text)
    number = content.get("version", 1) + 1
    text = "\n".join(line for line in shipped_text.splitlines() if not line.startswith("version:"))
    (own / "ours.yaml").write_text(text.replace("title: ", f"version: {number}\ntitle: Our ", 1), encoding="utf-8")

    in_force = {
        regime.key: regime for regime in regimes_in_force(available_regimes(Settings(home=tmp_path)), date(2021, 3, 31))
    }
    assert in_force["charities"].title.startswith("Our ")
