"""The subjects that registers speak about, and the audiences that rows are for: their numbers and keys."""

from sqlmodel import Field, SQLModel


class Subject(SQLModel, table=True):
    """Whatever a register speaks about, under the identifier that the register itself uses."""

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)  # "GB-OFSTED-SC059639"
    is_asked_for: bool = False  # somebody asked for it, so registers read for wanted subjects include it


class Audience(SQLModel, table=True):
    """Who may see a row. Number 1 is the public."""

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    title: str = ""
