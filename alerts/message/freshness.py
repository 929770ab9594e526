"""Counts the registers that were read recently, so that readers can trust a day without news."""

from datetime import date

from indicators.health import count_fresh_registers
from models.database import Session
from text.english import format_count


def describe_freshness(session: Session, day: date) -> str:
    """In a few words: ``3 of 4 sources fresh``; empty if no register was ever looked at."""
    fresh, looked_at = count_fresh_registers(session, day)
    return f"{fresh} of {format_count(looked_at, 'source')} fresh" if looked_at else ""
