"""Prefect's own test server, started once for the tests that need it: it takes some twenty seconds."""

from collections.abc import Iterator
from contextlib import ExitStack
from importlib import import_module

import pytest

from tests.command import environment


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A server of our own; Prefect is imported here for the first time, with its files outside the working folder."""
    with ExitStack() as running:
        with environment(tmp_path_factory.mktemp("prefect")):
            import_module("flows.watch")  # which switches telemetry off before it imports Prefect
            from prefect.testing.utilities import prefect_test_harness

            running.enter_context(prefect_test_harness(server_startup_timeout=120))
        yield
