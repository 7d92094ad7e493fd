"""How a task fails: at once and visibly where a person has to mend something, else after its retries.

Called by the DAG files, inside tasks.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from schemas.errors import InputError, SettingError


@contextmanager
def at_once_when_wrong() -> Iterator[None]:
    """A wrong setting, policy or catalogue fails the task without retries: trying again mends nothing."""
    from airflow.sdk.exceptions import AirflowFailException

    try:
        yield
    except (SettingError, InputError) as error:
        raise AirflowFailException(str(error)) from error
