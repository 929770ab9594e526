"""Real servers on loopback: what arrives by mail and at Slack, and what is said when it cannot."""

import asyncio
import email
import email.message
import email.policy
import json
import os
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Session
from aiosmtpd.smtp import Envelope as ReceivedMail
from sqlalchemy import Engine

from alerts.message.channels import channel_for
from alerts.message.envelope import Envelope
from alerts.message.outbox import send
from settings import Settings
from tests.alerts.scenes import finding, messages, noon, policy_to, score_and_tell

ROOT = Path(__file__).resolve().parents[3]
DAY = date(2024, 1, 1)
NOW = noon(DAY)
PATIENCE, SLOW = 2, 8  # seconds
SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#watch?footer=no&image=no"
SECRETS = ("T1JJ3T3L2", "A1BRTD4JD", "TIiajkdnlazkcOXrIdevi7FQ", "hunter2secret")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture
def waiting(sqlite_engine: Engine) -> Engine:
    """One message that describes a home whose name is as bad as names get."""
    tell(sqlite_engine)
    return sqlite_engine


def tell(engine: Engine, recipients: int = 1) -> None:
    name = "Bed & <b>Board</b> *Ltd*"
    found = {name: [finding("Net debt £219m on 31 December 2016", known_on="2017-03-01", is_recalled=True)]}
    policy = policy_to(**{f"desk{number}": {"channel": "desk"} for number in range(recipients)})
    score_and_tell(engine, DAY, {name: "critical"}, findings=found, policy=policy)


class Mailbox:
    """An SMTP server that keeps what it is given, or answers what it is told to."""

    answer = "250 kept"

    def __init__(self) -> None:
        self.mails: list[email.message.EmailMessage] = []

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: ReceivedMail) -> str:  # noqa: N802
        if self.answer == "drop":
            server.transport.abort()
        elif self.answer == "slow":
            await asyncio.sleep(SLOW)  # the client gives up before
        else:
            self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return self.answer


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    mailbox = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Controller(mailbox, hostname="127.0.0.1", port=port)
    server.start()
    url = f"mailto://127.0.0.1:{port}?from=watch@example.org&to=duty@example.org&mode=insecure&cto={PATIENCE}"
    monkeypatch.setenv("CONTINUITY_CHANNEL_DESK", url)
    yield mailbox
    server.stop()


class Endpoint:
    """An HTTP server that keeps what is posted to it, or answers what it is told to."""

    def __init__(self) -> None:
        self.posted: list[dict[str, Any]] = []
        self.status = 200  # 0: hang up
        self.before_answer = lambda: None


@contextmanager
def serving() -> Iterator[tuple[Endpoint, int]]:
    endpoint = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            endpoint.posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            endpoint.before_answer()
            if endpoint.status == 0:  # hangs up without a word
                self.close_connection = True
                self.connection.close()
                return
            with suppress(BrokenPipeError):  # the client has given up
                self.send_response(endpoint.status)
                self.end_headers()
                self.wfile.write(b"ok")

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield endpoint, server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    """A server in the place of Slack."""
    from apprise.plugins.slack import NotifySlack

    with serving() as (endpoint, port):
        monkeypatch.setattr(NotifySlack, "webhook_url", f"http://127.0.0.1:{port}/services")
        monkeypatch.setenv("CONTINUITY_CHANNEL_DESK", SLACK)
        yield endpoint


def test_mail_arrives_as_text_and_as_html(waiting: Engine, settings: Settings, mailbox: Mailbox) -> None:
    assert send(waiting, settings, now=NOW).accepted == 1
    [mail] = mailbox.mails
    assert mail["subject"] == "CRITICAL: Bed & <b>Board</b> *Ltd* (not scored before), 1 January 2024"
    assert mail["from"] == "watch@example.org"
    assert mail["to"] == "duty@example.org"
    text = mail.get_body(("plain",)).get_content()
    assert "CRITICAL: Bed & <b>Board</b> *Ltd* (CW-TEST-BED-&-<B>BOARD</B>-*LTD*)" in text
    assert "- Net debt £219m on 31 December 2016 (known 2017-03-01, recalled)" in text
    assert "the watchlist of 1 January 2024 <http://localhost:8501/> or continuity watchlist --as-of 2024-01-01" in text
    assert "as known on 1 January 2024 <http://localhost:8501/provider?id=CW-TEST-BED-" in text
    assert "Acknowledge: continuity alerts ack 1 --next STEP --until DATE" in text
    assert "Reference M-1/1." in text
    assert [mark for mark in ("**", "\\", "`", "&amp;") if mark in text] == []
    html = mail.get_body(("html",)).get_content()
    assert "<h3><strong>CRITICAL: Bed &amp; &lt;b&gt;Board&lt;/b&gt; *Ltd*</strong>" in html
    assert "Bed &amp; &lt;b&gt;Board&lt;/b&gt; *Ltd* as known on 1 January 2024</a>" in html
    assert "<h2>Still open</h2>" in html
    assert "<li>Net debt £219m on 31 December 2016 (known 2017-03-01, recalled)</li>" in html


