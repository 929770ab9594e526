"""not_notified.change: the number of the change, which only the key had"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# The key is v1:escalation:change:recipient:reason:occasion. SQLite's CAST reads the digits at the beginning of a text.
CHANGE_OF_KEY = {
    "sqlite": "CAST(substr(dedupe_key, length('v1:' || escalation_id || ':') + 1) AS INTEGER)",
    "postgresql": "CAST(split_part(dedupe_key, ':', 3) AS INTEGER)",
}


def upgrade() -> None:
    op.add_column("not_notified", sa.Column("change", sa.Integer(), nullable=False, server_default="0"))
    op.execute(f"UPDATE not_notified SET change = {CHANGE_OF_KEY[op.get_bind().dialect.name]}")  # noqa: S608


def downgrade() -> None:
    op.drop_column("not_notified", "change")
