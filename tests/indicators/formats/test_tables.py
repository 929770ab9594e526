"""Delimited text as registers publish it: encodings, headers, zips, and everything that can be wrong with them."""

import io
import tracemalloc
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indicators.formats import tables
from indicators.formats.tables import Layout, TableRow, day_in_name, read_rows
from indicators.parsed_records import Document, UnreadableRecord

LAYOUT = Layout(
    {"number": ("URN",), "places": ("Places", "Maximum places"), "area": ("Local authority",)},
    required=frozenset({"number"}),
)
TABS = Layout(LAYOUT.columns, LAYOUT.required, delimiter="\t", is_quoted=False, suffix=".txt")


def read(data: bytes, layout: Layout = LAYOUT, name: str = "ofsted/list.csv") -> list[TableRow | UnreadableRecord]:
    document = Document("test", name, "", datetime(2026, 1, 1, tzinfo=UTC), lambda: io.BytesIO(data))
    return list(read_rows(document, layout))


def cells(records: list[TableRow | UnreadableRecord]) -> list[dict[str, str]]:
    return [dict(record.cells) for record in records if isinstance(record, TableRow)]


def zipped(**members: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_", "."), content)
    return data.getvalue()


def test_the_header_is_found_below_titles_and_notes() -> None:
    assert read(b"Provider level,,\n,,\nURN,Local authority,Places\nSC1,Kent,4\n") == [
        TableRow(
            4,
            {"number": "SC1", "places": "4", "area": "Kent"},
            {"number": "URN", "places": "Places", "area": "Local authority"},
        )
    ]


def test_columns_are_known_by_any_of_their_names_whatever_case_spaces_and_apostrophes() -> None:
    layout = Layout({"kind": ("Child's  home",)}, required=frozenset({"kind"}))
    assert cells(read("  child\N{RIGHT SINGLE QUOTATION MARK}s HOME \nyes\n".encode(), layout)) == [{"kind": "yes"}]
    assert cells(read(b"URN,Maximum places,Local authority\nSC1,4,Kent\n"))[0]["places"] == "4"


@pytest.mark.parametrize(
    ("data", "area"),
    [
        ("\ufeffURN,Places,Local authority\nSC1,4,Süd\n".encode(), "Süd"),
        ("URN,Places,Local authority\nSC1,4,Süd\n".encode("cp1252"), "Süd"),
        ("URN,Places,Local authority\nSC1,4,Süd\n".encode("utf-16"), "Süd"),
        # One old dash in a file that is otherwise UTF-8 (Ofsted 2022).
        ("URN,Places,Local authority\nSC1,4,Süd ".encode() + b"\x96 Ost\n", "Süd \N{EN DASH} Ost"),
        (b"URN,Places,Local authority\nSC1,4,\x81\n", "\x81"),  # means nothing in Windows-1252
    ],
    ids=["byte order mark", "windows", "utf-16", "mixed", "undefined"],
)
def test_any_encoding_the_registers_use_is_read(data: bytes, area: str) -> None:
    assert cells(read(data)) == [{"number": "SC1", "places": "4", "area": area}]


def test_lines_are_those_of_the_file_even_after_a_cell_of_several_lines() -> None:
    found = read(b'URN,Places,Local authority\nSC1,4,"Kent\nand\nMedway"\nSC2,5,Essex\n')
    assert [(row.line, row.cells["area"]) for row in found] == [(2, "Kent\nand\nMedway"), (5, "Essex")]


def test_a_missing_required_column_is_one_unreadable_document_that_names_it() -> None:
    assert read(b"Title,,\nUnique number,Places,Local authority\nSC1,4,Kent\nSC2,5,Kent\n") == [
        UnreadableRecord(
            "the header has no column 'URN'; if the register renamed it, add its new name to the columns", 2, "URN"
        )
    ]


def test_any_other_missing_column_is_reported_once_and_the_rest_is_read() -> None:
    found = read(b"URN,Local authority\nSC1,Kent\nSC2,Essex\n")
    assert [record.place for record in found if isinstance(record, UnreadableRecord)] == ["Places"]
    assert cells(found) == [{"number": "SC1", "area": "Kent"}, {"number": "SC2", "area": "Essex"}]


def test_an_optional_column_may_be_missing() -> None:
    layout = Layout(LAYOUT.columns, LAYOUT.required, optional=frozenset({"places"}))
    assert read(b"URN,Local authority\nSC1,Kent\n", layout) == [
        TableRow(2, {"number": "SC1", "area": "Kent"}, {"number": "URN", "area": "Local authority"})
    ]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the file is empty; fetch it again"),
        (b"<html>404</html>\n", "no header with 'URN' in the first 20 lines; is it the right file?"),
        (
            b"\n" * 30 + b"URN,Places,Local authority\n",
            "no header with 'URN' in the first 20 lines; is it the right file?",
        ),
    ],
    ids=["zero bytes", "another file", "too far down"],
)
def test_a_file_without_a_table_is_one_unreadable(data: bytes, reason: str) -> None:
    assert read(data) == [UnreadableRecord(reason, None, "")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"SC1,4", "2 cells where the header has 3; row left out"),
        (b"SC1,4,Kent,Kent", "4 cells where the header has 3; row left out"),
    ],
)
def test_a_row_with_too_few_or_too_many_cells_is_left_out_and_the_next_read(row: bytes, reason: str) -> None:
    found = read(b"URN,Places,Local authority\n" + row + b"\nSC2,5,Essex\n")
    assert found[0] == UnreadableRecord(reason, 2, "")
    assert cells(found) == [{"number": "SC2", "places": "5", "area": "Essex"}]


