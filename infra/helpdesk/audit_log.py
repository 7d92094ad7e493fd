"""An audit log, row by row, as the tickets' events. Pure: no file, no clock, no Kafka.

A resolution is a row in a resolved state of a ticket that was not resolved, a reopen a row in any
other state of a ticket that was. The time of an event is its row's. A row that leaves a fact out has
not taken it back: the last known one stands. Event ids are the ticket and its resolution's number, so
importing a file again, or a longer one of the same tickets, repeats events and adds none.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from infra.helpdesk import times
from infra.helpdesk.facts import typed
from infra.helpdesk.mapping import COUNTERS, AuditLog, Field, OrderBy
from infra.helpdesk.rows import Row
from schemas.cloudevents import Event, event
from schemas.events import Contact, EventData, TicketOpened, TicketReopened, TicketResolved

UNKNOWN_CLIENT = "unknown-client"
"""The client of every ticket whose client is unknown. One for all of them: a group of people must
never look larger than it is known to be, or it would be published where it should be suppressed."""

_OPENED = ("product", "team", "channel", "moment", "priority", "outage_id")


@dataclass(frozen=True)
class Change:
    """One row, understood: when it happened, which state it leaves (None: unknown), what it tells."""

    line: int
    order: tuple[Any, ...]
    moment: datetime
    state: str | None
    facts: dict[str, Any]


@dataclass
class Tickets:
    """The changes of every ticket, in the order of the file, and how they become events."""

    mapping: AuditLog
    changes: dict[str, list[Change]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self._fields = self.mapping.fields.known()
        self._unknown = {text.strip() for text in self.mapping.unknown} | {""}

    def columns(self) -> list[str]:
        """Every column that the mapping reads."""
        named = [self.mapping.event_time, self.mapping.states.column]
        named += [rule.column for rule in self.mapping.order]
        named += [source.column for source in self._fields.values() if source.column is not None]
        return list(dict.fromkeys(named))

    def add(self, row: Row) -> None:
        """Take one row in; ``ValueError`` says why it cannot be used."""
        facts = {name: self._fact(row, name, source) for name, source in self._fields.items()}
        known = {name: value for name, value in facts.items() if value is not None}
        ticket = known.get("ticket_id")
        if ticket is None:
            raise ValueError(f"the ticket id ({self._fields['ticket_id'].column}) is unknown")
        happened = self._written(row, self.mapping.event_time)
        if happened is None:
            raise ValueError(f"the time of the change ({self.mapping.event_time}) is unknown")
        moment = times.read(happened, self.mapping.times).moment
        order = tuple(self._rank(row, rule) for rule in self.mapping.order)
        state = self._written(row, self.mapping.states.column)
        self.changes[ticket].append(Change(row.line, order, moment, state, known))

    def events(self) -> Iterator[Event]:
        """The events of all tickets, each ticket's in the order they happened."""
        for ticket, changes in self.changes.items():
            yield from _history(
                ticket, sorted(changes, key=lambda change: change.order), self.mapping, self._fields
            )

    def _written(self, row: Row, column: str) -> str | None:
        text = row.values.get(column, "").strip()
        return None if text in self._unknown else text

    def _fact(self, row: Row, name: str, source: Field) -> Any:
        text = None if source.column is None else self._written(row, source.column)
        if text is None:
            return None
        if name == "opened_at":
            return times.read(text, self.mapping.times).moment
        return typed(name, source.values.get(text, text))

    def _rank(self, row: Row, rule: OrderBy) -> tuple[bool, Any]:
        """What a row sorts by; one that does not say comes first."""
        text = self._written(row, rule.column)
        if text is None:
            return False, ""
        if rule.compare == "time":
            return True, times.read(text, self.mapping.times).order
        if rule.compare == "text":
            return True, text
        try:
            return True, float(text)
        except ValueError:
            raise ValueError(f"{rule.column} {text[:40]!r} is no number") from None


def _history(
    ticket: str, changes: list[Change], mapping: AuditLog, fields: dict[str, Field]
) -> Iterator[Event]:
    known = {"client_id": UNKNOWN_CLIENT} | _first("client_id", changes) | _first("opened_at", changes)
    if "opened_at" in known:
        opened = known | changes[0].facts
        yield _event(mapping, f"{ticket}/opened", changes[0].moment, _opened(ticket, opened))
    resolutions, resolved, counted = 0, False, dict.fromkeys(COUNTERS, 0)
    for change in changes:
        known |= change.facts
        if change.state is None:
            continue
        before, resolved = resolved, change.state in mapping.states.resolved
        if resolved and not before:
            resolutions += 1
            data = _resolved(ticket, resolutions, change.moment, known, fields, counted)
            counted = {name: known.get(name, counted[name]) for name in COUNTERS}
            yield _event(mapping, f"{ticket}/{resolutions}/resolved", change.moment, data)
        elif before and not resolved:
            undone = _reopened(ticket, resolutions, change.moment, known)
            yield _event(mapping, f"{ticket}/{resolutions}/reopened", change.moment, undone)


def _first(name: str, changes: list[Change]) -> dict[str, Any]:
    """The first known value of a fact: who asked for help, and when, does not change over a ticket."""
    return next(({name: change.facts[name]} for change in changes if name in change.facts), {})


def _event(mapping: AuditLog, name: str, moment: datetime, data: EventData) -> Event:
    return event(source=mapping.source, id=name, time=moment, data=data)


def _opened(ticket: str, known: dict[str, Any]) -> TicketOpened:
    told = {name: known[name] for name in _OPENED if name in known}
    return TicketOpened(ticket_id=ticket, client_id=known["client_id"], opened_at=known["opened_at"], **told)


def _reopened(ticket: str, number: int, moment: datetime, known: dict[str, Any]) -> TicketReopened:
    client = known["client_id"]
    return TicketReopened(ticket_id=ticket, resolution_seq=number, client_id=client, reopened_at=moment)


def _resolved(
    ticket: str,
    number: int,
    moment: datetime,
    known: dict[str, Any],
    fields: dict[str, Field],
    counted: dict[str, int],
) -> TicketResolved:
    defaults = {
        name: typed(name, source.default)
        for name, source in fields.items()
        if source.default is not None and name not in known and name != "opened_at"
    }
    facts = defaults | known | {"ticket_id": ticket}
    for name in COUNTERS & facts.keys():
        if fields[name].cumulative:
            # A counter that was set back to zero has counted anew since.
            since = facts[name] - counted[name]
            facts[name] = since if since >= 0 else facts[name]
    email = facts.pop("email", None)
    contact = None if email is None else Contact(email=email)
    return TicketResolved(resolution_seq=number, resolved_at=moment, contact=contact, **facts)
