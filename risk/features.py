"""Computes the failure model's features of children's homes from one reading of the ledger.

Training, scoring, back-test and drift call the one function ``home_features`` with an as-of reading, so none of them
can see anything that became known after the day. A value that is not known stays missing; nothing is filled in here.
"""

import hashlib
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from indicators.ledger.as_of import AsOf

REGISTER = "ofsted_social_care"
SCOPE = "Children's home"  # the kind of setting, as the register's lists have it
DAYS_IN_MONTH = 30.4375

FeatureMatrix = npt.NDArray[np.float64]


class ValueForm(StrEnum):
    """The form in which a value is shown to people."""

    GRADE = "grade"  # 1 outstanding to 4 inadequate
    NUMBER = "number"
    LOGARITHM = "logarithm"  # shown as the number it was taken of
    SHARE = "share"
    YES_NO = "yes or no"


class Feature(NamedTuple):
    """One column of the model."""

    name: str
    expression: str  # SQL over the columns of ``home`` below
    title: str  # in plain words, with the unit
    form: ValueForm
    why: str


# Over two years hardly any home was seen: further out the model would only draw its line on.
LONGEST_MONTHS = 24
_INSPECTED_MONTHS = f"date_diff('day', inspected_on, day) / {DAYS_IN_MONTH}"

FEATURES = (
    Feature(
        "overall_rank",
        "overall",
        "overall judgement",
        ValueForm.GRADE,
        "Homes judged below good leave the register two to six times as often as good ones.",
    ),
    Feature(
        "protection_rank",
        "protection",
        "judgement of help and protection",
        ValueForm.GRADE,
        "Inadequate protection makes the overall judgement inadequate.",
    ),
    Feature(
        "leadership_rank",
        "leadership",
        "judgement of leaders and managers",
        ValueForm.GRADE,
        "Weak leadership often comes before a weak overall judgement.",
    ),
    Feature(
        "grade_change",
        "overall - overall_before",
        "grades lost since the judgement before (below zero: won)",
        ValueForm.NUMBER,
        "A home on its way down is not where a home on its way up is, at the same grade.",
    ),
    Feature(
        "inspection_months_over_usual",
        # least() passes over what is unknown, so it must not see it
        f"CASE WHEN inspected_on IS NOT NULL THEN"
        f" least({_INSPECTED_MONTHS} - median({_INSPECTED_MONTHS}) OVER (), {LONGEST_MONTHS}) END",
        "months since the last inspection, over the middle home's on that day",
        ValueForm.NUMBER,
        "Against the middle home: when inspections stop everywhere, as in 2020-21, no single home looks overdue.",
    ),
    Feature(
        "registered_months",
        f"date_diff('day', registered_on, day) / {DAYS_IN_MONTH}",
        "months on the register",
        ValueForm.NUMBER,
        "Young homes and very old ones close for different reasons.",
    ),
    Feature(
        "places_log",
        "ln(places)",
        "places",
        ValueForm.LOGARITHM,
        "Small homes stand and fall with single placements.",
    ),
    Feature(
        "is_local_authority",
        "(sector = 'local authority')::DOUBLE",
        "run by a local authority",
        ValueForm.YES_NO,
        "Councils close and reorganise their own homes for other reasons than firms.",
    ),
    Feature(
        "is_voluntary",
        "(sector = 'voluntary')::DOUBLE",
        "run by a charity",
        ValueForm.YES_NO,
        "As for councils.",
    ),
    Feature(
        "is_suspended",
        "(status = 'suspended')::DOUBLE",
        "registration suspended",
        ValueForm.YES_NO,
        "A suspended home may not care for children.",
    ),
    Feature(
        "owner_homes_log",
        "ln(owner_homes)",
        "homes of the same owner, this one included",
        ValueForm.LOGARITHM,
        "Homes of large owners close less often.",
    ),
    Feature(
        "owner_share_below_good",
        "(owner_below_good - coalesce((overall > 2)::INTEGER, 0))"
        " / nullif(owner_judged - (overall IS NOT NULL)::INTEGER, 0)",
        "share of the owner's other homes judged below good",
        ValueForm.SHARE,
        "Owner-wide failure is real: what is wrong elsewhere in the group is a signal for each of its homes.",
    ),
)
FEATURE_NAMES = tuple(feature.name for feature in FEATURES)
FEATURES_BY_NAME = {feature.name: feature for feature in FEATURES}

