"""One fact at a time, from text to the type that the contract gives it. Pure.

The types are read from `TicketResolved` itself, so that a mapping can never promise what an event
would refuse. `mapping_file` checks a mapping's own words with it, `audit_log` each row's.
"""

from typing import Any, get_type_hints

import msgspec

from schemas.events import Contact, TicketResolved

_TYPES: dict[str, Any] = get_type_hints(TicketResolved, include_extras=True) | {
    "email": get_type_hints(Contact, include_extras=True)["email"]
}


def typed(name: str, text: str) -> Any:
    """The fact ``name`` written as ``text``; ``ValueError`` says what is wrong with it."""
    try:
        return msgspec.convert(text, _TYPES[name], strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(f"{name} {text[:40]!r}: {error}") from None
