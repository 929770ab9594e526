"""Wrong input gives one clear message and an exit code, and the rest of the run goes on."""

import json
import re
import socket
import sqlite3
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from regimes.store import DEFINITIONS
from tests import extracts
from tests.command import Command, Said, environment
from tests.extracts import DAY, put

OF_THE_GOOD = "  assessments: 15 of 14 providers (1 critical, 3 concern, 7 watch, 4 none); scored"
MEGABYTE = 1 << 20
OTHER_BULK = "companies_house/Accounts_Bulk_Data-2022-02-02.zip"
PAGE = "companies_house/accounts/Prod223_3120_99000003_20210331.html"
OLDER = date(2020, 3, 31)
OLDER_LIST = extracts.LIST.format(OLDER)
REPORTS = "charity_commission/publicextract.charity_published_report.zip"
EVENTS = "charity_commission/publicextract.charity_event_history.zip"
RELEASES = "contracts/other_releases.jsonl"
OTHER_COMPANIES = "companies_house/BasicCompanyData-2022-03-02.csv"


def older_row(**changes: str) -> dict[str, str]:
    return extracts.home_row(1, OLDER, **changes)


def without(column: str) -> str:
    return extracts.table([{key: value for key, value in older_row().items() if key != column}])


def page_with(declaration: str, name: str) -> bytes:
    """Accounts that declare entities of their own and use one as the company's name."""
    page = extracts.accounts("99000003").replace(b"Invented Care Limited", name.encode())
    return f"<!DOCTYPE html [{declaration}]>".encode() + page


def laughing() -> bytes:
    """A billion laughs: ten entities, each ten times the one before."""
    more = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return page_with(f'<!ENTITY l0 "ha">{more}', "&l9;")


def bomb() -> bytes:
    return extracts.zipped({"publicextract.charity_event_history.txt": bytes(20 * MEGABYTE)})


