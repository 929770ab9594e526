"""Fixtures of the tests of regimes."""

import pytest

from regimes.schema import Regime, shipped_regimes


@pytest.fixture(params=sorted(shipped_regimes()))
def regime(request: pytest.FixtureRequest) -> Regime:
    """Each of the regimes that come with the service."""
    return shipped_regimes()[request.param]
