"""Numbers under which registers know somebody, as people type them."""

import pytest

from indicators.formats.identifiers import charity_subject, company_subject, is_placeholder


@pytest.mark.parametrize(
    ("number", "subject"),
    [
        ("4043380", "GB-COH-04043380"),
        ("1234567", "GB-COH-01234567"),
        ("90 149012", "GB-COH-90149012"),
        (" 00 034 118 ", "GB-COH-00034118"),
        ("90149\u00a0012", "GB-COH-90149012"),
        ("SC12345", "GB-COH-SC012345"),
        ("sc436674", "GB-COH-SC436674"),
        ("NI 12345", "GB-COH-NI012345"),
        ("oc 303525", "GB-COH-OC303525"),
        ("CE 693", "GB-COH-CE000693"),
        ("R0000123", "GB-COH-R0000123"),
        ("ip28282r", "GB-COH-IP28282R"),
        ("IP261C", "GB-COH-IP00261C"),
        ("SP2741RS", "GB-COH-SP2741RS"),
        ("SL05678A", "GB-COH-SL05678A"),
    ],
)
def test_company_numbers_get_their_eight_characters(number: str, subject: str) -> None:
    assert company_subject(number) == subject
    assert company_subject(number, is_own=True) == subject


@pytest.mark.parametrize(
    "number",
    [
        "IE469427",
        "CHASC044876",
        "123456780",
        "0l234568",
        "O1234568",
        "0123456l",
        "SC12345l",
        "S1234567",
        "R1234567",
        "\uff19\uff10\uff11\uff14\uff19\uff10\uff11\uff12",
        "\u0669\u0660\u0661\u0664\u0669\u0660\u0661\u0662",
        "04142000 (England)",
        "04142000/1",
        "\u00b2\u00b3456789",
    ],
)
@pytest.mark.parametrize("is_own", [True, False])
def test_numbers_that_no_company_can_have_are_refused(number: str, is_own: bool) -> None:
    with pytest.raises(ValueError, match="not the number of a company registered in the United Kingdom"):
        company_subject(number, is_own=is_own)


def test_a_short_number_is_believed_where_the_register_itself_gives_it() -> None:
    assert company_subject("118", is_own=True) == "GB-COH-00000118"
    with pytest.raises(ValueError, match="'118' is not the number of a company"):
        company_subject("118")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "--",
        ".",
        "?",
        "0",
        "00",
        "00000000",
        "99999",
        "9999999",
        "99999999",
        "12345678",
        "1234567",
        "N/A",
        "n/a",
        "NA",
        "n.a.",
        "None",
        "NIL",
        "unknown",
        "Unknown.",
        "Not known",
        "Not Applicable",
        "not  available",
        "TBC",
        "To be confirmed",
        "null",
        "xxx",
        "\uff10\uff10\uff10",
    ],
)
def test_a_text_that_stands_for_none_is_nobody(text: str) -> None:
    assert is_placeholder(text)


@pytest.mark.parametrize("text", ["90112009", "SC012345", "Nil Desperandum Care Ltd", "Unknown Horizons", "10000000"])
def test_a_text_that_only_looks_like_none_is_a_name(text: str) -> None:
    assert not is_placeholder(text)


@pytest.mark.parametrize("number", ["00000000", "12345678", "99999999", "N/A", "none", "-", "SC000000"])
def test_a_typed_placeholder_is_no_company(number: str) -> None:
    with pytest.raises(ValueError, match="stands for none"):
        company_subject(number)


def test_the_company_that_has_such_a_number_is_believed_where_the_register_lists_it() -> None:
    assert company_subject("12345678", is_own=True) == "GB-COH-12345678"
    with pytest.raises(ValueError, match="stands for none"):
        company_subject("00000000", is_own=True)


def test_charity_numbers_have_six_or_seven_digits_and_blanks_do_not_matter() -> None:
    assert charity_subject(" 1068 298 ") == charity_subject("1068298") == "GB-CHC-1068298"
    for number in ("0", "000000", "1234567", "SC012345", "12345678", "N/A", "\uff11068298"):
        with pytest.raises(ValueError, match="is not a charity number"):
            charity_subject(number)
