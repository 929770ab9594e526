"""A message that is being sent, and the result of sending several."""

from dataclasses import dataclass, field
from datetime import date


class NotSent(Exception):
    """A channel did not accept a message; the text is the reason in one line, without secrets."""


class NoChannel(NotSent):
    """The channel is not configured: another attempt will not help until somebody configures it."""


@dataclass(frozen=True)
class Envelope:
    """A claimed message that is being sent."""

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
        copies = f"If you receive another message starting {self.name}, it is a copy of this one."
        return f"{self.body}\n---\n\nReference {self.name}/{self.attempt}. {copies}\n"


@dataclass
class SendingResult:
    """The result of one round of sending: how many messages ended in which way."""

    accepted: int = 0
    retrying: int = 0
    failed: int = 0
    stale: int = 0  # waited too long to be sent
    put_off: int = 0  # not tried: their channel had just failed
    later: int = 0  # failed before, and their next attempt is not due yet
    fell_back: int = 0  # critical messages that were also given to the fallback channel
    problems: list[str] = field(default_factory=list)  # a line for each channel that failed

    @property
    def is_complete(self) -> bool:
        """Whether every message was sent or put off. If not, the command or flow that sends reports a failure."""
        return not (self.failed or self.retrying or self.later)

    def describe(self) -> str:
        """One line for a summary."""
        labels = {"accepted": "sent", "retrying": "to be tried again", "failed": "failed", "stale": "too old to send"}
        labels["put_off"], labels["fell_back"] = "put off", "given to the fallback channel"
        labels["later"] = "failed before and not due yet"
        counts = [f"{getattr(self, name):,} {label}" for name, label in labels.items() if getattr(self, name)]
        return "; ".join([", ".join(counts) or "nothing to send", *self.problems])
