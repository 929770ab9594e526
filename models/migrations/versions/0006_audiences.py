"""audiences"""

from typing import Any

import sqlalchemy as sa
import sqlmodel
from alembic import op

from models.packed import PackedJson

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

CHUNK = 1_000  # finding sets in memory at once
NOT_PUBLIC = sa.text("audience_id <> 1")

AUDIENCE = sa.table("audience", sa.column("id"), sa.column("key"))
OBSERVATION = sa.table("observation", sa.column("seq"), sa.column("audience_id"))
FINDINGS = sa.table("findingset", sa.column("sha256"), sa.column("findings", PackedJson()))
ASSESSMENT = sa.table("assessment", sa.column("findings_sha256"), sa.column("audiences"))


def upgrade() -> None:
    op.create_index(
        "ix_observation_not_public",
        "observation",
        ["seq"],
        unique=False,
        sqlite_where=NOT_PUBLIC,
        postgresql_where=NOT_PUBLIC,
    )
    # Added as it is, not in a copy of the table, which may be large.
    op.add_column(
        "assessment",
        sa.Column("audiences", sqlmodel.sql.sqltypes.AutoString(), nullable=False, server_default=""),
    )
    _fill()


def _fill() -> None:
    """Mark the assessments so far whose findings rest on rows that are not for everybody."""
    connection = op.get_bind()
    rows = sa.select(OBSERVATION.c.seq, AUDIENCE.c.key).where(OBSERVATION.c.audience_id == AUDIENCE.c.id, NOT_PUBLIC)
    whose: dict[int, str] = dict(connection.execute(rows).tuples().all())
    last = ""
    while whose and (found := connection.execute(_after(last)).all()):
        last = found[-1].sha256
        marked: dict[str, list[str]] = {}
        for row in found:
            audiences = {whose[seq] for finding in row.findings for seq in finding["seqs"] if seq in whose}
            if audiences:
                marked.setdefault(",".join(sorted(audiences)), []).append(row.sha256)
        for audiences_in_words, hashes in marked.items():
            for start in range(0, len(hashes), 500):
                of_sets = ASSESSMENT.c.findings_sha256.in_(hashes[start : start + 500])
                connection.execute(sa.update(ASSESSMENT).where(of_sets).values(audiences=audiences_in_words))


def _after(last: str) -> Any:
    return sa.select(FINDINGS).where(FINDINGS.c.sha256 > last).order_by(FINDINGS.c.sha256).limit(CHUNK)


def downgrade() -> None:
    with op.batch_alter_table("assessment", schema=None) as batch_op:
        batch_op.drop_column("audiences")
    op.drop_index(
        "ix_observation_not_public", table_name="observation", sqlite_where=NOT_PUBLIC, postgresql_where=NOT_PUBLIC
    )
