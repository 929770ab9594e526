"""Whom a stage of a regime says to tell: the words a regime file can use, and the links by which a body is found."""

from difflib import get_close_matches
from enum import StrEnum
from typing import NamedTuple

from models.vocabulary import BuyerKind, Relation


class ToldRole(StrEnum):
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


def known_role(written: object) -> object:
    """What a regime file writes, if a stage can tell it.

    Raises:
        ValueError: the words are no role and no national body; names the nearest.
    """
    if not isinstance(written, str) or written in set(ToldRole):
        return written
    near = get_close_matches(written, list(ToldRole), 1, cutoff=0.5)
    advice = f"write '{near[0]}'" if near else f"write one of {', '.join(ToldRole)}"
    raise ValueError(f"'{written}' is nobody whom a stage can tell; {advice}")


class Filled(NamedTuple):
    """How a role is filled: by which links, with which bodies, and why the body may be unknown."""

    relation: Relation
    kinds: frozenset[BuyerKind]
    is_council: bool | None  # only councils, only others; None: either
    not_known: str  # said where no link fills the role


def _buyers(*kinds: BuyerKind, is_council: bool | None, not_known: str) -> Filled:
    return Filled(Relation.BUYS_FROM, frozenset(kinds), is_council, not_known)


_PAYING = (BuyerKind.BUYER, BuyerKind.FUNDER)
_SERVED = "no register here says which councils' people it serves; ask the provider"
_FUNDED = "no register here says who funds it; ask the provider"

SELF = frozenset({ToldRole.PROVIDER, ToldRole.TRUST})
ROLES: dict[ToldRole, Filled] = {
    ToldRole.AREA_COUNCIL: _buyers(
        BuyerKind.HOST_AREA, is_council=None, not_known="no register here says in whose area it stands"
    ),
    ToldRole.PLACING_COUNCILS: _buyers(
        *_PAYING, is_council=True, not_known="who places children here is in no register; ask the home"
    ),
    ToldRole.COUNCILS_SERVED: _buyers(*_PAYING, is_council=True, not_known=_SERVED),
    ToldRole.COUNCILS_OF_PEOPLE_SERVED: _buyers(*_PAYING, is_council=True, not_known=_SERVED),
    ToldRole.COUNCILS_WITH_RESIDENTS: _buyers(*_PAYING, is_council=True, not_known=_SERVED),
    ToldRole.OWNER: Filled(
        Relation.OWNED_BY,
        frozenset({BuyerKind.NOT_A_BUYER}),
        None,
        "its register names no organisation as the owner; a private owner's name is not kept here",
    ),
    ToldRole.BUYERS: _buyers(
        BuyerKind.BUYER, is_council=None, not_known="no contract with it is in force in any register"
    ),
    ToldRole.DEPARTMENTS: _buyers(
        BuyerKind.BUYER, is_council=False, not_known="no contract of a department is in force in any register"
    ),
    ToldRole.COMMISSIONERS: _buyers(
        *_PAYING, is_council=None, not_known="no register here says who commissions it; ask the provider"
    ),
    ToldRole.FUNDERS: _buyers(BuyerKind.FUNDER, is_council=None, not_known=_FUNDED),
    ToldRole.MAIN_FUNDERS: _buyers(BuyerKind.FUNDER, is_council=None, not_known=_FUNDED),
    ToldRole.REGULATOR: _buyers(
        BuyerKind.REGULATOR, is_council=None, not_known="no register here names its regulator; the regime's owner does"
    ),
    ToldRole.DEPARTMENT: _buyers(
        is_council=None, not_known="the regime does not name the department; ask the regime's owner"
    ),
}
