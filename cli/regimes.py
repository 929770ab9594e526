"""Commands about regimes: list, show, check, adopt."""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

import settings as environment
from access.permissions import Permission
from cli.common import AsOfOption, open_run_day, out, parse_day_option
from regimes.schema import Regime, WrongRegime
from settings import Settings, WrongInput
from text.english import format_count

app = typer.Typer(help="Regimes: the rules by which providers are scored.", rich_markup_mode=None)


@app.command(name="list")
def list_(as_of: AsOfOption = None) -> None:
    """List the regimes in force on a day."""
    from regimes.schema import regimes_in_force
    from regimes.store import available_regimes

    day = parse_day_option(as_of)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("key", "version", "title", "valid", "rating", "rules", "unverified"):
        table.add_column(title, no_wrap=title == "key", overflow="fold")  # people type the key
    for regime in regimes_in_force(available_regimes(environment.load()), day):
        until = regime.valid_to.isoformat() if regime.valid_to else ""
        rating = "official" if regime.is_official else "indicative"
        rating += ", retrospective" if regime.retrospective else ""
        rules, recalled = len(list(regime.rules())), len(regime.unverified_parts())
        valid = f"{regime.valid_from.isoformat()} - {until}"
        table.add_row(regime.key, str(regime.version), regime.title, valid, rating, str(rules), str(recalled))
    out.print(table)


@app.command()
def show(
    key: Annotated[str, typer.Argument(help="The key of a regime, from 'continuity regimes list'.")],
    as_of: AsOfOption = None,
) -> None:
    """Print the file of the regime in force on a day."""
    from regimes.schema import regimes_in_force
    from regimes.store import available_regimes

    day = parse_day_option(as_of)
    regimes = {regime.key: regime for regime in regimes_in_force(available_regimes(environment.load()), day)}
    if key not in regimes:
        raise WrongInput(
            f"no regime '{key}' is in force on {day.isoformat()}; choose one of: {', '.join(sorted(regimes))}"
        )
    sys.stdout.write(regimes[key].text)


@app.command()
def check(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE", help="Regime files; all available ones if left out.")
    ] = None,
) -> None:
    """Check regime files. Each problem is one line: file:line: the problem and the remedy."""
    from regimes.schema import load_regime_file
    from regimes.store import regime_paths

    settings = environment.load()
    paths, problems, valid_regimes = files or regime_paths(settings), list[str](), list[Regime]()
    for path in paths:
        try:
            valid_regimes.append(load_regime_file(path))
        except WrongInput as error:
            problems.append(str(error))
    problems += [
        *_find_changed_versions(settings, valid_regimes),
        *_find_overlap_problems(settings, valid_regimes),
    ]
    if problems:
        print("\n".join(problems), file=sys.stderr)  # noqa: T201  (bare: editors jump to file:line)
        raise typer.Exit(2)
    out.print(f"{format_count(len(paths), 'regime file')} checked, no problems")


@app.command()
def adopt(files: Annotated[list[Path], typer.Argument(metavar="FILE", help="The regime files to adopt.")]) -> None:
    """Check regime files and bring them into use. They are copied into the folder regimes of the data directory."""
    from regimes.schema import load_regime_file

    with open_run_day(Permission.ADOPT) as day:
        settings = day.settings
    folder = settings.home / "regimes"
    regimes = [load_regime_file(path) for path in files]
    problems = [*_find_changed_versions(settings, regimes), *_find_overlap_problems(settings, regimes)]
    problems += [
        f"{path}: only files whose name ends in .yaml are read; rename the file"
        for path in files
        if path.suffix != ".yaml"
    ]
    for target, path in ((folder / path.name, path) for path in files):
        if target.exists() and target.read_bytes() != path.read_bytes():
            problems.append(f"{target}: another file has this name; give the new version another name")
    if problems:
        raise WrongInput("\n".join(problems))
    folder.mkdir(parents=True, exist_ok=True)
    for target, path in ((folder / path.name, path) for path in files):
        if not target.exists():
            shutil.copyfile(path, target)
        out.print(f"adopted {target}")


def _find_overlap_problems(settings: Settings, regimes: Sequence[Regime]) -> list[str]:
    """The problems of regimes with the other available versions: duplicates and overlaps."""
    from regimes.schema import overlap_problems
    from regimes.store import available_regimes, duplicate_problems, version_key

    try:
        known = available_regimes(settings)
    except WrongRegime:
        return []  # reported when that file is checked
    replaced = {version_key(regime) for regime in regimes}
    others = [regime for regime in known if version_key(regime) not in replaced]
    return [*duplicate_problems(settings, regimes), *overlap_problems([*others, *regimes])]


def _find_changed_versions(settings: Settings, regimes: Sequence[Regime]) -> list[str]:
    """The problems of versions that runs used with other content; none if there is no database yet."""
    from models.database import DatabaseUnusable, check_database, engine_for
    from regimes.store import check_unchanged

    engine = engine_for(settings.engine_url)
    try:
        check_database(engine)
    except DatabaseUnusable:
        return []
    try:
        check_unchanged(engine, regimes)
    except WrongRegime as error:
        return list(error.problems)
    return []
