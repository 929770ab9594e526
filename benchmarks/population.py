"""A made-up national register of companies: observations at any size, seeded, for measuring and nothing else.

Every company is called CW-SYNTHETIC and has an identifier that no register gives out (``GB-COH-SY0000001``). It files
accounts once a year on a day of its own; on that day the company register is looked at too. Each has a life history, so
that levels move: most stay healthy; some decline slowly, are hit by a shock, recover, or stop filing, go into
liquidation and are dissolved. The tables are filled by the bulk path alone: ``append`` is measured elsewhere.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sqlalchemy import Engine, func, select, text

from indicators import catalogue
from indicators.ledger.batch import LISTING_COLUMNS, OBSERVATION_COLUMNS
from indicators.ledger.day_numbers import EPOCH
from indicators.ledger.repeats import OBSERVATION
from models import bulk
from models.database import table_of, write_session
from models.ledger import IndicatorKey, InternedText, Link, Listing, Load, Snapshot
from models.subjects import Subject
from models.vocabulary import BuyerKind, DateBasis, Relation

YEAR = 365
FIRST_DAY = date(2020, 1, 1)
START = FIRST_DAY.toordinal() - EPOCH  # as the ledger counts days
ACCOUNTS, REGISTER = "companies_house_accounts", "companies_house_register"
LISTED_SINCE = FIRST_DAY + timedelta(days=5 * YEAR - 60)  # before, only changes were read
CHUNK = 20_000  # filings written at once
BUYERS, EACH_BUYS = 50, 10  # buyers; every tenth company has a contract with one
SUBJECT, INDICATOR, WORD = table_of(Subject), table_of(IndicatorKey), table_of(InternedText)
SNAPSHOT, LOAD, LINK, LISTING = table_of(Snapshot), table_of(Load), table_of(Link), table_of(Listing)
COUNTS = ("records", "observations", "links", "listed", "unreadable")
COMMITTED = datetime(2026, 1, 1, tzinfo=UTC)

FIGURES = (
    "turnover",
    "gross_profit",
    "operating_profit",
    "profit_before_tax",
    "profit_after_tax",
    "interest_payable",
    "tangible_fixed_assets",
    "intangible_fixed_assets",
    "fixed_assets",
    "stocks",
    "debtors",
    "cash",
    "current_assets",
    "creditors_within_one_year",
    "creditors_after_one_year",
    "net_current_assets",
    "total_assets_less_current_liabilities",
    "provisions",
    "prepayments",
    "accruals",
    "unpaid_share_capital",
    "pension_liability",
    "net_assets",
    "share_capital",
    "profit_and_loss_reserve",
    "employees",
    "is_dormant",
    "wages",
    "ebitda",
)
ACCOUNTS_TEXTS = (
    "accounts_period_start",
    "accounts_period_end",
    "accounts_approved_on",
    "accounts_filed_on",
    "accounts_scope",
    "currency",
)
REGISTER_TEXTS = (
    "accounts_next_due_on",
    "accounts_last_made_up_on",
    "confirmation_next_due_on",
    "confirmation_last_made_up_on",
)
EACH_YEAR = (*FIGURES, *ACCOUNTS_TEXTS, *REGISTER_TEXTS, "charges_outstanding")  # forty of them
WHEN_CHANGED = ("name", "company_status", "company_category", "incorporated_on")
INDICATORS = (*EACH_YEAR, *WHEN_CHANGED)
FROM_REGISTER = {*REGISTER_TEXTS, "charges_outstanding", *WHEN_CHANGED}

HISTORIES = {"healthy": 0.70, "decline": 0.12, "shock": 0.07, "recovery": 0.07, "left": 0.04}
HEALTHY, DECLINE, SHOCK, RECOVERY, LEFT_REGISTER = range(len(HISTORIES))

NumberArray = npt.NDArray[np.float64]
DayArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Population:
    """A number of companies; the same seed gives the same life histories."""

    providers: int
    seed: int = 1

    @cached_property
    def history(self) -> npt.NDArray[np.int64]:
        """The life history of each company."""
        return self._chance(0).choice(len(HISTORIES), self.providers, p=list(HISTORIES.values()))

    @cached_property
    def turning_year(self) -> npt.NDArray[np.int64]:
        """The year in which a company's life turns: the sixth is the year after the first five."""
        return self._chance(1).integers(1, 6, self.providers)

    @cached_property
    def filing_day(self) -> DayArray:
        """The day of the year on which a company files, counted from the first of the made-up years."""
        return np.sort(self._chance(2).permutation(np.arange(self.providers) % YEAR))

    @cached_property
    def size(self) -> NumberArray:
        """Sales of a company's first year in pounds."""
        return self._chance(3).lognormal(13.5, 1.2, self.providers)

    def _chance(self, *part: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, *part])

    def health(self, year: int) -> NumberArray:
        """How well each company does in a year (from 0): 1 is well, below 0 is failing."""
        since = year - self.turning_year
        lives = [
            np.ones(self.providers),
            1 - 0.4 * np.maximum(since + 1, 0),
            np.where(since >= 0, -0.8, 1.0),
            np.where(since >= 0, 1.0, -0.5),
            1 - 0.7 * np.maximum(since + 2, 0),
        ]
        return np.choose(self.history, lives) + self._chance(4, year).normal(0, 0.15, self.providers)

    def figures(self, year: int) -> dict[str, NumberArray]:
        """All figures that the companies file for a year."""
        health, chance = self.health(year), self._chance(5, year)
        sales = self.size * 1.03**year * (0.85 + 0.15 * health)
        fixed, current, creditors = 0.4 * self.size, sales * (0.2 + 0.15 * health), sales * (0.28 - 0.06 * health)
        later, provisions, pension = 0.15 * self.size, 0.02 * self.size, 0.01 * self.size
        operating, interest = sales * (0.08 * health + chance.normal(0, 0.02, self.providers)), 0.015 * self.size
        before_tax = operating - interest
        figures = {
            "turnover": sales,
            "gross_profit": operating + 0.3 * sales,
            "operating_profit": operating,
            "profit_before_tax": before_tax,
            "profit_after_tax": before_tax - 0.2 * np.maximum(before_tax, 0),
            "interest_payable": interest,
            "tangible_fixed_assets": 0.9 * fixed,
            "intangible_fixed_assets": 0.1 * fixed,
            "fixed_assets": fixed,
            "stocks": 0.2 * current,
            "debtors": 0.5 * current,
            "cash": 0.3 * current,
            "current_assets": current,
            "creditors_within_one_year": creditors,
            "creditors_after_one_year": later,
            "net_current_assets": current - creditors,
            "total_assets_less_current_liabilities": fixed + current - creditors,
            "provisions": provisions,
            "pension_liability": pension,
            "net_assets": fixed + current - creditors - later - provisions - pension,
            "share_capital": np.full(self.providers, 100.0),
            "employees": sales / 60_000 + 1,
            "wages": 0.4 * sales,
            "ebitda": operating + 0.03 * sales,
            "charges_outstanding": self.history == DECLINE,
        }
        figures["profit_and_loss_reserve"] = figures["net_assets"] - 100
        nothing = np.zeros(self.providers)
        return {key: np.round(figures.get(key, nothing)) for key in (*FIGURES, "charges_outstanding")}

    def is_filing(self, year: int) -> npt.NDArray[np.bool_]:
        """Whether each company still files for a year."""
        return np.asarray((self.history != LEFT_REGISTER) | (year < self.turning_year))


