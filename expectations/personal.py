"""Patterns of what must never be published: mail addresses and telephone numbers.

The last net behind redaction, and the mask over every value that the quality page shows. Patterns
are strict enough that dates, hashes and ticket numbers pass: a false alarm would hold a version.
"""

import re

EMAIL = r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"

_INTERNATIONAL = r"(?<![\w.+-])\+\d(?:[ ()./-]{0,2}\d){7,14}(?!\w)"
_NATIONAL = r"(?<![\w.+-])\(?0\d{2,4}\)?[ /-]\d{3,4}[ -]?\d{3,6}(?![\w-])"
_NORTH_AMERICA = r"(?<![\w.+-])\(?\d{3}\)?[ .-]\d{3}[.-]\d{4}(?![\w-])"
PHONE = "|".join((_INTERNATIONAL, _NATIONAL, _NORTH_AMERICA))

PERSONAL = f"{EMAIL}|{PHONE}"

_PERSONAL = re.compile(PERSONAL)


def masked(value: str) -> str:
    """``value`` with every address and number replaced."""
    return _PERSONAL.sub("[hidden]", value)
