"""Claim, send, record: nothing is lost, nothing recorded twice, a failing channel is tried again, then given up."""

import os
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, update

from alerts.message import outbox
from alerts.message.envelope import Envelope, NotSent, SendingResult
from alerts.message.outbox import send
from models.alerting import Message
from models.database import engine_for, write_session
from models.vocabulary import MessageStatus
from settings import Settings
from tests.alerts.scenes import POLICY, messages, noon, policy_to, score_and_tell

DAY = date(2024, 1, 1)
NOW = noon(DAY)
DIED = 9
HOUR = timedelta(hours=1)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


def wait(engine: Engine, *, day: date = DAY, channel: str = "file", recipients: int = 1) -> None:
    """Put a summary for each recipient into the outbox."""
    policy = policy_to(**{f"desk{number}": {"channel": channel} for number in range(recipients)})
    score_and_tell(engine, day, {f"Home of {day}": "watch"}, regime=f"regime of {day}", policy=policy)


def statuses(engine: Engine) -> list[str]:
    return [message.status for message in messages(engine)]


class Channel:
    """Takes messages, or fails as long as it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.delivered: list[Envelope] = []
        self.is_down = False
        monkeypatch.setattr(outbox, "channel_for", lambda _name, _settings: self)

    def __call__(self, envelope: Envelope) -> None:
        if self.is_down:
            raise NotSent("nobody answers")
        self.delivered.append(envelope)


@pytest.fixture
def channel(monkeypatch: pytest.MonkeyPatch) -> Channel:
    return Channel(monkeypatch)


def test_the_file_channel_writes_one_readable_file_a_message(engine: Engine, settings: Settings) -> None:
    wait(engine)
    assert send(engine, settings, now=NOW) == SendingResult(accepted=1)
    [path] = settings.outbox_folder.iterdir()
    text = path.read_text(encoding="utf-8")
    assert path.name == "2024-01-01_M-1.md"
    assert text.startswith(
        "# WATCH: Home of 2024-01-01 (not scored before), 1 January 2024\n\n1 at the first scoring (1 watch)."
    )
    assert text.endswith("Reference M-1/1. If you receive another message starting M-1, it is a copy of this one.\n")


def test_sending_again_sends_nothing(engine: Engine, settings: Settings) -> None:
    wait(engine)
    send(engine, settings, now=NOW)
    assert send(engine, settings, now=NOW + HOUR) == SendingResult()


def test_a_message_sent_but_not_recorded_is_sent_again_into_the_same_file(engine: Engine, settings: Settings) -> None:
    wait(engine)
    send(engine, settings, now=NOW)
    with write_session(engine) as session:
        session.execute(update(Message).values(status=MessageStatus.SENDING, finished_at=None))
    assert send(engine, settings, now=NOW + HOUR).accepted == 1
    [path] = settings.outbox_folder.iterdir()
    assert "Reference M-1/2." in path.read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_written_is_tried_again(engine: Engine, settings: Settings) -> None:
    wait(engine)
    settings.home.write_text("in the way of the folder")
    sent = send(engine, settings, now=NOW)
    assert (sent.retrying, statuses(engine)) == (1, ["retry"])
    assert "make the folder writable" in sent.describe()


def test_what_failed_and_is_not_due_yet_is_no_success_either(
    engine: Engine, settings: Settings, channel: Channel
) -> None:
    wait(engine)
    channel.is_down = True
    assert not send(engine, settings, now=NOW).is_complete
    channel.is_down = False
    sent = send(engine, settings, now=NOW + timedelta(seconds=30))
    assert (sent.later, sent.is_complete, sent.describe()) == (1, False, "1 failed before and not due yet")
    assert send(engine, settings, now=NOW + HOUR).is_complete


def test_criticals_go_before_summaries_of_earlier_runs(engine: Engine, settings: Settings, channel: Channel) -> None:
    for day, level in ((1, "none"), (2, "watch"), (3, "critical")):
        score_and_tell(engine, date(2024, 1, day), {"Sunny House": level})
    send(engine, settings, now=NOW)
    assert [envelope.subject for envelope in channel.delivered] == [
        "CRITICAL: Sunny House (was watch), 3 January 2024",
        "WATCH: Sunny House (was none), 2 January 2024",
        "CRITICAL: Sunny House (was watch), summary of 3 January 2024",
    ]


def test_a_channel_that_is_not_configured_fails_at_once_and_names_the_variable(
    engine: Engine, settings: Settings
) -> None:
    wait(engine, channel="mail")
    sent = send(engine, settings, now=NOW)
    assert (sent.failed, statuses(engine)) == (1, ["failed"])
    assert sent.problems == ["channel 'mail': not configured; set CONTINUITY_CHANNEL_MAIL to an Apprise URL"]


@pytest.mark.parametrize("url", ["nonsense", "mailto://", "json://127.0.0.1:9 json://127.0.0.1:10"])
def test_an_address_that_is_not_one_apprise_url_fails_at_once(
    sqlite_engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("CONTINUITY_CHANNEL_MAIL", url)
    wait(sqlite_engine, channel="mail")
    assert send(sqlite_engine, settings, now=NOW).problems == [
        "channel 'mail': CONTINUITY_CHANNEL_MAIL is not one Apprise URL; correct it"
    ]


def test_a_failing_channel_is_tried_after_1_5_30_and_120_minutes_and_then_given_up(
    engine: Engine, settings: Settings, channel: Channel
) -> None:
    wait(engine)
    channel.is_down = True
    now = NOW
    for minutes in (1, 5, 30, 120):
        assert send(engine, settings, now=now).retrying == 1
        assert send(engine, settings, now=now + timedelta(minutes=minutes, seconds=-1)) == SendingResult(later=1)
        now += timedelta(minutes=minutes, seconds=1)
    assert send(engine, settings, now=now).failed == 1
    assert [(message.status, message.attempts, message.last_error) for message in messages(engine)] == [
        ("failed", 5, "nobody answers")
    ]


def test_a_channel_that_comes_back_takes_what_waited(engine: Engine, settings: Settings, channel: Channel) -> None:
    wait(engine)
    channel.is_down = True
    send(engine, settings, now=NOW)
    channel.is_down = False
    assert send(engine, settings, now=NOW + HOUR).accepted == 1
    assert [envelope.text.splitlines()[-1].split(".")[0] for envelope in channel.delivered] == ["Reference M-1/2"]


def test_after_two_failures_in_a_row_the_channel_is_left_alone_for_this_time(
    engine: Engine, settings: Settings, channel: Channel
) -> None:
    wait(engine, recipients=5)
    channel.is_down = True
    assert send(engine, settings, now=NOW) == SendingResult(
        retrying=2, put_off=3, problems=["channel 'file': nobody answers"]
    )
    assert statuses(engine) == ["retry", "retry", "pending", "pending", "pending"]


def test_what_a_dead_sender_had_claimed_is_freed_after_fifteen_minutes(
    engine: Engine, settings: Settings, channel: Channel
) -> None:
    wait(engine)
    with write_session(engine) as session:
        session.execute(update(Message).values(status=MessageStatus.SENDING, attempts=1, claimed_at=NOW))
    assert send(engine, settings, now=NOW + timedelta(minutes=14)) == SendingResult()
    assert send(engine, settings, now=NOW + timedelta(minutes=16)).accepted == 1


def test_whoever_holds_the_lease_frees_what_a_dead_sender_had_claimed_at_once(
    sqlite_engine: Engine, settings: Settings
) -> None:
    wait(sqlite_engine)
    with write_session(sqlite_engine) as session:
        session.execute(update(Message).values(status=MessageStatus.SENDING, attempts=1, claimed_at=NOW))
    assert send(sqlite_engine, settings, now=NOW + timedelta(seconds=1), has_lease=True) == SendingResult(accepted=1)
    assert statuses(sqlite_engine) == [MessageStatus.ACCEPTED]


def test_a_message_that_waited_for_longer_than_it_is_useful_is_not_sent(
    engine: Engine, settings: Settings, channel: Channel
) -> None:
    wait(engine)
    assert send(engine, settings, now=NOW + timedelta(days=POLICY.useful_for_days, seconds=1)) == SendingResult(stale=1)
    assert (statuses(engine), channel.delivered) == (["stale"], [])


def test_only_files_leaves_messages_for_other_channels_waiting(engine: Engine, settings: Settings) -> None:
    wait(engine, channel="mail")
    wait(engine, day=date(2024, 1, 2))
    assert send(engine, settings, now=NOW, only_file=True) == SendingResult(accepted=1)
    assert statuses(engine) == ["pending", "accepted"]


def test_told_only_by_file_whatever_the_policy_says(engine: Engine, settings: Settings) -> None:
    policy = policy_to(duty={"channel": "mail"})
    score_and_tell(engine, DAY, {"Sunny House": "watch"}, policy=policy, only_file=True)
    assert send(engine, settings, now=NOW, only_file=True) == SendingResult(accepted=1)


def test_a_late_word_of_a_sender_taken_for_dead_does_not_undo_the_next_attempt(
    engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait(engine)

    def slow(_envelope: Envelope) -> None:
        monkeypatch.setattr(outbox, "channel_for", lambda _name, _settings: lambda _envelope: None)
        assert send(engine, settings, now=NOW + HOUR).accepted == 1
        raise NotSent("answered too late")

    monkeypatch.setattr(outbox, "channel_for", lambda _name, _settings: slow)
    send(engine, settings, now=NOW)
    assert [(message.status, message.attempts) for message in messages(engine)] == [("accepted", 2)]


def fail_over(engine: Engine, monkeypatch: pytest.MonkeyPatch, *, both: bool = False) -> list[Envelope]:
    """A new critical to a recipient whose channel is down; what the fallback is given, if it is not down too."""
    taken: list[Envelope] = []

    def deliver(envelope: Envelope) -> None:
        if envelope.channel == "mail" or both:
            raise NotSent("nobody answers")
        taken.append(envelope)

    monkeypatch.setattr(outbox, "channel_for", lambda _name, _settings: deliver)
    policy = policy_to(duty={"channel": "mail", "fallback": "pager"})
    score_and_tell(engine, DAY, {"Sunny House": "none"}, policy=policy)
    score_and_tell(engine, DAY + timedelta(days=1), {"Sunny House": "critical"}, policy=policy)
    return taken


def test_a_critical_that_its_channel_does_not_take_goes_by_the_fallback_at_once(
    engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = fail_over(engine, monkeypatch)
    sent = send(engine, settings, now=NOW + HOUR)
    assert (sent.accepted, sent.retrying, sent.fell_back) == (1, 2, 1)
    [envelope] = taken
    assert envelope.subject == "CRITICAL: Sunny House (was none), 2 January 2024"
    assert "channel 'mail' did not accept M-1 (nobody answers)" in envelope.body
    assert "1 given to the fallback channel" in sent.describe()


def test_the_fallback_is_used_once_for_each_critical(
    engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = fail_over(engine, monkeypatch)
    for hours in (1, 10, 20):
        send(engine, settings, now=NOW + hours * HOUR)
    assert len(taken) == 1


def test_a_fallback_that_fails_too_is_tried_again(
    engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_over(engine, monkeypatch, both=True)
    send(engine, settings, now=NOW + HOUR)
    assert [(message.channel, message.status) for message in messages(engine)] == [
        ("mail", "retry"),
        ("mail", "retry"),
        ("pager", "retry"),
    ]


def test_a_critical_that_waited_too_long_is_no_quiet_matter(
    engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_over(engine, monkeypatch, both=True)
    sent = send(engine, settings, now=NOW + timedelta(days=30))
    assert (sent.failed, sent.stale) == (1, 1)
    assert "critical messages that waited too long to be sent: 1" in sent.describe()


def send_and_die(engine: Engine, settings: Settings, now: datetime, point: int) -> bool:
    """Whether a process of its own died while sending, before or after the given statement or commit."""
    engine.dispose()  # a child must not inherit connections
    child = os.fork()
    if child:
        exit_code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert exit_code in {0, DIED}
        return exit_code == DIED
    exit_code = 1
    try:
        victim, passed = engine_for(engine.url.render_as_string(hide_password=False)), Counter[str]()

        def pass_point(_connection: object, _cursor: object = None, statement: str = "", *_rest: object) -> None:
            passed["points"] += not statement.startswith("BEGIN")
            if passed["points"] == point:
                os._exit(DIED)

        for name in ("before_cursor_execute", "after_cursor_execute", "commit"):
            event.listen(victim, name, pass_point)
        send(victim, settings, now=now)
        exit_code = 0
    finally:
        os._exit(exit_code)


def test_killed_at_any_statement_nothing_is_lost_and_nothing_recorded_twice(
    engine: Engine, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three messages, killed at the first point, then at the second, ... until the sending gets through."""
    log = tmp_path / "delivered"
    monkeypatch.setattr(outbox, "channel_for", lambda _name, _settings: lambda envelope: note(log, envelope))
    for point in range(1, 1000):
        day = DAY + timedelta(days=point)
        wait(engine, day=day, recipients=3)
        log.write_text("")
        died = send_and_die(engine, settings, noon(day), point)
        send(engine, settings, now=noon(day) + HOUR)
        times = Counter(int(line) for line in log.read_text().split())
        rows = messages(engine)[-3:]
        assert [row.status for row in rows] == ["accepted"] * 3, f"lost at point {point}"
        assert {row.id for row in rows} == times.keys(), f"lost at point {point}"
        assert sum(times.values()) - 3 <= died, f"more than one repeat at point {point}"
        if not died:
            break
    assert point > 30


def note(log: Path, envelope: Envelope) -> None:
    with log.open("a") as file:
        file.write(f"{envelope.number}\n")
