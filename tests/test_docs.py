"""The documentation is right: it names what exists, all that exists is named, and its examples are real output."""

import json
import re
import shlex
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from alerts import policy
from alerts.decide import Reason
from alerts.policy import Addressee, Policy
from cli.main import app, run
from cli.pages import PAGE, data_sources_page
from flows import day as steps
from flows.sample import SAMPLES
from indicators import catalogue
from indicators.sources import casebook
from regimes.schema import shipped_regimes
from settings import CHANNEL_PREFIX, ROOT, Settings

OUR_PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", ROOT / "samples" / "README.md"]
PAGES = [*OUR_PAGES, *sorted((ROOT / "docs").glob("*.md"))]
HOW_IT_WORKS = ROOT / "docs" / "how-it-works.md"

# `continuity explain ...` in a line of code or a block; a command ends at the first character that no argument has.
DOCUMENTED = re.compile(r"(?:`|^\s*\$ |^continuity: )continuity((?: +[^`|#>\n]+)?)", re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
DEBUG = "CONTINUITY_DEBUG"  # read where faults are reported, not a setting


def words_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def pages_with(pattern: str) -> Iterator[tuple[Path, re.Match[str]]]:
    for page in PAGES:
        for match in re.finditer(pattern, words_of(page), re.MULTILINE):
            yield page, match


def commands(group=None, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], set[str]]:
    """Every command, as a tuple of its words, with its options."""
    group = group or get_command(app)
    found = {}
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            found |= commands(command, (*path, name))
        else:
            options = {option for parameter in command.params for option in parameter.opts if option.startswith("-")}
            found[(*path, name)] = {*options, "--help"}
    return found


def documented() -> list[tuple[Path, list[str]]]:
    """Each page with the arguments of every ``continuity`` command on it."""
    return [(page, match[1].split()) for page in PAGES for match in DOCUMENTED.finditer(words_of(page))]


def test_every_command_is_documented():
    said = {tuple(words[: len(known)]) for known in commands() for _, words in documented()}
    assert sorted(set(commands()) - said) == []


def test_every_documented_command_and_option_exists():
    known, wrong = commands(), []
    groups = {path[0] for path in known if len(path) > 1}
    for page, words in documented():
        if not words or words[0].isupper() or words[0] == "--help":  # `continuity`, `continuity COMMAND --help`
            continue
        path = tuple(words[: 2 if words[0] in groups else 1])
        options = {word.strip("[]") for word in words if word.strip("[]").startswith("--")}
        if path not in known or options - known[path]:
            wrong.append(f"{page.name}: continuity {' '.join(words)}")
    assert wrong == []


def test_every_setting_is_documented():
    table = words_of(ROOT / "README.md")
    names = [f"CONTINUITY_{name.upper()}" for name in Settings.model_fields]
    assert [name for name in [*names, f"{CHANNEL_PREFIX}<NAME>"] if f"`{name}`" not in table] == []


def test_every_documented_setting_exists():
    names = {f"CONTINUITY_{name.upper()}" for name in Settings.model_fields} | {DEBUG}
    wrong = {
        f"{page.name}: {match[0]}"
        for page, match in pages_with(r"CONTINUITY_[A-Z_]+")
        if match[0] not in names and not match[0].startswith(CHANNEL_PREFIX)
    }
    assert sorted(wrong) == []


def test_every_shipped_regime_is_mentioned_in_the_readme():
    text = words_of(ROOT / "README.md")
    assert [regime.key for regime in shipped_regimes().values() if f"`{regime.key}`" not in text] == []


def test_every_documented_make_target_exists():
    targets = set(re.findall(r"^([a-z-]+):.*## ", words_of(ROOT / "Makefile"), re.MULTILINE))
    used = {target for _, match in pages_with(r"(?:`|^\$ )make ([a-z]+(?: [a-z]+)*)") for target in match[1].split()}
    assert used == targets


def test_every_folder_of_the_house_is_described():
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")} | {"docs", "samples"}
    described = {
        folder
        for line in re.findall(r"^\| (`[a-z]+/`.*?) \|", words_of(ROOT / "README.md"), re.MULTILINE)
        for folder in re.findall(r"`([a-z]+)/`", line)
    }
    assert described == folders


