"""regimes: list, show, check and adopt."""

import re

from cli.common import out
from tests.extracts import DAY, put


def test_on_a_narrow_terminal_the_list_of_regimes_keeps_their_keys(continuity, monkeypatch):
    monkeypatch.setattr(out, "width", 80)

    assert "care_act_market_oversight " in continuity("regimes", "list").out


def test_a_wrong_regime_file_is_reported_line_by_line(continuity, tmp_path):
    path = put(tmp_path, "own.yaml", "schema: 1\nkey: own\ntitel: Own\n")
    said = continuity("regimes", "check", path)

    assert (said.code, said.out) == (2, "")
    assert f"{path}:3: unknown key 'titel'; write 'title'" in said.err.splitlines()
    assert all(line.startswith(f"{path}:") for line in said.err.splitlines())
    assert re.fullmatch(r"\d+ regime files checked, no problems\n", continuity("regimes", "check").out)


def test_a_regime_is_shown_as_the_file_it_is_and_can_be_adopted(continuity, home, tmp_path):
    shown = continuity("regimes", "show", "charities", "--as-of", DAY)
    ours = shown.out.replace("title: Charities", "title: Our charities")
    path = put(tmp_path, "ours.yaml", ours)

    refused = continuity("regimes", "adopt", path)
    assert refused.code == 2
    said = r"ours.yaml:\d+: version \d+ of 'charities' was used by a run with other content; write 'version: (\d+)'"
    number = int(re.search(said, refused.err)[1])
    unversioned = re.sub(r"(?m)^version: .*\n", "", ours)
    path.write_text(unversioned.replace("title: Our", f"version: {number}\ntitle: Our", 1))
    assert continuity("regimes", "adopt", path).out == f"adopted {home / 'regimes' / 'ours.yaml'}\n"
    assert "Our charities (England and Wales)" in continuity("regimes", "list", "--as-of", DAY).out
    path.write_text(unversioned.replace("title: Our", f"version: {number}\ntitle: Other", 1))
    again = continuity("regimes", "adopt", path)
    assert (again.code, again.out) == (2, "")
    assert "another file has this name" in again.err


def test_a_file_that_would_stop_every_command_is_not_adopted(continuity, home, tmp_path):
    text = continuity("regimes", "show", "charities", "--as-of", DAY).out
    later = put(tmp_path, "later.yaml", re.sub(r"(?m)^valid_from: .*", "valid_from: 2020-01-01", text))
    own = put(tmp_path, "own.yaml", re.sub(r"(?m)^key: .*", "key: own", text))
    other = put(tmp_path, "other.yaml", own.read_text().replace("title: Charities", "title: Other"))

    for command in ("check", "adopt"):
        refused = continuity("regimes", command, later)
        assert refused.code == 2
        assert re.search(r"later.yaml:\d+: 'charities' of 2013-09-20 still applies on 2020-01-01; end", refused.err)
    assert (
        "only files whose name ends in .yaml are read"
        in continuity("regimes", "adopt", put(tmp_path, "own.yml", text)).err
    )
    assert continuity("regimes", "adopt", own).code == 0
    assert continuity("regimes", "adopt", home / "regimes" / "own.yaml").code == 0
    assert re.search(
        r"version \d+ of 'own' is in .*own.yaml with other content", continuity("regimes", "adopt", other).err
    )
