"""Fixtures of the tests of regimes."""

import pytest

from regimes.schema import Regime, shipped


@pytest.fixture(params=sorted(shipped()))
def regime(request: pytest.FixtureRequest) -> Regime:
    """Each of the regimes that come with the service."""
    return shipped()[request.param]
