"""The scene: products, teams, steps of the journey, and the three changes that the fortnight hides.

Facts only, no behaviour but looking them up. The review should tell the rise and the fall from the bit
of noise; the other products stay where they are.
"""

from dataclasses import dataclass
from random import Random

HELPDESK = "sample/helpdesk"
ACCOUNT_PAGES = "sample/account-pages"
CHECKINS = "sample/checkins"
ANSWERS = "sample/answers"

PROGRAMME = "after-resolution"
MAIL_DOMAIN = "clients.example.org"


@dataclass(frozen=True)
class Product:
    """One product, with the mean effort rating of its clients in the first week and since."""

    name: str
    share: float
    first: float
    since: float

    def mean(self, week: int) -> float:
        return self.first if week == 0 else self.since


RISE = Product("Wallet", 0.20, 4.5, 5.4)
FALL = Product("Invoices", 0.20, 5.5, 4.6)
NOISE = Product("Mobile app", 0.19, 5.0, 5.2)
PRODUCTS = (RISE, FALL, NOISE, Product("Accounts", 0.20, 5.1, 5.1), Product("Insights", 0.21, 4.8, 4.8))


@dataclass(frozen=True)
class Moment:
    """One step of the client's journey, how often it brings a ticket, and the team that helps."""

    name: str
    share: float
    team: str


MOMENTS = (
    Moment("onboarding", 0.16, "Welcome"),
    Moment("identity-check", 0.14, "Identity"),
    Moment("billing", 0.22, "Billing care"),
    Moment("data-request", 0.08, "Identity"),
    Moment("sign-in", 0.16, "Technical"),
    Moment("technical-fault", 0.16, "Technical"),
    Moment("change-of-details", 0.08, "Welcome"),
)


@dataclass(frozen=True)
class Place:
    """Where clients live. ``locales`` and their shares."""

    zone: str
    country: str
    locales: tuple[tuple[str, float], ...]


PLACES = (
    Place("America/Los_Angeles", "US", (("en", 0.8), ("es", 0.2))),
    Place("America/Sao_Paulo", "BR", (("es", 0.75), ("en", 0.25))),
    Place("Europe/Berlin", "DE", (("de", 0.9), ("en", 0.1))),
    Place("Asia/Kolkata", "IN", (("en", 1.0),)),
    Place("Asia/Tokyo", "JP", (("en", 1.0),)),
    Place("Pacific/Auckland", "NZ", (("en", 1.0),)),
)

WEEKDAYS = (0.23, 0.20, 0.18, 0.17, 0.13, 0.05, 0.04)
"""how a week's tickets fall on its days"""

CHANNELS = (("email", 0.55), ("phone", 0.2), ("chat", 0.2), ("portal", 0.05))
PRIORITIES = (("normal", 0.7), ("high", 0.2), ("low", 0.1))
IMPACTS = (("low", 0.5), ("medium", 0.38), ("high", 0.12))

AUTO_RESOLVED = 0.08
REOPENED = 0.04
OUTAGE_ID = "outage-invoices"
OUTAGE_TICKETS = 0.018
"""share of the second week's tickets that the outage caused"""


def pick(rng: Random, shares: tuple[tuple[str, float], ...]) -> str:
    """One of the names, each as often as its share says."""
    return rng.choices([name for name, _ in shares], [share for _, share in shares])[0]