# The file, its content, and the line of the summary about it.
QUARANTINED: dict[str, tuple[str, Callable[[], bytes | str], str]] = {
    "a truncated bulk zip": (
        OTHER_BULK,
        lambda: extracts.zipped({"99000003.html": extracts.accounts("99000003")})[:900],
        rf"1 x {OTHER_BULK}, 99000003.html: the zip is cut off here \(whole entries before: 0\); fetch it again",
    ),
    "a truncated table": (
        REPORTS,
        lambda: extracts.charity_table("charity_published_report", extracts.charity_row())[:100],
        rf"1 x {REPORTS}: the zip is cut short or is none; fetch it again",
    ),
    "a zip bomb among tables": (
        EVENTS,
        bomb,
        rf"1 x {EVENTS}, publicextract.charity_event_history.txt: would unpack from [\d,]+ to 20,971,520 bytes, "
        "like a zip bomb; not opened",
    ),
    "an external entity": (
        PAGE,
        lambda: page_with('<!ENTITY file SYSTEM "file:///etc/hostname">', "&file;"),
        rf"1 x {PAGE}: declares XML entities of its own, which are never expanded",
    ),
    "a billion laughs": (
        PAGE,
        laughing,
        rf"1 x {PAGE} line 1: not well-formed XML: Maximum entity amplification factor exceeded.*",
    ),
    "a missing column": (
        OLDER_LIST,
        lambda: without("Local authority"),
        rf"1 x {OLDER_LIST} line 1, Local authority: the header has no column 'Local authority'; if the register "
        "renamed it, add its new name to the columns",
    ),
    "a missing column that nothing works without": (
        OLDER_LIST,
        lambda: without("URN"),
        rf"1 x {OLDER_LIST} line 1, URN: the header has no column 'URN'; if the register renamed it, add its new .+",
    ),
    "UTF-16 without a byte order mark": (
        OLDER_LIST,
        lambda: extracts.table([older_row()]).encode("utf-16-le"),
        rf"1 x {OLDER_LIST}: no header with .*'Provision type', 'URN' in the first 20 lines; is it the right file\?",
    ),
    "bytes that are no text": (
        OLDER_LIST,
        lambda: bytes(range(256)) * 20,
        rf"1 x {OLDER_LIST}: no header with .* in the first 20 lines; is it the right file\?",
    ),
    "a negative number of places": (
        OLDER_LIST,
        lambda: extracts.table([older_row(Places="-4")]),
        rf"1 x {OLDER_LIST} line 2, Places: '-4' cannot be right: it is not between 0 and 5,000; left out",
    ),
    "an inspection in the future": (
        OLDER_LIST,
        lambda: extracts.table([older_row(**{"Latest full inspection date": "01/01/2031"})]),
        rf"1 x {OLDER_LIST} line 2, Latest full inspection date: '01/01/2031' cannot be right: it is not between "
        "1990-01-01 and 2020-03-31; left out",
    ),
    "a list of a day to come": (
        extracts.LIST.format("2131-03-31"),
        lambda: extracts.table([older_row()]),
        rf"1 x {extracts.LIST.format('2131-03-31')}: the day in its name was still to come when it was fetched "
        r"\(\d{4}-\d\d-\d\d\); correct the name",
    ),
    "an extract of a day to come": (
        REPORTS,
        lambda: extracts.charity_table(
            "charity_published_report",
            extracts.EXTRACTED
            | {"linked_charity_number": "0", "report_name": "Inquiry", "date_published": ""}
            | {"date_of_extract": "2131-03-01 00:00:00.0000000"},
        ),
        rf"1 x {REPORTS} line 2, publicextract.charity_published_report.txt: date_of_extract: "
        r"'2131-03-01' cannot be right: it is not between 1960-01-01 and \d{4}-\d\d-\d\d; left out",
    ),
    "a release of a day to come": (
        RELEASES,
        lambda: json.dumps(extracts.release(date="2131-01-01T00:00:00Z")),
        rf'1 x {RELEASES} line 1, \$.date: "2131-01-01T00:00:00Z" is in the future: the document was fetched on .+',
    ),
    "zero bytes of CSV": (OTHER_COMPANIES, lambda: b"", rf"1 x {OTHER_COMPANIES}: the file is empty; fetch it again"),
    "zero bytes of JSON": (RELEASES, lambda: b"", rf"1 x {RELEASES}: empty: zero bytes; get the file again"),
    "zero bytes of accounts": (PAGE, lambda: b"", rf"1 x {PAGE}: is empty \(0 bytes\)"),
    "zero bytes of a zip": (REPORTS, lambda: b"", rf"1 x {REPORTS}: the file is empty; fetch it again"),
    "JSON of the wrong shape": (
        RELEASES,
        lambda: json.dumps(extracts.release(awards="none")),
        rf'1 x {RELEASES} line 1, \$.awards: "none" is not a list',
    ),
    "JSON that is no release": (
        RELEASES,
        lambda: '{"hello": []}',
        rf"1 x {RELEASES} line 1: neither an OCDS release nor a package: no 'ocid' and no 'releases'",
    ),
    "no JSON": (
        RELEASES,
        lambda: "{nonsense\n",
        rf"1 x {RELEASES} line 1: not JSON: Expecting property name .+ at character 2; get the file again",
    ),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return extracts.write(tmp_path / "registers")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def continuity(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> Any:
    monkeypatch.chdir(tmp_path)
    with environment(home):
        yield Command(capsys)


def watch(continuity: Command, folder: Path) -> Said:
    return continuity("watch", "--from", folder, "--as-of", DAY)


def stored(home: Path, query: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(home / "continuity.db") as connection:
        return connection.execute(query).fetchall()


def rounds() -> list[list[str]]:
    """The wrong files in as few rounds as have each name once."""
    by_round: list[list[str]] = []
    for wrong, (name, *_) in QUARANTINED.items():
        for others in by_round:
            if name not in {QUARANTINED[other][0] for other in others}:
                others.append(wrong)
                break
        else:
            by_round.append([wrong])
    return by_round


@pytest.fixture(params=rounds(), ids=lambda wrongs: f"{len(wrongs)} files")
def wrong_files(request: pytest.FixtureRequest, folder: Path) -> list[str]:
    """Wrong files among the good ones."""
    for wrong in request.param:
        name, content, _ = QUARANTINED[wrong]
        put(folder, name, content())
    return request.param


def test_unreadable_files_are_quarantined_with_file_place_and_reason(continuity, folder, wrong_files):
    watched = continuity("watch", "--from", folder, "--as-of", DAY, "--reasons", "0")

    assert watched.code == 0
    assert watched.err == ""
    lines = watched.out.splitlines()
    reasons = [line.strip() for line in lines if re.match(r"    \d+ x ", line)]
    for wrong in wrong_files:
        assert [line for line in reasons if re.fullmatch(QUARANTINED[wrong][2], line)] != [], (wrong, reasons)
    unreadable = sum(int(number) for number in re.findall(r"(\d+) unreadable", watched.out))
    assert sum(int(line.split()[0]) for line in reasons) == unreadable
    assert len(reasons) == len(wrong_files)
    assert OF_THE_GOOD in lines


def test_more_reasons_than_are_shown_can_be_asked_for(continuity, folder):
    put(folder, RELEASES, "".join(f'{{"ocid": "o{n}", "date": "{n}", "awards": [{{}}]}}\n' for n in range(5)))
    said = watch(continuity, folder)
    assert (said.out.count(f"1 x {RELEASES}"), "2 more reasons; --reasons 0 shows all" in said.out) == (3, True)
    everything = continuity("watch", "--from", folder, "--as-of", DAY, "--reasons", "0")
    assert everything.out.count(f"1 x {RELEASES}") == 5


def test_a_zip_bomb_of_many_members_is_left_at_the_limit_and_takes_no_room(continuity, folder, home):
    put(folder, OTHER_BULK, extracts.zipped({f"{n}.html": b" " * (60 * MEGABYTE) for n in range(5)}))
    said = watch(continuity, folder)

    reason = "the zip unzips to more than 100 times its size, like a zip bomb; not read from here on"
    assert (said.code, said.err) == (0, "")
    assert f"    1 x {OTHER_BULK}, 4.html: {reason}" in said.out
    assert OF_THE_GOOD in said.out
    assert sum(path.stat().st_size for path in home.rglob("*") if path.is_file()) < 10 * MEGABYTE


def test_a_fault_of_a_parser_leaves_out_its_document_alone(continuity, folder, monkeypatch):
    from indicators.sources import contracts

    real = contracts.parse

    def parse(document):
        if document.name == RELEASES:
            raise ZeroDivisionError("division by zero")
        return real(document)

    monkeypatch.setattr(contracts, "parse", parse)
    put(folder, RELEASES, json.dumps(extracts.release()))
    said = watch(continuity, folder)
    fault = f"our parser {contracts.PARSER} failed: ZeroDivisionError: division by zero; please report it"
    assert (said.code, said.err) == (3, "")
    assert said.out.splitlines()[-1] == f"  left out: {RELEASES}: {fault}"
    assert f"    1 x {RELEASES}: {fault}" in said.out
    assert OF_THE_GOOD in said.out


# --- files of an organisation's own: refused before anything is fetched


def test_an_unknown_key_in_an_own_regime_is_refused_with_its_line(continuity, folder, home):
    shipped = (DEFINITIONS / "charities.yaml").read_text(encoding="utf-8")
    line = shipped.splitlines().index("official: false") + 1
    own = put(home, "regimes/charities.yaml", shipped.replace("official: false", "oficial: false"))
    said = watch(continuity, folder)

    assert (said.code, said.out) == (2, "")
    assert f"continuity: {own}:{line}: unknown key 'oficial'; write 'official'" in said.err.splitlines()
    assert stored(home, "SELECT count(*) FROM snapshot") == [(0,)]


def test_a_wrong_policy_is_refused_with_its_line(continuity, folder, home):
    own = put(home, "policy.yaml", "schema: 1\ntitle: Ours\nlower_after: 0\n")
    said = watch(continuity, folder)

    assert (said.code, said.out) == (2, "")
    assert all(re.match(rf"continuity: {re.escape(str(own))}:\d: ", line) for line in said.err.splitlines())
    assert stored(home, "SELECT count(*) FROM snapshot") == [(0,)]


# --- channels


def test_an_unreachable_mail_server_leaves_the_message_to_be_tried_again(continuity, folder, home, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    put(
        home,
        "policy.yaml",
        "schema: 2\ntitle: Mail\nlower_after: 2\nuseful_for_days: 7\nlines: 30\ncriticals_alone: 20\n"
        "recipients:\n  duty: {title: Duty desk, channel: mail}\n  files: {title: Files, channel: file}\n"
        "steps: {watch: [{to: [everybody]}]}\n",
    )
    url = f"mailto://127.0.0.1:{port}?from=watch@example.org&to=duty@example.org"
    with environment(home, CONTINUITY_CHANNEL_MAIL=url):
        said = watch(continuity, folder)

    assert (said.code, said.err) == (3, "")
    assert OF_THE_GOOD in said.out
    assert re.fullmatch(
        r"  left out: messages: 1 sent, 1 to be tried again; channel 'mail': Connection error .*127\.0\.0\.1.*; check "
        r"CONTINUITY_CHANNEL_MAIL and that the service can be reached",
        said.out.splitlines()[-1],
    )
    assert stored(home, "SELECT channel, status FROM message ORDER BY id") == [("mail", "retry"), ("file", "accepted")]


def test_a_channel_that_nobody_configured_is_named(continuity, folder, home):
    put(
        home,
        "policy.yaml",
        "schema: 2\ntitle: Chat\nlower_after: 2\nuseful_for_days: 7\nlines: 30\ncriticals_alone: 20\n"
        "recipients:\n  duty: {title: Duty desk, channel: chat}\n"
        "steps: {watch: [{to: [everybody]}]}\n",
    )
    said = watch(continuity, folder)
    assert said.code == 3
    assert "channel 'chat': not configured; set CONTINUITY_CHANNEL_CHAT to an Apprise URL" in said.out


# --- the database


@pytest.fixture
def read_only() -> Any:
    """SQLite answers each write as it does on a read-only disk; file modes would not stop root."""

    def refuse(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA query_only=ON")

    def begin() -> None:
        event.listen(Engine, "connect", refuse)

    yield begin
    event.remove(Engine, "connect", refuse)


def test_a_read_only_database_can_be_read_and_not_written(continuity, folder, home, read_only):
    watch(continuity, folder)
    read_only()

    for command in (("watch", "--from", folder, "--as-of", DAY), ("alerts", "send"), ("pull", "--from", folder)):
        said = continuity(*command)
        assert (said.code, said.out) == (2, "")
        assert said.err == (
            f"continuity: sqlite:///{home / 'continuity.db'}: attempt to write a readonly database; check that the "
            "place exists and can be written, or set CONTINUITY_DATABASE_URL\n"
        )
    assert continuity("watchlist", "--as-of", DAY, "--format", "json").json["total"] == 14


@pytest.mark.parametrize("command", ["watch --from registers", "watchlist", "init"])
def test_a_database_newer_than_the_code_is_left_alone(continuity, folder, home, command):
    continuity("init")
    stored(home, "UPDATE alembic_version SET version_num = '9999'")
    said = continuity(*command.split())

    assert (said.code, said.out) == (2, "")
    assert said.err == (
        f"continuity: sqlite:///{home / 'continuity.db'}: the database is at version 9999, newer than this code; "
        "update Continuity Watch\n"
    )
    assert stored(home, "SELECT version_num FROM alembic_version") == [("9999",)]


def test_a_file_that_is_no_database_is_named(continuity, folder, home):
    put(home, "continuity.db", b"not a database, but long enough to look into" * 100)
    said = watch(continuity, folder)
    assert (said.code, said.out) == (2, "")
    assert re.fullmatch(r"continuity: sqlite:///\S+: file is not a database; check that .+\n", said.err)


def test_a_database_server_that_is_not_there_is_named_without_its_password(continuity, folder, home):
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    with environment(home, CONTINUITY_DATABASE_URL=f"postgresql://watch:secret@127.0.0.1:{port}/watch"):
        said = watch(continuity, folder)
    assert (said.code, said.out) == (2, "")
    assert re.fullmatch(r"continuity: postgresql\S+://watch:\*\*\*@127.0.0.1:\d+/watch: .+; check that .+\n", said.err)


# --- folders


@pytest.mark.parametrize("command", ["watch", "pull"])
def test_a_folder_that_does_not_exist_is_named(continuity, home, tmp_path, command):
    said = continuity(command, "--from", tmp_path / "nowhere")
    assert (said.code, said.out, said.err) == (
        2,
        "",
        f"continuity: {tmp_path / 'nowhere'}: No such file or directory; give --from a folder of register extracts\n",
    )


def test_a_folder_named_by_the_environment_that_does_not_exist_is_named_too(continuity, home, tmp_path):
    with environment(home, CONTINUITY_REGISTERS="nowhere"):
        said = continuity("watch", "--as-of", DAY)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("continuity: nowhere: No such file or directory; ")


def test_a_data_directory_that_is_a_file_is_named(continuity, folder, home):
    home.write_text("a file")
    said = watch(continuity, folder)
    assert (said.code, said.out) == (2, "")
    assert re.fullmatch(
        r"continuity: sqlite:///\S+: .*; check that the place exists and can be written, .+\n", said.err
    )


def test_an_empty_folder_gives_a_day_on_which_nothing_is_known(continuity, tmp_path, home):
    (tmp_path / "empty").mkdir()
    said = watch(continuity, tmp_path / "empty")
    assert (said.code, said.err) == (0, "")
    assert said.out.count("nothing known yet") == 7
    assert "assessments: 0 of 0 providers (none); scored" in said.out
