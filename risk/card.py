"""A model's card as text that people read: on the terminal, in the docs, on the dashboard (Markdown)."""

from collections.abc import Iterator, Mapping
from typing import Any

ModelCard = Mapping[str, Any]


def render_card(card: ModelCard) -> str:
    """The card in Markdown; the section on how well the model does comes first."""
    return "\n".join(
        [
            f"# {card['title']}",
            "",
            card["outcome"],
            "",
            *_worth_lines(card),
            "",
            *_data_lines(card),
            "",
            *_feature_lines(card),
            "",
            "## What it is not",
            "",
            *(f"- {line}" for line in card["not"]),
            "",
            "## Limits",
            "",
            *(f"- {line}" for line in card["limits"]),
            "",
            f"Intended use: {card['intended_use']}",
            f"Used only for days after {card['outcomes_until']}. {card['method']}",
        ]
    )


def _worth_lines(card: ModelCard) -> Iterator[str]:
    yield "## What it is worth"
    yield ""
    yield from _table_lines(
        "year",
        "homes",
        "left",
        "AUC",
        "plain model",
        "last grade alone",
        "gain over it",
        "below good or not",
        "average precision",
        "of the leavers in the riskiest 5 / 10 / 20 %",
        rows=[
            [
                _year_span(test),
                test["inspected"],
                test["left"],
                _format_interval(test),
                *(_format_interval(test["baselines"][name]) for name in ("plain_model", "last_grade_alone")),
                _format_interval(test["gains_over_last_grade"]),
                f"{test['baselines']['below_good_or_not']['auc']:.2f}",
                f"{test['average_precision']:.2f}",
                " / ".join(f"{share:.0%}" for share in test["recall"].values()),
            ]
            for test in card["tests"]
        ],
    )
    yield ""
    folds, rival, owners = card["cross_validation"], card["challenger"], card["by_owner"]
    yield "These years fitted and chose nothing. The plain model knows the last grade, its age, places and sector."
    yield ""
    yield "On the years fitted on, by folds that keep a home's years together:"
    yield f"AUC {_format_interval(folds)}, last grade alone {_format_interval(folds['last_grade_alone'])},"
    yield f"{rival['method']}: {_format_interval(rival)},"
    yield f"its gain over the model {_format_interval(rival['gains_over_the_model'])}."
    if owners:
        yield f"By folds that keep an owner's homes together (from {owners['since']}, {owners['rows']} rows):"
        by_owner, by_home = (_format_interval(owners[f"grouped_by_{key}"]) for key in ("owner", "home"))
        yield f"AUC {by_owner}, by home {by_home}."
    for test in card["tests"]:
        calibration = test["calibration"]
        yield ""
        expected = f"{calibration['expected_to_leave']:.0f}"
        yield f"Calibration {_year_span(test)}: {expected} expected to leave, {calibration['left']} left;"
        base_rate = f"{calibration['brier_of_the_base_rate']:.4f}"
        yield f"Brier score {calibration['brier']:.4f} (always saying the base rate: {base_rate})."
        yield ""
        yield from _table_lines(
            "a fifth of the homes, from the least likely",
            "said",
            "left",
            rows=[
                [
                    f"{band['lowest']:.1%} to {band['highest']:.1%}",
                    f"{band['mean_probability']:.1%}",
                    f"{band['share_that_left']:.1%}",
                ]
                for band in calibration["table"]
            ],
        )


def _data_lines(card: ModelCard) -> Iterator[str]:
    fitted, tests = card["fitted_on"], card["tests"]
    yield "## The data"
    yield ""
    share = f"{fitted['base_rate']:.1%}"
    yield f"Fitted on {fitted['rows']} rows of {fitted['homes']} homes; {fitted['left']} left ({share})."
    yield ""
    apart = {year["day"]: year for year in card["never_inspected"]}
    yield from _table_lines(
        "year",
        "use",
        "homes judged",
        "left",
        "share",
        "never inspected (no probability)",
        "left",
        rows=[
            [
                _year_span(year),
                use,
                year["inspected"],
                year["left"],
                f"{year['base_rate']:.1%}",
                apart[year["day"]]["homes"],
                apart[year["day"]]["left"],
            ]
            for use, years in (("fitted", fitted["years"]), ("tested", tests))
            for year in years
        ],
    )


def _feature_lines(card: ModelCard) -> Iterator[str]:
    yield "## What it looks at"
    yield ""
    yield "Log-odds for one standard deviation more; AUC lost on the test years when it is shuffled among homes."
    yield ""
    yield from _table_lines(
        "feature",
        "known",
        "log-odds",
        "AUC lost",
        rows=[
            [
                feature["title"],
                f"{feature['known_share']:.0%}",
                f"{feature['log_odds_per_standard_deviation']:+.2f}",
                "" if feature["auc_lost_when_shuffled"] is None else f"{feature['auc_lost_when_shuffled']:+.3f}",
            ]
            for feature in card["features"]
        ],
    )
    for name, why in card["dropped"].items():
        yield ""
        yield f"Not used: {name} ({why})."


def _year_span(year: ModelCard) -> str:
    return f"{year['day']} to {year['next_day']}"


def _format_interval(measured: ModelCard) -> str:
    low, high = measured["interval"]
    return f"{measured['auc']:.2f} ({low:.2f} to {high:.2f})"


def _table_lines(*titles: str, rows: list[list[Any]]) -> Iterator[str]:
    yield f"| {' | '.join(titles)} |"
    yield f"|{' --- |' * len(titles)}"
    for row in rows:
        yield f"| {' | '.join(str(cell) for cell in row)} |"
