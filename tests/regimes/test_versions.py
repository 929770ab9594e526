"""Versions of a regime: side by side, the right one for each day, unchanged once used."""

import json
from datetime import date

import jsonschema
import pytest
import yaml

from cli.pages import SCHEMA, json_schema
from regimes.schema import (
    WrongRegime,
    overlap_problems,
    regimes_in_force,
    shipped_regimes,
)
from tests.regimes.right_regime import RIGHT, version


def test_a_day_is_scored_by_the_version_valid_on_it() -> None:
    old, new = version(1, valid_from="2013-10-01\nvalid_to: 2015-07-31"), version(2, valid_from="2015-08-01")

    assert regimes_in_force([old, new], date(2015, 7, 31)) == [old]
    assert regimes_in_force([old, new], date(2015, 8, 1)) == [new]
    assert regimes_in_force([old, new], date(2013, 9, 30)) == []


def test_of_versions_with_one_first_day_the_highest_counts() -> None:
    first, mended = version(1), version(2, about="Mended")

    assert (
        regimes_in_force([first, mended], date(2020, 1, 1))
        == regimes_in_force([mended, first], date(2020, 1, 1))
        == [mended]
    )


def test_versions_that_overlap_are_refused() -> None:
    with pytest.raises(WrongRegime, match="two versions of the regime 'small' apply on 2020-01-01; end one"):
        regimes_in_force([version(1), version(2, valid_from="2016-01-01")], date(2020, 1, 1))


def test_a_version_that_has_ended_does_not_give_way_to_a_lower_one() -> None:
    shipped_one, ended = version(1), version(2, valid_from="2015-01-01\nvalid_to: 2019-12-31")
    successor = version(1, valid_from="2020-01-01")

    assert regimes_in_force([shipped_one, ended], date(2020, 1, 1)) == []
    assert regimes_in_force([shipped_one, ended, successor], date(2020, 1, 1)) == [successor]
    assert list(overlap_problems([shipped_one, ended, successor])) == []


def test_an_overlap_is_told_with_what_to_write() -> None:
    assert list(overlap_problems([version(1, valid_from="2016-01-01"), version(3)])) == [
        "small.yaml:9: 'small' of 2015-01-01 still applies on 2016-01-01; end that one with 'valid_to: 2015-12-31', "
        "in a version 4 of it"
    ]


def test_the_json_schema_for_editors_is_current_and_fits_every_shipped_regime() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == json_schema()
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    for regime in shipped_regimes().values():
        plain = json.loads(json.dumps(yaml.safe_load(regime.text), default=str))
        jsonschema.validate(plain, schema)


def test_the_json_schema_refuses_an_unknown_key() -> None:
    with pytest.raises(jsonschema.ValidationError, match="zebra"):
        jsonschema.validate({**yaml.safe_load(RIGHT), "zebra": 1}, json.loads(json_schema()))
