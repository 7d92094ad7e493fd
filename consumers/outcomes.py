"""Kafka's errors, sorted by what the collector does next. Pure."""

from collections.abc import Iterator
from contextlib import contextmanager

from kafka.errors import (
    AuthorizationError,
    BrokerNotAvailableError,
    FencedInstanceIdError,
    KafkaError,
    LogTruncationError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
    SaslAuthenticationFailedError,
    UnsupportedSaslMechanismError,
)

from schemas.errors import ChainBroken, SettingError, Unavailable

_OUTSIDE = (OffsetOutOfRangeError, LogTruncationError, NoOffsetForPartitionError)
_DENIED = (AuthorizationError, SaslAuthenticationFailedError, UnsupportedSaslMechanismError)


@contextmanager
def sorted_errors(doing: str) -> Iterator[None]:
    """Kafka's errors as the three outcomes: a setting to mend, wrong for now, or we are wrong."""
    try:
        yield
    except _DENIED as error:
        raise SettingError(f"CARELOOP_KAFKA_USERNAME: Kafka refused us while {doing}: {error}") from error
    except FencedInstanceIdError as error:
        raise SettingError(
            "CARELOOP_COLLECT_MEMBER: another collector has joined under the same name; "
            "give each collector a name of its own"
        ) from error
    except _OUTSIDE as error:
        raise ChainBroken(
            f"while {doing} the broker no longer has the offset that landing goes on from ({error}); "
            f"start the collector again: it will say which topic, and the way on"
        ) from error
    except KafkaError as error:
        if error.retriable or isinstance(error, BrokerNotAvailableError):
            raise Unavailable(f"Kafka does not answer while {doing}: {error}") from error
        raise
