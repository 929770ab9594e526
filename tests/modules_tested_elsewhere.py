"""Modules with logic that have no test file of their own name, each with the test file that exercises it.

This list may only shrink: write ``tests/<folder>/test_<module>.py`` and delete the line.
"""

TESTED_ELSEWHERE = {
    "alerts/escalation/actions.py": "alerts/test_escalations.py",
    "alerts/escalation/entries.py": "alerts/test_escalations.py",
    "alerts/escalation/no_action.py": "alerts/test_escalations.py",
    "alerts/escalation/overdue_clocks.py": "casework/test_clocks.py",
    "alerts/escalation/state_changes.py": "alerts/test_escalations.py",
    "alerts/message/composer.py": "alerts/test_story.py",
    "alerts/message/deliveries.py": "alerts/test_escalations.py",
    "alerts/message/regime_change_text.py": "alerts/escalation/test_change_causes.py",
    "alerts/message/regime_changes.py": "alerts/escalation/test_change_causes.py",
    "cli/alerts_actions.py": "cli/test_alerts.py",
    "cli/case_powers.py": "cli/test_case.py",
    "cli/case_read.py": "cli/test_case.py",
    "cli/common.py": "cli/test_main.py",
    "cli/explanation_text.py": "cli/test_explain.py",
    "cli/hindsight_tables.py": "cli/test_hindsight.py",
    "dashboard/entry/form_widgets.py": "dashboard/test_case_pages.py",
    "flows/day.py": "flows/test_watch.py",
    "hindsight/attribution_report.py": "hindsight/test_attribution.py",
    "hindsight/differences.py": "hindsight/test_replay.py",
    "regimes/provider_table.py": "regimes/test_evaluate.py",
    "regimes/rules/base.py": "regimes/test_schema.py",
    "regimes/rules/sql.py": "regimes/test_expressions.py",
    "risk/appraisal.py": "risk/test_train.py",
    "risk/card.py": "risk/test_train.py",
    "risk/peers.py": "queries/test_finding_details.py",
    "risk/runs.py": "hindsight/test_replay.py",
}
