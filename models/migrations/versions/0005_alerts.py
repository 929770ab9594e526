"""alerts"""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

WORD = sqlmodel.sql.sqltypes.AutoString
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
LEVELS = ("watch", "concern", "critical")


def upgrade() -> None:
    op.create_table(
        "escalationentry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("escalation_id", sa.Integer(), nullable=False),
        sa.Column("change", sa.Integer(), nullable=False),
        sa.Column("kind", WORD(), nullable=False),
        sa.Column("level", WORD(), nullable=False),
        sa.Column("before", WORD(), nullable=True),
        sa.Column("entered_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("about_on", sa.Date(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("next_step", WORD(), nullable=False),
        sa.Column("reason", WORD(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["escalation_id"], ["escalation.id"]),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_escalationentry_escalation", "escalationentry", ["escalation_id", "id"], unique=False)
    op.create_table(
        "quiet",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dedupe_key", WORD(), nullable=False),
        sa.Column("escalation_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("recipient_id", sa.Integer(), nullable=True),
        sa.Column("reason", WORD(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["escalation_id"], ["escalation.id"]),
        sa.ForeignKeyConstraint(["recipient_id"], ["recipient.id"]),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("dedupe_key"),
    )
    op.create_index(op.f("ix_quiet_escalation_id"), "quiet", ["escalation_id"], unique=False)
    op.create_table(
        "clockdelivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dedupe_key", WORD(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("recipient_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("what", WORD(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("words", WORD(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"]),
        sa.ForeignKeyConstraint(["record_id"], ["caseentry.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("dedupe_key"),
    )
    op.create_index(op.f("ix_clockdelivery_message_id"), "clockdelivery", ["message_id"], unique=False)
    op.create_index(op.f("ix_clockdelivery_record_id"), "clockdelivery", ["record_id"], unique=False)
    op.create_index("ix_clockdelivery_run", "clockdelivery", ["run_id", "recipient_id"], unique=False)
    # Added as they are, not in a copy of the table: the index on open escalations has a condition that a copy may lose.
    op.add_column("delivery", sa.Column("before", WORD(), nullable=True))
    op.add_column("delivery", sa.Column("change", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("escalation", sa.Column("is_held", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("escalation", sa.Column("reached", DOCUMENT, nullable=False, server_default="{}"))
    op.add_column("message", sa.Column("fallback", WORD(), nullable=False, server_default=""))
    _carry_over()


def _carry_over() -> None:
    """Write deliveries for the episodes so far: until now every change was sent to everybody at once."""
    op.execute(
        """
        INSERT INTO escalationentry (escalation_id, change, kind, level, entered_at, about_on, run_id, next_step, reason)
        SELECT told.escalation_id, row_number() OVER (PARTITION BY told.escalation_id ORDER BY told.run_id),
               told.reason, told.level, run.now_at, run.day, told.run_id, '', ''
        FROM (SELECT DISTINCT escalation_id, run_id, reason, level FROM delivery) AS told
        JOIN run ON run.id = told.run_id ORDER BY told.run_id, told.escalation_id
        """
    )
    op.execute(
        """
        UPDATE delivery SET change = coalesce((SELECT entry.change FROM escalationentry AS entry
            WHERE entry.escalation_id = delivery.escalation_id AND entry.run_id = delivery.run_id), 0)
        """
    )
    escalation = sa.table(
        "escalation", sa.column("level"), sa.column("changed_on", sa.Date()), sa.column("reached", DOCUMENT)
    )
    connection = op.get_bind()
    stood = sa.select(escalation.c.level, escalation.c.changed_on).distinct()
    for level, day in connection.execute(stood).all():
        reached = dict.fromkeys(LEVELS[: LEVELS.index(level) + 1], day.isoformat())
        same = (escalation.c.level == level, escalation.c.changed_on == day)
        connection.execute(escalation.update().where(*same).values(reached=reached))


def downgrade() -> None:
    op.drop_column("message", "fallback")
    op.drop_column("escalation", "reached")
    op.drop_column("escalation", "is_held")
    op.drop_column("delivery", "change")
    op.drop_column("delivery", "before")
    op.drop_table("clockdelivery")
    op.drop_table("quiet")
    op.drop_table("escalationentry")
