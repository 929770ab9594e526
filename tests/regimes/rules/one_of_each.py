"""One valid rule of every kind, as a regime file writes it, and a provider that every one of them can read."""

from typing import Any

from tests.regimes.builder import Known

BANDS = [{"level": "none", "below": 0.5}, {"level": "concern", "from": 0.5}]
STEPS = [{"after": "0 days", "level": "watch"}, {"after": "6 months", "level": "concern"}]
RULES: dict[str, dict[str, Any]] = {
    "bands": {"indicator": "turnover_growth", "better": "lower", "bands": BANDS},
    "grades": {
        "indicator": "overall_judgement",
        "grades": {"Outstanding": "none", "Good": "none", "Requires improvement": "watch", "Inadequate": "critical"},
    },
    "condition": {"title": "In liquidation", "when": "company_status = 'Liquidation'", "level": "critical"},
    "event": {
        "title": "Profit warning",
        "events": ["profit_warning"],
        "unless_since": ["equity_raised"],
        "within": "12 months",
        "level": "concern",
    },
    "late": {"title": "Accounts", "due": "accounts_next_due_on", "late": STEPS},
    "defaults": {
        "title": "Returns late",
        "due": "annual_return_due_on",
        "received": "annual_return_received_on",
        "of_last": 5,
        "at_least": 2,
        "level": "concern",
    },
    "age": {"title": "Last inspection", "indicator": "inspection", "old": STEPS},
    "clock": {
        "title": "Remediation plan",
        "starts": ["profit_warning"],
        "within": "10 working days",
        "done_by": ["recovery_plan_accepted"],
        "extension": {"events": ["covenant_relaxed"], "by": "1 month"},
        "then": "it may end",
        "forgotten_after": "24 months",
        "level": "concern",
    },
    "restated": {
        "title": "Restated",
        "indicators": ["profit_before_tax", "credit_rating"],
        "by": 0.05,
        "within": "12 months",
        "bands": BANDS,
    },
    "siblings": {
        "title": "Owner's other homes below good",
        "indicator": "overall_judgement",
        "worse_than": "good",
        "bands": BANDS,
    },
    "quantile": {"indicator": "net_assets", "better": "higher", "at_least": 4, "bands": BANDS},
    "external_grade": {
        "indicator": "credit_rating",
        "at_or_below": "BBB",
        "outlook": {"indicator": "credit_outlook", "at_or_below": "negative"},
        "level": "critical",
    },
    "probability_over": {"over": 0.5, "level": "critical"},
    "judgement": {
        "title": "Stage",
        "by": "the officials",
        "scale": {"Standard": "none", "Concerns": "watch", "Significant risk": "critical"},
    },
    "casework": {"needs": "a plan with an end date"},
}
for _kind, _rule in RULES.items():
    _rule |= {"key": _kind, "kind": _kind}

END = "2020-12-31"
VALUES: dict[str, Any] = {
    "name": "One",
    "turnover": [Known(100.0, "2019-12-31"), Known(150.0, END)],
    "net_assets": Known(5.0, END),
    "profit_before_tax": [Known(5.0, END, "2021-01-10"), Known(4.0, END, "2021-02-10")],
    "overall_judgement": Known("Good", "2020-11-01"),
    "company_status": Known("Active", known_on="2021-01-01"),
    "profit_warning": Known(None, "2020-07-10"),
    "accounts_next_due_on": Known(END, known_on="2020-05-01"),
    "annual_return_due_on": [Known("2019-01-31", "2018-03-31"), Known("2020-01-31", "2019-03-31")],
    "annual_return_received_on": [Known("2019-01-31", "2018-03-31"), Known("2020-02-01", "2019-03-31")],
    "inspection": Known(None, "2019-12-01"),
    "credit_rating": Known("BBB", "2020-11-01"),
    "credit_outlook": Known("stable", "2020-11-01"),
    "judgement": Known("Concerns", "2020-11-01", occurrence="small/judgement"),
}
READ_ON = {
    "companies_house_register": "2021-03-01",
    "charity_commission": "2021-03-30",
    "ofsted_social_care": "2021-03-01",
    "casebook": "2021-03-30",
}
