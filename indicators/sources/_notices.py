"""Notices of kinds that regimes have stages and clocks for: events of their own, beside those of any notice."""

# The words of a notice's type to (state it has come into -> event).
NOTICES: dict[str, dict[str, str]] = {
    "compliance notice": {
        "issued": "compliance_notice",
        "lifted": "compliance_notice_met",
        "cancelled": "compliance_notice_met",
    },
    "notice restricting accommodation": {
        "issued": "accommodation_restricted",
        "on track": "accommodation_restriction_renewed",
        "lifted": "accommodation_restriction_lifted",
        "cancelled": "accommodation_restriction_lifted",
    },
    "suspension of registration": {
        "issued": "registration_suspended",
        "on track": "suspension_extended",
        "lifted": "suspension_lifted",
        "cancelled": "suspension_lifted",
    },
    "notice of proposal to cancel": {
        "issued": "cancellation_proposed",
        "lifted": "cancellation_withdrawn",
        "cancelled": "cancellation_withdrawn",
    },
    "notice of decision to cancel": {"issued": "registration_cancelled"},
    "final warning": {"issued": "charity_final_warning", "lifted": "charity_default_made_good"},
    "official warning": {"issued": "charity_official_warning"},
    "statutory inquiry": {"issued": "charity_inquiry_opened", "lifted": "charity_inquiry_closed"},
    "interim manager": {"issued": "charity_interim_manager", "lifted": "charity_interim_manager_discharged"},
}


def notice_event(notice: str, state: str) -> str | None:
    """The event that a notice of this type coming into this state is, if it has one of its own."""
    return NOTICES.get(" ".join(notice.casefold().split()), {}).get(state)
