"""Keyed hashes in place of ids: the same id has the same hash, and no one without the key can tell which.

HMAC-SHA256 cut to 128 bits (RFC 2104, section 5). Rotating the key re-keys all of history first.
"""

import hmac

_BITS_128 = 32  # hexadecimal digits


class Pseudonyms:
    """Hashes ids of one installation."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def of(self, kind: str, value: str) -> str:
        """The pseudonym of ``value``; another ``kind`` of id has another one for the same text."""
        message = f"{kind}\0{value}".encode(errors="surrogatepass")
        return hmac.digest(self._key, message, "sha256").hex()[:_BITS_128]

    def uid(self, source: str, event_id: str) -> str:
        """The identity of an event; its id may hold a ticket's or client's id, so it is hashed too."""
        return self.of("event", f"{len(source)}:{source}{event_id}")

    @property
    def fingerprint(self) -> str:
        """Tells one key from another without telling the key."""
        return self.of("fingerprint", "")[:16]
