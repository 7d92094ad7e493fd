"""What a command needs is there for the time of a block, and only what it needs."""

import stat
from pathlib import Path

import httpx
import psutil
import pytest
from pydantic import SecretStr

from infra import broker
from infra.local import lock, stack_env
from infra.local.session import embedded
from infra.objects import Bucket
from infra.settings import Settings
from schemas.errors import SettingError, StackError
from schemas.topics import Topic


def test_nothing_is_started_for_services_that_have_an_address(tmp_path: Path) -> None:
    given = Settings(home=tmp_path, kafka_bootstrap="kafka.example:9092", s3_bucket="ours")
    with embedded(given, "kafka", "s3", "ledger") as settings:
        assert settings.kafka_bootstrap == "kafka.example:9092"
        assert settings.s3_bucket == "ours"
        assert settings.s3_endpoint is None
        assert not lock.is_held(tmp_path)


def test_the_broker_keeps_what_it_was_given_over_a_restart(tmp_path: Path) -> None:
    for _ in range(2):
        with embedded(Settings(home=tmp_path), "kafka") as settings:
            client = broker.admin(settings)
            assert set(Topic) <= set(client.list_topics())
            client.close()
            with broker.Publisher(settings) as publisher:
                publisher.send_raw(Topic.RISKS, b"k", b"v", [])
                publisher.flush()
    with embedded(Settings(home=tmp_path), "kafka") as settings:
        consumer = broker.consumer(settings)
        consumer.subscribe([Topic.RISKS])
        found = 0
        for _ in range(20):
            found += sum(len(batch) for batch in consumer.poll(500).values())
            if found == 2:
                break
        consumer.close()
    assert found == 2


def test_objects_are_kept_over_a_restart_with_their_metadata(tmp_path: Path) -> None:
    with embedded(Settings(home=tmp_path), "s3") as settings:
        Bucket.open(settings).create("a/b", b"body", {"next": "7"})
    with embedded(Settings(home=tmp_path), "s3") as settings:
        stored = Bucket.open(settings).get("a/b")
    assert (stored.body, stored.metadata) == (b"body", {"next": "7"})


def test_the_object_store_refuses_who_names_no_key_or_an_unknown_one(tmp_path: Path) -> None:
    with embedded(Settings(home=tmp_path), "s3") as settings:
        stranger = settings.model_copy(update={"s3_access_key": SecretStr("nobody")})
        with pytest.raises(SettingError, match="CARELOOP_S3_ACCESS_KEY"):
            Bucket.open(stranger).ensure()
        assert httpx.get(f"{settings.s3_endpoint}/{settings.s3_bucket}").status_code == 403


def test_the_ledger_needs_no_process_and_no_lock(tmp_path: Path) -> None:
    with embedded(Settings(home=tmp_path), "ledger") as settings:
        assert settings.require("ledger_url") == f"sqlite:///{tmp_path.resolve() / 'ledger.db'}"
        assert not lock.is_held(tmp_path)


def test_keys_are_filled_in_unless_the_user_has_his_own(tmp_path: Path) -> None:
    with embedded(Settings(home=tmp_path, pseudonym_key=SecretStr("mine"))) as settings:
        assert settings.require("pseudonym_key") == "mine"
        assert settings.require("link_keys")


def test_a_second_command_is_refused_while_the_first_one_holds_the_home(tmp_path: Path) -> None:
    with (
        embedded(Settings(home=tmp_path), "kafka"),
        pytest.raises(StackError, match="is in use by"),
        embedded(Settings(home=tmp_path), "s3"),
    ):
        pytest.fail("two at once")


def test_a_full_disk_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with (
        pytest.raises(StackError, match="MB are free"),
        embedded(Settings(home=tmp_path, min_free_mb=10**9), "kafka"),
    ):
        pytest.fail("it started")
    assert not (tmp_path / "logs").exists()


def test_an_unknown_need_is_a_mistake_of_ours_that_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(StackError, match="no embedded service 'kafkaa'"),
        embedded(Settings(home=tmp_path), "kafkaa"),
    ):
        pytest.fail("it started")


def test_no_process_is_left_after_the_block(tmp_path: Path) -> None:
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    with embedded(Settings(home=tmp_path), "kafka", "s3", "inbox"):
        pass
    assert {process.pid for process in psutil.Process().children(recursive=True)} <= before


def test_a_command_beside_a_running_stack_uses_its_addresses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = Settings(
        home=tmp_path, kafka_bootstrap="127.0.0.1:5", s3_bucket="b", s3_secret_key=SecretStr("a'\\b#c")
    )
    with lock.hold(tmp_path, "`careloop run`"):
        stack_env.write(running)
        assert stat.S_IMODE(stack_env.path(tmp_path).stat().st_mode) == 0o600
        with embedded(Settings.load(home=tmp_path), "kafka", "s3") as settings:
            assert settings.kafka_bootstrap == "127.0.0.1:5"
            assert settings.require("s3_secret_key") == "a'\\b#c"


def test_the_addresses_of_a_killed_stack_are_not_believed(tmp_path: Path) -> None:
    stack_env.write(Settings(home=tmp_path, kafka_bootstrap="127.0.0.1:5", s3_bucket="b", smtp_port=25))
    stale = Settings.load(home=tmp_path)
    assert stale.kafka_bootstrap == "127.0.0.1:5"
    with embedded(stale, "kafka") as settings:
        assert settings.kafka_bootstrap != "127.0.0.1:5"
        broker.wait_until_ready(settings, 0)
        assert settings.s3_bucket is None
        assert settings.smtp_port == 587
    assert not stack_env.path(tmp_path).exists()


def test_what_the_user_set_survives_a_killed_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stack_env.write(Settings(home=tmp_path, kafka_bootstrap="127.0.0.1:5", s3_bucket="b"))
    monkeypatch.setenv("CARELOOP_KAFKA_BOOTSTRAP", "127.0.0.1:5")
    settings = stack_env.without_stale(Settings.load(home=tmp_path))
    assert settings.kafka_bootstrap == "127.0.0.1:5"
    assert settings.s3_bucket is None
