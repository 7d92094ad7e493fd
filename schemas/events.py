"""Every event type of the contract, as a typed struct: the types ARE the schema.

Each struct is the ``data`` of one CloudEvents type. Unknown fields are allowed (they are kept as
received in landing). ``None`` means *unknown*, never zero: a helpdesk that cannot tell a fact leaves
it out. Every ``datetime`` carries an offset. ``JSON Schema`` and AsyncAPI are generated from here
(`schemas.generate`), with each field's description.
"""

from datetime import datetime
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from schemas.topics import Topic

Id = Annotated[str, Meta(min_length=1, max_length=200)]
When = Annotated[datetime, Meta(tz=True)]
Zone = Annotated[str, Meta(min_length=1, max_length=64, description="IANA time zone, such as Europe/Berlin")]
Locale = Annotated[str, Meta(min_length=2, max_length=35, description="BCP 47 language tag, such as de-AT")]
Words = Annotated[str, Meta(max_length=5_000)]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]


class EventData(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of all event data."""

    TYPE: ClassVar[str]
    TOPIC: ClassVar[Topic]
    KEY: ClassVar[str] = "client_id"
    """The field whose value is the Kafka key."""


class Contact(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How to reach a client. Personal: never in history, logs or published data."""

    email: Annotated[str, Meta(min_length=3, max_length=320)] | None = None


class Effort(Struct, frozen=True, kw_only=True):
    """An effort rating on whatever scale the client saw. CES 2.0 is 1..7, ``higher_is_easier``."""

    raw: Annotated[int, Meta(ge=0, le=100, description="the rating as given, on its own scale")]
    scale_max: Annotated[int, Meta(ge=2, le=100, description="the highest rating the scale offers")] = 7
    direction: Literal["higher_is_easier", "higher_is_harder"] = "higher_is_easier"

    def __post_init__(self) -> None:
        if self.raw > self.scale_max:
            raise ValueError("effort.raw is above effort.scale_max")


class ClientSafeWords(EventData, frozen=True, kw_only=True, omit_defaults=True):
    """Words that may be said to a client. Never taken from an agent's ``summary``."""

    title: Annotated[Words, Meta(description="what the ticket was about, in words for the client")] | None = (
        None
    )
    what_happened: Words | None = None
    effect: Annotated[Words, Meta(description="what it did to the client")] | None = None
    remedy: Words | None = None
    remedy_due_at: When | None = None
    options: (
        Annotated[list[Words], Meta(max_length=10, description="make-good options, as choices")] | None
    ) = None
    agent_name: Annotated[str, Meta(max_length=200)] | None = None
    reply_to: Annotated[str, Meta(max_length=320)] | None = None


class TicketOpened(EventData, frozen=True, kw_only=True, omit_defaults=True):
    """A client asked for help."""

    TYPE: ClassVar[str] = "careloop.ticket.opened.v1"
    TOPIC: ClassVar[Topic] = Topic.RESOLUTIONS

    ticket_id: Id
    client_id: Id
    opened_at: When
    product: str | None = None
    team: str | None = None
    channel: str | None = None
    moment: str | None = None
    priority: str | None = None
    outage_id: Id | None = None


class TicketResolved(ClientSafeWords, frozen=True, kw_only=True, omit_defaults=True):
    """A ticket was resolved; the moment a check-in is timed from."""

    TYPE: ClassVar[str] = "careloop.ticket.resolved.v1"
    TOPIC: ClassVar[Topic] = Topic.RESOLUTIONS

    ticket_id: Id
    resolution_seq: Annotated[int, Meta(ge=1, description="1 for the first resolution, +1 after each reopen")]
    resolved_at: When
    resolved_by: Literal["human", "auto"]
    client_id: Id
    opened_at: When | None = None
    contact: Contact | None = None
    locale: Locale | None = None
    time_zone: Zone | None = None
    country: Annotated[str, Meta(max_length=2, description="ISO 3166-1 alpha-2")] | None = None
    organisation_id: Id | None = None
    product: str | None = None
    team: Annotated[str, Meta(description="a reporting group, never one agent")] | None = None
    channel: str | None = None
    moment: Annotated[str, Meta(description="step of the journey, such as identity-check")] | None = None
    priority: str | None = None
    impact: str | None = None
    outage_id: Id | None = None
    summary: Annotated[Words, Meta(description="the agent's own words: the story")] | None = None
    stress_indicator: Annotated[float, Meta(ge=0, le=1, description="0 calm to 1 distressed")] | None = None
    replies: Annotated[Count, Meta(description="client replies since the last resolution")] | None = None
    handoffs: Annotated[Count, Meta(description="changes of owner since the last resolution")] | None = None
    repeated_explanations: Count | None = None
    identity_checks: Count | None = None
    escalated: bool | None = None
    escalation_cause: Literal["confusion", "risk", "policy", "other"] | None = None


class TicketReopened(EventData, frozen=True, kw_only=True, omit_defaults=True):
    """A resolved ticket was opened again."""

    TYPE: ClassVar[str] = "careloop.ticket.reopened.v1"
    TOPIC: ClassVar[Topic] = Topic.RESOLUTIONS

    ticket_id: Id
    resolution_seq: Annotated[int, Meta(ge=1, description="the resolution that it undoes")]
    client_id: Id
    reopened_at: When
    reason: Words | None = None


class OutageStarted(ClientSafeWords, frozen=True, kw_only=True, omit_defaults=True):
    """Something broke for many clients at once."""

    TYPE: ClassVar[str] = "careloop.outage.started.v1"
    TOPIC: ClassVar[Topic] = Topic.RESOLUTIONS
    KEY: ClassVar[str] = "outage_id"

    outage_id: Id
    started_at: When
    products: list[str] = []
    client_ids: list[Id] = []


class OutageEnded(ClientSafeWords, frozen=True, kw_only=True, omit_defaults=True):
    """An outage is over."""

    TYPE: ClassVar[str] = "careloop.outage.ended.v1"
    TOPIC: ClassVar[Topic] = Topic.RESOLUTIONS
    KEY: ClassVar[str] = "outage_id"

    outage_id: Id
    ended_at: When
    started_at: When | None = None
    products: list[str] = []
    client_ids: list[Id] = []


class PulseAnswered(EventData, frozen=True, kw_only=True, omit_defaults=True):
    """A client's answer: an effort rating and, if they wished, a note. Two questions, never three."""

    TYPE: ClassVar[str] = "careloop.pulse.answered.v1"
    TOPIC: ClassVar[Topic] = Topic.PULSE_RESPONSES

    pulse_id: Annotated[Id, Meta(description="one pulse, however often it is answered: the latest counts")]
    client_id: Id
    effort: Effort
    answered_at: When
    checkin_id: Annotated[Id, Meta(description="null for a spontaneous pulse")] | None = None
    ticket_id: Id | None = None
    note: Words | None = None
    may_quote: Annotated[bool, Meta(description="the client allows the note to be quoted")] = False
    prompt_id: (
        Annotated[Id, Meta(description="the prompt the client saw; null is the plain invitation")] | None
    ) = None


class PulseOpened(EventData, frozen=True, kw_only=True, omit_defaults=True):
    """A client opened the answer page. Records nothing else."""

    TYPE: ClassVar[str] = "careloop.pulse.opened.v1"
    TOPIC: ClassVar[Topic] = Topic.PULSE_RESPONSES

    pulse_id: Id
    client_id: Id
    opened_at: When
    checkin_id: Id | None = None
    ticket_id: Id | None = None


class PulseDeclined(EventData, frozen=True, kw_only=True, omit_defaults=True):
    """A client said no, which is a good answer."""

    TYPE: ClassVar[str] = "careloop.pulse.declined.v1"
    TOPIC: ClassVar[Topic] = Topic.PULSE_RESPONSES

    pulse_id: Id
    client_id: Id
    declined_at: When
    checkin_id: Id | None = None
    ticket_id: Id | None = None
    unsubscribed: Annotated[bool, Meta(description="no further check-ins at all")] = False


class QuietHours(Struct, frozen=True, kw_only=True):
    """Local hours in which nothing is sent; may wrap midnight. ``HH:MM``."""

    start: Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    end: Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class ClientPreferences(EventData, frozen=True, kw_only=True, omit_defaults=True):
    """What a client wishes. A field that is absent is unchanged; null clears it."""

    TYPE: ClassVar[str] = "careloop.client.preferences.v1"
    TOPIC: ClassVar[Topic] = Topic.PREFERENCES

    client_id: Id
    changed_at: When
    time_zone: Zone | UnsetType | None = UNSET
    locale: Locale | UnsetType | None = UNSET
    days: (
        Annotated[list[Annotated[int, Meta(ge=1, le=7)]], Meta(description="ISO weekdays, Monday is 1")]
        | UnsetType
        | None
    ) = UNSET
    pace: Literal["soon", "normal", "later"] | UnsetType | None = UNSET
    quiet_hours: QuietHours | UnsetType | None = UNSET
    programmes: list[str] | UnsetType | None = UNSET
    opted_out: bool | UnsetType | None = UNSET
    may_quote: bool | UnsetType | None = UNSET


class CheckinBase(EventData, frozen=True, kw_only=True, omit_defaults=True):
    """What all decisions about one check-in share."""

    TOPIC: ClassVar[Topic] = Topic.CHECKINS

    checkin_id: Annotated[Id, Meta(description="digest of programme, ticket and resolution_seq")]
    client_id: Id
    programme: str
    policy_version: Annotated[str, Meta(description="sha256 of the policy that decided")]
    ticket_id: Id | None = None
    resolution_seq: Annotated[int, Meta(ge=1)] | None = None
    outage_id: Id | None = None


class CheckinClaimed(CheckinBase, frozen=True, kw_only=True, omit_defaults=True):
    """The right to ask once was taken; acknowledged by Kafka before the message leaves."""

    TYPE: ClassVar[str] = "careloop.checkin.claimed.v1"

    claimed_at: When


class CheckinSent(CheckinBase, frozen=True, kw_only=True, omit_defaults=True):
    """The mail server accepted the message."""

    TYPE: ClassVar[str] = "careloop.checkin.sent.v1"

    sent_at: When
    locale: Locale
    template: str
    message_id: Annotated[str, Meta(description="RFC 5322 Message-ID, a function of checkin_id")]
    subject_variant: str | None = None
    prompt_id: Id | None = None
    product: str | None = None
    channel: str = "email"


class CheckinAvoided(CheckinBase, frozen=True, kw_only=True, omit_defaults=True):
    """An ask that was not made, and why."""

    TYPE: ClassVar[str] = "careloop.checkin.avoided.v1"

    avoided_at: When
    reason: Annotated[
        str, Meta(min_length=1, max_length=100, description="an open list; see schemas.policy.AvoidReason")
    ]


class CheckinUndelivered(CheckinBase, frozen=True, kw_only=True, omit_defaults=True):
    """The message was refused or bounced. Never repeated."""

    TYPE: ClassVar[str] = "careloop.checkin.undelivered.v1"

    undelivered_at: When
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class FollowupRequested(EventData, frozen=True, kw_only=True, omit_defaults=True):
    """Something is still not right, or a client asked for help."""

    TYPE: ClassVar[str] = "careloop.followup.requested.v1"
    TOPIC: ClassVar[Topic] = Topic.FOLLOW_UPS

    followup_id: Id
    client_id: Id
    requested_at: When
    reason: Literal["not_fixed", "asked_for_help"]
    ticket_id: Id | None = None
    checkin_id: Id | None = None


class FollowupAnswered(EventData, frozen=True, kw_only=True, omit_defaults=True):
    """A person got back to the client."""

    TYPE: ClassVar[str] = "careloop.followup.answered.v1"
    TOPIC: ClassVar[Topic] = Topic.FOLLOW_UPS

    followup_id: Id
    client_id: Id
    answered_at: When


class RiskFlagged(EventData, frozen=True, kw_only=True, omit_defaults=True):
    """Genuine risk for a client; people named in policy are told at once."""

    TYPE: ClassVar[str] = "careloop.risk.flagged.v1"
    TOPIC: ClassVar[Topic] = Topic.RISKS

    risk_id: Id
    client_id: Id
    flagged_at: When
    cause: Annotated[str, Meta(max_length=200)]
    ticket_id: Id | None = None
    pulse_id: Id | None = None


class PromptRotated(EventData, frozen=True, kw_only=True, omit_defaults=True):
    """The month's open prompt changed."""

    TYPE: ClassVar[str] = "careloop.prompt.rotated.v1"
    TOPIC: ClassVar[Topic] = Topic.PROMPTS
    KEY: ClassVar[str] = "month"

    month: Annotated[str, Meta(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
    prompt_id: Id
    rotated_at: When
    catalogue_version: str


ALL: tuple[type[EventData], ...] = (
    TicketOpened,
    TicketResolved,
    TicketReopened,
    OutageStarted,
    OutageEnded,
    PulseAnswered,
    PulseOpened,
    PulseDeclined,
    ClientPreferences,
    CheckinClaimed,
    CheckinSent,
    CheckinAvoided,
    CheckinUndelivered,
    FollowupRequested,
    FollowupAnswered,
    RiskFlagged,
    PromptRotated,
)

BY_TYPE: dict[str, type[EventData]] = {kind.TYPE: kind for kind in ALL}

_DECODERS: dict[str, msgspec.json.Decoder[EventData]] = {
    kind.TYPE: msgspec.json.Decoder(kind) for kind in ALL
}


def decode(event_type: str, data: bytes) -> EventData:
    """The typed data of a known event type.

    Raises ``KeyError`` for an unknown type, ``msgspec.ValidationError`` where a field is wrong, and
    ``msgspec.DecodeError`` where the bytes are not JSON.
    """
    return _DECODERS[event_type].decode(data)
