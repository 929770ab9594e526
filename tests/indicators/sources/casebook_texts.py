"""Invented files of the casebook, and what is read from them."""

import io
import re
from datetime import UTC, datetime

from indicators.parsed_records import Document, Record
from indicators.sources import casebook

NOW = datetime(2026, 1, 2, tzinfo=UTC)


HEAD = """\
format: casebook/1
provider:
  name: Example Care Ltd
  kind: care_group
  activity: care homes
  about: It failed in 2020.
"""


EVENT = """\
events:
  - event: profit_warning
    known_on: 2017-07-10
    known_on_evidence: verified
    what: 12m written off
    evidence: recalled (medium)
    source: recalled, no document read
"""


def read(text: str | bytes, name: str = "casebook/example.yaml") -> list[Record]:
    content = text if isinstance(text, bytes) else text.encode()
    return list(casebook.parse(Document("casebook", name, "0" * 64, NOW, lambda: io.BytesIO(content))))


def event(text: str = EVENT, **fields: str) -> Record:
    """The record of one event, with some fields added or replaced."""
    for key, value in fields.items():
        text = re.sub(rf"    {key}: .*\n", "", text) + f"    {key}: {value}\n"
    return read(HEAD + text)[-1]
