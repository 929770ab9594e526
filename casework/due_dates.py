"""Reads dates as people write them: a day, or a length of time from another day."""

from datetime import date

from settings import WrongInput


def parse_day(text: str | None) -> date | None:
    """The day that a text gives; None for an empty text.

    Raises:
        WrongInput: the text is not a day.
    """
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise WrongInput(f"'{text}' is not a day; write it as YYYY-MM-DD, for example 2026-12-31") from None


def parse_due_date(text: str | None, start: date) -> date | None:
    """The due date that a text gives: a day, or a length of time counted from ``start``; None for an empty text.

    Raises:
        WrongInput: the text is neither.
    """
    from regimes import clocks

    if not text or (text[:1].isdigit() and " " not in text.strip()):
        return parse_day(text)
    try:
        length = clocks.parse(text)
    except ValueError as error:
        raise WrongInput(f"{error}, or a day such as 2026-12-31") from None
    return length.day_after(start)
