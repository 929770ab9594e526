"""How many messages a series of levels would have sent: the alerts' own decisions, with nothing written or sent."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from alerts.decide import Reason, decide
from alerts.further import NOTHING, Held, Rule, further, told_after, told_by_edition
from alerts.messages import goes_alone
from alerts.policy import Policy
from models.vocabulary import Level

Provider = TypeVar("Provider", bound=Hashable)


@dataclass(frozen=True)
class Telling:
    """What one recipient would have been sent over a series of days."""

    messages: int = 0
    lines: int = 0  # pieces of news in their summaries: what somebody has to read


@dataclass
class _Open:
    """An escalation that stands open."""

    level: Level
    changed: int  # the day, as its place in the series, on which it was opened or last changed
    told: Held  # what has been told is held against the provider


Series = Sequence[Level | None]  # one for each day; None where it is not covered


def simulate(
    levels: Mapping[Provider, Series],
    *,
    days: int,
    policy: Policy,
    held: Mapping[Provider, Mapping[int, Held]] | None = None,
    editions: Mapping[int, Collection[Rule]] | None = None,
) -> Telling:
    """What each recipient of the policy would have been sent, were these levels the first ever scored.

    The rules are those of ``alerts/standing.py`` and ``alerts/messages.py``: a summary for each day with news, and each
    new critical alone, up to the policy's number.

    Args:
        levels: of each provider.
        days: how many days there are.
        policy: who is told, and how late a level comes down.
        held: what is held against each provider on the days on which anything is, by their places.
        editions: days from which another version of the regime is in force, with its new rules.
    """
    standing: dict[Provider, _Open] = {}
    messages = lines = 0
    for number in range(days):
        news = alone = 0
        changed = (editions or {}).get(number, ())
        for key, series in levels.items():
            now, was = (held or {}).get(key, {}).get(number, NOTHING), standing.get(key)
            if was is not None and changed:
                was.told = told_by_edition(was.told, now, changed)
            reason, level = _news(standing, key, series, number, lower_after=policy.lower_after, holds=now)
            news += reason.is_news
            alone += goes_alone(reason, level)
        messages += bool(news) + min(alone, policy.criticals_alone)
        lines += news
    return Telling(messages, lines)


def _news(
    standing: dict[Provider, _Open], key: Provider, series: Series, number: int, *, lower_after: int, holds: Held
) -> tuple[Reason, Level]:
    """What is news about one provider on one day; the escalation that stands open is brought up to date."""
    now, was = series[number], standing.get(key)
    if was is None:
        if now is None or not now.rank:
            return Reason.UNCHANGED, Level.NONE
        news = decide(None, [now], lower_after=lower_after, is_first_run=number == 0)
    elif now is None:
        news = decide(was.level, [None], lower_after=lower_after)
    else:
        since = [series[day] for day in range(number - 1, max(was.changed, number - max(1, lower_after - 1)) - 1, -1)]
        has_more = now is was.level and bool(further(now, holds, was.told))
        news = decide(was.level, [now, *since], lower_after=lower_after, has_more=has_more)
    if news.reason.is_closing:
        standing.pop(key)
    elif news.reason.is_news:
        told = told_after(was.told if was else NOTHING, news.reason, holds)
        standing[key] = _Open(news.level, number, told)
    return news.reason, news.level
