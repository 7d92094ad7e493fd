"""The first form of the ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ID = sa.String(200)
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _reading()
    _wishes_and_facts()
    _asks()


def _reading() -> None:
    op.create_table(
        "positions",
        sa.Column("chain", sa.String(300), primary_key=True),
        sa.Column("next", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "catch_up",
        sa.Column("topic", sa.String(249), primary_key=True),
        sa.Column("partition", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("end_offset", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "facts",
        sa.Column("name", sa.String(50), primary_key=True),
        sa.Column("at", _MOMENT, nullable=False),
    )


def _wishes_and_facts() -> None:
    op.create_table(
        "resolutions",
        sa.Column("ticket_id", _ID, primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("client_id", _ID, nullable=False),
        sa.Column("resolved_at", _MOMENT, nullable=False),
        sa.Column("resolved_by", sa.String(10), nullable=False),
        sa.Column("email", sa.String(320)),
        sa.Column("locale", sa.String(35)),
        sa.Column("time_zone", sa.String(64)),
        sa.Column("product", sa.Text),
        sa.Column("outage_id", _ID),
        sa.Column("title", sa.Text),
        sa.Column("what_happened", sa.Text),
        sa.Column("effect", sa.Text),
        sa.Column("remedy", sa.Text),
        sa.Column("remedy_due_at", _MOMENT),
        sa.Column("agent_name", _ID),
        sa.Column("reply_to", sa.String(320)),
    )
    op.create_index("resolutions_by_client", "resolutions", ["client_id"])
    op.create_index("resolutions_by_time", "resolutions", ["resolved_at"])
    op.create_table(
        "reopens",
        sa.Column("ticket_id", _ID, primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("reopened_at", _MOMENT, nullable=False),
    )
    op.create_table(
        "preferences",
        sa.Column("client_id", _ID, primary_key=True),
        sa.Column("field", sa.String(30), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
    )


def _asks() -> None:
    op.create_table(
        "asks",
        sa.Column("checkin_id", _ID, primary_key=True),
        sa.Column("programme", sa.Text, nullable=False),
        sa.Column("ticket_id", _ID),
        sa.Column("seq", sa.Integer),
        sa.Column("client_id", _ID, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("policy_version", sa.Text, nullable=False),
        sa.Column("reason", sa.String(500)),
        sa.Column("prompt_id", _ID),
        sa.Column("due_at", _MOMENT),
        sa.Column("claimed_at", _MOMENT),
        sa.Column("decided_at", _MOMENT),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    )
    op.create_index("asks_by_ticket", "asks", ["ticket_id", "seq"])
    op.create_index("asks_by_client", "asks", ["client_id", "state"])
    op.create_index("asks_by_state", "asks", ["state"])
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("source", _ID, nullable=False),
        sa.Column("event_id", sa.String(300), nullable=False),
        sa.Column("type", _ID, nullable=False),
        sa.Column("time", _MOMENT, nullable=False),
        sa.Column("key", sa.LargeBinary),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("extensions", sa.JSON, nullable=False),
    )


def downgrade() -> None:
    raise NotImplementedError("the ledger is a projection: drop it and fill it again from landing")
