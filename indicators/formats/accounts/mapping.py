"""Reads ``mapping.yaml``: the places of each figure and text of accounts in the taxonomies."""

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import yaml

PATH = Path(__file__).with_name("mapping.yaml")

AccountsScope = Literal["company", "group"]
DimensionSet = frozenset[tuple[str, str]]


class Place(NamedTuple):
    """One place in a taxonomy at which a figure may stand."""

    indicator: str
    rank: int  # 0 counts most
    dimensions: DimensionSet
    scope: AccountsScope  # whose figure it is where the document does not say
    is_instant: bool
    is_money: bool


class TextPlace(NamedTuple):
    """A text about the document as a whole, and the rank of this place of it (0 counts most)."""

    key: str
    rank: int


class AccountsMapping(NamedTuple):
    """The content of ``mapping.yaml``; concepts are keys as ``canonical_concept`` gives them."""

    figures: Mapping[str, tuple[Place, ...]]
    texts: Mapping[str, TextPlace]
    scopes: Mapping[tuple[str, str], AccountsScope]  # dimension and member to whose figures they mark
    neutral: DimensionSet
    owed: frozenset[str]
    helpers: frozenset[str]  # figures that only serve to check others

    def has_concept(self, concept: str) -> bool:
        """Whether the concept, canonical or not, is a figure or a text that we look for."""
        return canonical_concept(concept) in self.figures or canonical_concept(concept) in self.texts


@lru_cache(maxsize=8192)
def canonical_concept(concept: str) -> str:
    """The concept without the date of its taxonomy: "{http://xbrl.frc.org.uk/fr/*/core}Debtors"."""
    return re.sub(r"\d{4}-\d{2}-\d{2}", "*", concept)


@cache
def load_mapping() -> AccountsMapping:
    """The shipped mapping."""
    content: dict[str, Any] = yaml.safe_load(PATH.read_text(encoding="utf-8"))
    spaces: dict[str, str] = content["taxonomies"]
    figures: dict[str, tuple[Place, ...]] = {}
    for indicator, entry in (content["figures"] | content["helpers"]).items():
        for rank, text in enumerate(entry["places"]):
            name, *dimensions = text.split()
            prefix = name.partition(":")[0]
            place = Place(
                indicator,
                rank,
                _parse_dimensions(dimensions),
                "group" if prefix in content["group_by_default"] else "company",
                is_instant=entry["period"] == "instant",
                is_money=entry.get("unit", "money") == "money",
            )
            concept = _qualified_concept(name, spaces)
            figures[concept] = (*figures.get(concept, ()), place)
    return AccountsMapping(
        figures,
        {
            _qualified_concept(name, spaces): TextPlace(key, rank)
            for key, names in content["texts"].items()
            for rank, name in enumerate(names)
        },
        {member: scope for scope, texts in content["scopes"].items() for member in _parse_dimensions(texts)},
        _parse_dimensions(content["neutral"]),
        frozenset(indicator for indicator, entry in content["figures"].items() if entry.get("owed")),
        frozenset(content["helpers"]),
    )


def _qualified_concept(name: str, spaces: Mapping[str, str]) -> str:
    prefix, _, local = name.partition(":")
    return f"{{{spaces[prefix]}}}{local}"


def _parse_dimensions(texts: list[str]) -> DimensionSet:
    pairs = (text.partition("=") for text in texts)
    return frozenset((dimension, member) for dimension, _, member in pairs)
