"""The roles that a stage of a regime notifies: their words in a regime file, and the links that fill each."""

from difflib import get_close_matches
from enum import StrEnum
from typing import NamedTuple

from models.vocabulary import BuyerKind, Relation


class NotifiedRole(StrEnum):
    """A role, which a provider's links fill with a body, or the name of a national body."""

    AREA_COUNCIL = "council of the area"
    PLACING_COUNCILS = "placing councils"
    COUNCILS_SERVED = "councils served"
    COUNCILS_OF_PEOPLE_SERVED = "councils of the people served"
    COUNCILS_WITH_RESIDENTS = "councils with residents"
    OWNER = "owner"
    BUYERS = "buyers"
    DEPARTMENTS = "departments with contracts"
    COMMISSIONERS = "commissioners"
    FUNDERS = "funders"
    MAIN_FUNDERS = "main funders"
    REGULATOR = "regulator"
    DEPARTMENT = "department"
    PROVIDER = "the provider"
    TRUST = "the trust"
    CABINET_OFFICE = "Cabinet Office"
    CARE_QUALITY_COMMISSION = "Care Quality Commission"
    CHARITY_COMMISSION = "Charity Commission"
    DEPARTMENT_FOR_EDUCATION = "Department for Education"
    DEPARTMENT_OF_HEALTH = "Department of Health"
    DEPARTMENT_OF_HEALTH_AND_SOCIAL_CARE = "Department of Health and Social Care"
    INSOLVENCY_SERVICE = "Insolvency Service"
    NHS_ENGLAND = "NHS England"
    OFSTED = "Ofsted"
    REGULATOR_OF_SOCIAL_HOUSING = "Regulator of Social Housing"


def check_role(written: object) -> object:
    """Check that a stage can notify the role that a regime file writes, and return the role as written.

    Raises:
        ValueError: the words are neither a role nor a national body; the error names the nearest.
    """
    if not isinstance(written, str) or written in set(NotifiedRole):
        return written
    near = get_close_matches(written, list(NotifiedRole), 1, cutoff=0.5)
    advice = f"write '{near[0]}'" if near else f"write one of {', '.join(NotifiedRole)}"
    raise ValueError(f"'{written}' is nobody whom a stage can tell; {advice}")


class RoleLinks(NamedTuple):
    """The links and the kind of bodies that fill a role, and the reason why the body may be unknown."""

    relation: Relation
    kinds: frozenset[BuyerKind]
    is_council: bool | None  # only councils, only others; None: either
    unknown_reason: str  # given if no link fills the role


def _buyer_links(*kinds: BuyerKind, is_council: bool | None, unknown_reason: str) -> RoleLinks:
    return RoleLinks(Relation.BUYS_FROM, frozenset(kinds), is_council, unknown_reason)


_PAYING_KINDS = (BuyerKind.BUYER, BuyerKind.FUNDER)
_SERVED_UNKNOWN = "no register here says which councils' people it serves; ask the provider"
_FUNDED_UNKNOWN = "no register here says who funds it; ask the provider"

PROVIDER_ROLES = frozenset({NotifiedRole.PROVIDER, NotifiedRole.TRUST})
ROLES: dict[NotifiedRole, RoleLinks] = {
    NotifiedRole.AREA_COUNCIL: _buyer_links(
        BuyerKind.HOST_AREA, is_council=None, unknown_reason="no register here says in whose area it stands"
    ),
    NotifiedRole.PLACING_COUNCILS: _buyer_links(
        *_PAYING_KINDS, is_council=True, unknown_reason="who places children here is in no register; ask the home"
    ),
    NotifiedRole.COUNCILS_SERVED: _buyer_links(*_PAYING_KINDS, is_council=True, unknown_reason=_SERVED_UNKNOWN),
    NotifiedRole.COUNCILS_OF_PEOPLE_SERVED: _buyer_links(
        *_PAYING_KINDS, is_council=True, unknown_reason=_SERVED_UNKNOWN
    ),
    NotifiedRole.COUNCILS_WITH_RESIDENTS: _buyer_links(*_PAYING_KINDS, is_council=True, unknown_reason=_SERVED_UNKNOWN),
    NotifiedRole.OWNER: RoleLinks(
        Relation.OWNED_BY,
        frozenset({BuyerKind.NOT_A_BUYER}),
        None,
        "its register names no organisation as the owner; a private owner's name is not kept here",
    ),
    NotifiedRole.BUYERS: _buyer_links(
        BuyerKind.BUYER, is_council=None, unknown_reason="no contract with it is in force in any register"
    ),
    NotifiedRole.DEPARTMENTS: _buyer_links(
        BuyerKind.BUYER, is_council=False, unknown_reason="no contract of a department is in force in any register"
    ),
    NotifiedRole.COMMISSIONERS: _buyer_links(
        *_PAYING_KINDS, is_council=None, unknown_reason="no register here says who commissions it; ask the provider"
    ),
    NotifiedRole.FUNDERS: _buyer_links(BuyerKind.FUNDER, is_council=None, unknown_reason=_FUNDED_UNKNOWN),
    NotifiedRole.MAIN_FUNDERS: _buyer_links(BuyerKind.FUNDER, is_council=None, unknown_reason=_FUNDED_UNKNOWN),
    NotifiedRole.REGULATOR: _buyer_links(
        BuyerKind.REGULATOR,
        is_council=None,
        unknown_reason="no register here names its regulator; the regime's owner does",
    ),
    NotifiedRole.DEPARTMENT: _buyer_links(
        is_council=None, unknown_reason="the regime does not name the department; ask the regime's owner"
    ),
}
