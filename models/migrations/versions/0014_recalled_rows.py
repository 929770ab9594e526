"""recalled rows: which observations and links are given from memory, once written in their place alone"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    recalled = op.create_table(
        "recalled_row",
        sa.Column("load_id", sa.Integer(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("load_id", "row"),
    )
    load, word = (
        sa.table("load", sa.column("id"), sa.column("snapshot_id")),
        sa.table("word", sa.column("id"), sa.column("text")),
    )
    snapshot = sa.table("snapshot", sa.column("id"), sa.column("register"))
    casebook = (
        sa.select(load.c.id)
        .join(snapshot, snapshot.c.id == load.c.snapshot_id)
        .where(snapshot.c.register == "casebook")
    )
    for name in ("observation", "link"):
        rows = sa.table(name, *map(sa.column, ("load_id", "row", "place_id", "retracts")))
        op.execute(
            recalled.insert().from_select(
                ["load_id", "row"],
                sa.select(rows.c.load_id, rows.c.row)
                .join(word, word.c.id == rows.c.place_id)
                .where(rows.c.load_id.in_(casebook), rows.c.retracts.is_(None), word.c.text.like("% · recalled (%")),
            )
        )


def downgrade() -> None:
    op.drop_table("recalled_row")  # the places still say so
