"""The types of notice for which regimes have stages and clocks: each has events of its own."""

# The words of a notice's type to (new state -> event).
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
    "market oversight return": {"issued": "oversight_return_received"},
    "appointment of an administrator": {"issued": "administrator_appointed"},
    "appointment of a receiver": {"issued": "receiver_appointed"},
    "appointment of an administrative receiver": {"issued": "administrative_receiver_appointed"},
    "creditors' voluntary winding-up": {"issued": "creditors_winding_up_resolved"},
    "members' voluntary winding-up": {"issued": "members_winding_up_resolved"},
    "winding-up order": {"issued": "winding_up_ordered"},
    "insolvency order against a partnership": {"issued": "partnership_insolvency_ordered"},
    "bankruptcy of all partners": {"issued": "partners_bankrupt"},
    "trustees unable to pay": {"issued": "trustees_unable_to_pay"},
    "bankruptcy or arrangement of an individual": {"issued": "individual_insolvency"},
    "key sub-contractor not paid": {"issued": "subcontractor_unpaid"},
    "litigation over debt": {"issued": "debt_litigation"},
    "debt called in": {"issued": "debt_called_in"},
    "credit facility cancelled": {"issued": "credit_facility_cancelled"},
    "financial distress notification": {"issued": "distress_event_notified", "on track": "distress_meeting_held"},
    "draft remediation plan": {
        "issued": "remediation_plan_submitted",
        "not complied with": "remediation_plan_rejected",
        "on track": "remediation_plan_submitted",
        "lifted": "remediation_plan_agreed",
    },
    "resolution planning information": {
        "issued": "resolution_information_asked",
        "on track": "resolution_information_received",
        "lifted": "resolution_information_received",
    },
    "order for trust special administration": {"issued": "special_administration_ordered"},
    "appointment of a trust special administrator": {"issued": "special_administrator_appointed"},
    "draft report of the trust special administrator": {"issued": "administrator_draft_report"},
    "consultation of the trust special administrator": {
        "issued": "administrator_consultation_opened",
        "lifted": "administrator_consultation_closed",
    },
    "final report of the trust special administrator": {"issued": "administrator_final_report"},
    "decision on the trust in special administration": {"issued": "special_administration_decided"},
}


def notice_event(notice: str, state: str) -> str | None:
    """The event when a notice of this type comes into this state, if the type has one of its own."""
    return NOTICES.get(" ".join(notice.casefold().split()), {}).get(state)
