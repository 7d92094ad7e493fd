"""How numbers are written for people: a true minus, few digits, a figure with its interval. Pure."""

from typing import Any

NOTHING = "–"
"""what is not known or may not be shown"""

NAMES = {
    "repeated_explanations": "Repeated explanations",
    "identity_checks_beyond_first": "Identity checks beyond the first",
    "escalations_by_confusion": "Escalations by confusion",
    "handoffs": "Handoffs",
    "reopens": "Reopened resolutions",
    "understood_moments": "Understood moments",
    "responded": "responded",
    "opened": "opened only",
    "declined": "declined",
    "silent": "silent",
    "undelivered": "not delivered",
}


def number(value: float | None, digits: int = 2) -> str:
    return NOTHING if value is None else f"{value:,.{digits}f}".replace("-", "−")


def signed(value: float | None, digits: int = 2) -> str:
    if value is None:
        return NOTHING
    written = f"{round(value, digits) + 0.0:+,.{digits}f}".replace("-", "−")
    return written.lstrip("+−") if not written.strip("+−0.,") else written


def count(value: int | None) -> str:
    return NOTHING if value is None else f"{value:,}"


def percent(value: float | None) -> str:
    return NOTHING if value is None else f"{value * 100:.0f} %"


def range_of(row: dict[str, Any], name: str, digits: int = 2) -> str:
    """``low to high`` of a figure; says so where there is none."""
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return "no interval" if low is None else f"{number(low, digits)} to {number(high, digits)}"


def percent_range(row: dict[str, Any], name: str) -> str:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return "no interval" if low is None else f"{low * 100:.0f} to {high * 100:.0f} %"


def named(name: str) -> str:
    """A counter or outcome in words."""
    return NAMES.get(name, name)


def plain(name: str) -> str:
    """A name from a list, as words: identity-check → identity check."""
    return name.replace("-", " ").replace("_", " ") or NOTHING
