"""change causes"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Added as they are, not in a copy of the table, which may be large.
    for name in ("causes", "version_before", "version_after"):
        text = sa.Column(name, sqlmodel.sql.sqltypes.AutoString(), nullable=False, server_default="")
        op.add_column("escalationentry", text)


def downgrade() -> None:
    with op.batch_alter_table("escalationentry", schema=None) as batch_op:
        batch_op.drop_column("version_after")
        batch_op.drop_column("version_before")
        batch_op.drop_column("causes")
