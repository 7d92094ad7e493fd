"""``INSERT … ON CONFLICT``: both databases spell it alike, SQLAlchemy gives each its own builder."""

from typing import Any, cast

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from infra.ledger.models import Base


def insert(session: Session, model: type[Base]) -> Any:
    """An insert into the model's table that offers ``on_conflict_do_nothing`` and ``…_do_update``."""
    table = cast(Table, model.__table__)
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)
