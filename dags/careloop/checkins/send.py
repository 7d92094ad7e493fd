"""Send: for each ask that is due, claim → tell Kafka → hand to the mail server → record.

What happens when it stops in between:

==============================  ==================================================================
it stopped after                and then
==============================  ==================================================================
the claim                       in doubt after ten minutes: never sent, listed for a person
Kafka did not acknowledge       the claim is given back at once; the run fails
the mail server said "later"    the claim is given back; tried again until the ask is stale
the mail server said "never"    undelivered: never repeated
the line was cut in the text    in doubt: the server may have taken it
the mail server took it         in doubt after ten minutes, for nobody noted that it was sent
the record                      its event waits in the outbox and leaves with the next run
==============================  ==================================================================

An ask is made at most once, whatever stops. Called by `careloop.checkins.run`.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Protocol

from sqlalchemy import Engine

from careloop.checkins import claims, events
from careloop.checkins.facts import Ask
from careloop.checkins.message import Message, compose
from careloop.prompts import CurrentPrompt
from infra.clock import Clock
from infra.ledger.models import AskState
from infra.ledger.outbox import Publishing
from infra.mail import Accepted, Refused, TryLater, Unknown
from infra.mail import Outcome as MailOutcome
from infra.settings import Settings
from schemas.errors import CareloopError, SettingError, Unavailable
from schemas.policy import Policy

BUDGET = timedelta(minutes=4)
"""a run claims no more after this long: the next one is due after five minutes"""

log = logging.getLogger(__name__)


class Mailing(Protocol):
    """What `infra.mail.Mailer` offers."""

    def send(self, message: EmailMessage, to: str) -> MailOutcome: ...


@dataclass
class Sender:
    """Makes asks one by one. Counts what it did; logs ids of asks, never a client."""

    engine: Engine
    policy: Policy
    version: str
    prompt: CurrentPrompt | None
    settings: Settings
    mailer: Mailing
    publisher: Publishing
    clock: Clock
    counts: Counter[str] = field(default_factory=Counter)

    def make(self, asks: Sequence[Ask], limit: int) -> None:
        """At most ``limit`` of ``asks``. An error that concerns all of them ends the run."""
        started = self.clock()
        for number, ask in enumerate(asks):
            if number >= limit or self.clock() >= started + BUDGET:
                self.counts["left_for_the_next_run"] += len(asks) - number
                return
            self._one(ask)

    def _one(self, candidate: Ask) -> None:
        now = self.clock()
        ask = claims.claim(self.engine, candidate, self.policy, self.version, now)
        if not isinstance(ask, Ask):
            self.counts["changed_meanwhile"] += 1
            return
        try:
            message = compose(ask, self.policy, self.prompt, self.settings, now)
            self.publisher.send(events.claimed(ask, self.version, now))
            self.publisher.flush()
        except Exception as error:
            # Nothing has left yet. What is wrong with this one ask alone must not hold up the others.
            claims.release(self.engine, ask, now, again_at_once=isinstance(error, CareloopError))
            raise
        self._hand_over(ask, message)

    def _hand_over(self, ask: Ask, message: Message) -> None:
        try:
            outcome = self.mailer.send(message.mail, message.to)
        except SettingError:
            # The server refused us before it took anything. Any other error leaves the ask in doubt.
            claims.release(self.engine, ask, self.clock(), again_at_once=True)
            raise
        self._record(ask, message, outcome, self.clock())

    def _record(self, ask: Ask, message: Message, outcome: MailOutcome, now: datetime) -> None:
        match outcome:
            case Accepted():
                event = events.sent(
                    ask,
                    self.version,
                    now,
                    locale=message.locale,
                    template=message.template,
                    message_id=message.message_id,
                    prompt_id=message.prompt_id,
                )
                claims.settle(self.engine, ask, AskState.SENT, event, now, prompt_id=message.prompt_id)
                self.counts["sent"] += 1
            case Refused(reason):
                refused = events.undelivered(ask, reason, self.version, now)
                claims.settle(self.engine, ask, AskState.UNDELIVERED, refused, now, reason=reason)
                self.counts["undelivered"] += 1
                log.warning("check-in %s was refused: %s", ask.checkin_id, reason)
            case Unknown(reason):
                claims.doubt(self.engine, ask, reason, now)
                self.counts["in_doubt"] += 1
                log.error("check-in %s may or may not have left: %s", ask.checkin_id, reason)
            case TryLater(reason, server_wide):
                self._put_off(ask, reason, server_wide, now)

    def _put_off(self, ask: Ask, reason: str, server_wide: bool, now: datetime) -> None:
        claims.release(self.engine, ask, now, again_at_once=server_wide)
        self.counts["put_off"] += 1
        if server_wide:
            raise Unavailable(f"no check-in can leave now, all of them wait: {reason}")
        log.info("check-in %s is put off: %s", ask.checkin_id, reason)
