"""Ids that are functions of what they name, so that a retry makes the same one again.

The check-ins, the answer page and the sample all derive them here; none keeps a table of its own.
"""

import hashlib


def checkin_id(programme: str, ticket_id: str, resolution_seq: int) -> str:
    """The one check-in that ``programme`` may make for this resolution of a ticket."""
    return _digest("check-in", programme, ticket_id, str(resolution_seq))


def pulse_id(checkin_id: str) -> str:
    """The one pulse that a check-in asks for; a second answer to it replaces the first."""
    return _digest("pulse", checkin_id)


def message_id(checkin_id: str, domain: str) -> str:
    """RFC 5322 Message-ID of a check-in: a mail server or reader that sees it twice can tell."""
    return f"<{checkin_id}@{domain}>"


def share(checkin_id: str) -> float:
    """A fixed number in [0, 1) for this check-in: below its programme's ``sample_share`` it is made."""
    return int(_digest("share", checkin_id)[:13], 16) / 16**13


def _digest(*parts: str) -> str:
    """32 hex digits of the parts; each is led by its length, so that no two lists run together."""
    framed = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(framed.encode()).hexdigest()[:32]
