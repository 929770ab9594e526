"""redacted assessments: each run keeps what readers see who may not see every finding"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

PRINCIPLES = ("support", "accountability", "consequences", "evidence", "external_powers", "flexibility")
TEXTS = ("regime", "visible_to", "level", "rating", "stage", *PRINCIPLES, *(f"{key}_because" for key in PRINCIPLES))

RUN = sa.table("run", sa.column("id"), sa.column("has_redacted", sa.Boolean))
ASSESSMENT = sa.table("assessment", sa.column("run_id"), sa.column("audiences"))


def upgrade() -> None:
    op.create_table(
        "redacted_assessment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        *(sa.Column(name, AutoString(), nullable=False) for name in (*TEXTS, "findings_sha256")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("run_id", "provider_id", "regime", "visible_to"),
    )
    # A run without restricted findings has nothing to redact; "continuity watch" scores the others again.
    op.add_column("run", sa.Column("has_redacted", sa.Boolean(), nullable=False, server_default=sa.true()))
    restricted = sa.select(ASSESSMENT.c.run_id).where(ASSESSMENT.c.audiences != "")
    op.execute(sa.update(RUN).where(RUN.c.id.in_(restricted)).values(has_redacted=False))


def downgrade() -> None:
    op.drop_column("run", "has_redacted")
    op.drop_table("redacted_assessment")
