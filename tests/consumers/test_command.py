"""The commands as processes: killed, restarted, asked to stop, and run with nothing else running."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from consumers.verify import verify
from infra import landing
from infra.clock import utc_now
from infra.objects import Bucket
from infra.settings import Settings
from tests.consumers.making import TOPIC, ids, reopened, send, send_raw
from tests.landing_fixture import land


def environment(settings: Settings, **more: str) -> dict[str, str]:
    access, secret = settings.s3_access_key, settings.s3_secret_key
    assert access
    assert secret
    given = {
        "HOME": str(settings.home),
        "S3_BUCKET": settings.s3_bucket,
        "S3_ENDPOINT": settings.s3_endpoint,
        "S3_ACCESS_KEY": access.get_secret_value(),
        "S3_SECRET_KEY": secret.get_secret_value(),
        "KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        **more,
    }
    return {
        **os.environ,
        "COLUMNS": "200",
        **{f"CARELOOP_{name}": value for name, value in given.items() if value},
    }


CARELOOP = [sys.executable, "-c", "from infra.cli.main import main; main()"]


def careloop(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*CARELOOP, *arguments], env=environment(settings), capture_output=True, text=True, timeout=90
    )


class Service:
    """``careloop collect`` as a process."""

    def __init__(self, settings: Settings, log: Path, **more: str) -> None:
        self.log = log
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                [*CARELOOP, "collect"], env=environment(settings, **more), stderr=out
            )

    def wait_until_it_says(self, text: str, times: int = 1, seconds: float = 30) -> float:
        began = time.monotonic()
        while self.log.read_text().count(text) < times:
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() - began < seconds, self.log.read_text()
            time.sleep(0.05)
        return time.monotonic() - began

    def end(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        return self.process.wait(40)


@pytest.fixture
def services() -> Iterator[list[Service]]:
    started: list[Service] = []
    yield started
    for one in started:
        one.process.kill()
        one.process.wait()


def test_a_killed_collector_goes_on_within_seconds_of_its_restart(
    kafka_settings: Settings, bucket: Bucket, tmp_path: Path, services: list[Service]
) -> None:
    often = {"FLUSH_SECONDS": "0.2", "COLLECT_MEMBER": "one"}
    began = 0
    for attempt in range(3):
        services.append(Service(kafka_settings, tmp_path / f"{attempt}.log", **often))
        assert services[-1].wait_until_it_says("reading on at offset", times=21) < 15
        send(kafka_settings, map(reopened, range(began, began + 200)))
        began += 200
        time.sleep(0.25 * attempt)
        services[-1].end(signal.SIGKILL)

    assert careloop(kafka_settings, "collect", "--until-caught-up").returncode == 0

    assert ids(bucket) == {f"e-{number}": 1 for number in range(began)}
    assert verify(bucket, utc_now()).sound


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_collector_asked_to_stop_lands_what_it_holds(
    how: signal.Signals, kafka_settings: Settings, bucket: Bucket, tmp_path: Path, services: list[Service]
) -> None:
    services.append(Service(kafka_settings, tmp_path / "log", FLUSH_SECONDS="600"))
    services[0].wait_until_it_says("reading on at offset", times=21)
    send(kafka_settings, map(reopened, range(50)))
    time.sleep(1.5)

    assert services[0].end(how) == 0

    assert sum(ids(bucket).values()) == 50
    assert "closed by shutdown" in services[0].log.read_text()


def test_verify_says_sound_or_not_and_nothing_of_an_empty_landing(settings: Settings, bucket: Bucket) -> None:
    empty = careloop(settings, "verify")
    assert (empty.returncode, "landing is empty" in empty.stderr) == (1, True)

    land(bucket, [reopened(1), reopened(2)])
    land(bucket, [reopened(3)])
    sound = careloop(settings, "verify")
    assert (sound.returncode, "every offset is in exactly one range" in sound.stdout) == (0, True)

    bucket.delete(next(landing.chains(bucket)).landing(0))
    broken = careloop(settings, "verify")
    assert (broken.returncode, "[0, 2) is missing" in broken.stderr) == (1, True)


def test_dead_letters_are_listed_without_payload_and_replayed(
    kafka_settings: Settings, bucket: Bucket
) -> None:
    send_raw(
        kafka_settings,
        b'{"secret": "me@example.org"',
        headers=[("ce_id", b"1"), ("content-type", b"application/json")],
    )
    caught_up = careloop(kafka_settings, "collect", "--until-caught-up")
    assert "0 events and 1 dead letters landed in 1 ranges" in caught_up.stdout

    listed = careloop(kafka_settings, "dead-letters", "list", "--topic", TOPIC)
    assert "missing-attribute" in listed.stdout
    assert "example.org" not in caught_up.stderr + listed.stdout
    assert "1 dead letters were sent again" in careloop(kafka_settings, "dead-letters", "replay").stdout
    assert "0 dead letters were sent again" in careloop(kafka_settings, "dead-letters", "replay").stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["collect", "--reason", "x"], "--reason goes with --new-generation"),
        (["dead-letters", "list", "--topic", "x"], "--topic x: choose one of careloop.resolutions"),
        (["dead-letters", "list", "--reason", "x"], "--reason x: choose one of"),
    ],
)
def test_wrong_use_is_one_line_and_exit_code_2(arguments: list[str], says: str, settings: Settings) -> None:
    answer = careloop(settings, *arguments)
    assert answer.returncode == 2
    assert answer.stderr.startswith(f"careloop: {says}")
    assert answer.stderr.count("\n") == 1
