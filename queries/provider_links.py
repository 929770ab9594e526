"""A provider's links as known on a day: who owns it, buys from it, hosts it, with the documents that say so."""

from datetime import date

from sqlalchemy import Engine

from access.viewer import ReaderAudiences
from indicators.ledger.rows import read_link_sources
from indicators.links import certainty_of, format_relation, read_links
from indicators.names import read_names
from models.database import read_session
from models.vocabulary import BuyerKind, Relation
from queries.explanation import ProviderLink

# Words for the other end of a link: first when the provider is the link's object, second when it is the subject.
_RELATION_WORDS: dict[str, tuple[str, str]] = {
    Relation.OWNED_BY: ("Owns", "Owned by"),
    Relation.PARENT_OF: ("Its parent", "Parent of"),
    Relation.SUCCEEDS: ("Succeeded by", "Succeeds"),
    Relation.SAME_AS: ("The same as", "The same as"),
}
_BUYER_WORDS: dict[str, tuple[str, str]] = {
    BuyerKind.BUYER: ("Customers", "Suppliers"),
    BuyerKind.FUNDER: ("Funded by", "Funds"),
    BuyerKind.HOST_AREA: ("Stands in the area of", "Settings in its area"),
    BuyerKind.REGULATOR: ("Regulated by", "Regulates"),
    BuyerKind.NOT_A_BUYER: ("Linked to", "Linked to"),
}


def read_provider_links(engine: Engine, provider: str, day: date, *, audiences: ReaderAudiences) -> list[ProviderLink]:
    """The provider's links as known on the day with their documents; the ended links last.

    ``is_in_force`` says whether the link holds on the day, ``certainty`` how sure the link is.
    """
    links = read_links(engine, provider, day, audiences=audiences)
    with read_session(engine) as session:
        names = read_names(session, {key for link in links for key in (link.subject, link.object)}, day)
        sources = read_link_sources(session, [link.seq for link in links])
    rows: list[ProviderLink] = []
    for link in links:
        row: ProviderLink = {
            "subject": link.subject,
            "subject_name": names.get(link.subject, link.subject),
            "relation": link.relation,
            "kind": link.kind,
            "object": link.object,
            "object_name": names.get(link.object, link.object),
            "since": link.since.isoformat() if link.since else None,
            "until": link.until.isoformat() if link.until else None,
            "ended_on": link.ended_on.isoformat() if link.ended_on else None,
            "is_in_force": link.ended_on is None,
            "known_on": link.known_on.isoformat(),
            "confidence": link.confidence,
            "certainty": certainty_of(link.confidence).value,
            "reference": link.reference,
            "value_gbp": link.value_gbp,
        }
        if link.seq in sources:
            row |= {
                "document": sources[link.seq].document,
                "line": sources[link.seq].line,
                "place": sources[link.seq].place,
                "is_recalled": sources[link.seq].is_recalled,
            }
        rows.append(row)
    return rows


def describe_relation(link: ProviderLink, provider: str) -> str:
    """The relation of a link's other end to the provider, in words that say how sure it is and whether it has ended."""
    is_subject = link["subject"] == provider
    pair = _BUYER_WORDS[link["kind"]] if link["relation"] == Relation.BUYS_FROM else _RELATION_WORDS[link["relation"]]
    words = format_relation(pair[is_subject], link["confidence"])
    return words if link["is_in_force"] else f"No longer: {words[:1].lower()}{words[1:]}"
