"""Commands about who is told: list, send."""

from typing import Annotated, Any

import typer
from rich.table import Table

from cli.common import Format, out, print_json, ready, working_day
from models.vocabulary import Level
from settings import WrongInput

COLUMNS = ("level", "provider", "regime", "episode", "opened_on", "changed_on", "closed_on", "reason")

app = typer.Typer(help="Escalations and the outbox.", rich_markup_mode=None)


@app.command(name="list")
def list_(
    everything: Annotated[bool, typer.Option("--all", help="Closed escalations too.")] = False,
    format_: Annotated[Format, typer.Option("--format", help="table or json.")] = Format.TABLE,
) -> None:
    """Open escalations, worst first, and how the messages stand."""
    from sqlalchemy import select

    from models.alerting import Escalation, Message
    from models.database import reading, table_of
    from models.ledger import Subject

    _, engine = ready()
    e, subject = table_of(Escalation).c, table_of(Subject).c
    statement = (
        select(table_of(Escalation), subject.key)
        .join_from(table_of(Escalation), table_of(Subject), subject.id == e.provider_id)
        .order_by(e.opened_on.desc(), subject.key, e.regime)
    )
    with reading(engine) as session:
        rows = session.execute(statement if everything else statement.where(e.closed_on.is_(None))).all()
        message = table_of(Message).c
        messages = session.execute(
            select(message.id, message.channel, message.status, message.attempts, message.subject, message.last_error)
            .order_by(message.id.desc())
            .limit(20)
        ).all()
    rows = sorted(rows, key=lambda row: -Level(row.level).rank)  # those of one level stay newest first
    if format_ is Format.JSON:
        print_json({"escalations": [_plain(row) for row in rows], "messages": [dict(row._mapping) for row in messages]})
        return
    if format_ is not Format.TABLE:
        raise WrongInput(f"--format {format_} is not for this command; use table or json")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in COLUMNS:
        table.add_column(column.removesuffix("_on"))
    for row in rows:
        plain = _plain(row)
        table.add_row(*(str(plain[column] or "") for column in COLUMNS))
    out.print(table)
    for row in messages:
        out.print(f"M-{row.id} {row.status} by {row.channel}: {row.subject} {row.last_error}".rstrip(), markup=False)


def _plain(row: Any) -> dict[str, Any]:
    return {
        "provider": row.key,
        "regime": row.regime,
        "level": row.level,
        "episode": row.episode,
        "opened_on": row.opened_on.isoformat(),
        "changed_on": row.changed_on.isoformat(),
        "closed_on": row.closed_on.isoformat() if row.closed_on else None,
        "reason": row.reason,
    }


@app.command()
def send() -> None:
    """Send what waits in the outbox now."""
    from flows import day as steps
    from flows.lease import lease

    with working_day() as day, lease(day.engine):
        sent = steps.send(day)
    out.print(sent.describe(), markup=False)
    if sent.failed or sent.retrying:
        raise typer.Exit(3)