def test_an_open_quotation_mark_is_reported_with_the_lines_it_swallowed() -> None:
    found = read(b'URN,Places,Local authority\nSC1,4,Kent\nSC2,"5,Essex\nSC3,6,Kent\n')
    assert [row["number"] for row in cells(found)] == ["SC1"]
    assert found[1] == UnreadableRecord(
        "2 cells where the header has 3 (to line 4: is a quotation mark left open, or a line broken?); row left out",
        3,
        "",
    )


def test_a_quotation_mark_that_is_never_closed_costs_only_some_rows() -> None:
    data = b'URN,Places,Local authority\nSC1,4,"Kent\n' + b"SC2,5,Essex\n" * 20_000
    found = read(data)
    assert found[0] == UnreadableRecord(
        "field larger than field limit (131072); is a quotation mark left open here?", 2, ""
    )
    assert len(found) > 9_000
    assert cells(found)[-1] == {"number": "SC2", "places": "5", "area": "Essex"}


def test_blank_rows_and_cells_without_a_column_are_passed_over() -> None:
    found = read(b"URN,Places,Local authority,,\nSC1,4,Kent,,\n,,,,\n\nSC2,5,Essex\n")
    assert cells(found) == [
        {"number": "SC1", "places": "4", "area": "Kent"},
        {"number": "SC2", "places": "5", "area": "Essex"},
    ]


def test_quotation_marks_mean_nothing_in_an_unquoted_table() -> None:
    assert cells(read(b'URN\tPlaces\tLocal authority\nSC1\t4\t"Kent\n', TABS))[0]["area"] == '"Kent'


def test_an_endless_line_is_not_read_into_memory() -> None:
    found = read(b"URN,Places,Local authority\nSC1,4," + b"x" * (tables.LONGEST_LINE + 10))
    assert found == [
        UnreadableRecord(
            "cannot be read to its end (a line longer than 1,048,576 characters); fetch it again", None, ""
        )
    ]


def test_rows_of_a_zip_are_placed_in_its_member() -> None:
    found = read(zipped(a_txt=b"URN\tPlaces\tLocal authority\nSC1\t4\tKent\n", read_me=b"hello"), TABS, "x.zip")
    assert [row.places["places"] for row in found if isinstance(row, TableRow)] == ["a.txt: Places"]


