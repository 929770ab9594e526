"""The watchlist as its page shows it: changes, filters, sentences, the exported file."""

from datetime import date
from typing import Any

import pytest

from dashboard.presenters.watchlist_view import (
    LevelMove,
    WatchlistFilter,
    count_levels,
    describe_changes,
    describe_level_counts,
    export_rows,
    filter_rows,
    level_change,
    main_reasons,
    watchlist_table,
)
from models.vocabulary import Level, Principle
from queries.watchlist import Watchlist, WatchlistRow

DAY, BEFORE = date(2020, 6, 30), date(2020, 3, 31)


def row(name: str = "Alder", level: str = "watch", **fields: Any) -> WatchlistRow:
    return WatchlistRow(
        **{
            "id": f"GB-COH-{name.upper()}",
            "name": name,
            "regime": "care",
            "level": level,
            "rating": "Rated so",
            "is_official": False,
            "stage": "",
            "probability": None,
            "probability_reason": "none fitted",
            "principles": dict.fromkeys(map(str, Principle), "none"),
            "changed_from": level,
            **fields,
        }
    )


def listed(*rows: WatchlistRow, compared_with: date | None = BEFORE) -> Watchlist:
    return Watchlist(DAY, DAY, 7, compared_with, [], list(rows))


def finding(title: str = "Rent not paid", level: str = "watch", **fields: Any) -> Any:
    return {
        "principle": "accountability",
        "rule": title,
        "title": title,
        "level": level,
        "status": "met",
        "seqs": [],
        "known_on": "2020-05-01",
        "is_recalled": False,
        **fields,
    }


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        ("watch", "watch", None),
        (None, "watch", ("+", "new on the list")),
        ("watch", "critical", ("▲", "was watch")),
        ("critical", "none", ("▼", "was critical")),
        ("unscorable", "none", ("↔", "was unscorable")),
        ("none", "unscorable", ("↔", "was none")),
    ],
)
def test_a_change_has_a_sign_and_words(was: str | None, now: str, expected: tuple[str, str] | None) -> None:
    change = level_change(row(level=now, changed_from=was), BEFORE)
    assert (change and (change.sign, change.text)) == expected


def test_on_the_first_scored_day_nobody_has_changed() -> None:
    assert level_change(row(changed_from=None), None) is None
    assert describe_changes(listed(row(changed_from=None), compared_with=None), 0) == "This is the first scored day."


def test_the_changes_of_a_day_in_a_sentence() -> None:
    rows = [row(changed_from="none"), row(changed_from="concern"), row(changed_from=None), row()]
    assert (
        describe_changes(listed(*rows), 2)
        == "Since 31 March 2020: 1 worse, 1 better, 1 new on the list, 2 no longer covered."
    )
    assert describe_changes(listed(row()), 0) == "Since 31 March 2020: no level changed."


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        (WatchlistFilter(), ["Alder", "Birch & Sons"]),
        (WatchlistFilter(levels=frozenset({"none"})), ["Birch & Sons"]),
        (WatchlistFilter(text="  BIRCH &"), ["Birch & Sons"]),
        (WatchlistFilter(text="birch and sons"), ["Birch & Sons"]),
        (WatchlistFilter(text="\u00e0lder"), ["Alder"]),
        (WatchlistFilter(text="coh-alder"), ["Alder"]),
        (WatchlistFilter(text="."), []),
        (WatchlistFilter(only_changed=True), ["Alder"]),
        (WatchlistFilter(text="x"), []),
    ],
)
def test_filters_keep_the_order(choice: WatchlistFilter, names: list[str]) -> None:
    rows = [row(changed_from=None), row("Birch & Sons", "none")]
    assert [shown.name for shown in filter_rows(rows, choice)] == names


def test_levels_are_counted_worst_first() -> None:
    levels = count_levels([row(level="none"), row(level="critical"), row(level="none")])
    assert list(levels.items()) == [("critical", 1), ("concern", 0), ("watch", 0), ("unscorable", 0), ("none", 2)]
    assert describe_level_counts(levels) == "1 critical and 2 none"
    assert describe_level_counts(count_levels([])) == "no providers"


def test_the_reasons_are_the_worst_findings_about_risk_and_no_fact_twice() -> None:
    findings = [
        finding("Nobody told", principle="external_powers", level="critical"),
        finding("Chief executive left", seqs=[3]),
        finding("Two warnings", "critical", seqs=[1, 2]),
        finding("A warning", "concern", seqs=[1, 2]),
    ]
    assert [reason.title for reason in main_reasons("critical", findings)] == ["Two warnings", "Chief executive left"]


