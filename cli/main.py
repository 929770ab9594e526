"""The ``continuity`` command: one file per group of commands, errors said in one line, exit codes kept."""

import logging
import os
import sys
import traceback
from collections.abc import Sequence

import typer
from typer.main import get_command

import settings as environment
from cli import alerts, case, data, hindsight, model, regimes, serve, watch
from settings import WrongInput

DONE, OUR_FAULT, WRONG, STOPPED = 0, 1, 2, 130  # 3, a register or step left out, is what the commands say

app = typer.Typer(
    name="continuity",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Tells, early and with evidence, that a provider of a public service is heading for failure.",
)
for group in (data, watch, model, hindsight, serve):
    group.register(app)
app.add_typer(regimes.app, name="regimes")
app.add_typer(alerts.app, name="alerts")
app.add_typer(case.app, name="case")


def main() -> None:
    """Run the command line; never returns.

    Exit codes: 0 done, 3 a whole register or step was left out, 2 wrong input or settings, 1 our own fault; 130 when it
    was stopped by Ctrl-C, as shells have it.
    """
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """The exit code of one command; nothing but its result goes to stdout."""
    command = get_command(app)
    try:
        # Not command.main(): that turns a broken pipe into exit code 1, and gives codes back as if they were results.
        with command.make_context("continuity", list(arguments) or ["--help"]) as context:
            command.invoke(context)
        sys.stdout.flush()
    except typer.Exit as exit_:
        return exit_.exit_code
    except BrokenPipeError:  # `continuity ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        return _print_error("stopped; run the same command again to go on where it was", STOPPED)
    except Exception as error:  # the boundary: nothing leaves as a traceback
        return _report_failure(error)
    return DONE


def _report_failure(error: Exception) -> int:
    if isinstance(error, WrongInput):
        return _print_error(str(error), WRONG)
    usage = getattr(error, "format_message", None)
    if usage is not None:  # Typer's own errors: a word too many, a value that does not fit
        context = getattr(error, "ctx", None)
        return _print_error(
            f"{usage().rstrip('.')}; see '{context.command_path if context else 'continuity'} --help'", WRONG
        )
    from sqlalchemy.exc import OperationalError

    from models.database import engine_for, unusable_error

    if isinstance(error, OperationalError):  # read-only, full, locked by a stranger, gone away
        return _print_error(str(unusable_error(engine_for(environment.load().engine_url), error)), WRONG)
    if os.environ.get("CONTINUITY_DEBUG"):
        traceback.print_exc()
    said = " ".join(f"{type(error).__name__}: {error}".split())
    return _print_error(f"our own fault: {said}; please report it with what CONTINUITY_DEBUG=1 prints", OUR_FAULT)


def _print_error(text: str, code: int) -> int:
    for line in text.splitlines():  # a file can be wrong in several places
        print(f"continuity: {line}", file=sys.stderr)  # noqa: T201
    return code


if __name__ == "__main__":
    main()
