import hashlib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from models.vocabulary import Level
from regimes.schema import (
    ClockDefinition,
    LadderStage,
    LevelLimit,
    PeerGroups,
    WrongRegime,
    load_regime_file,
    regimes_in_force,
    shipped_regimes,
)
from regimes.sections import Power, ScoreLimit
from settings import ROOT
from tests.regimes.small import NET_ASSETS, small_regime

GOLDEN = Path(__file__).with_name("golden")
RIGHT = (GOLDEN / "right_regime.yaml").read_text(encoding="utf-8")
WRONG = yaml.safe_load((GOLDEN / "wrong_regimes.yaml").read_text(encoding="utf-8"))


def problems(tmp_path: Path, text: str) -> list[str]:
    """The problems of a file with this text, without the file's name."""
    path = tmp_path / "small.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(WrongRegime) as refused:
        load_regime_file(path)
    return [line.removeprefix(f"{path}:") for line in refused.value.problems]


def test_a_right_file_is_read_with_its_text_and_hash(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(RIGHT, encoding="utf-8")

    regime = load_regime_file(path)

    assert regime.text == RIGHT
    assert regime.sha256 == hashlib.sha256(RIGHT.encode()).hexdigest()
    assert [rule.key for _, rule in regime.rules()] == ["net_assets", "status", "judged"]


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case["to"].strip() or f"without {case['change'].strip()}")
def test_a_problem_is_reported_with_its_line(tmp_path: Path, case: dict[str, Any]) -> None:
    assert RIGHT.count(case["change"]) >= 1
    assert problems(tmp_path, RIGHT.replace(case["change"], case["to"], 1)) == case["says"]


def test_a_regime_with_a_recalled_number_cannot_be_official(tmp_path: Path) -> None:
    official = RIGHT.replace("official: false", "official: true")
    recalled = official.replace("evidence: verified", "evidence: recalled", 1)

    path = tmp_path / "official.yaml"
    path.write_text(official, encoding="utf-8")
    assert load_regime_file(path).is_official
    assert problems(tmp_path, recalled) == [
        "10: it cannot be official: rule 'net_assets' is not verified; read the source, or write official: false"
    ]


def test_all_problems_are_reported_at_once_in_order_of_the_lines(tmp_path: Path) -> None:
    text = (
        RIGHT.replace("better: higher", "better: up")
        .replace("level: critical", "level: dire")
        .replace("key: small", "key: Small")
    )

    assert problems(tmp_path, text) == [
        "2: 'key' is 'Small'; write small letters, digits and _, a letter first",
        "21: 'up' is not allowed for 'better'; write higher or lower",
        "31: 'dire' is not a level; write none, watch, concern or critical",
    ]


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("[council of the are]", "write 'council of the area'"),
        ("[xyzzy]", "write one of council of the area, placing councils,"),
    ],
)
def test_an_unknown_role_is_refused_on_its_line(tmp_path: Path, written: str, says: str) -> None:
    text = RIGHT + f"  - {{key: look, title: Look, from_level: concern, next_step: Look, told: {written}}}\n"
    [problem] = problems(tmp_path, text)
    assert problem.startswith(f"{text.count(chr(10))}: '{written[1:-1]}' is nobody whom a stage can tell; ")
    assert says in problem


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: &x 1\nb: *x\n", "2: *x stands for something else; write it out"),
        ("a: &x [*x]\n", "1: *x stands for something else; write it out"),
        ("a: [1\n", "2: did not find expected ',' or ']'; correct the YAML"),
        ("a: !!python/name:os x\n", "1: !!python/name:os is not allowed; remove it"),
        ("", "1: empty, or not a mapping; begin with 'schema: 1'"),
        ("- 1\n", "1: empty, or not a mapping; begin with 'schema: 1'"),
        ("a: " + "[" * 5000 + "]" * 5000, "1: nested too deeply; write it as the shipped regime files are"),
        (
            "a: " + "{a: " * 2000 + "1" + "}" * 2000,
            "1: nested too deeply; write it as the shipped regime files are",
        ),
        ("a: 1\nb: \0\n", "2: a control character (number 0); remove it"),
        ("a: " + "9" * 5000, "1: '99999999999999999999' is not a number that can be read; correct it"),
    ],
)
def test_a_text_that_is_not_a_regime_is_refused(tmp_path: Path, text: str, says: str) -> None:
    assert problems(tmp_path, text) == [says]


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes("title: \xa3".encode("latin-1"))
    for name, says in (
        ("none.yaml", "No such file or directory; give the path of a regime file"),
        ("latin.yaml", "not UTF-8 (invalid start byte at byte 7); save it as UTF-8"),
    ):
        with pytest.raises(WrongRegime) as refused:
            load_regime_file(tmp_path / name)
        assert str(refused.value) == f"{tmp_path / name}: {says}"


@pytest.mark.parametrize("key", sorted(shipped_regimes()))
def test_every_shipped_regime_is_named_after_its_file_and_says_what_it_rests_on(key: str) -> None:
    regime = shipped_regimes()[key]

    assert key in {regime.key, f"{regime.key}_{regime.valid_from.year}"}  # of several editions, the year each began
    assert {principle for principle, _ in regime.rules()} >= {"support", "accountability", "evidence"}
    assert not regime.is_official  # none of ours claims to be its regulator's own rating


def test_the_version_of_the_day_is_in_force() -> None:
    old = small_regime(valid_from="2010-01-01", valid_to="2014-12-31", title="Old")
    new = small_regime(valid_from="2015-01-01", title="New")

    assert [r.title for r in regimes_in_force([new, old], date(2014, 12, 31))] == ["Old"]
    assert [r.title for r in regimes_in_force([new, old], date(2015, 1, 1))] == ["New"]
    assert regimes_in_force([new, old], date(2009, 12, 31)) == []


def test_two_versions_of_one_day_are_refused() -> None:
    old, new = small_regime(valid_to="2015-06-30"), small_regime(valid_from="2015-06-30")

    with pytest.raises(WrongRegime, match="two versions of the regime 'small' apply on 2015-06-30"):
        regimes_in_force([old, new], date(2015, 6, 30))


def test_a_rating_is_the_regimes_own_word_for_a_level() -> None:
    regime = small_regime(NET_ASSETS)

    assert [regime.rating_for_level(level) for level in Level] == ["Fine", "Watched", "Weak", "Failing", "not scored"]


INSIDE = {
    "limits": ScoreLimit,
    "caps": LevelLimit,
    "powers": Power,
    "ladder": LadderStage,
    "clocks": ClockDefinition,
    "peers": PeerGroups,
}


@pytest.mark.parametrize("name", INSIDE)
def test_the_page_for_authors_names_every_key_of_the_nested_parts(name: str) -> None:
    page = (ROOT / "docs" / "regimes.md").read_text(encoding="utf-8")
    table = page.split("## Nested parts")[1].splitlines()
    row = next(line for line in table if line.startswith("|") and f"`{name}`" in line.split("|")[1])

    keys = INSIDE[name].model_fields.keys() - {"source", "evidence"}
    assert [key for key in keys if f"`{key}`" not in row.split("|")[2]] == []


def test_the_pages_example_is_valid() -> None:
    page = (ROOT / "docs" / "regimes.md").read_text(encoding="utf-8")
    example = yaml.safe_load(page.split("```yaml\n")[1].split("```")[0])
    rule = {"key": "insolvency", "kind": "condition", "title": "x", "when": "turnover < 0", "level": "watch"}

    regime = small_regime(rule, **example)
    assert (regime.risk.floors[0].level, regime.ladder[0].clocks[0].title) == (Level.CRITICAL, "Answer to the request")
