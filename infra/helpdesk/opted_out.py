"""A list of clients who do not want to be asked, as preference events. Pure.

The list's own digest is part of every event id: the same list again changes nothing, and a client who
came back and is on a later list is taken off again.
"""

from datetime import datetime

from infra.helpdesk import times
from infra.helpdesk.mapping import OptedOut
from infra.helpdesk.rows import Row
from schemas.cloudevents import Event, event
from schemas.events import ClientPreferences


def columns(mapping: OptedOut) -> list[str]:
    """Every column that the mapping reads."""
    return [mapping.client_id, *([] if mapping.changed_at is None else [mapping.changed_at])]


def opted_out(row: Row, mapping: OptedOut, digest: str, now: datetime) -> Event:
    """The event of one row; ``ValueError`` says why it cannot be used."""
    unknown = {text.strip() for text in mapping.unknown} | {""}
    client = row.values.get(mapping.client_id, "").strip()
    if client in unknown:
        raise ValueError(f"the client id ({mapping.client_id}) is unknown")
    if len(client) > 200:
        raise ValueError(f"the client id ({mapping.client_id}) is longer than 200 characters")
    said = row.values.get(mapping.changed_at or "", "").strip()
    moment = now if said in unknown or mapping.times is None else times.read(said, mapping.times).moment
    data = ClientPreferences(client_id=client, changed_at=moment, opted_out=True)
    return event(source=mapping.source, id=f"{client[:150]}/opted-out/{digest[:16]}", time=moment, data=data)
