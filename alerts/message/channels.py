"""Delivers one message to one channel: a file, or a service that Apprise speaks to. The only place that knows Apprise.

Several threads may deliver at once.
"""

import io
import logging
import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from alerts.message import formats
from alerts.message.envelope import Envelope, NoChannel, NotSent
from alerts.policy import FILE_CHANNEL
from settings import CHANNEL_PREFIX, Settings

HTML_CHAT = "tgram"  # Telegram takes HTML but no page; every other service that takes HTML is mail

DeliverMessage = Callable[[Envelope], None]

_MAIL_TEXT: ContextVar[str | None] = ContextVar("_MAIL_TEXT", default=None)  # the text part of the mail being sent


def channel_for(name: str, settings: Settings) -> DeliverMessage:
    """How to deliver to a channel; the delivery raises ``NotSent`` when it is not taken."""
    if name == FILE_CHANNEL:
        return lambda envelope: _write_message_file(settings.outbox_folder, envelope)
    url = settings.channel_urls().get(name, "")
    return lambda envelope: _notify_by_apprise(name, url, envelope)


def _write_message_file(folder: Path, envelope: Envelope) -> None:
    """One file a message, whole or not at all; a repeat overwrites it."""
    path = folder / f"{envelope.day}_{envelope.name}.md"
    unfinished = folder / f".{path.name}"  # what a killed attempt left is overwritten by the next
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with unfinished.open("w", encoding="utf-8") as file:
            file.write(f"# {envelope.subject}\n\n{envelope.text}")
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise NotSent(f"cannot write {path} ({error.strerror}); make the folder writable") from error


def _notify_by_apprise(name: str, url: str, envelope: Envelope) -> None:
    """Hand a message to Apprise: one object with one URL, so that the answer is about this message alone."""
    variable = f"{CHANNEL_PREFIX}{name.upper()}"
    if not url:
        raise NoChannel(f"not configured; set {variable} to an Apprise URL")
    import apprise

    asset = apprise.AppriseAsset(
        app_id="Continuity Watch",
        app_url="",
        image_url_mask="",  # no picture that a mail program would fetch from elsewhere
        image_url_logo="",
        storage_mode=apprise.PersistentStoreMode.MEMORY,
    )
    with _captured_warnings() as warnings:
        target = apprise.Apprise(asset=asset)
        if not target.add(url) or len(target.servers) != 1:
            raise NoChannel(f"{variable} is not one Apprise URL; correct it")
        service = target.servers[0]
        service.optional, service.retry = False, 0  # whatever the URL asks for: a failure must not count as success
        accepted = _hand_to_service(target, service, envelope)
    if not accepted:
        reason = _mask_secrets(" ".join(warnings.getvalue().split()) or "the service did not say why", url)
        raise NotSent(f"{reason}; check {variable} and that the service can be reached")


@contextmanager
def _captured_warnings() -> Iterator[io.StringIO]:
    """Collect the warnings that Apprise logs in this thread; they go to the message's record and nowhere else."""
    log, thread = logging.getLogger("apprise"), threading.get_ident()
    log.setLevel(max(logging.INFO, log.level))  # at DEBUG Apprise writes URLs with their tokens
    log.propagate = False
    warnings = io.StringIO()
    handler = logging.StreamHandler(warnings)
    handler.setLevel(logging.WARNING)
    handler.addFilter(lambda record: record.thread == thread)
    log.addHandler(handler)
    try:
        yield warnings
    finally:
        log.removeHandler(handler)


def _hand_to_service(target: Any, service: Any, envelope: Envelope) -> bool:
    """Whether the service took the message, in the format that suits it."""
    from apprise.conversion import convert_between

    text = formats.to_plain_text(envelope.text)
    if service.notify_format == "text":
        return bool(target.notify(title=envelope.subject, body=text, body_format="text"))
    html = convert_between("markdown", "html", envelope.text)  # type: ignore[no-untyped-call]
    if service.secure_protocol == "slack":
        html = formats.to_slack_html(html)
    elif service.notify_format == "markdown" or service.secure_protocol == HTML_CHAT:
        html = formats.to_chat_html(html)
    else:
        html = formats.to_mail_page(envelope.subject, html)
    _let_mail_have_own_text()
    token = _MAIL_TEXT.set(text)
    try:
        return bool(target.notify(title=envelope.subject, body=html, body_format="html"))
    finally:
        _MAIL_TEXT.reset(token)


def _let_mail_have_own_text() -> None:
    """Let the text part of a mail be ``_MAIL_TEXT``, which each thread has for itself.

    Apprise makes the text from the HTML and drops the addresses of links. Its mail plugin has no option for this, and
    calls the conversion and its own static methods by name, so that a subclass cannot change them. The conversion of
    the plugin is therefore replaced, once; outside our sends the replacement does what Apprise's own does.
    """
    from apprise.plugins.email import base

    plugin: Any = base
    plugin.convert_between = _convert_mail


def _convert_mail(from_format: str, to_format: str, content: str) -> str:
    from apprise.conversion import convert_between

    own_text = _MAIL_TEXT.get()
    return convert_between(from_format, to_format, content) if own_text is None else own_text  # type: ignore[no-untyped-call]


def _mask_secrets(text: str, url: str) -> str:
    """The text without any part of the URL that may be a secret; of a mail server's, the host is none."""
    host = re.match(r"mailtos?://(?:[^@/?]*@)?([^/:?]+)", url)
    parts = set(re.split(r"[/:@?&=#,]+", url)) - {host[1] if host else ""}
    for part in sorted({*parts, *map(unquote, parts)}, key=len, reverse=True):
        if len(part) >= 4:
            text = text.replace(part, "***")
    return text