def test_a_zip_without_a_table_says_so() -> None:
    assert read(zipped(read_me=b"hello"), TABS, "x.zip") == [
        UnreadableRecord("the zip has no .txt member; fetch it again or see what the register now publishes")
    ]


def test_a_truncated_zip_is_one_unreadable() -> None:
    data = zipped(a_txt=b"URN\tPlaces\tLocal authority\n" + b"SC1\t4\tKent\n" * 100)
    assert read(data[: len(data) // 2], TABS, "x.zip") == [
        UnreadableRecord("the zip is cut short or is none; fetch it again")
    ]


def test_a_damaged_member_says_so_after_the_rows_before_the_damage() -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("a.txt", b"URN\tPlaces\tLocal authority\n" + b"SC1\t4\tKent\n" * 5_000 + b"SC2\t4\tKent\n")
    found = read(data.getvalue().replace(b"SC2", b"SC3"), TABS, "x.zip")
    assert len(cells(found)) > 1_000
    assert found[-1] == UnreadableRecord(
        "cannot be read to its end (Bad CRC-32 for file 'a.txt'); fetch it again", None, "a.txt"
    )


def test_a_small_damaged_member_says_so() -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("a.txt", b"URN\tPlaces\tLocal authority\n")
    [found] = read(data.getvalue().replace(b"URN", b"URM"), TABS, "x.zip")
    assert isinstance(found, UnreadableRecord)
    assert found.place == "a.txt"


def test_an_encrypted_member_says_so() -> None:
    data = bytearray(zipped(a_txt=b"URN\n"))
    data[6] |= 1  # the flag in the member's own header
    data[data.index(b"PK\x01\x02") + 8] |= 1  # and in the table of contents
    [found] = read(bytes(data), TABS, "x.zip")
    assert isinstance(found, UnreadableRecord)
    assert found.place == "a.txt"
    assert "encrypted" in found.reason


def test_a_zip_bomb_is_not_opened_and_the_next_member_is() -> None:
    bomb = b"0" * 2_000_000
    found = read(zipped(a_txt=bomb, b_txt=b"URN\tPlaces\tLocal authority\nSC1\t4\tKent\n"), TABS, "x.zip")
    assert isinstance(found[0], UnreadableRecord)
    assert found[0].place == "a.txt"
    assert found[0].reason.endswith("to 2,000,000 bytes, like a zip bomb; not opened")
    assert [row["number"] for row in cells(found)] == ["SC1"]


def test_a_member_larger_than_any_real_one_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "LARGEST_MEMBER", 10)
    [found] = read(zipped(a_txt=b"URN\tPlaces\tLocal authority\n"), TABS, "x.zip")
    assert isinstance(found, UnreadableRecord)


class _Long(io.RawIOBase):
    """A table of some 70,000 rows that never exists at once."""

    def __init__(self) -> None:
        self.pieces = iter([b"URN,Places,Local authority\n", *([b"SC1,4,Kent\n" * 700] * 100)])

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self.__init__()  # type: ignore[misc]
        return 0

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        piece = next(self.pieces, b"")
        buffer[: len(piece)] = piece
        return len(piece)


def test_memory_stays_flat_however_long_the_table() -> None:
    document = Document("test", "a.csv", "", datetime(2026, 1, 1, tzinfo=UTC), lambda: io.BufferedReader(_Long()))
    stream: Iterator[TableRow | UnreadableRecord] = read_rows(document, LAYOUT)
    next(stream)
    tracemalloc.start()
    count = sum(1 for _ in stream)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 69_999
    assert peak < 3_000_000


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=400))
def test_no_bytes_whatever_raise(data: bytes) -> None:
    for name in ("a.csv", "a.zip"):
        for layout in (LAYOUT, TABS):
            for prefix in (b"", b"URN,Places\n", b"URN\tPlaces\n"):
                assert all(
                    isinstance(record, TableRow | UnreadableRecord) for record in read(prefix + data, layout, name)
                )


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("ofsted/childrens_social_care_providers_at_2022-03-31.csv", date(2022, 3, 31)),
        ("companies_house/BasicCompanyData-2020-05-01-sample.csv", date(2020, 5, 1)),
        ("2019-01-01/list.csv", None),
        ("list_2022-02-30.csv", None),
        ("list.csv", None),
    ],
)
def test_the_day_of_a_list_is_in_its_name(name: str, day: date | None) -> None:
    assert day_in_name(name) == day


