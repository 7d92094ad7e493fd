"""The exception tree: what each error says about the next step.

::

    CareloopError               every error a user can cause; printed as one line, never a traceback
    ├── SettingError            a setting is missing or wrong; names its variable (exit 2)
    ├── InputError              a file, mapping or policy is wrong: what, where, what to do (exit 2)
    ├── Malformed               one message is wrong for ever: dead letter, with its reason
    ├── Unavailable             wrong for now: do not commit, back off, try again
    ├── ChainBroken             we are wrong: stop loudly; says which partition and the way on
    ├── TooManyDeadLetters      we are probably wrong: stop instead of quarantining everything
    ├── AlreadyExists           a conditional create lost: somebody wrote this key first
    ├── Conflict                a conditional replace lost: somebody moved this key first
    ├── NotFound                no object under this key
    ├── Held                    the gate held a version; the last good one stays (exit 1)
    └── StackError              the embedded stack cannot start or a stage failed; names the log
"""

from enum import StrEnum


class CareloopError(Exception):
    """Base of all errors a user can cause. ``str(error)`` says what, where and what to do."""


class SettingError(CareloopError):
    """A setting is missing or wrong. The message names its environment variable."""


class InputError(CareloopError):
    """A file that a person wrote is wrong. The message names file, line or field, and the mend."""


class DeadLetterReason(StrEnum):
    """Why a message can never be read."""

    NOT_A_CLOUDEVENT = "not-a-cloudevent"
    MISSING_ATTRIBUTE = "missing-attribute"
    BAD_ATTRIBUTE = "bad-attribute"
    CONTENT_TYPE = "content-type"
    UNKNOWN_TYPE = "unknown-type"
    WRONG_TOPIC = "wrong-topic"
    NOT_JSON = "not-json"
    SCHEMA = "schema"
    TOO_LARGE = "too-large"


class Malformed(CareloopError):
    """One message is wrong for ever."""

    def __init__(self, reason: DeadLetterReason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class Unavailable(CareloopError):
    """A service does not answer now. Nothing was committed; try again."""


class ChainBroken(CareloopError):
    """Landing and broker disagree: going on would lose or repeat events."""


class TooManyDeadLetters(CareloopError):
    """So many messages are malformed that the fault is likely ours."""


class AlreadyExists(CareloopError):
    """``If-None-Match: *`` was refused: the key exists."""


class Conflict(CareloopError):
    """``If-Match`` was refused: the object changed since it was read."""


class NotFound(CareloopError):
    """No object under this key."""


class Held(CareloopError):
    """The gate held a version back. ``page`` is the key of the quality page that says why."""

    def __init__(self, message: str, page: str = "") -> None:
        super().__init__(message)
        self.page = page


class StackError(CareloopError):
    """The embedded stack cannot start, or one of its stages failed."""
