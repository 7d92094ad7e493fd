"""The ops team's policy: whom we ask, when, and what we never do. One YAML file, checked at load.

Durations are written ``30s``, ``90m``, ``24h``, ``7d``. The JSON Schema for editors is generated to
``schemas/json/policy.schema.json``.
"""

import hashlib
import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import yaml
from msgspec import Meta, Struct, field

from schemas.errors import InputError
from schemas.events import QuietHours

_DURATION = re.compile(r"^(\d{1,6})(s|m|h|d)$")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Duration(timedelta):
    """A ``timedelta`` written as ``30s``, ``90m``, ``24h`` or ``7d``."""


class AvoidReason(StrEnum):
    """Why an ask was not made. An open list: new reasons may be added, none is renamed."""

    BEFORE_GO_LIVE = "before-go-live"
    AUTO_RESOLVED = "auto-resolved"
    OPTED_OUT = "opted-out"
    COOLDOWN = "cooldown"
    ALREADY_ASKED = "already-asked"
    REOPENED = "reopened"
    STALE = "stale"
    NO_CONTACT = "no-contact"
    PROGRAMME_OFF = "programme-off"
    NOT_SAMPLED = "not-sampled"
    OUTAGE = "outage"


class Programme(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One occasion to ask."""

    delay: Duration
    """from the resolution to the ask"""
    enabled: bool = True
    template: str = "after-resolution"
    ask_auto_resolved: bool = False
    stale_after: Duration = field(default_factory=lambda: Duration(days=7))
    """an ask later than this after the resolution is not made at all"""
    sample_share: Annotated[float, Meta(ge=0, le=1)] = 1.0


class Privacy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Small groups. The floors may be raised, never lowered."""

    min_clients: Annotated[int, Meta(ge=5)] = 5
    min_clients_for_stories: Annotated[int, Meta(ge=10)] = 10


class Organisation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who asks."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    time_zone: str = "UTC"
    locale: str = "en"
    team_name: str = "the support team"


class People(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is told."""

    ops: list[str] = []
    risk: list[str] = []
    follow_ups: list[str] = []
    digest: list[str] = []


class Policy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole policy."""

    version: Literal[1]
    organisation: Organisation
    programmes: dict[str, Programme]
    live_from: datetime | None = None
    """Nothing is sent for resolutions before this moment; null: preview only, nothing is sent."""
    paused: bool = False
    quiet_hours: QuietHours = QuietHours(start="20:00", end="09:00")
    cooldown: Duration = field(default_factory=lambda: Duration(days=30))
    """one ask per client in this time, over all programmes"""
    response_window: Duration = field(default_factory=lambda: Duration(days=7))
    """an answer within this time of the ask counts as a response (AAPOR RR1)"""
    privacy: Privacy = Privacy()
    people: People = People()
    prompt_seed: str = "careloop"


def _decode_hook(kind: type, value: Any) -> Any:
    if kind is Duration:
        match = _DURATION.match(value) if isinstance(value, str) else None
        if match is None:
            raise ValueError(f"a duration is written 30s, 90m, 24h or 7d, not {value!r}")
        return Duration(**{_UNITS[match[2]]: int(match[1])})
    raise NotImplementedError(kind)


def parse(text: str | bytes, *, where: str) -> tuple[Policy, str]:
    """The policy and its version (sha256 of the bytes as written).

    Raises `InputError` naming ``where``, the line or field, and the mend.
    """
    raw = text.encode() if isinstance(text, str) else text
    try:
        document = yaml.safe_load(raw)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise InputError(f"{where}, line {line}: not YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise InputError(f"{where}: not YAML: {error}") from None
    try:
        policy = msgspec.convert(document, Policy, dec_hook=_decode_hook)
    except msgspec.ValidationError as error:
        raise InputError(f"{where}{_line_of(raw, str(error))}: {error}") from None
    _check(policy, where)
    return policy, hashlib.sha256(raw).hexdigest()


def _check(policy: Policy, where: str) -> None:
    try:
        ZoneInfo(policy.organisation.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise InputError(
            f"{where}: organisation.time_zone {policy.organisation.time_zone!r} is no IANA time zone, "
            "such as Europe/Berlin"
        ) from None
    if policy.live_from is not None and policy.live_from.tzinfo is None:
        raise InputError(f"{where}: live_from needs an offset, such as 2026-01-31T09:00:00+01:00")
    if not policy.programmes:
        raise InputError(f"{where}: programmes is empty; name at least one, such as after-resolution")
    for name, programme in policy.programmes.items():
        if programme.delay >= programme.stale_after:
            raise InputError(
                f"{where}: programmes.{name}: its delay is not shorter than stale_after, so it would "
                "never ask; shorten delay or lengthen stale_after"
            )


def _line_of(raw: bytes, message: str) -> str:
    """``, line N`` of the innermost field that a msgspec error path (``$.a.b``) or message names."""
    names = re.findall(r"`([^`]*)`", message)
    path = [part for name in names if name.startswith("$") for part in re.findall(r"\.(\w[\w-]*)", name)]
    unknown = [name for name in names if not name.startswith("$")]
    wanted = [*path, *unknown]
    line = 0
    for number, text in enumerate(raw.decode(errors="replace").splitlines(), start=1):
        if wanted and re.match(rf"\s*{re.escape(wanted[0])}\s*:", text):
            line, wanted = number, wanted[1:]
    return f", line {line}" if line else ""
