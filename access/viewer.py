"""A reader, the reader's audiences, and the records that these audiences may see."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from access.permissions import Role
from models.vocabulary import PUBLIC


def has_restricted_audience(audiences: Collection[str] | None) -> bool:
    """Whether audiences (None: all) go beyond the public. Actions on escalations are not public."""
    return audiences is None or not {PUBLIC}.issuperset(audiences)


@dataclass(frozen=True)
class Viewer:
    """A reader, who sees only records of these audiences; None stands for all audiences."""

    key: str
    name: str
    roles: frozenset[str]
    audiences: frozenset[str] | None

    @property
    def may_read_actions(self) -> bool:
        """Whether the reader may see the actions on an escalation."""
        return has_restricted_audience(self.audiences)

    @property
    def may_read_messages(self) -> bool:
        """Whether the reader may know who is notified. An operator may, to see that messages leave."""
        return self.may_read_actions or Role.OPERATOR in self.roles


UNRESTRICTED_VIEWER = Viewer("", "the service", frozenset(), None)  # the service itself, which scores and tells


ReaderAudiences = Collection[str] | None  # keys of audiences; None: all there are


def may_see(audiences: ReaderAudiences, required_audiences: Iterable[str]) -> bool:
    """Whether a reader belongs to all of these audiences; every reader belongs to the public."""
    return audiences is None or {PUBLIC, *audiences}.issuperset(required_audiences)


def split_audiences(text: str) -> list[str]:
    """The keys of audiences in a text that separates them by commas."""
    return [key for key in text.split(",") if key]


def may_see_whole(audiences: ReaderAudiences, restricted_to: str) -> bool:
    """Whether a reader may see all of an assessment; ``restricted_to`` is its column ``audiences``."""
    return may_see(audiences, split_audiences(restricted_to))


def describe_visibility(audiences: ReaderAudiences) -> str:
    """A sentence on what a reader sees; empty for a reader who sees everything."""
    if audiences is None:
        return ""
    return f"You see only information for: {', '.join([PUBLIC, *sorted(set(audiences) - {PUBLIC})])}."
