"""Alembic's entry: uses the connection and transaction that `infra.ledger.migrate` hands over."""

from alembic import context

from infra.ledger.migrate import VERSION_TABLE
from infra.ledger.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    version_table=VERSION_TABLE,
)
with context.begin_transaction():
    context.run_migrations()
