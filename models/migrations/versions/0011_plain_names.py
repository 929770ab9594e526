"""plain names: run.view, escalation.is_kept_closed, tables notified_run and not_notified"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

COLUMNS = [("run", "basis", "view"), ("escalation", "is_held", "is_kept_closed"), ("told", "told_at", "notified_at")]
TABLES = [("told", "notified_run"), ("quiet", "not_notified")]
INDEXES = [
    ("not_notified", "ix_quiet_escalation_id", "ix_not_notified_escalation_id", "escalation_id"),
]


def upgrade() -> None:
    # Renamed where they stand: both databases do so without a copy of the table, which may be large.
    for table, old, new in COLUMNS:
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")
    for old, new in TABLES:
        op.rename_table(old, new)
    for table, old, new, column in INDEXES:
        op.drop_index(old, table_name=table)
        op.create_index(new, table, [column])


def downgrade() -> None:
    for table, old, new, column in INDEXES:
        op.drop_index(new, table_name=table)
        op.create_index(old, table, [column])
    for old, new in TABLES:
        op.rename_table(new, old)
    for table, old, new in COLUMNS:
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {new} TO {old}")
