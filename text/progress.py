"""The callback by which long work reports its progress."""

from collections.abc import Callable

# Called with the name of the work, how much of it is done, and how much there is.
ProgressCallback = Callable[[str, int, int], None]


def ignore_progress(_work: str, _done: int, _total: int) -> None:
    """Report nothing: the default if nobody watches."""
