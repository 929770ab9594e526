"""peers"""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "peers",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("regime", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("peer_group", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("rule", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("providers", sa.Integer(), nullable=False),
        sa.Column(
            "quantiles", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["run.id"],
        ),
        sa.PrimaryKeyConstraint("run_id", "regime", "peer_group", "rule"),
    )
    # What was scored before has no group: its explanation says so.
    op.add_column(
        "assessment",
        sa.Column("peer_group", sqlmodel.sql.sqltypes.AutoString(), nullable=False, server_default=""),
    )
    with op.batch_alter_table("assessment", schema=None) as batch_op:
        batch_op.alter_column("peer_group", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("assessment", schema=None) as batch_op:
        batch_op.drop_column("peer_group")
    op.drop_table("peers")
