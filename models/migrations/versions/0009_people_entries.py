"""people entries"""

from datetime import UTC, datetime

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

WORD = sqlmodel.sql.sqltypes.AutoString
PERSON = sa.table("person", sa.column("id"), sa.column("roles"), sa.column("audiences"))
ENTRY = sa.table(
    "personentry",
    sa.column("id"),
    sa.column("person_id"),
    sa.column("entered_at", sqlmodel.sql.sqltypes.UTCDateTime()),
    sa.column("roles"),
    sa.column("audiences"),
)


def upgrade() -> None:
    op.create_table(
        "personentry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("entered_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("roles", WORD(), nullable=False),
        sa.Column("audiences", WORD(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_personentry_person", "personentry", ["person_id", "id"], unique=False)
    # When the roles were given is not known any more: the first entry of each person is of today.
    given = sa.select(
        PERSON.c.id, sa.literal(datetime.now(UTC), ENTRY.c.entered_at.type), PERSON.c.roles, PERSON.c.audiences
    ).order_by(PERSON.c.id)
    op.execute(ENTRY.insert().from_select(["person_id", "entered_at", "roles", "audiences"], given))
    # Dropped where they are: a copy of the table would break the keys of entries that name persons.
    for column in ("roles", "audiences"):
        op.drop_column("person", column)


def downgrade() -> None:
    op.add_column("person", sa.Column("roles", WORD(), nullable=False, server_default=""))
    op.add_column("person", sa.Column("audiences", WORD(), nullable=False, server_default="public"))
    for column in ("roles", "audiences"):
        of_person = sa.select(ENTRY.c[column]).where(ENTRY.c.person_id == PERSON.c.id)
        newest = of_person.order_by(ENTRY.c.id.desc()).limit(1).scalar_subquery()
        has_one = sa.exists().where(ENTRY.c.person_id == PERSON.c.id)
        op.execute(PERSON.update().where(has_one).values({column: newest}))
    op.drop_index("ix_personentry_person", table_name="personentry")
    op.drop_table("personentry")
