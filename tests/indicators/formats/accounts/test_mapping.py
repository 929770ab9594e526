"""The mapping of tags to figures."""

import pytest

from indicators import catalogue
from indicators.formats.accounts.mapping import load_mapping
from tests.indicators.sources.accounts_documents import (
    WITHIN,
    context,
    figure,
    lost,
    page,
    parse,
    values,
)

CURRENT = "core:FinancialInstrumentCurrentNon-currentDimension=core:CurrentFinancialInstruments"


def test_every_figure_of_the_mapping_is_in_the_catalogue():
    indicators = {
        place.indicator for places in load_mapping().figures.values() for place in places
    } - load_mapping().helpers
    known = catalogue.load().indicators
    assert {name for name in indicators if "companies_house_accounts" not in known[name].registers} == set()


def test_every_yearly_version_of_a_taxonomy_is_understood():
    data = page(figure("core:Debtors", "1")).replace(b"fr/2014-09-01/core", b"fr/2024-01-01/core")
    assert values(parse(data)) == {"debtors": 1.0}


@pytest.mark.parametrize("dimensions", [(WITHIN,), (CURRENT,), (WITHIN, CURRENT)])
def test_creditors_within_one_year_are_known_by_their_dimension(dimensions):
    other = context("other", "2024-12-31", *dimensions)
    assert values(parse(page(figure("core:Creditors", "5", context="other"), contexts=other))) == {
        "creditors_within_one_year": 5.0
    }


def test_the_first_place_in_the_mapping_counts():
    records = parse(page(figure("core:Equity", "2"), figure("core:NetAssetsLiabilities", "1")))
    assert (values(records), lost(records)) == ({"net_assets": 1.0}, [])
