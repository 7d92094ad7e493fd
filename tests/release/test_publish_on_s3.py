"""Publishing on a production-grade S3 server: what readers see moves at once, and a stale publisher loses."""

import csv
import io
import subprocess
from collections.abc import Iterable
from datetime import timedelta

import pytest

from infra.clock import utc_now
from infra.objects import Bucket
from schemas import keys
from schemas.cloudevents import Event, event
from schemas.events import TicketResolved
from tests.consumers.making import send
from tests.release.operator import Operator

pytestmark = pytest.mark.release

CLIENTS = 40


def resolutions(numbers: Iterable[int]) -> Iterable[Event]:
    """Resolutions of the past hours, three of each client in every 120."""
    for number in numbers:
        when = utc_now() - timedelta(days=9, minutes=number)
        data = TicketResolved(
            ticket_id=f"T{number}",
            resolution_seq=1,
            resolved_at=when,
            resolved_by="human",
            client_id=f"C{number % CLIENTS}",
            product="billing",
        )
        yield event(source="//helpdesk/acme", id=f"r-{number}", time=when, data=data)


@pytest.fixture
def landed(external: Operator) -> Operator:
    """A machine with 120 resolutions of 40 clients in landing."""
    land(external, range(120))
    return external


def land(operator: Operator, numbers: Iterable[int]) -> None:
    send(operator.settings(), resolutions(numbers))
    assert_done(operator.run("collect", "--until-caught-up"))


def assert_done(done: "subprocess.CompletedProcess[str]") -> None:
    assert done.returncode == 0, done.stdout + done.stderr


def volumes(operator: Operator) -> int:
    """How many resolutions the published version counts, over all time."""
    read = operator.run("read", "volumes", "--format", "csv")
    assert_done(read)
    rows = list(csv.DictReader(io.StringIO(read.stdout)))
    return sum(int(row["resolutions"]) for row in rows if row["period"] == "total")


def test_a_version_is_published_and_read_by_settings_alone(landed: Operator) -> None:
    assert_done(landed.run("publish"))
    assert volumes(landed) == 120
    review = landed.run("read", "review", "--out", "review.html")
    assert_done(review)
    assert "<html" in (landed.home / "review.html").read_text()


def test_publishing_again_without_news_changes_nothing(landed: Operator) -> None:
    assert_done(landed.run("publish"))
    before = Bucket.open(landed.settings()).get(keys.LATEST)

    again = landed.run("publish")

    assert_done(again)
    assert "nothing changed" in again.stdout
    assert Bucket.open(landed.settings()).get(keys.LATEST).etag == before.etag


def test_of_publishers_at_the_same_moment_one_moves_the_pointer(landed: Operator) -> None:
    first, second = (landed.but(home=str(landed.home / name)) for name in ("one", "two"))
    with first.running("publish", log="one.log") as one, second.running("publish", log="two.log") as two:
        codes = sorted((one.wait(240), two.wait(240)))

    said = (landed.home / "one.log").read_text() + (landed.home / "two.log").read_text()
    assert "Traceback" not in said
    assert codes in ([0, 0], [0, 1])  # one after the other, or one too late
    assert said.count("published ") == 1 or "nothing changed" in said
    assert volumes(landed) == 120


def test_a_bucket_that_is_not_there_is_named(external: Operator) -> None:
    done = external.but(s3_bucket="careloop-nowhere").run("publish")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "CARELOOP_S3_BUCKET" in done.stderr
