"""The tasks of ``publish_feedback``: the steps, with settings and bucket opened, and errors told to Airflow.

A held version fails its run at once, without a retry; a run that a newer publisher overtook is skipped;
anything else may pass, and is tried again. Only the run's id goes from task to task.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from careloop.publish import steps
from infra.clock import utc_now
from infra.objects import Bucket
from infra.settings import Settings
from schemas.errors import CareloopError, Conflict, Held, InputError, SettingError


def curate(reason: str | None) -> str:
    """Begin a run and curate; returns the run's id."""
    with _told_to_airflow():
        settings = Settings.load()
        bucket = Bucket.open(settings)
        run = steps.begin(bucket, utc_now(), reason)
        steps.curate(bucket, settings, run)
    return run


def aggregate(run: str) -> str:
    with _told_to_airflow():
        steps.aggregate(_bucket(), run)
    return run


def gate(run: str) -> str:
    with _told_to_airflow():
        steps.gate(_bucket(), run)
    return run


def publish(run: str) -> str:
    """Returns the version that is current afterwards."""
    with _told_to_airflow(overtaken=True):
        return steps.release(_bucket(), run).version


def _bucket() -> Bucket:
    return Bucket.open(Settings.load())


@contextmanager
def _told_to_airflow(*, overtaken: bool = False) -> Iterator[None]:
    from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

    try:
        yield
    except (Held, InputError, SettingError) as error:
        raise AirflowFailException(str(error)) from None
    except Conflict as error:
        if overtaken:
            raise AirflowSkipException(str(error)) from None
        raise CareloopError(f"{error}: somebody else wrote it at the same time; trying again") from None
