"""Loads the embedded sample and runs its days in order. Messages about this real history go to files only."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import yaml

from alerts.message.envelope import SendingResult
from flows import day as steps
from flows.day import Day
from indicators import health
from indicators.sources import casebook
from settings import ROOT
from text.english import format_count

SAMPLES = ROOT / "samples"
DAYS = SAMPLES / "days.yaml"
FIRST_SCREEN: date = yaml.safe_load(DAYS.read_text(encoding="utf-8"))["first_screen"]


@dataclass
class SampleResult:
    """The result of loading the sample."""

    days: int = 0
    new_days: int = 0
    observations: int = 0
    sent: list[SendingResult] = field(default_factory=list)

    def describe(self) -> str:
        """The result in one line."""
        accepted = sum(sent.accepted for sent in self.sent)
        return (
            f"sample: {format_count(self.days, 'day')} scored, {self.new_days} of them now; "
            f"{format_count(self.observations, 'observation')}; {format_count(accepted, 'message')} written now"
        )


def load_facts(day: Day) -> list[date]:
    """Load the facts of the sample without scoring; returns the days of the sample, oldest first."""
    day.sources, day.only_file_channel = (casebook,), True
    steps.pull(day, Path(SAMPLES))
    steps.observe(day)
    days: list[date] = yaml.safe_load(DAYS.read_text(encoding="utf-8"))["days"]
    return days


def run_sample(day: Day) -> SampleResult:
    """Load the facts of the sample and score its days, oldest first; days scored before are left as they are.

    Messages go to the file channel only, whatever is configured, because nobody must be called about past events.
    """
    days = load_facts(day)
    result = SampleResult(days=len(days))
    for number, sample_day in enumerate(days):
        day.progress(f"scoring {sample_day.isoformat()}", number, len(days))
        day.day = sample_day
        scored, _ = steps.score(day)
        result.new_days += scored.is_new
        result.sent.append(steps.send(day))
    day.day = days[-1]
    result.observations = sum(register.observations for register in health.read_register_health(day.engine, day.day))
    return result
