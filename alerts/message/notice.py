"""The notice to those whom a regime says to tell at a stage, from a template, and the record of who was told what.

The template of a regime is ``notices/<regime>.md`` in the data directory, else one of that name beside this file, else
``default.md``; an organisation's own ``default.md`` comes before ours.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from string import Formatter
from typing import Any

from sqlalchemy import Engine, select

from access.assessments import redact_assessment_rows
from access.people import RegisteredUser
from access.viewer import split_audiences
from alerts.escalation.added_findings import risk_findings
from alerts.escalation.regime_files import read_run_regimes
from alerts.escalation.state_changes import ASSESSMENT, RUN, SUBJECT
from casework.bodies import Body, bodies_to_notify, linked_bodies
from casework.writing import case_writer
from models.database import Session, read_session, table_of
from models.scoring import Assessment, FindingSet, Run
from models.subjects import Subject
from models.vocabulary import PUBLIC, Principle, RunStatus, View
from settings import Settings, WrongInput
from text.english import format_day

TEMPLATE_FOLDER = Path(__file__).with_name("notices")
INDICATIVE_NOTE = "The rating is indicative: not every number it rests on was read in its source."
TEMPLATE_FIELDS = (
    "body",
    "name",
    "provider",
    "day",
    "stage",
    "regime",
    "publisher",
    "official",
    "findings",
    "next_step",
    "legal_basis",
    "level",
    "author",
)
FINDING_SET = table_of(FindingSet).c


class NoNotice(WrongInput):
    """There is nothing of which anybody must be told, or the template cannot be used."""


@dataclass(frozen=True)
class DraftNotice:
    """A notice to one body."""

    provider: str
    regime: str
    body: Body
    stage: str
    audience: str  # of the record of the notice
    duty: str
    text: str


def draft_notices(
    engine: Engine,
    settings: Settings,
    author: RegisteredUser,
    provider: str,
    *,
    regime: str | None = None,
    to_body: str | None = None,
) -> list[DraftNotice]:
    """The notices due at the stages that the newest run recommends, one for each body to be told.

    The stage is the one that the findings recommend which the author may see. The text gives public findings only,
    because its reader is outside, and only findings that can be grounds: see ``notice_grounds``.

    Args:
        engine: the database.
        settings: where an organisation's own templates are.
        author: the person who gives the notice.
        provider: its identifier.
        regime: only of this regime.
        to_body: only to this body: its name, its identifier or the role that the regime names.

    Raises:
        NoNotice: no stage is recommended by what the author may see, nobody is to be told at it, no public finding is
            a ground, or the template is wrong.
    """
    without_grounds = list[str]()
    with read_session(engine) as session:
        due = _due_notices(engine, session, settings, author, provider, without_grounds=without_grounds)
        found = [notice for notice in due if regime in {None, notice.regime}]
    ungrounded = [key for key in without_grounds if regime in {None, key}]
    if not found and ungrounded:
        raise NoNotice(
            f"a notice about {provider} under {', '.join(ungrounded)} has no ground: no rule under accountability is "
            "met on public records; that too little is known, or that records are old, is no ground. "
            f"'continuity explain {provider}' shows the findings"
        )
    if not found:
        raise NoNotice(
            f"no stage at which anybody must be told is recommended for {provider}; see 'continuity case stage'"
        )
    chosen = [one for one in found if to_body in {None, one.body.role, one.body.name, one.body.identifier}]
    if not chosen:
        raise NoNotice(
            f"'{to_body}' need not be told; those are {'; '.join(sorted({one.body.title for one in found}))}"
        )
    return chosen


def record_notices(
    engine: Engine, author: RegisteredUser, notices: Sequence[DraftNotice], *, means: str, now: datetime
) -> list[str]:
    """Write as casework that these notices were given, all or none; each as a line.

    A notice to a role that no known body fills is not recorded: nobody has been told by the notice.

    Raises:
        WrongInput: the author may not write for the audience of the record.
    """
    said = []
    with case_writer(engine, author, now=now) as book:
        for one in notices:
            if not one.body.is_known:
                said.append(f"not recorded: {one.body.title}; record the body you tell with 'continuity case told'")
                continue
            entry = book.open_record(
                "told",
                one.provider,
                regime=one.regime,
                audience=one.audience,
                rationale=one.text,
                details={"body": one.body.title, "duty": one.duty, "by": means},
            )
            said.append(f"record {entry.number}: {one.body.title} told by {means} about {one.provider}")
    return said


def notice_grounds(findings: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The findings that a notice may rest on: rules under accountability that are met.

    How much evidence there is, and how old it is, says something about the records and not about the provider.
    """
    return [
        finding
        for finding in risk_findings(findings)
        if finding["principle"] == Principle.ACCOUNTABILITY and finding["status"] == "met"
    ]