def test_mails_sent_at_once_by_two_threads_have_each_their_own_text(
    settings: Settings, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apprise.plugins.email.base import NotifyEmail

    both = threading.Barrier(2)
    monkeypatch.setattr(NotifyEmail, "throttle", lambda _self: both.wait(30))  # the first step of a delivery
    deliver = channel_for("desk", settings)
    homes = {"Rose Lodge", "Sunny House"}
    envelopes = [Envelope(7, 1, "desk", DAY, home, f"See [{home}](http://{home[:4]}.example)\n") for home in homes]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(deliver, envelopes))
    texts = {mail["subject"]: mail.get_body(("plain",)).get_content() for mail in mailbox.mails}
    assert {home: f"See {home} <http://{home[:4]}.example>" in text for home, text in texts.items()} == dict.fromkeys(
        homes, True
    )


def test_slack_gets_its_own_markdown(waiting: Engine, settings: Settings, endpoint: Endpoint) -> None:
    assert send(waiting, settings, now=NOW).accepted == 1
    [post] = endpoint.posted
    [attachment] = post["attachments"]
    assert (post["channel"], attachment["title"]) == (
        "#watch",
        "CRITICAL: Bed &amp; &lt;b&gt;Board&lt;/b&gt; *Ltd* (not scored before), 1 January 2024",
    )
    assert "*CRITICAL: Bed &amp; &lt;b&gt;Board&lt;/b&gt; ∗Ltd∗*" in attachment["text"]  # noqa: RUF001
    assert "%2A&amp;day=2024-01-01|Bed &amp; &lt;b&gt;Board&lt;/b&gt; ∗Ltd∗ as known on" in attachment["text"]  # noqa: RUF001
    assert "icon_url" not in post
    assert "footer_icon" not in attachment
    assert "*Still open*" in attachment["text"]
    assert "`continuity watchlist --as-of 2024-01-01`" in attachment["text"]
    assert "Reference M-1/1." in attachment["text"]


def test_a_name_cannot_call_everybody_in_slack(sqlite_engine: Engine, settings: Settings, endpoint: Endpoint) -> None:
    names = ["<!channel>", "<@U1|x>", "<http://x.example|y>"]
    policy = policy_to(desk={"channel": "desk"})
    score_and_tell(sqlite_engine, DAY, dict.fromkeys(names, "watch"), policy=policy)
    send(sqlite_engine, settings, now=NOW)
    said = json.dumps(endpoint.posted)
    assert [name for name in names if name in said] == []
    assert "&lt;!channel&gt;" in said