class LedgerWriter:
    """Fills the tables of an empty, migrated database with a population, a span of days after the other."""

    def __init__(self, engine: Engine, population: Population) -> None:
        self.engine, self.population = engine, population
        known = catalogue.load().indicators
        self.indicators = {key: number for number, key in enumerate(INDICATORS, 1)}
        self.kinds = [str(known[key].kind) for key in INDICATORS]

    def write_basics(self) -> None:
        """Write companies, buyers, contracts and dictionaries."""
        numbers = range(1, self.population.providers + 1)
        subjects = [(number, f"GB-COH-SY{number:07}", False) for number in numbers]
        first_buyer = self.population.providers + 1
        subjects += [(first_buyer + n, f"CW-SYNTHETIC-BUYER-{n + 1}", False) for n in range(BUYERS)]
        indicators = [(number, key) for number, key in enumerate(INDICATORS, 1)] + [(len(INDICATORS) + 1, "companies")]
        indicators = [(self.indicators[key], key, kind) for key, kind in zip(INDICATORS, self.kinds, strict=True)]
        contracts = [
            (
                1,
                row,
                first_buyer + row % BUYERS,
                str(Relation.BUYS_FROM),
                str(BuyerKind.BUYER),
                number,
                START,
                START + 20 * YEAR,
                START,
                int(DateBasis.STATED),
                1.0,
                str(row),
                50_000.0 * (row % 400),
                1,
                row,
                None,
                None,
            )
            for row, number in enumerate(numbers[::EACH_BUYS], 1)
        ]
        with write_session(self.engine) as session:
            bulk.append(session, INDICATOR, ("id", "key", "kind"), indicators)
            bulk.append(session, WORD, ("id", "text"), indicators)
            for chunk in bulk.split_chunks(subjects, CHUNK):
                bulk.append(session, SUBJECT, ("id", "key", "is_asked_for"), chunk)
            columns = tuple(column.name for column in LINK.columns if column.name != "seq")
            bulk.append(session, LINK, columns, contracts)

    def write_days(self, since: date, until: date) -> int:
        """Write the rows that become known from one day to another; returns the number of observations."""
        first, last = (day - FIRST_DAY for day in (since, until))
        self._write_loads(first.days, last.days)
        rows = 0
        for year in range(first.days // YEAR, last.days // YEAR + 1):
            for batch in self._year_tables(year, first.days, last.days):
                rows += batch.num_rows
                bulk.write_rows(self.engine, OBSERVATION, batch)
        self._write_lists(since, until)
        self._settle_database()
        return rows

    def _year_tables(self, year: int, first: int, last: int) -> Iterator[pa.Table]:
        """The filings of a year, in the order in which they become known."""
        population = self.population
        days = population.filing_day + YEAR * year
        companies = np.flatnonzero((days >= first) & (days <= last) & population.is_filing(year))
        figures = population.figures(year)
        for start in range(0, len(companies), CHUNK):
            some = companies[start : start + CHUNK]
            numbers = {key: values[some] for key, values in figures.items()}
            yield self._filing_table(some, days[some], year, numbers, after=start * len(EACH_YEAR))
        yield from self._change_tables(year, days, first, last)

    def _filing_table(
        self, companies: DayArray, days: DayArray, year: int, figures: dict[str, NumberArray], *, after: int
    ) -> pa.Table:
        """One row for each company and indicator, ordered by load."""
        n, width = len(companies), len(EACH_YEAR)
        ends = _year_ends(self.population.filing_day[companies], year)
        texts = self._filing_texts(days, ends)
        numbers = np.stack([figures.get(key, np.full(n, np.nan)) for key in EACH_YEAR], axis=1).ravel()
        values = np.stack([texts.get(key, np.full(n, None)) for key in EACH_YEAR], axis=1).ravel()
        has_period = np.tile([key not in FROM_REGISTER for key in EACH_YEAR], n)
        return self._ledger_rows(
            companies=np.repeat(companies + 1, width),
            indicator=np.tile([self.indicators[key] for key in EACH_YEAR], n),
            day=np.repeat(days, width),
            is_register=~has_period,
            end=np.where(has_period, np.repeat(ends, width), np.nan),
            number=numbers,
            word=values,
            after=after,
        )

    def _filing_texts(self, days: DayArray, ends: DayArray) -> dict[str, npt.NDArray[np.object_]]:
        filed = days + START
        each = {
            "accounts_period_start": ends - YEAR + 1,
            "accounts_period_end": ends,
            "accounts_approved_on": filed - 7,
            "accounts_filed_on": filed,
            "accounts_next_due_on": ends + YEAR + 273,
            "accounts_last_made_up_on": ends,
            "confirmation_next_due_on": filed + YEAR + 14,
            "confirmation_last_made_up_on": filed,
        }
        texts = {key: np.datetime_as_string(day.astype("datetime64[D]")).astype(object) for key, day in each.items()}
        return texts | {"accounts_scope": np.full(len(days), "company"), "currency": np.full(len(days), "GBP")}

    def _change_tables(self, year: int, days: DayArray, first: int, last: int) -> Iterator[pa.Table]:
        """The rows of values that are only stated when they change: names, statuses and the like."""
        population = self.population
        is_left, turned = population.history == LEFT_REGISTER, population.turning_year
        changes = (
            (np.full(population.providers, year == 0), "name", None),
            (np.full(population.providers, year == 0), "company_status", "Active"),
            (np.full(population.providers, year == 0), "company_category", "Private Limited Company"),
            (np.full(population.providers, year == 0), "incorporated_on", "2001-02-03"),
            (is_left & (year == turned), "company_status", "Liquidation"),
            (is_left & (year == turned + 1), "company_status", "Dissolved"),
        )
        for number, (happens, key, word) in enumerate(changes, 1):
            companies = np.flatnonzero(happens & (days >= first) & (days <= last))
            if not len(companies):
                continue
            values = np.array([word or f"CW-SYNTHETIC {company + 1} Limited" for company in companies], dtype=object)
            nothing = np.full(len(companies), np.nan)
            yield self._ledger_rows(
                companies=companies + 1,
                indicator=np.full(len(companies), self.indicators[key]),
                day=days[companies],
                is_register=np.full(len(companies), fill_value=True),
                end=nothing,
                number=nothing,
                word=values,
                after=1_000_000_000 + 1_000_000 * number,
            )

    def _ledger_rows(
        self,
        *,
        companies: DayArray,
        indicator: npt.NDArray[Any],
        day: DayArray,
        is_register: npt.NDArray[np.bool_],
        end: NumberArray,
        number: NumberArray,
        word: npt.NDArray[np.object_],
        after: int,
    ) -> pa.Table:
        """Rows of the ledger; those of one load follow each other and are numbered from ``after`` on."""
        load = _load_number(day, is_register)
        order = np.lexsort((companies, load))
        load, end, number = load[order], end[order], number[order]
        begins = np.flatnonzero(np.diff(load, prepend=-1))
        row = np.arange(len(load)) - np.repeat(begins, np.diff(begins, append=len(load))) + 1 + after
        nothing, has_end = pa.nulls(len(load), pa.int32()), ~np.isnan(end)
        ends = np.where(has_end, end, 0).astype(np.int32)
        columns = {
            "load_id": load,
            "row": row,
            "subject_id": companies[order],
            "indicator_id": indicator[order],
            "period_start": pa.array(ends - YEAR + 1, mask=~has_end),
            "period_end": pa.array(ends, mask=~has_end),
            "occurrence": np.full(len(load), ""),
            "known_on": day[order] + START,
            "known_on_basis": np.full(len(load), int(DateBasis.SNAPSHOT)),
            "value_number": pa.array(number, from_pandas=True),
            "value_text": pa.array(word[order], pa.string()),
            "unit_id": nothing,
            "audience_id": np.ones(len(load)),
            "line": row,
            "place_id": indicator[order],
            "retracts": nothing,
        }
        return pa.table({name: columns[name] for name in OBSERVATION_COLUMNS})

    def _write_loads(self, first: int, last: int) -> None:
        """Every day has one load of accounts and one of the register."""
        snapshots, loads = list[dict[str, Any]](), list[dict[str, Any]]()
        for day in range(first, last + 1):
            on = FIRST_DAY + timedelta(days=day)
            for register in (ACCOUNTS, REGISTER):
                number = int(_load_number(np.array(day), np.array(register == REGISTER)))
                is_list = register == REGISTER and on.day == 1 and on >= LISTED_SINCE
                sha256 = hashlib.sha256(f"synthetic {number}".encode()).hexdigest()
                snapshots.append(
                    {
                        "id": number,
                        "register": register,
                        "name": f"synthetic/{number}",
                        "sha256": sha256,
                        "size": 0,
                        "address": "",
                        "fetched_at": COMMITTED,
                    }
                )
                loads.append(
                    {
                        "id": number,
                        "snapshot_id": number,
                        "parser": f"{register}/1",
                        "scope": "all",
                        "repetition": 0,
                        "recorded_at": COMMITTED,
                        "is_done": True,
                        "looked_on": on,
                        "listed_on": on if is_list else None,
                        **dict.fromkeys(COUNTS, 0),
                    }
                )
        with write_session(self.engine) as session:
            session.execute(SNAPSHOT.insert(), snapshots)
            session.execute(LOAD.insert(), loads)

    def _write_lists(self, since: date, until: date) -> None:
        """Write the complete lists of the first of each month: dissolved companies are not on them."""
        population, scope = self.population, len(INDICATORS) + 1
        for day in range((since - FIRST_DAY).days, (until - FIRST_DAY).days + 1):
            on = FIRST_DAY + timedelta(days=day)
            if on.day != 1 or on < LISTED_SINCE:
                continue
            gone_on = np.where(
                population.history == LEFT_REGISTER, (population.turning_year + 1) * YEAR + population.filing_day, 10**6
            )
            dissolved = np.flatnonzero(gone_on > day) + 1
            load = int(_load_number(np.array(day), np.array(1)))
            columns = [
                np.full(len(dissolved), load),
                dissolved,
                np.full(len(dissolved), scope),
                np.arange(len(dissolved)) + 1,
            ]
            bulk.write_rows(self.engine, LISTING, pa.table(dict(zip(LISTING_COLUMNS, columns, strict=True))))

    def _settle_database(self) -> None:
        """Make PostgreSQL's numbers continue after ours, and its statistics those of the filled tables."""
        if self.engine.dialect.name != "postgresql":
            return
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for table in (SUBJECT, INDICATOR, WORD, SNAPSHOT, LOAD):
                newest = select(func.setval(f"{table.name}_id_seq", select(func.max(table.c.id)).scalar_subquery()))
                connection.execute(newest)
            connection.execute(text("VACUUM ANALYZE"))


def _load_number(day: DayArray, is_register: npt.NDArray[Any]) -> DayArray:
    """The number of the load of a day's accounts, or of its look at the register."""
    return np.asarray(2 * day + is_register + 1)


def _year_ends(files_on: DayArray, year: int) -> DayArray:
    """The last day of the month that lies seven months before the filing, in whole days since 1970-01-01."""
    filed = (files_on + START).astype("datetime64[D]").astype("datetime64[M]")
    end = (filed - 6 + 12 * year).astype("datetime64[D]") - 1
    return np.asarray(end.astype(np.int64))