# --- line breaks inside cells of a table without quotation marks


def tabbed(*lines: str) -> list[TableRow | UnreadableRecord]:
    return read("\r\n".join(("URN\tPlaces\tLocal authority", *lines, "")).encode(), TABS, "list.txt")


@pytest.mark.parametrize(
    ("lines", "area"),
    [
        (("SC1\t4\tKent", "and Medway"), "Kent\nand Medway"),
        (("SC1\t4\tKent", "", "and Medway"), "Kent\n\nand Medway"),
        (("SC1\t4\t", "Kent"), "Kent"),
        (("SC1\t4", "\tKent"), "Kent"),
        (("SC1\t4", "", "\tKent"), "Kent"),
    ],
)
def test_a_line_with_too_few_cells_goes_on_where_the_one_before_stopped(lines: tuple[str, ...], area: str) -> None:
    assert cells(tabbed(*lines, "SC2\t5\tBury")) == [
        {"number": "SC1", "places": "4", "area": area},
        {"number": "SC2", "places": "5", "area": "Bury"},
    ]
    assert cells(tabbed(*lines))[0]["area"] == area


def test_a_broken_row_has_the_number_of_its_first_line() -> None:
    assert [row.line for row in tabbed("SC1\t4\tKent", "more", "SC2\t5\tBury")] == [2, 4]


def test_a_lone_carriage_return_inside_a_cell_takes_no_row_apart() -> None:
    data = b"URN\tPlaces\tLocal authority\r\nSC1\t4\tKent\rand Medway\r\nSC2\t5\tBury\r\n"
    assert [row["number"] for row in cells(read(data, TABS, "list.txt"))] == ["SC1", "SC2"]


def test_a_short_row_that_begins_as_the_one_before_is_a_row_of_its_own() -> None:
    """The charity extract begins every row with the same day."""
    found = tabbed("SC1\t4", "SC1\t5", "SC1\t6\tBury")
    assert [type(row) for row in found] == [UnreadableRecord, UnreadableRecord, TableRow]


def test_a_row_with_too_many_cells_is_left_out_with_a_reason() -> None:
    """A tab inside a cell: which of them nobody can tell."""
    [problem, row] = tabbed("SC1\t4\tKent\tand Medway", "SC2\t5\tBury")
    assert isinstance(problem, UnreadableRecord)
    assert problem.reason == "4 cells where the header has 3; row left out"
    assert isinstance(row, TableRow)


def test_a_text_that_never_ends_is_no_cell() -> None:
    found = tabbed("SC1\t4\tKent", *["more"] * (tables.MOST_LINES + 10), "SC2\t5\tBury")
    assert cells(found)[-1]["number"] == "SC2"
    assert max(len(row["area"]) for row in cells(found)) < 5 * (tables.MOST_LINES + 2)


def test_nul_characters_mean_nothing() -> None:
    assert cells(read(b"URN,Places,Local authority\nSC1,4,Ke\0nt\n"))[0]["area"] == "Kent"
    assert cells(tabbed("SC1\t4\tKe\0nt"))[0]["area"] == "Kent"


def test_quotation_marks_inside_cells_of_an_unquoted_table_break_nothing() -> None:
    assert [row["area"] for row in cells(tabbed('SC1\t4\t"Kent', 'SC2\t5\tBury "East"'))] == ['"Kent', 'Bury "East"']
