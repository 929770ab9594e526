"""packed findings"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from models.packed import PackedJson

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
CHUNK = 1_000  # finding sets in memory at once


def upgrade() -> None:
    _change(DOCUMENT, PackedJson())
    if op.get_bind().dialect.name == "postgresql":  # which would try in vain to pack them once more
        op.execute("ALTER TABLE findingset ALTER COLUMN findings SET STORAGE EXTERNAL")


def downgrade() -> None:
    _change(PackedJson(), DOCUMENT)


def _change(old: Any, new: Any) -> None:
    """Write the findings anew, under another type, in a table that takes the place of the old one."""
    op.rename_table("findingset", "findingset_before")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE findingset_before RENAME CONSTRAINT findingset_pkey TO findingset_before_pkey")
    before, after = (
        sa.Table(
            name,
            sa.MetaData(),
            sa.Column("sha256", sa.String(), primary_key=True),
            sa.Column("findings", kind, nullable=False),
        )
        for name, kind in (("findingset_before", old), ("findingset", new))
    )
    connection = op.get_bind()
    after.create(connection)
    last = ""
    while rows := connection.execute(
        sa.select(before).where(before.c.sha256 > last).order_by(before.c.sha256).limit(CHUNK)
    ).all():
        connection.execute(after.insert(), [{"sha256": row.sha256, "findings": row.findings} for row in rows])
        last = rows[-1].sha256
    before.drop(connection)
