"""The ledger's tables. `infra.ledger.migrations` makes them; a test holds the two together.

Written by the planner and the sender (`careloop.checkins`), and by nobody else.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import JSON

from infra.ledger.columns import Utc


class AskState(StrEnum):
    """Where one ask stands. Only ``planned`` may still be claimed."""

    PLANNED = "planned"
    """released after the mail server said "later"; tried again from ``due_at``"""
    CLAIMED = "claimed"
    SENT = "sent"
    AVOIDED = "avoided"
    UNDELIVERED = "undelivered"
    IN_DOUBT = "in_doubt"
    """claimed, and nobody knows whether the message left: never repeated, listed for a person"""


class Base(DeclarativeBase):
    """All tables of the ledger."""


class Position(Base):
    """How far the planner has read one landing chain."""

    __tablename__ = "positions"

    chain: Mapped[str] = mapped_column(String(300), primary_key=True)
    next: Mapped[int] = mapped_column(BigInteger)


class CatchUp(Base):
    """An end offset that a new ledger has to reach before anything is sent; removed once reached."""

    __tablename__ = "catch_up"

    topic: Mapped[str] = mapped_column(String(249), primary_key=True)
    partition: Mapped[int] = mapped_column(Integer, primary_key=True)
    end: Mapped[int] = mapped_column("end_offset", BigInteger)


class Fact(Base):
    """A named moment of the ledger itself, such as when its catching up was measured."""

    __tablename__ = "facts"

    name: Mapped[str] = mapped_column(String(50), primary_key=True)
    at: Mapped[datetime] = mapped_column(Utc)


class ResolutionRow(Base):
    """One resolution of one ticket, with what asking needs. Contact and words are forgotten once stale."""

    __tablename__ = "resolutions"
    __table_args__ = (
        Index("resolutions_by_client", "client_id"),
        Index("resolutions_by_time", "resolved_at"),
    )

    ticket_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    client_id: Mapped[str] = mapped_column(String(200))
    resolved_at: Mapped[datetime] = mapped_column(Utc)
    resolved_by: Mapped[str] = mapped_column(String(10))
    email: Mapped[str | None] = mapped_column(String(320))
    locale: Mapped[str | None] = mapped_column(String(35))
    time_zone: Mapped[str | None] = mapped_column(String(64))
    product: Mapped[str | None] = mapped_column(Text)
    outage_id: Mapped[str | None] = mapped_column(String(200))
    title: Mapped[str | None] = mapped_column(Text)
    what_happened: Mapped[str | None] = mapped_column(Text)
    effect: Mapped[str | None] = mapped_column(Text)
    remedy: Mapped[str | None] = mapped_column(Text)
    remedy_due_at: Mapped[datetime | None] = mapped_column(Utc)
    agent_name: Mapped[str | None] = mapped_column(String(200))
    reply_to: Mapped[str | None] = mapped_column(String(320))


class ReopenRow(Base):
    """A resolution that was undone."""

    __tablename__ = "reopens"

    ticket_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    reopened_at: Mapped[datetime] = mapped_column(Utc)


class PreferenceRow(Base):
    """One wish of one client. Field by field, so that late and out-of-order changes merge by time.

    ``value`` is canonical JSON text. Of two changes at one moment the greater text stands, whichever
    came first; for ``opted_out`` that is "true": in doubt we do not ask.
    """

    __tablename__ = "preferences"

    client_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    field: Mapped[str] = mapped_column(String(30), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(Utc)


class AskRow(Base):
    """One ask: of one programme, for one resolution, for ever."""

    __tablename__ = "asks"
    __table_args__ = (
        Index("asks_by_ticket", "ticket_id", "seq"),
        Index("asks_by_client", "client_id", "state"),
        Index("asks_by_state", "state"),
    )

    checkin_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    programme: Mapped[str] = mapped_column(Text)
    ticket_id: Mapped[str | None] = mapped_column(String(200))
    seq: Mapped[int | None] = mapped_column(Integer)
    client_id: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(20))
    policy_version: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(String(500))
    prompt_id: Mapped[str | None] = mapped_column(String(200))
    due_at: Mapped[datetime | None] = mapped_column(Utc)
    claimed_at: Mapped[datetime | None] = mapped_column(Utc)
    decided_at: Mapped[datetime | None] = mapped_column(Utc)
    """when it was sent, avoided, undelivered or found in doubt"""
    attempts: Mapped[int] = mapped_column(Integer, default=0, server_default="0")


class OutboxRow(Base):
    """An event on its way to Kafka, written in the transaction of the fact that it reports."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    source: Mapped[str] = mapped_column(String(200))
    event_id: Mapped[str] = mapped_column(String(300))
    type: Mapped[str] = mapped_column(String(200))
    time: Mapped[datetime] = mapped_column(Utc)
    key: Mapped[bytes | None] = mapped_column(LargeBinary)
    data: Mapped[bytes] = mapped_column(LargeBinary)
    extensions: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
