"""The sample's clients. Each is a pure function of the seed and a number, so none needs to be kept."""

from dataclasses import dataclass
from functools import cache
from random import Random
from zoneinfo import ZoneInfo

from infra.sample import words
from infra.sample.scene import MAIL_DOMAIN, PLACES
from infra.sample.weeks import CURRENT, FIRST, SECOND
from schemas.events import QuietHours

FRESH = 1_000_000
"""Clients from this number on have no history: they are the ones whose tickets are resolved now."""

_OWN_HOURS = (QuietHours(start="20:00", end="08:30"), QuietHours(start="22:00", end="07:00"))


@dataclass(frozen=True)
class Person:
    """One client."""

    client_id: str
    name: str
    email: str | None
    phone: str
    locale: str
    zone: str
    country: str
    organisation_id: str | None
    weeks: tuple[int, ...]
    """the weeks in which the client needs help"""
    appetite: float
    """how often, compared with others"""
    opted_out: bool
    quiet_hours: QuietHours | None
    says_where: bool
    """has told us time zone and language"""

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)


@cache
def person(seed: int, number: int) -> Person:
    """Client ``number`` of the sample; `FRESH` ones can be reached and have not opted out."""
    rng = Random(f"{seed}/person/{number}")
    fresh = number >= FRESH
    place = PLACES[number % len(PLACES)]
    locale = rng.choices([name for name, _ in place.locales], [share for _, share in place.locales])[0]
    said = words.of(locale)
    name = f"{rng.choice(said.given_names)} {rng.choice(said.family_names)}"
    reachable = fresh or rng.random() >= 0.01
    local_part = words.ascii_only(name).lower().replace(" ", ".")
    draw = rng.random()
    return Person(
        client_id=f"client-{number:05d}",
        name=name,
        email=f"{local_part}.{number:05d}@{MAIL_DOMAIN}" if reachable else None,
        phone=said.phone.format(n=f"{rng.randrange(1000):03d}"),
        locale=locale,
        zone=place.zone,
        country=place.country,
        organisation_id=f"org-{rng.randrange(60):02d}" if rng.random() < 0.4 else None,
        weeks=(FIRST,) if draw < 0.32 else (SECOND,) if draw < 0.82 else (FIRST, SECOND, CURRENT),
        appetite=rng.lognormvariate(0, 0.7),
        opted_out=not fresh and rng.random() < 0.03,
        quiet_hours=rng.choice(_OWN_HOURS) if not fresh and rng.random() < 0.05 else None,
        says_where=not fresh and rng.random() < 0.15,
    )