def test_a_service_that_takes_text_gets_text_with_addresses(
    waiting: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as (endpoint, port):
        monkeypatch.setenv("CONTINUITY_CHANNEL_DESK", f"json://127.0.0.1:{port}")
        assert send(waiting, settings, now=NOW).accepted == 1
    [post] = endpoint.posted
    assert "the watchlist of 1 January 2024 <http://localhost:8501/> or continuity watchlist" in post["message"]
    assert "**" not in post["message"]


@pytest.mark.parametrize("answer", ["550 no such mailbox", "451 busy, come back", "drop", "slow"])
def test_a_mail_server_that_refuses_is_tried_again(
    waiting: Engine, settings: Settings, mailbox: Mailbox, answer: str
) -> None:
    mailbox.answer = answer
    assert send(waiting, settings, now=NOW).retrying == 1
    mailbox.answer = "250 kept"
    mailbox.mails.clear()
    assert send(waiting, settings, now=NOW + timedelta(hours=1)).accepted == 1
    assert "Reference M-1/2." in mailbox.mails[0].get_body(("plain",)).get_content()


def test_a_mail_server_that_nobody_answers_for_is_one_clear_line(
    waiting: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = "mailto://watch:hunter2secret@127.0.0.1:9?from=a@example.org&to=b@example.org&mode=insecure"
    monkeypatch.setenv("CONTINUITY_CHANNEL_DESK", address)
    sent = send(waiting, settings, now=NOW)
    assert sent.describe() == (
        "1 to be tried again; channel 'desk': Connection error while submitting email to \"127.0.0.1\"; "
        "check CONTINUITY_CHANNEL_DESK and that the service can be reached"
    )


@pytest.mark.parametrize("status", [500, 404, 429])
def test_slack_that_refuses_is_tried_again(
    waiting: Engine, settings: Settings, endpoint: Endpoint, status: int
) -> None:
    endpoint.status = status
    assert send(waiting, settings, now=NOW).retrying == 1


def test_a_service_that_drops_the_connection_is_tried_again(
    waiting: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as (endpoint, port):
        endpoint.status = 0
        monkeypatch.setenv("CONTINUITY_CHANNEL_DESK", f"json://127.0.0.1:{port}")
        assert send(waiting, settings, now=NOW).retrying == 1
        assert len(endpoint.posted) == 1
        endpoint.status = 200
        assert send(waiting, settings, now=NOW + timedelta(hours=1)).accepted == 1


def test_a_server_that_does_not_answer_in_time_is_tried_again(
    waiting: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as (endpoint, port):
        given_up = threading.Event()
        endpoint.before_answer = lambda: given_up.wait(30)
        monkeypatch.setenv("CONTINUITY_CHANNEL_DESK", f"json://127.0.0.1:{port}?rto=0.5")
        assert send(waiting, settings, now=NOW).retrying == 1
        given_up.set()


def test_an_address_cannot_ask_for_failures_to_count_as_success(
    waiting: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTINUITY_CHANNEL_DESK", "json://127.0.0.1:9?optional=yes&retry=3&wait=30")
    assert send(waiting, settings, now=NOW).retrying == 1


def test_no_secret_of_an_address_is_logged_or_recorded(
    waiting: Engine,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    from apprise.plugins.slack import NotifySlack

    monkeypatch.setattr(NotifySlack, "webhook_url", "http://127.0.0.1:9/services")
    monkeypatch.setenv("CONTINUITY_CHANNEL_DESK", SLACK)
    caplog.set_level("DEBUG")
    caplog.set_level("DEBUG", logger="apprise")
    sent = send(waiting, settings, now=NOW)
    said = "".join([sent.describe(), messages(waiting)[0].last_error, caplog.text, *capfd.readouterr()])
    assert [secret for secret in SECRETS if secret in said] == []
    assert messages(waiting)[0].last_error


def test_two_senders_at_once_send_each_message_once(engine: Engine, settings: Settings) -> None:
    tell(engine, recipients=20)
    with serving() as (endpoint, port):
        both = threading.Barrier(2)
        first = [both.wait, both.wait]  # the first two posts wait for each other: two senders are at work
        endpoint.before_answer = lambda: first.pop()(60) if first else None
        program = (
            "from datetime import datetime; from sys import argv; from alerts.message.outbox import send;"
            "from models.database import engine_for; from settings import load;"
            "print(send(engine_for(argv[1]), load(), now=datetime.fromisoformat(argv[2])).accepted)"
        )
        url = engine.url.render_as_string(hide_password=False)
        senders = [
            subprocess.Popen(
                [sys.executable, "-c", program, url, NOW.isoformat()],
                cwd=ROOT,
                env={**os.environ, "CONTINUITY_CHANNEL_DESK": f"json://127.0.0.1:{port}?rto=60"},
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(2)
        ]
        accepted = [int(sender.communicate(timeout=120)[0]) for sender in senders]
    references = Counter(post["message"].split("Reference ")[1].split(".")[0] for post in endpoint.posted)
    assert references == Counter({f"M-{message.id}/1": 1 for message in messages(engine)})
    assert sum(accepted) == 20
    assert min(accepted) >= 1