# One row a home on the newest list. An owner counts as known on the day only: it is never filled back.
_HOME_TABLE = """
WITH listed AS (
    SELECT subject_id FROM listing WHERE register = $register AND scope = $scope AND is_present
), known AS (
    SELECT subject_id,
        max(value_number) FILTER (key = 'overall_judgement') AS overall,
        max(period_end) FILTER (key = 'overall_judgement') AS inspected_on,
        max(value_number) FILTER (key = 'protection_judgement') AS protection,
        max(value_number) FILTER (key = 'leadership_judgement') AS leadership,
        max(value_number) FILTER (key = 'places' AND value_number > 0) AS places,
        lower(max(value_text) FILTER (key = 'sector')) AS sector,
        lower(max(value_text) FILTER (key = 'registration_status')) AS status,
        try_cast(max(value_text) FILTER (key = 'registered_on') AS DATE) AS registered_on
    FROM latest JOIN indicator ON indicator.id = indicator_id SEMI JOIN listed USING (subject_id)
    GROUP BY subject_id
), before AS (
    SELECT subject_id, max(value_number) AS overall_before
    FROM previous JOIN indicator ON indicator.id = indicator_id
    WHERE key = 'overall_judgement' GROUP BY subject_id
), owned AS (
    SELECT subject_id, max(object_id) AS owner_id FROM link
    WHERE relation = 'owned_by' AND object_id IS NOT NULL GROUP BY subject_id
), home AS (
    SELECT *, $day::DATE AS day,
        CASE WHEN owner_id IS NOT NULL THEN count(*) OVER owner END AS owner_homes,
        CASE WHEN owner_id IS NOT NULL THEN count(overall) OVER owner END AS owner_judged,
        CASE WHEN owner_id IS NOT NULL THEN count(*) FILTER (overall > 2) OVER owner END AS owner_below_good
    FROM listed
    LEFT JOIN known USING (subject_id) LEFT JOIN before USING (subject_id) LEFT JOIN owned USING (subject_id)
    WINDOW owner AS (PARTITION BY owner_id)
)
"""
_FEATURE_QUERY = f"""{_HOME_TABLE}
SELECT home.subject_id, subject.key AS subject, owner.key AS owner,
    overall IS NOT NULL AS is_inspected, inspected_on,
    {", ".join(f"({feature.expression})::DOUBLE AS {feature.name}" for feature in FEATURES)}
FROM home JOIN subject ON subject.id = home.subject_id LEFT JOIN subject AS owner ON owner.id = owner_id
ORDER BY subject.key
"""  # noqa: S608  (the expressions are ours, from the table above)

# A model is only used with the very definitions it was fitted on, not just with the same names.
DEFINITION_HASH = hashlib.sha256(_FEATURE_QUERY.encode()).hexdigest()[:16]


def home_features(known: AsOf) -> pa.Table:
    """One row for each children's home on the newest list known on the day, ordered by identifier.

    Columns: ``subject_id``, ``subject``, ``owner`` (identifier or null), ``is_inspected`` (a judgement was public on
    the day), ``inspected_on`` and one of float64 for each of ``FEATURES``, null where it is not known. The reading must
    hold all subjects: owners and the middle home are worked out across the list.
    """
    return known.sql(_FEATURE_QUERY, register=REGISTER, scope=SCOPE, day=known.day).to_arrow_table()


def feature_matrix(table: pa.Table, names: tuple[str, ...]) -> FeatureMatrix:
    """The named columns as floats, rows by features; unknown is NaN."""
    columns = [table.column(name).to_numpy(zero_copy_only=False).astype(np.float64) for name in names]
    return np.column_stack(columns)
