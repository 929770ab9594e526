"""dashboard and up: the commands that serve until stopped."""

import os

import pytest


@pytest.mark.parametrize(("command", "server"), [("dashboard", "dashboard.server.serve"), ("up", "flows.up.serve_all")])
def test_an_empty_directory_is_served(continuity, tmp_path, monkeypatch, command, server):
    os.environ["CONTINUITY_HOME"] = str(tmp_path / "new")
    monkeypatch.setattr(server, lambda settings, **_options: 0)
    said = continuity(command)

    assert (said.code, said.err) == (0, "")
    assert continuity("watchlist").err.startswith("continuity: no day up to ")
