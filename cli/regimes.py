"""Commands about regimes: list, show, check, adopt."""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

import settings as environment
from casework.rights import Act
from cli.common import AsOf, day_option, out, working_day
from regimes.lines import WrongRegime
from regimes.schema import Regime
from regimes.words import counted
from settings import Settings, WrongInput

app = typer.Typer(help="The rules by which providers are scored.", rich_markup_mode=None)


@app.command(name="list")
def list_(as_of: AsOf = None) -> None:
    """Every regime in force on a day."""
    from regimes.schema import in_force
    from regimes.store import available

    day = day_option(as_of)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("key", "version", "title", "valid", "rating", "rules", "not verified"):
        table.add_column(title, no_wrap=title == "key", overflow="fold")  # the key is to be typed
    for regime in in_force(available(environment.load()), day):
        until = regime.valid_to.isoformat() if regime.valid_to else ""
        rating = "official" if regime.is_official else "indicative"
        rating += ", retrospective" if regime.retrospective else ""
        rules, recalled = len(list(regime.rules())), len(regime.unread())
        valid = f"{regime.valid_from.isoformat()} - {until}"
        table.add_row(regime.key, str(regime.version), regime.title, valid, rating, str(rules), str(recalled))
    out.print(table)


@app.command()
def show(key: Annotated[str, typer.Argument(help="A regime's key.")], as_of: AsOf = None) -> None:
    """The file of the regime in force on a day, as it is."""
    from regimes.schema import in_force
    from regimes.store import available

    day = day_option(as_of)
    regimes = {regime.key: regime for regime in in_force(available(environment.load()), day)}
    if key not in regimes:
        raise WrongInput(f"no regime '{key}' is in force on {day.isoformat()}; there are {', '.join(sorted(regimes))}")
    sys.stdout.write(regimes[key].text)


@app.command()
def check(
    files: Annotated[list[Path] | None, typer.Argument(metavar="FILE", help="All known ones if left out.")] = None,
) -> None:
    """Check regime files; each problem is a line ``file:line: what is wrong, what to write instead``."""
    from regimes.schema import load_file
    from regimes.store import paths

    settings = environment.load()
    found, problems, right = files or paths(settings), list[str](), list[Regime]()
    for path in found:
        try:
            right.append(load_file(path))
        except WrongInput as error:
            problems.append(str(error))
    problems += [*_used_otherwise(settings, right), *_beside_others(settings, right)]
    if problems:
        print("\n".join(problems), file=sys.stderr)  # noqa: T201  (bare: editors jump to file:line)
        raise typer.Exit(2)
    out.print(f"{counted(len(found), 'regime file')} checked, nothing wrong")


@app.command()
def adopt(files: Annotated[list[Path], typer.Argument(metavar="FILE")]) -> None:
    """Check files and put them beside the shipped ones, in ``regimes`` of the data directory."""
    from regimes.schema import load_file

    with working_day(Act.ADOPT) as day:
        settings = day.settings
    folder = settings.home / "regimes"
    regimes = [load_file(path) for path in files]
    problems = [*_used_otherwise(settings, regimes), *_beside_others(settings, regimes)]
    problems += [
        f"{path}: only files in .yaml are read; give it such a name" for path in files if path.suffix != ".yaml"
    ]
    for target, path in ((folder / path.name, path) for path in files):
        if target.exists() and target.read_bytes() != path.read_bytes():
            problems.append(f"{target}: there is another file of this name; give the new version a name of its own")
    if problems:
        raise WrongInput("\n".join(problems))
    folder.mkdir(parents=True, exist_ok=True)
    for target, path in ((folder / path.name, path) for path in files):
        if not target.exists():
            shutil.copyfile(path, target)
        out.print(f"adopted {target}")


def _beside_others(settings: Settings, regimes: Sequence[Regime]) -> list[str]:
    """What is wrong with versions because of the known ones that they would stand beside."""
    from regimes.schema import overlaps
    from regimes.store import available, doubled, version_of

    try:
        known = available(settings)
    except WrongRegime:
        return []  # told when that file is checked
    replaced = {version_of(regime) for regime in regimes}
    others = [regime for regime in known if version_of(regime) not in replaced]
    return [*doubled(settings, regimes), *overlaps([*others, *regimes])]


def _used_otherwise(settings: Settings, regimes: Sequence[Regime]) -> list[str]:
    """What is wrong with versions that the database has used with other content; nothing where there is none yet."""
    from models.database import DatabaseUnusable, check, engine_for
    from regimes.store import check_unchanged

    engine = engine_for(settings.url)
    try:
        check(engine)
    except DatabaseUnusable:
        return []
    try:
        check_unchanged(engine, regimes)
    except WrongRegime as error:
        return list(error.problems)
    return []
