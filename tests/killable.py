"""Runs commands in children of its own, one after the other: a process to kill that need not import everything first.

Told on stdin, one JSON object a line: the environment and the arguments of a command. Says on stdout the number of the
process, and when it has ended its exit code (negative: the signal). ``python -m tests.killable`` starts it.
"""

import json
import os
import sys

import sqlglot.dialects.duckdb

# All that a run uses is imported here, where nothing is computed or connected yet: what is forked then has it already.
from cli import main
from flows import day, lease, scoring
from indicators import catalogue, ledger

LOADED = (sqlglot.dialects.duckdb, day, lease, catalogue.load())

ledger.BATCH = 200  # records to a transaction, so that a kill may fall between many
scoring.CHUNK = 100


def run(environment: dict[str, str], arguments: list[str]) -> int:
    """The process that runs the command."""
    process = os.fork()
    if process:
        return process
    os.environ.update(environment)
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (sys.stdin, sys.stdout):  # the stdout of the command would be taken for our own words
        os.dup2(silence, stream.fileno())
    code = main.OUR_FAULT
    try:
        code = main.run(arguments)
    finally:
        os._exit(code)


def say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def serve() -> None:
    """Run what is told, until stdin ends."""
    for line in sys.stdin:
        told = json.loads(line)
        process = run(told["environment"], told["arguments"])
        say(process)
        _, status = os.waitpid(process, 0)
        say(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    serve()
