"""The ``continuity`` command: one file per group of commands, errors said in one line, exit codes kept."""

import logging
import os
import sys
import traceback

import typer

from cli import alerts, data, model, regimes, serve, watch
from settings import WrongInput

DONE, OUR_FAULT, WRONG, LEFT_OUT = 0, 1, 2, 3

app = typer.Typer(
    name="continuity",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Tells, early and with evidence, that a provider of a public service is heading for failure.",
)
for group in (data, watch, model, serve):
    group.register(app)
app.add_typer(regimes.app, name="regimes")
app.add_typer(alerts.app, name="alerts")


def main() -> None:
    """Run the command line; never returns.

    Exit codes: 0 done, 3 a whole register or step was left out, 2 wrong input or settings, 1 our own fault.
    """
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    sys.exit(_run())


def _run() -> int:
    try:
        app(standalone_mode=False)
    except typer.Exit as exit_:
        return exit_.exit_code
    except BrokenPipeError:  # `continuity ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        return _say("stopped; run the same command again to go on where it was", WRONG)
    except Exception as error:  # the boundary: nothing leaves as a traceback
        return _failed(error)
    return DONE


def _failed(error: Exception) -> int:
    if isinstance(error, WrongInput):
        return _say(str(error), WRONG)
    usage = getattr(error, "format_message", None)
    if usage is not None:  # click's own errors: a word too many, a value that does not fit
        return _say(f"{usage()} Try 'continuity --help'.", WRONG)
    if os.environ.get("CONTINUITY_DEBUG"):
        traceback.print_exc()
    said = " ".join(f"{type(error).__name__}: {error}".split())
    return _say(f"our own fault: {said}; please report it with what CONTINUITY_DEBUG=1 prints", OUR_FAULT)


def _say(text: str, code: int) -> int:
    print(f"continuity: {text}", file=sys.stderr)  # noqa: T201
    return code


if __name__ == "__main__":
    main()
