"""What S3's errors mean: a setting to mend, an object that is not there, or wrong for now.

The one place that sorts them, for `infra.objects`. Conditions that were lost are not errors here: the
call that set them knows what they mean.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ParamValidationError

from schemas.errors import NotFound, SettingError, Unavailable

_TO_MEND = {
    "NoSuchBucket": "CARELOOP_S3_BUCKET: there is no such bucket",
    "InvalidBucketName": "CARELOOP_S3_BUCKET: S3 takes no bucket of this name",
    "InvalidAccessKeyId": "CARELOOP_S3_ACCESS_KEY: S3 does not know this key",
    "XAdminUserNotFound": "CARELOOP_S3_ACCESS_KEY: S3 does not know this key",  # Versity's word for it
    "SignatureDoesNotMatch": "CARELOOP_S3_SECRET_KEY: it is not the secret of CARELOOP_S3_ACCESS_KEY",
    "AccessDenied": "CARELOOP_S3_ACCESS_KEY: S3 does not let this key do that",
    "AuthorizationHeaderMalformed": "CARELOOP_S3_REGION: it is not the bucket's region",
    "PermanentRedirect": "CARELOOP_S3_REGION: it is not the bucket's region",
}
"""S3's error codes that no second try mends, and the setting to look at."""


@contextmanager
def translated(what: str) -> Iterator[None]:
    """S3's errors about ``what`` as ours."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in _TO_MEND:
            raise SettingError(f"{_TO_MEND[code]} ({what})") from error
        if status(error) == 404:
            raise NotFound(what) from error
        if status(error) in (401, 403):  # HEAD has no body that says which of the two it is
            raise SettingError(
                f"CARELOOP_S3_ACCESS_KEY, CARELOOP_S3_SECRET_KEY: S3 refused access ({what}): {code}"
            ) from error
        raise Unavailable(f"S3 answered {code or status(error)} for {what}") from error
    except NoCredentialsError as error:
        raise SettingError("CARELOOP_S3_ACCESS_KEY: it is not set, and boto3 finds no credentials") from error
    except ParamValidationError as error:
        if "bucket name" not in str(error):
            raise
        raise SettingError(f"CARELOOP_S3_BUCKET: {' '.join(str(error).split())}") from error
    except BotoCoreError as error:
        raise Unavailable(f"S3 does not answer for {what}: {error}") from error


@contextmanager
def address_checked(endpoint: str | None) -> Iterator[None]:
    """boto3 refuses an address that is none with a bare ``ValueError``."""
    try:
        yield
    except ValueError as error:
        raise SettingError(
            f"CARELOOP_S3_ENDPOINT={endpoint}: {error}; it is http://host or https://host"
        ) from None


def status(error: ClientError) -> int:
    """The HTTP status of S3's answer."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
