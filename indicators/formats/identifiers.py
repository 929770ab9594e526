"""Reads the numbers of companies and charities in all registers, and recognises texts that stand for "none"."""

import re
import unicodedata

COMPANY, CHARITY = "GB-COH", "GB-CHC"
FEWEST_DIGITS = 5  # a typed company number with fewer is more likely a slip than a company from before 1890

# Numbers and words that people type if they have none. Two subjects with the same one have nothing in common. 12345678
# and its like may exist: the register's own list is believed, other registers are not. Nobody has zeros or nines. Both
# lists follow find-that-charity (ftc/management/commands/_base_scraper.py and
# charity/management/commands/_ccew_sql.py), which clears them too.
TYPED_SEQUENCES = frozenset({"123456", "1234567", "12345678", "123456789"})
PLACEHOLDER_NUMBER = re.compile(r"0+|9{5,}")
PLACEHOLDER_WORDS = frozenset(
    {
        "na",
        "none",
        "nil",
        "null",
        "nan",
        "no",
        "unknown",
        "notknown",
        "notyetknown",
        "notapplicable",
        "notavailable",
        "notprovided",
        "notsupplied",
        "notstated",
        "notspecified",
        "notregistered",
        "noorganisation",
        "noowner",
        "nocompany",
        "tbc",
        "tba",
        "tbd",
        "tobeconfirmed",
        "tobeadvised",
        "pending",
        "test",
        "various",
        "xxx",
        "xxxx",
        "xxxxxx",
    }
)

# SC, NI, OC and the like with six digits, the old Northern Irish R with seven; registered societies end in a letter or
# two (IP28282R, IP00261C, SP2741RS), as some Scottish partnerships do (SL05678A). IE is Irish, and no part of this.
_NUMBER_FORM = re.compile(r"(?!IE)(?P<prefix>[A-Z]{2}|R(?=\d)|)(?P<digits>\d+)(?P<suffix>(?:(?<=\d)[A-Z]{1,2})?)")
_WITH_SUFFIX = frozenset({"IP", "SP", "NP", "RS", "SL"})
_LENGTH = 8


def is_placeholder(text: str, *, is_own: bool = False) -> bool:
    """Whether a number or name stands for "none": 00000000, 99999999, 12345678, "N/A", "unknown", "-", "0".

    Args:
        text: the number, without the scheme before it, or the name.
        is_own: the register's own number in its own list, where 12345678 may be a real one.
    """
    letters = "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())
    if not letters or PLACEHOLDER_NUMBER.fullmatch(letters) or letters in PLACEHOLDER_WORDS:
        return True
    return letters in TYPED_SEQUENCES and not is_own


def company_number(text: str, *, is_own: bool = False) -> str:
    """The number of a company as its register writes it: eight characters, blanks left out, lost zeros put back.

    Args:
        text: the number as somebody wrote it ("90 149012", "SC12345", "ni 12345").
        is_own: from the register's own list, which may name any company; else what cannot be told from a slip is
            refused.

    Raises:
        ValueError: no company of the United Kingdom has such a number, or it stands for "none".
    """
    compact = "".join(text.split()).upper()
    form = _NUMBER_FORM.fullmatch(compact) if compact.isascii() else None
    is_believed = is_own or compact == "1234567"  # as likely as not a company's number without its zero
    if is_placeholder(compact, is_own=is_believed) or (form and PLACEHOLDER_NUMBER.fullmatch(form["digits"])):
        raise ValueError(f"'{text}' is not a company number: it stands for none; left out")
    if form is None or (form["suffix"] and form["prefix"] not in _WITH_SUFFIX):
        raise ValueError(f"'{text}' is not the number of a company registered in the United Kingdom; left out")
    prefix, digits, suffix = form.groups()
    number = prefix + digits.zfill(_LENGTH - len(prefix) - len(suffix)) + suffix
    is_slip = not is_own and not prefix and len(digits) < FEWEST_DIGITS
    if len(number) != _LENGTH or is_slip or (prefix == "R" and number[1] != "0"):
        raise ValueError(f"'{text}' is not the number of a company registered in the United Kingdom; left out")
    return number


def company_subject(text: str, *, is_own: bool = False) -> str:
    """The subject of a company number (see ``company_number``).

    Raises:
        ValueError: no company of the United Kingdom has such a number, or it stands for "none".
    """
    return f"{COMPANY}-{company_number(text, is_own=is_own)}"


def charity_subject(text: str, *, is_own: bool = False) -> str:
    """The subject of a number of the Charity Commission for England and Wales: six or seven digits.

    Raises:
        ValueError: no main charity has such a number, or it stands for "none".
    """
    compact = "".join(text.split())
    form = r"\d+" if is_own else r"\d{6,7}"
    if not re.fullmatch(form, compact, re.ASCII) or is_placeholder(compact, is_own=is_own):
        raise ValueError(f"'{text}' is not a charity number")
    return f"{CHARITY}-{compact}"
