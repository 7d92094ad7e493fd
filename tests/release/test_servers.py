"""The servers of the gate are what they claim: a gate on servers that let everybody in proves nothing."""

import threading

import pytest
from pydantic import SecretStr

from infra import broker
from infra.objects import Bucket
from infra.settings import Settings
from schemas.errors import AlreadyExists, Conflict, SettingError

pytestmark = pytest.mark.release


def test_kafka_is_apache_kafka_4(external_settings: Settings) -> None:
    client = broker.admin(external_settings)
    try:
        assert client.get_broker_version_data(1).broker_version >= (4, 0)
        assert client.describe_cluster()["cluster_id"]
    finally:
        client.close()


def test_kafka_lets_nobody_in_without_the_password(external_settings: Settings) -> None:
    with pytest.raises(SettingError, match="CARELOOP_KAFKA_PASSWORD"):
        broker.Publisher(external_settings.model_copy(update={"kafka_password": SecretStr("wrong")}))


def test_s3_refuses_a_wrong_secret(external_settings: Settings) -> None:
    stranger = Bucket.open(external_settings.model_copy(update={"s3_secret_key": SecretStr("wrong")}))
    with pytest.raises(SettingError, match="CARELOOP_S3_SECRET_KEY"):
        stranger.create("landing/x", b"")


def test_of_many_conditional_creates_one_wins(external_settings: Settings) -> None:
    bucket = Bucket.open(external_settings)
    won = _race(lambda number: bucket.create("landing/contended", str(number).encode()), AlreadyExists)
    assert bucket.get("landing/contended").body == str(won).encode()


def test_of_many_conditional_replaces_one_wins(external_settings: Settings) -> None:
    bucket = Bucket.open(external_settings)
    etag = bucket.create("published/latest.json", b"first")
    won = _race(lambda number: bucket.replace("published/latest.json", str(number).encode(), etag), Conflict)
    assert bucket.get("published/latest.json").body == str(won).encode()


def _race(attempt: object, lost: type[Exception], contenders: int = 8) -> int:
    """The number of the one contender whose attempt was not ``lost``."""
    won: list[int] = []
    others: list[BaseException] = []

    def contend(number: int) -> None:
        try:
            attempt(number)  # type: ignore[operator]
        except lost as error:
            others.append(error)
        else:
            won.append(number)

    threads = [threading.Thread(target=contend, args=(number,)) for number in range(contenders)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = won
    assert len(others) == contenders - 1
    return winner