def anchors(page: Path) -> set[str]:
    """The anchors of a page: its headings in the form of an anchor."""
    headings = re.findall(r"^#+ (.+)$", words_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_link_between_pages_leads_somewhere():
    wrong = []
    for page, match in pages_with(LINK.pattern):
        target, _, anchor = match[1].partition("#")
        if target.startswith(("http:", "https:")):
            continue
        path = (page.parent / target).resolve() if target else page
        if not path.exists() or (anchor and anchor not in anchors(path)):
            wrong.append(f"{page.name}: {match[1]}")
    assert wrong == []


def test_the_page_of_data_sources_is_current():
    assert words_of(PAGE) == data_sources_page(catalogue.load()), "run 'make docs' and look at the change"


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    """The sample's facts in a data directory, scored on days when Carillion's escalation was opened and raised."""
    folder = tmp_path_factory.mktemp("followed")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)  # no .env of the checkout
        patch.setenv("CONTINUITY_HOME", str(folder / "data"))
        day = steps.open_day(Settings(), now=datetime(2026, 1, 1, tzinfo=UTC))
        day.sources, day.only_file_channel = (casebook,), True
        steps.pull(day, SAMPLES)
        steps.observe(day)
        for day.day in (date(2014, 3, 5), date(2016, 3, 3), date(2017, 9, 29)):
            steps.score(day)
            steps.send(day)
        day.engine.dispose()
        yield folder / "data"


def plain(line: str) -> str:
    """A line without the spaces of a table and the numbers that depend on how many days were scored."""
    return re.sub(r"\brun \d+", "run N", " ".join(line.split()))


def shown_but_not_said(block: str, said: str) -> list[str]:
    """The lines of a block that are not in the output; a line that ends in three dots is the beginning of one."""
    lines = [plain(line) for line in said.splitlines()]
    return [
        line
        for line in map(plain, block.splitlines())
        if not any(
            other.startswith(line.removesuffix("…").rstrip()) if line.endswith("…") else other == line
            for other in lines
        )
    ]


def test_the_output_in_how_it_works_is_what_the_commands_print(followed, capsys):
    text = words_of(HOW_IT_WORKS)
    blocks = re.findall(
        r"^ *```console\n *\$ continuity ([^|\n]+)(\|[^\n]*)?\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL
    )
    assert len(blocks) == 4
    for arguments, pipe, block in blocks:
        assert run(shlex.split(arguments)) == 0
        said = capsys.readouterr().out
        if pipe:
            wanted = re.search("'(.*)'", pipe)[1]
            said = "\n".join(line for line in said.splitlines() if wanted in line)
        assert shown_but_not_said(block, said) == []
        assert block.strip() or not said  # what is said to be empty is


@pytest.mark.parametrize(("page", "day"), [("how-it-works.md", "2016-03-03"), ("alerting.md", "2017-09-29")])
def test_the_message_that_a_page_shows_is_what_was_written(followed, page, day):
    quoted = re.findall(r"^> (.+)$", words_of(ROOT / "docs" / page), re.MULTILINE)
    written = "\n".join(map(words_of, (followed / "outbox").glob(f"{day}_*.md")))
    assert len(quoted) > 3
    assert shown_but_not_said("\n".join(quoted), written) == []


def test_the_policy_in_alerting_can_be_used_and_has_every_field():
    [block] = re.findall(r"^```yaml\n(.*?)^```", words_of(ROOT / "docs" / "alerting.md"), re.MULTILINE | re.DOTALL)
    shown = policy.policy_from_text(block)
    said = yaml.safe_load(block)
    assert set(said) == {field.alias or name for name, field in Policy.model_fields.items()}
    fields = {key for recipient in said["recipients"].values() for key in recipient}
    assert fields == set(Addressee.model_fields)
    keys = {regime.key for regime in shipped_regimes().values()}
    assert {regime for recipient in shown.recipients.values() for regime in recipient.regimes} <= keys


def test_every_reason_is_explained_on_the_page_of_alerting():
    text = words_of(ROOT / "docs" / "alerting.md")
    assert [reason for reason in Reason if not reason.is_news and f"`{reason}`" not in text] == []


def test_the_files_quoted_in_how_it_works_are_as_they_are():
    fact, rule = re.findall(r"^```yaml\n(.*?)^```", words_of(HOW_IT_WORKS), re.MULTILINE | re.DOTALL)
    assert fact in words_of(SAMPLES / "casebook" / "carillion.yaml")
    assert rule in shipped_regimes()["house_suppliers"].text


def keys_in(value) -> set[str]:
    """Every key of a JSON document, however deep, but for those that are data."""
    if isinstance(value, list):
        return set().union(*map(keys_in, value))
    if not isinstance(value, dict):
        return set()
    # Keyed by regime: the regimes beside the worst one, and those it was last assessed under.
    parts = [
        part
        for key, part in value.items()
        if key != "other_regimes" and not (key == "regimes" and "run" in value and isinstance(part, dict))
    ]
    return set(value).union(*map(keys_in, parts))


@pytest.mark.parametrize(
    "command",
    [
        "watchlist --as-of 2016-03-03",
        "explain CW-SAMPLE-four-seasons --as-of 2016-03-03",
        "observations",
        "alerts list",
    ],
)
def test_every_key_of_json_is_documented(followed, capsys, command):
    assert run([*command.split(), "--format", "json"]) == 0
    said = re.findall(r"`([a-z0-9_]+)`", words_of(ROOT / "docs" / "operating.md"))
    assert sorted(keys_in(json.loads(capsys.readouterr().out)) - set(said)) == []
