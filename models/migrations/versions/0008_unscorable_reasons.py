"""unscorable reasons"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

COLUMNS = (
    "support_because",
    "accountability_because",
    "consequences_because",
    "evidence_because",
    "external_powers_because",
    "flexibility_because",
)


def upgrade() -> None:
    # Added as they are, not in a copy of the table, which may be large. Verdicts so far did not say why.
    for column in COLUMNS:
        op.add_column(
            "assessment", sa.Column(column, sqlmodel.sql.sqltypes.AutoString(), nullable=False, server_default="")
        )


def downgrade() -> None:
    with op.batch_alter_table("assessment", schema=None) as batch_op:
        for column in COLUMNS:
            batch_op.drop_column(column)
