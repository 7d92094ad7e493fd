"""Alembic migrations of the ledger, run by `infra.ledger.migrate`."""
