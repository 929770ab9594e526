"""watch and replay: the summary of a day, its exit codes, and the proof that a day is unchanged."""

import re

from flows import day as steps
from flows.lease import hold_lease
from indicators import catalogue
from models.database import engine_for
from tests.extracts import COMPANY, DAY


def test_watch_again_gives_a_line_for_each_register_and_adds_nothing(continuity, home, folder):
    said = continuity("watch", "--from", folder, "--as-of", DAY)

    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[0] == "2022-03-31"
    assert [line.split(":")[0].strip() for line in lines[1:8]] == list(catalogue.load().registers)
    assert lines[1].startswith("  ofsted_social_care: 2 documents, 193 observations, 24 links, 11 listed, 0 unreadable")
    assert lines[8:] == [
        "  assessments: 15 of 14 providers (1 critical, 3 concern, 7 watch, 4 none); unchanged since it was scored, "
        "nothing added",
        "  alerts: nobody notified, nothing new since this day was scored",
        "  nothing to send",
    ]


def test_a_register_that_is_left_out_is_named_and_gives_exit_code_3(continuity, home, folder, tmp_path):
    link = tmp_path / "registers" / "contracts" / "away_releases.jsonl"
    link.parent.mkdir(parents=True)
    link.symlink_to("/etc/hostname")
    reason = f"{link}: a link that leads out of {tmp_path / 'registers'}; put the file itself there"

    watched = continuity("watch", "--from", tmp_path / "registers", "--as-of", DAY)
    assert (watched.code, watched.out.splitlines()[-1]) == (3, f"  left out: contracts: {reason}")
    assert "11 listed" in watched.out
    pulled = continuity("pull", "contracts", "--from", tmp_path / "registers")
    assert (pulled.code, pulled.out) == (3, f"contracts: 0 documents, 0 new; {reason}\n")


def test_a_second_run_at_the_same_time_is_refused_in_one_line(continuity, home, folder):
    with hold_lease(engine_for(f"sqlite:///{home / 'continuity.db'}")):
        said = continuity("watch", "--from", folder, "--as-of", DAY)

    assert (said.code, said.out) == (2, "")
    assert re.fullmatch(
        r"continuity: another run has been at work since \S+ \(process \d+ on .+\); wait .+\n", said.err
    )


def test_replay_proves_a_day_and_names_a_withdrawn_input(continuity, home):
    proved = continuity("replay", "--as-of", DAY)
    assert (proved.code, proved.err) == (0, "")
    assert proved.out == "2022-03-31 (full, revision 0, run 2): 15 assessments unchanged, byte for byte\n"

    withdrawn = continuity("withdraw", COMPANY, "--reason", "entered for the wrong company")
    assert (withdrawn.code, withdrawn.out) == (0, "16 rows retracted; score the day again to see the effect\n")
    assert f"an input was withdrawn since: {COMPANY}" in continuity("replay", "--as-of", DAY).out
    assert continuity("observations", COMPANY, "--as-of", DAY).rows == []


def test_stopping_a_run_by_hand_gives_the_lease_back(continuity, home, folder, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(steps, "observe", interrupted)
        said = continuity("watch", "--from", folder, "--as-of", DAY)
    assert (said.code, said.out) == (130, "")
    assert said.err == "continuity: stopped; run the same command again to continue\n"
    assert continuity("watch", "--from", folder, "--as-of", DAY).code == 0
