"""Drafts the notices to the bodies that a regime requires to be notified at a stage, and records those given.

The template of a notice is the first of these files that exists: ``<regime>.md`` and ``default.md`` in ``notices/`` of
the data directory, then the same two names in ``alerts/message/notices/``.
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
from alerts.escalation.state_changes import ASSESSMENT, SUBJECT
from casework.bodies import Body, bodies_to_notify, linked_bodies
from casework.writing import case_writer
from models.database import Session, read_session, table_of
from models.findings import Finding
from models.scoring import Assessment, FindingSet
from models.subjects import Subject
from models.vocabulary import PUBLIC, Principle
from risk.runs import find_newest_run
from settings import Settings, WrongInput
from text.english import format_day

TEMPLATE_FOLDER = Path(__file__).with_name("notices")
INDICATIVE_NOTE = "The rating is indicative: not every number behind it has been checked against its source."
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
    """No notice is due, or the template cannot be used."""


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
    """The notices due at the stages that the newest run recommends, one for each body.

    The stage follows from the findings that the author may see. The text gives public findings only, because its reader
    is outside, and only findings that can be grounds: see ``notice_grounds``.

    Args:
        engine: the database.
        settings: where an organisation's own templates are.
        author: the person who gives the notice.
        provider: its identifier.
        regime: only of this regime.
        to_body: only to this body: its name, its identifier or the role that the regime names.

    Raises:
        NoNotice: the findings that the author may see recommend no stage, no body must be notified at the stage, no
            public finding is a ground, or the template is wrong.
    """
    without_grounds = list[str]()
    with read_session(engine) as session:
        drafts = _due_notices(engine, session, settings, author, provider, without_grounds=without_grounds)
        due = [notice for notice in drafts if regime in {None, notice.regime}]
    ungrounded = [key for key in without_grounds if regime in {None, key}]
    if not due and ungrounded:
        raise NoNotice(
            f"a notice about {provider} under {', '.join(ungrounded)} has no grounds: public records meet no rule "
            "under accountability, and missing or old records are not grounds. "
            f"'continuity explain {provider}' shows the findings"
        )
    if not due:
        raise NoNotice(
            f"no notice is due: no body must be notified at the recommended stage of {provider}; "
            "see 'continuity case stage'"
        )
    chosen = [notice for notice in due if to_body in {None, notice.body.role, notice.body.name, notice.body.identifier}]
    if not chosen:
        raise NoNotice(
            f"'{to_body}' is not one of the bodies to tell; these are "
            f"{'; '.join(sorted({notice.body.title for notice in due}))}"
        )
    return chosen


def record_notices(
    engine: Engine, author: RegisteredUser, notices: Sequence[DraftNotice], *, means: str, now: datetime
) -> list[str]:
    """Record as casework that these notices were given, all or none; returns a line for each.

    A notice to a role without a known body is not recorded, because it has told nobody.

    Raises:
        WrongInput: the author may not write for the audience of the record.
    """
    lines = []
    with case_writer(engine, author, now=now) as writer:
        for notice in notices:
            body = notice.body.title
            if not notice.body.is_known:
                lines.append(f"not recorded: {body}; record the body that you notify with 'continuity case told'")
                continue
            entry = writer.open_record(
                "told",
                notice.provider,
                regime=notice.regime,
                audience=notice.audience,
                rationale=notice.text,
                details={"body": body, "duty": notice.duty, "by": means},
            )
            lines.append(f"record {entry.number}: {body} notified by {means} about {notice.provider}")
    return lines


def notice_grounds(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that a notice may rest on: rules under accountability that are met.

    The amount and the age of the evidence are about the records, not about the provider.
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
    """The notices due. A regime that requires a notice but has no grounds for one goes into ``without_grounds``."""
    run = find_newest_run(session)
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
    to_author, to_all = (
        redact_assessment_rows(session, reader_audiences, rows) for reader_audiences in (author.audiences, ())
    )
    for row in rows:
        regime, key = regimes.get(row.regime, {}), (row.run_id, row.provider_id, row.regime)
        stage_key = to_author[key].stage if key in to_author else row.stage
        stage: Mapping[str, Any] = next((step for step in regime.get("ladder", ()) if step["key"] == stage_key), {})
        if not stage:
            continue
        public = to_all.get(key)
        is_public = stage_key == (row.stage if public is None else public.stage)
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
            "stage": stage.get("title", stage_key),
            "regime": regime.get("title", row.regime),
            "publisher": regime.get("publisher", ""),
            "next_step": stage.get("next_step", ""),
            "legal_basis": " ".join(str(regime.get("legal_basis", "")).split()),
            "official": "" if row.is_official else INDICATIVE_NOTE,
            "findings": "\n".join(f"- {finding['title']}" + _known_on_suffix(finding) for finding in grounds),
            "author": author.name or author.key,
        }
        roles = stage.get("told", ())
        for body in bodies_to_notify(roles, linked, provider=provider, name=row.provider_name, day=run.day):
            text = _fill_template(template, path, {**values, "body": body.describe_with_role()})
            duty = f"{values['regime']}: {values['stage']}"[:300]
            yield DraftNotice(provider, row.regime, body, stage_key, audience, duty, text)


def _record_audience(
    stage: Mapping[str, Any], author: RegisteredUser, restricted: Sequence[str], *, is_public: bool
) -> str:
    """The audience of the record of a notice: never wider than the audience of the findings behind the stage."""
    usual: str = stage.get("audience", PUBLIC)
    if usual in author.audiences and (is_public or usual != PUBLIC):
        return usual
    return PUBLIC if is_public else min(author.audiences.intersection(restricted))


def _known_on_suffix(finding: Finding) -> str:
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
        raise NoNotice(f"{path}: unknown field '{unknown[0]}'; choose one of: {', '.join(TEMPLATE_FIELDS)}")
    return template.format_map(values).strip() + "\n"
