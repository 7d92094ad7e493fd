"""From landing to a published version through the real curation, metrics and gate."""

from datetime import timedelta

from careloop.publish import publish, reader
from infra.objects import Bucket
from infra.settings import Settings
from schemas import keys
from tests.careloop.publish.conftest import MONDAY, resolved
from tests.landing_fixture import land

NOW = MONDAY + timedelta(days=20)


def test_what_landed_is_published_once_and_the_same_events_again_change_nothing(
    settings: Settings, landed: Bucket
) -> None:
    first = publish(settings, landed, lambda: NOW)
    assert first.new
    volumes = {row["period"]: row for row in reader.table(landed, "volumes").to_pylist()}
    assert (volumes["total"]["resolutions"], volumes["total"]["clients"]) == (120, 40)
    manifest = reader.latest(landed)
    assert manifest.reconciled["volumes"].landed == manifest.reconciled["volumes"].counted == 120
    pointer = landed.get(keys.LATEST).body
    land(landed, [resolved(number) for number in range(120)])
    again = publish(settings, landed, lambda: NOW + timedelta(hours=1))
    assert (again.new, again.version) == (False, first.version)
    assert landed.get(keys.LATEST).body == pointer


def test_an_empty_bucket_makes_an_empty_honest_version(settings: Settings, bucket: Bucket) -> None:
    published = publish(settings, bucket, lambda: NOW)
    assert published.new
    assert published.warnings == 0
    assert set(reader.latest(bucket).rows.values()) == {0}
