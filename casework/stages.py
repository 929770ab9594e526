"""The stage a person has confirmed beside the one the service recommends; overrides of a level or stage."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Engine, select

from casework.book import Record
from casework.pen import Pen
from casework.records import WrongCasework
from models.database import reading, table_of
from models.ledger import Subject
from models.scoring import Assessment, Run
from models.vocabulary import PUBLIC, RunStatus, View
from regimes.schema import Regime, Stage

RUN, ASSESSMENT, SUBJECT = table_of(Run).c, table_of(Assessment).c, table_of(Subject).c


@dataclass(frozen=True)
class Recommended:
    """What the newest run says of a provider under a regime."""

    stage: str
    level: str
    day: date


@dataclass(frozen=True)
class Beside:
    """The stage recommended and the stage confirmed; either may be missing."""

    provider: str
    regime: str
    recommended: Recommended | None
    confirmed: Record | None

    @property
    def differs(self) -> bool:
        """Whether the service recommends a stage that nobody has confirmed."""
        wanted = self.recommended.stage if self.recommended else None
        return bool(wanted) and wanted != (self.confirmed.newest.details["stage"] if self.confirmed else None)


def recommended(engine: Engine, provider: str) -> dict[str, Recommended]:
    """Regime to what the newest run, on all that is known, says of the provider."""
    newest = (
        select(RUN.id)
        .where(RUN.status == RunStatus.DONE, RUN.basis == View.FULL)
        .order_by(RUN.day.desc(), RUN.revision.desc())
        .limit(1)
        .scalar_subquery()
    )
    statement = (
        select(ASSESSMENT.regime, ASSESSMENT.stage, ASSESSMENT.level, RUN.day)
        .join_from(table_of(Assessment), table_of(Run), RUN.id == ASSESSMENT.run_id)
        .join(table_of(Subject), SUBJECT.id == ASSESSMENT.provider_id)
        .where(ASSESSMENT.run_id == newest, SUBJECT.key == provider)
    )
    with reading(engine) as session:
        rows = session.execute(statement).all()
    return {row.regime: Recommended(row.stage or "", row.level, row.day) for row in rows}


def beside(provider: str, says: dict[str, Recommended], records: Iterable[Record]) -> list[Beside]:
    """Both stages of a provider, one line for each regime that has either."""
    confirmed = {record.first.regime or "": record for record in records if _is_stage_of(record, provider)}
    return [Beside(provider, regime, says.get(regime), confirmed.get(regime)) for regime in sorted({*says, *confirmed})]


def _is_stage_of(record: Record, provider: str) -> bool:
    return record.kind.key == "stage" and record.first.provider == provider and record.is_open


def confirm(
    pen: Pen,
    provider: str,
    regime: Regime,
    stage_key: str,
    *,
    rationale: str,
    recommended: str | None = None,
    about_on: date | None = None,
    due_on: date | None = None,
    owner: str | None = None,
    audience: str | None = None,
) -> Record:
    """The record of the confirmed stage, with a duty for each of the stage's clocks that starts with it.

    Args:
        pen: of whoever confirms it.
        provider: the identifier of the provider.
        regime: whose ladder it is.
        stage_key: the stage; the one it stands at already may be confirmed again, against what is recommended.
        rationale: why.
        recommended: the stage that the service recommends now.
        about_on: since when; today if none is given.
        due_on: when it is looked at again.
        owner: who sees to the stage and its duties.
        audience: who may see it; by default whom the regime names for the stage.

    Raises:
        WrongInput: the ladder has no such stage, there is no reason, or the entry does not fit.
    """
    stage = stage_of(regime, stage_key)
    if not rationale.strip():
        raise WrongCasework("say why this stage is confirmed, or why the one recommended is not")
    details = {"stage": stage.key, "recommended": recommended}
    old = next((one for one in pen.records(provider) if _is_stage_of(one, provider) and one.first.regime == regime.key),
               None)  # fmt: skip
    is_new = old is None or old.newest.details["stage"] != stage.key
    if old is not None:
        if stage.audience not in {PUBLIC, old.first.audience}:
            raise WrongCasework(
                f"stage '{stage.key}' is for '{stage.audience}', but record {old.number} is seen by "
                f"'{old.first.audience}'; end that record, then confirm the stage"
            )
        said: dict[str, Any] = {"about_on": about_on, "due_on": due_on, "owner": owner}
        record = pen.change(old.number, rationale=rationale, details=details, **said)
    else:
        record = pen.open(
            "stage", provider, regime=regime.key, rationale=rationale, about_on=about_on, due_on=due_on, owner=owner,
            audience=audience or (None if stage.audience == PUBLIC else stage.audience), details=details,
        )  # fmt: skip
    if is_new:
        _start_clocks(pen, record, stage)
    return record


def stage_of(regime: Regime, key: str) -> Stage:
    """The stage of a regime's ladder.

    Raises:
        WrongCasework: it has none of that key.
    """
    for stage in regime.ladder:
        if stage.key == key:
            return stage
    raise WrongCasework(
        f"'{key}' is no stage of {regime.key}; its ladder is {', '.join(stage.key for stage in regime.ladder)}"
    )


def _start_clocks(pen: Pen, record: Record, stage: Stage) -> None:
    """Open the duties that begin when the stage is confirmed; those that an event starts wait for it."""
    confirmed = record.newest
    for clock in stage.clocks:
        if clock.starts:
            continue
        pen.open(
            "duty", confirmed.provider, regime=confirmed.regime, owner=confirmed.owner, audience=confirmed.audience,
            about_on=confirmed.about_on, due_on=clock.within.after(confirmed.about_on),
            details={
                "title": clock.title, "within": str(clock.within), "then": clock.then, "source": clock.source,
                "extension_by": str(clock.extension.by) if clock.extension else "",
                "extension_when": clock.extension.when if clock.extension else "",
            },
        )  # fmt: skip


def in_force(records: Sequence[Record], day: date) -> list[Record]:
    """The overrides that hold on a day: approved by a second person, begun and not run out."""
    return [
        record
        for record in records
        if record.kind.key == "override"
        and record.state == "approved"
        and record.newest.due_on is not None
        and record.newest.about_on <= day <= record.newest.due_on
    ]
