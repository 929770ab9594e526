"""The kinds of record in ``kinds.yaml``: summaries and states."""

from casework.kinds import read_details, record_kinds

CONCERN = {"type": "safeguarding"}


def test_every_kind_is_summarised_from_its_own_details():
    details = {
        "concern": CONCERN,
        "milestone": {"title": "x"},
        "support": {"what": "x"},
        "notice": {"type": "x"},
        "condition": {"title": "x"},
        "decision": {"what": "x", "authoriser": "y"},
        "told": {"body": "x"},
        "consequence": {"what": "x", "office": "y", "public_record": "z"},
        "override": {"of": "stage", "to": "x"},
        "stage": {"stage": "x"},
        "arrangement": {"type": "transition"},
        "judgement": {"rule": "x", "rating": "y"},
        "duty": {"title": "x"},
        "plan": {},
    }
    assert details.keys() == record_kinds().keys()
    for key, kind in record_kinds().items():
        assert kind.says.format(**read_details(kind, details[key])).strip()


def test_every_state_leads_to_existing_states_and_can_be_reached():
    for kind in record_kinds().values():
        reached = set(kind.first_states).union(*(state.to for state in kind.states.values()))
        assert reached == kind.states.keys(), kind.key
