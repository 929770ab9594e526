"""A message on its way, and what became of those that were sent at once."""

from dataclasses import dataclass, field
from datetime import date


class NotSent(Exception):
    """A channel did not take a message; says why in one line without secrets."""


class NoChannel(NotSent):
    """There is no such channel: trying again will not help before somebody sets it."""


@dataclass(frozen=True)
class Envelope:
    """A claimed message on its way."""

    number: int
    attempt: int
    channel: str
    day: date
    subject: str
    body: str

    @property
    def name(self) -> str:
        """The message's name, the same for every attempt."""
        return f"M-{self.number}"

    @property
    def text(self) -> str:
        """The body with the reference of this attempt."""
        reference = f"Reference {self.name}/{self.attempt}. Another one with {self.name} before the stroke is a repeat."
        return f"{self.body}\n---\n\n{reference}\n"


@dataclass
class SendingResult:
    """What one sending did."""

    accepted: int = 0
    retrying: int = 0
    failed: int = 0
    stale: int = 0  # waited so long that they are not sent any more
    put_off: int = 0  # not tried: their channel had just failed
    later: int = 0  # failed before, and their next attempt is not due yet
    fell_back: int = 0  # criticals that were given to the fallback channel too
    problems: list[str] = field(default_factory=list)  # a line for each channel that failed

    @property
    def is_complete(self) -> bool:
        """Whether nothing that is to be told has been left unsent: else whoever sends ends red."""
        return not (self.failed or self.retrying or self.later)

    def describe(self) -> str:
        """One line for a summary."""
        words = {"accepted": "sent", "retrying": "to be tried again", "failed": "failed", "stale": "too old to send"}
        words["put_off"], words["fell_back"] = "put off", "given to the fallback channel"
        words["later"] = "failed before and not due yet"
        counts = [f"{getattr(self, name):,} {said}" for name, said in words.items() if getattr(self, name)]
        return "; ".join([", ".join(counts) or "nothing to send", *self.problems])
