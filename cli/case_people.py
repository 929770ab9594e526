"""The command for registered users, their roles and audiences."""

from typing import TYPE_CHECKING, Annotated

import typer

from access.permissions import Permission, Role
from cli.case_options import open_as_user
from cli.case_read import print_table
from cli.common import now
from settings import WrongInput

if TYPE_CHECKING:
    from access.people import RoleChange


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(person)


def person(
    action: Annotated[
        str, typer.Argument(metavar="add|list", help="add registers or changes a user; list shows the users.")
    ],
    key: Annotated[
        str | None, typer.Argument(metavar="KEY", help="The key of the user, as in CONTINUITY_USER.")
    ] = None,
    *,
    name: Annotated[str | None, typer.Option(help="The name that people read.")] = None,
    roles: Annotated[str | None, typer.Option(help=f"The roles, separated by commas: {', '.join(Role)}.")] = None,
    audiences: Annotated[
        str | None,
        typer.Option(help="The audiences whose records the user sees and writes, separated by commas: casework, ..."),
    ] = None,
    history: Annotated[
        bool,
        typer.Option("--history", help="With list: every change of roles and audiences, with its author and time."),
    ] = False,
) -> None:
    """Register users and list them. Roles say what users may do, audiences what they may see."""
    from access import people

    _, engine, author = open_as_user(Permission.MANAGE_USERS if action == "add" else None)
    if action == "add" and key:
        added = people.add_user(
            engine, key, author=author, now=now(), name=name, roles=_split_list(roles), audiences=_split_list(audiences)
        )
        users = [added]
    elif action == "list" and history:
        changes = people.list_role_changes(engine, key)
        print_table(
            ("entered", "user", "by", "field", "before", "after"), (_change_cells(change) for change in changes)
        )
        return
    elif action == "list" and key is None:
        users = people.list_users(engine)
    else:
        raise WrongInput(
            f"'person {action}' is not a complete command; write 'continuity case person add KEY' or "
            "'continuity case person list [KEY --history]'"
        )
    rows = ((user.key, user.name, ", ".join(sorted(user.roles)), ", ".join(sorted(user.audiences))) for user in users)
    print_table(("user", "name", "roles", "audiences"), rows)


def _change_cells(change: "RoleChange") -> tuple[str, ...]:
    before, after = (", ".join(values) or "none" for values in (change.old, change.new))
    return (
        f"{change.entered_at:%Y-%m-%d %H:%M}",
        change.person,
        change.author or "the service",
        change.changed_field,
        before,
        after,
    )


def _split_list(text: str | None) -> list[str] | None:
    return None if text is None else [part.strip() for part in text.split(",") if part.strip()]
