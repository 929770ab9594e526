"""Reads the pages of GOV.UK's content API: the documents that the releases of a collection attach."""

import re
from collections.abc import Iterator
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from indicators.http import RegisterUnreachable
from indicators.parsed_records import Client

CONTENT_API = "https://www.gov.uk/api/content"

Page = TypeVar("Page", bound=BaseModel)


class _Attachment(BaseModel):
    title: str = ""
    url: str = ""


class _Release(BaseModel):
    class ReleaseDetails(BaseModel):
        attachments: list[_Attachment] = []

    details: ReleaseDetails


class _Collection(BaseModel):
    class Links(BaseModel):
        class Release(BaseModel):
            base_path: str = ""

        documents: list[Release]

    links: Links


def read_attachments(
    client: Client, collection: str, release_path: re.Pattern[str]
) -> Iterator[tuple[re.Match[str], str, str]]:
    """The attachments of the releases whose path fits: the match, the words of the title in lower case, the address.

    Raises:
        RegisterUnreachable: a page does not have the documented shape.
    """
    page = _read_page(client, collection, _Collection)
    for path in (release.base_path for release in page.links.documents):
        match = release_path.search(path)
        if match is None:
            continue
        for attachment in _read_page(client, CONTENT_API + path, _Release).details.attachments:
            yield match, " ".join(re.findall(r"\w+", attachment.title.lower())), attachment.url


def _read_page(client: Client, address: str, shape: type[Page]) -> Page:
    try:
        return shape.model_validate(client.get_json(address))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise RegisterUnreachable(
            f"{address}: {field}: {first['msg']}; the page changed; give the files with --from"
        ) from None