def _due_notices(
    engine: Engine,
    session: Session,
    settings: Settings,
    author: RegisteredUser,
    provider: str,
    *,
    without_grounds: list[str],
) -> Iterator[DraftNotice]:
    """The notices due; regimes under which somebody is to be told, but without a ground, go to ``without_grounds``."""
    run = session.scalar(
        select(Run)
        .where(RUN.status == RunStatus.DONE, RUN.view == View.FULL)
        .order_by(RUN.day.desc(), RUN.id.desc())
        .limit(1)
    )
    if run is None:
        return
    a = ASSESSMENT
    rows = session.execute(
        select(table_of(Assessment), FINDING_SET.findings)
        .join_from(table_of(Assessment), table_of(FindingSet), FINDING_SET.sha256 == a.findings_sha256)
        .join(table_of(Subject), SUBJECT.id == a.provider_id)
        .where(a.run_id == run.id, SUBJECT.key == provider, a.stage != "")
        .order_by(a.regime)
    ).all()
    regimes = read_run_regimes(session, run)
    linked = linked_bodies(engine, provider, run.day, audiences=()) if rows else []
    to_author, to_all = (redact_assessment_rows(session, sees, rows) for sees in (author.audiences, ()))
    for row in rows:
        regime, key = regimes.get(row.regime, {}), (row.run_id, row.provider_id, row.regime)
        stands_at = to_author[key].stage if key in to_author else row.stage
        stage: Mapping[str, Any] = next((one for one in regime.get("ladder", ()) if one["key"] == stands_at), {})
        if not stage:
            continue
        public = to_all.get(key)
        is_public = stands_at == (row.stage if public is None else public.stage)
        audience = _record_audience(stage, author, split_audiences(row.audiences), is_public=is_public)
        grounds = notice_grounds(row.findings if public is None else public.findings)
        if not grounds:
            without_grounds += [row.regime] if stage.get("told") else []
            continue
        template, path = _read_template(settings, row.regime)
        values = {
            "name": row.provider_name,
            "provider": provider,
            "day": format_day(run.day),
            "level": row.level if public is None else public.level,
            "stage": stage.get("title", stands_at),
            "regime": regime.get("title", row.regime),
            "publisher": regime.get("publisher", ""),
            "next_step": stage.get("next_step", ""),
            "legal_basis": " ".join(str(regime.get("legal_basis", "")).split()),
            "official": "" if row.is_official else INDICATIVE_NOTE,
            "findings": "\n".join(f"- {one['title']}" + _known_on_suffix(one) for one in grounds),
            "author": author.name or author.key,
        }
        told = stage.get("told", ())
        for body in bodies_to_notify(told, linked, provider=provider, name=row.provider_name, day=run.day):
            text = _fill_template(template, path, {**values, "body": body.describe_with_role()})
            duty = f"{values['regime']}: {values['stage']}"[:300]
            yield DraftNotice(provider, row.regime, body, stands_at, audience, duty, text)


def _record_audience(
    stage: Mapping[str, Any], author: RegisteredUser, restricted: Sequence[str], *, is_public: bool
) -> str:
    """The audience of the record of a notice: never wider than that of the findings that recommend the stage."""
    usual: str = stage.get("audience", PUBLIC)
    if usual in author.audiences and (is_public or usual != PUBLIC):
        return usual
    return PUBLIC if is_public else min(author.audiences.intersection(restricted))


def _known_on_suffix(finding: Mapping[str, Any]) -> str:
    return f" (known {finding['known_on']})" if finding["known_on"] else ""


def _read_template(settings: Settings, regime: str) -> tuple[str, Path]:
    for folder in (settings.home / "notices", TEMPLATE_FOLDER):
        for name in (f"{regime}.md", "default.md"):
            path = folder / name
            if path.exists():
                return path.read_text(encoding="utf-8"), path
    raise NoNotice(f"{TEMPLATE_FOLDER / 'default.md'} is missing; install the service again")


def _fill_template(template: str, path: Path, values: Mapping[str, str]) -> str:
    try:
        fields = {name for _, name, _, _ in Formatter().parse(template) if name is not None}
    except ValueError as error:
        raise NoNotice(f"{path}: {error}; write {{body}} for a field and {{{{ for a brace") from error
    if unknown := sorted(fields - set(TEMPLATE_FIELDS)):
        raise NoNotice(f"{path}: unknown field '{unknown[0]}'; there are {', '.join(TEMPLATE_FIELDS)}")
    return template.format_map(values).strip() + "\n"