def test_the_reason_for_unscorable_is_the_missing_information() -> None:
    findings = [finding("Turnover: not known", "none", status="missing"), finding("Old news", "none", status="clear")]
    assert [reason.title for reason in main_reasons(Level.UNSCORABLE, findings)] == ["Turnover: not known"]


def test_each_reason_for_no_probability_is_said_once() -> None:
    rows = [
        row(),
        row("Birch"),
        row("Cedar", probability=0.123, probability_reason="of leaving"),
        row("Elm", probability_reason=""),
    ]
    shown = watchlist_table(listed(*rows), rows, {}, {"care": "Care companies"})
    assert [(table_row.probability, table_row.note) for table_row in shown.rows] == [
        ("", 1),
        ("", 1),
        ("12 %", 2),
        ("", 3),
    ]
    assert [footnote.text for footnote in shown.footnotes] == [
        "no probability: none fitted",
        "of leaving",
        "no probability: no reason is stored",
    ]


def test_the_strip_has_the_six_principles_by_risk_response_and_readiness() -> None:
    shown = watchlist_table(listed(row()), [row(other_regimes={"small": "concern"})], {}, {"small": "Small firms"})
    assert [group.title for group in shown.groups] == ["Risk", "Response", "Readiness"]
    assert [mark.short for mark in shown.rows[0].strip] == ["acc", "evi", "sup", "con", "ext", "fle"]
    assert shown.rows[0].others == ["Small firms: concern"]
    assert shown.rows[0].address == "provider?id=GB-COH-ALDER&day=2020-06-30"


def test_an_unscorable_principle_says_why_on_the_strip_and_below_the_table() -> None:
    levels = dict.fromkeys(map(str, Principle), "unscorable") | {"accountability": "none"}
    because = {"support": "nothing_entered", "consequences": "nothing_due", "external_powers": "not_known"}
    shown = watchlist_table(listed(row()), [row(principles=levels, unscorable_because=because)], {}, {})

    marks = {mark.short: (mark.level.shape, mark.level.word) for mark in shown.rows[0].strip}
    assert marks == {
        "acc": ("○", "None"),
        "sup": ("n/e", "Unscorable: nothing entered"),
        "con": ("-", "Unscorable: nothing due"),
        "ext": ("?", "Unscorable: not known"),
        "evi": ("?", "Unscorable"),
        "fle": ("?", "Unscorable"),
    }
    assert [badge.word for badge in shown.unscorable] == ["not known", "nothing entered", "nothing due"]
    assert watchlist_table(listed(row()), [row()], {}, {}).unscorable == []


def test_an_unscorable_provider_is_listed_with_what_is_missing_or_too_old_and_not_with_what_is_excused() -> None:
    findings = [
        finding("Warned", "none", status="missing", unscorable_because="nothing_entered"),
        finding("Overall judgement", "none", status="stale", unscorable_because="not_known"),
        finding("Net assets", "none", status="stale", unscorable_because="about_source"),
    ]
    assert [reason.title for reason in main_reasons("unscorable", findings)] == ["Overall judgement", "Net assets"]


def test_the_file_says_which_day_and_which_scoring() -> None:
    exported = export_rows(listed(row()), [row(unscorable_because={"support": "nothing_due"})])[0]
    assert exported["support_because"] == "nothing_due"
    assert exported["day"] == exported["scored_on"] == "2020-06-30"
    assert exported["id"] == "GB-COH-ALDER"
    assert exported["level"] == "watch"
    assert exported["evidence"] == "none"


def test_a_move_by_a_rule_alone_is_neither_worse_nor_better() -> None:
    by_rule = row(level="concern", changed_from="watch", causes=["rule"], because="the rule changed")
    by_data = row(level="concern", changed_from="watch", causes=["data", "time"])

    assert level_change(by_rule, BEFORE) == LevelMove("↔", "was watch: rule change", "rule", "the rule changed")
    assert level_change(by_data, BEFORE) == LevelMove("▲", "was watch: new data, passing of time", "worse", "")
    assert (
        describe_changes(listed(by_rule, by_data), 0)
        == "Since 31 March 2020: 1 worse, 1 moved by a rule or model change."
    )
