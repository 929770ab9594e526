"""The fixed words of the service: one name per idea, used by tables, rules, screens and docs alike."""

from datetime import UTC, date, datetime
from enum import IntEnum, StrEnum
from zoneinfo import ZoneInfo


class Level(StrEnum):
    """How serious a provider's position is; every regime's own rating is translated into a level."""

    NONE = "none"  # scored, and nothing to report
    WATCH = "watch"
    CONCERN = "concern"
    CRITICAL = "critical"
    UNSCORABLE = "unscorable"  # too little is known for a level: never shown as healthy

    @property
    def rank(self) -> int:
        """0 (none) to 3 (critical); ``unscorable`` sorts between none and watch."""
        return _RANK[self]


_RANK = {Level.NONE: 0, Level.UNSCORABLE: 0, Level.WATCH: 1, Level.CONCERN: 2, Level.CRITICAL: 3}


class UnscorableReason(StrEnum):
    """Why a finding, or a principle that is ``unscorable``, neither clears nor raises a level."""

    NOT_KNOWN = "not_known"  # required evidence is missing or too old
    ABOUT_SOURCE = "about_source"  # true of so many providers at once that it is about the source and not the provider
    NOTHING_ENTERED = "nothing_entered"  # nothing is entered, and the regime excuses that
    NOTHING_DUE = "nothing_due"  # no rule applies, nothing has started a clock


class Grounds(IntEnum):
    """How far a finding lets its principle be judged. The highest value among a principle's findings counts."""

    NOTHING_DUE = -3
    NOTHING_ENTERED = -2
    ABOUT_SOURCE = -1
    JUDGED = 0  # the rule had something to judge
    TOO_OLD_OF_MANY = 1  # about the source, but the findings of other rules do not clear the provider
    NOT_KNOWN = 2

    @property
    def reason(self) -> UnscorableReason | None:
        """Why the principle cannot be judged; None if the rule had something to judge."""
        if self is Grounds.TOO_OLD_OF_MANY:
            return UnscorableReason.ABOUT_SOURCE
        return None if self is Grounds.JUDGED else UnscorableReason[self.name]


class Principle(StrEnum):
    """The six principles of a continuity regime (Open Public Services White Paper, Cm 8145, July 2011)."""

    SUPPORT = "support"
    ACCOUNTABILITY = "accountability"
    CONSEQUENCES = "consequences"
    EVIDENCE = "evidence"
    EXTERNAL_POWERS = "external_powers"
    FLEXIBILITY = "flexibility"


PRINCIPLES = tuple(Principle)  # iterating an Enum is slow, so the tuple is built once


class IndicatorKind(StrEnum):
    """The kind of value that an indicator has."""

    FIGURE = "figure"  # a number for a period or a balance-sheet day
    GRADE = "grade"  # a word on an ordered scale
    FLAG = "flag"  # true or false
    TEXT = "text"  # words: a name, a status
    EVENT = "event"  # something that happened on a day; all events count, not just the latest
    FORECAST = "forecast"  # a figure known before the end of its period


class DateBasis(IntEnum):
    """How sure the day is on which a value became known."""

    STATED = 0  # the register itself gives the day
    INFERRED = 1  # worked out by a rule that the data-sources page names
    SNAPSHOT = 2  # the day of the file that first showed it


class View(StrEnum):
    """The rows that a reading includes."""

    FULL = "full"  # public rows and our own entries
    OPEN = "open"  # public rows only: for back-tests, and for the public's view


class Relation(StrEnum):
    """How two subjects are linked; always read as ``subject relation object``."""

    SAME_AS = "same_as"
    OWNED_BY = "owned_by"
    PARENT_OF = "parent_of"
    SUCCEEDS = "succeeds"
    BUYS_FROM = "buys_from"


class BuyerKind(StrEnum):
    """The role of the subject of ``buys_from``; empty for other relations."""

    BUYER = "buyer"
    FUNDER = "funder"
    HOST_AREA = "host_area"  # the area a setting stands in: never shown as depending on it
    REGULATOR = "regulator"
    NOT_A_BUYER = ""


class RunStatus(StrEnum):
    """The state of one scoring of one day."""

    RUNNING = "running"
    DONE = "done"
    ABANDONED = "abandoned"  # its lease ran out; another run took over


class MessageStatus(StrEnum):
    """The state of a message. Nobody can know whether it was delivered."""

    PENDING = "pending"
    SENDING = "sending"
    ACCEPTED = "accepted"  # the channel took it
    RETRY = "retry"
    FAILED = "failed"
    STALE = "stale"  # waited so long that its news would mislead


PUBLIC = "public"
LONDON = ZoneInfo("Europe/London")


def day_in_london(instant: datetime) -> date:
    """The London day of an instant: every day of the service is a Europe/London date."""
    return instant.astimezone(LONDON).date()


def today_in_london() -> date:
    """The present day in London."""
    return day_in_london(datetime.now(UTC))
