"""Days as people write them: a day, or a length of time from another."""

from datetime import date

from settings import WrongInput


def parse_day(text: str | None) -> date | None:
    """A day as it is written.

    Raises:
        WrongInput: it is not one.
    """
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise WrongInput(f"'{text}' is not a day; write it as YYYY-MM-DD, for example 2026-12-31") from None


def parse_due_date(text: str | None, start: date) -> date | None:
    """A due date as it is written: a day, or a length of time from another day.

    Raises:
        WrongInput: it is neither.
    """
    from regimes import clocks

    if not text or (text[:1].isdigit() and " " not in text.strip()):
        return parse_day(text)
    try:
        length = clocks.parse(text)
    except ValueError as error:
        raise WrongInput(f"{error}, or a day as 2026-12-31") from None
    return length.day_after(start)
