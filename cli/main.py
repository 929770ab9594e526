"""The ``continuity`` command: one file for each group of commands, one line for each error, fixed exit codes."""

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

DONE, OUR_FAULT, WRONG, STOPPED = 0, 1, 2, 130  # and 3, from the commands: a register or step was left out

app = typer.Typer(
    name="continuity",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Warns early, with evidence, when a provider of a public service is heading for failure.",
)
for group in (data, watch, model, hindsight, serve):
    group.register(app)
app.add_typer(regimes.app, name="regimes")
app.add_typer(alerts.app, name="alerts")
app.add_typer(case.app, name="case")


def main() -> None:
    """Run the command line; never returns.

    Exit codes: 0 done; 1 a fault of ours; 2 wrong input or settings; 3 a whole register or step was left out; 130
    stopped by Ctrl-C, as shells expect.
    """
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; only the result of the command goes to stdout."""
    command = get_command(app)
    try:
        # command.main() would turn a broken pipe into exit code 1, and return exit codes as results.
        with command.make_context("continuity", list(arguments) or ["--help"]) as context:
            command.invoke(context)
        sys.stdout.flush()
    except typer.Exit as exit_:
        return exit_.exit_code
    except BrokenPipeError:  # `continuity ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        return _print_error("stopped; run the same command again to continue", STOPPED)
    except Exception as error:  # no error leaves the program as a traceback
        return _report_failure(error)
    return DONE


def _report_failure(error: Exception) -> int:
    if isinstance(error, WrongInput):
        return _print_error(str(error), WRONG)
    usage = getattr(error, "format_message", None)
    if usage is not None:  # errors of Typer: an extra argument, a wrong value
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
    description = " ".join(f"{type(error).__name__}: {error}".split())
    return _print_error(
        f"our own fault: {description}; run it again with CONTINUITY_DEBUG=1 and report the output", OUR_FAULT
    )


def _print_error(text: str, code: int) -> int:
    for line in text.splitlines():  # a file can be wrong in several places
        print(f"continuity: {line}", file=sys.stderr)  # noqa: T201
    return code


if __name__ == "__main__":
    main()
