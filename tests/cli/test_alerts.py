"""alerts: lists, actions, timeline, notices and policy, as the user whom CONTINUITY_USER names."""

from models.vocabulary import Level
from tests.extracts import DAY, WORST
from tests.extracts import home as home_number

PROVIDER = home_number(WORST)
AREA = f"Anyshire {WORST % 5} (CW-AREA-anyshire-{WORST % 5})"


def test_why_answers_for_each_recipient(ann):
    answers = ann("alerts", "why", PROVIDER, "--as-of", DAY, "--format", "json").json["answers"]
    assert {(answer["recipient"], answer["was_told"]) for answer in answers} == {("duty", True)}
    assert "unknown" not in ann("alerts", "why", PROVIDER, "--as-of", DAY).out
    assert ann("alerts", "why", PROVIDER, "--as-of", DAY, "--to", "nobody").code == 2


def test_the_explanation_names_the_bodies_to_tell(ann):
    explained = ann("explain", PROVIDER, "--as-of", DAY, "--format", "json").json
    [told] = [regime["next"]["told"] for regime in explained["regimes"] if regime["regime"] == "childrens_homes"]
    assert [body["role"] for body in told] == ["council of the area", "placing councils", "owner"]
    assert told[0]["identifier"] == f"CW-AREA-anyshire-{WORST % 5}"
    assert f"to be notified: {AREA}, council of the area; placing councils: not known" in ann(
        "explain", PROVIDER, "--as-of", DAY
    ).out.replace("\n", " ")


def test_a_policy_with_a_misspelt_council_is_refused_with_its_line(ann, home):
    written = (
        "schema: 2\ntitle: T\nlower_after: 2\nuseful_for_days: 7\nlines: 30\ncriticals_alone: 20\nrecipients:\n"
        "  hackney: {title: Hackney, channel: file, commissioners: [Hackny]}\nsteps:\n  watch:\n  - to: [everybody]\n"
    )
    (home / "policy.yaml").write_text(written, encoding="utf-8")
    said = ann("alerts", "policy")
    assert said.code == 2
    assert "policy.yaml:8: recipient 'hackney' would never be notified" in said.err
    (home / "policy.yaml").write_text(written.replace("Hackny", "GB-LAE-HCK"), encoding="utf-8")
    assert "no register here links the authority to a provider yet" in ann("alerts", "policy").out.replace("\n", " ")


def test_a_template_of_the_organisations_own_is_used_and_a_wrong_one_refused(ann, home):
    (home / "notices").mkdir()
    (home / "notices" / "default.md").write_text("Dear {body}, about {name}.\n", encoding="utf-8")
    assert ann("alerts", "notice", PROVIDER, "--to", "council of the area").out.startswith(
        f"Dear {AREA}, council of the area, about "
    )
    (home / "notices" / "default.md").write_text("Dear {bdoy}\n", encoding="utf-8")
    said = ann("alerts", "notice", PROVIDER)
    assert (said.code, "unknown field 'bdoy'" in said.err) == (2, True)


def test_sent_messages_are_accepted(continuity):
    messages = continuity("alerts", "list", "--format", "json").json["messages"]
    assert [message["status"] for message in messages] == ["accepted"] * 3


def test_escalations_are_listed_worst_first_in_every_format(continuity):
    escalations = continuity("alerts", "list", "--format", "json").json["escalations"]
    table = [" ".join(line.split()) for line in continuity("alerts", "list").out.splitlines()[1 : len(escalations) + 1]]

    assert table[0].startswith(f"critical {PROVIDER} Invented House 3 childrens_homes ")
    for row, line in zip(escalations, table, strict=True):
        assert line.startswith(f"{row['level']} {row['provider']} {row['name']} {row['regime']} ")
    ranks = [Level(row["level"]).rank for row in escalations]
    assert ranks == sorted(ranks, reverse=True)
    assert len(set(ranks)) > 1


def test_nothing_waits_to_be_sent(continuity, home):
    said = continuity("alerts", "send")
    assert (said.code, said.out) == (0, "nothing to send\n")
