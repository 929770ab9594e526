"""Modules with logic that have no test file of their own name, each with the test file that exercises it.

This list may only shrink: write ``tests/<folder>/test_<module>.py`` and delete the line.
"""

TESTED_ELSEWHERE = {
    "alerts/escalation/overdue_clocks.py": "casework/test_clocks.py",
    "alerts/escalation/state_changes.py": "alerts/test_escalations.py",
    "dashboard/entry/form_widgets.py": "dashboard/test_case_pages.py",
    "flows/day.py": "flows/test_watch.py",
    "regimes/provider_table.py": "regimes/test_evaluate.py",
    "risk/appraisal.py": "risk/test_train.py",
    "risk/card.py": "risk/test_train.py",
    "risk/peers.py": "queries/test_finding_details.py",
}
