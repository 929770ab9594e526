"""The tables of the subjects of registers and of the audiences of rows: numbers and keys."""

from sqlmodel import Field, SQLModel


class Subject(SQLModel, table=True):
    """A provider, owner, buyer or area of a register, under the identifier that the register itself uses."""

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)  # "GB-OFSTED-SC059639"
    is_asked_for: bool = False  # a user asked for it, so registers that are read for wanted subjects include it


class Audience(SQLModel, table=True):
    """Who may see a row. Number 1 is the public."""

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    title: str = ""
