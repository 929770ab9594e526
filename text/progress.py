"""How long work says how far it has come."""

from collections.abc import Callable

# Called with the name of the work, how much of it is done, and how much there is.
ProgressCallback = Callable[[str, int, int], None]


def ignore_progress(_work: str, _done: int, _total: int) -> None:
    """Show nothing."""
