"""Loads the embedded sample and runs its days in order: a real history, told to the file channel only."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import yaml

from alerts.message.envelope import SendingResult
from flows import day as steps
from flows.day import Day
from indicators.sources import casebook
from settings import ROOT
from text.english import format_count

SAMPLES = ROOT / "samples"
DAYS = SAMPLES / "days.yaml"
FIRST_SCREEN: date = yaml.safe_load(DAYS.read_text(encoding="utf-8"))["first_screen"]


@dataclass
class SampleResult:
    """The counts of loading the sample."""

    days: int = 0
    new_days: int = 0
    observations: int = 0
    sent: list[SendingResult] = field(default_factory=list)

    def describe(self) -> str:
        """One line for a summary."""
        accepted = sum(sent.accepted for sent in self.sent)
        return (
            f"sample: {format_count(self.days, 'day')} scored, {self.new_days} of them now; "
            f"{format_count(self.observations, 'observation')}; {format_count(accepted, 'message')} written now"
        )


def load_facts(day: Day) -> list[date]:
    """Load the sample's facts and nothing else; gives the sample's days, oldest first."""
    day.sources, day.only_file_channel = (casebook,), True
    steps.pull(day, Path(SAMPLES))
    steps.observe(day)
    days: list[date] = yaml.safe_load(DAYS.read_text(encoding="utf-8"))["days"]
    return days


def run_sample(day: Day) -> SampleResult:
    """Load the sample's facts and score its days, oldest first; what is there already is left as it is.

    Alerts go to the file channel whatever is configured: this is history, nobody must be called.
    """
    days = load_facts(day)
    result = SampleResult(days=len(days))
    for number, on in enumerate(days):
        day.progress(f"scoring {on.isoformat()}", number, len(days))
        day.day = on
        scored, _ = steps.score(day)
        result.new_days += scored.is_new
        result.sent.append(steps.send(day))
    from indicators import health

    day.day = days[-1]
    result.observations = sum(register.observations for register in health.read_register_health(day.engine, day.day))
    return result
