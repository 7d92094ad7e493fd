"""``careloop publish``: the same steps as the DAG ``publish_feedback``, in this terminal."""

from pathlib import Path
from typing import Annotated

import typer

from careloop.publish import publish
from infra.cli.console import errors, out
from infra.clock import utc_now
from infra.local.session import embedded
from infra.objects import Bucket
from infra.settings import Settings
from schemas.errors import Held

_DOES = {
    "curate": "curating what landed",
    "aggregate": "making the figures",
    "gate": "checking them",
    "publish": "publishing",
}


def command(
    reason: Annotated[
        str | None,
        typer.Option(help="why figures are published again; kept with the version, and figures may shrink"),
    ] = None,
) -> None:
    """Curate, aggregate, gate and publish, outside Airflow.

    Exit code 0: the version that is current now says all there is to say; it is a new one unless nothing
    changed. 1: the gate held the version (the last good one stays), or another publisher was quicker.
    """
    settings = Settings.load()
    with embedded(settings, "s3") as settings, errors.status("beginning …") as status:
        bucket = Bucket.open(settings)
        try:
            published = publish(
                settings,
                bucket,
                utc_now,
                reason=reason,
                progress=lambda step: status.update(f"{_DOES[step]} …"),
            )
        except Held as held:
            why = _local_copy(bucket, settings, held.page)
            verdict = str(held).split(" What failed", maxsplit=1)[0]
            raise Held(f"{verdict} What failed, and on which rows: {why}", held.page) from None
        page = _local_copy(bucket, settings, published.quality) if published.warnings else None
    if published.new:
        out.print(f"published [bold]{published.version}[/]", highlight=False)
    else:
        out.print(f"nothing changed; [bold]{published.version}[/] stays current", highlight=False)
    if page:
        errors.print(f"with {published.warnings} warnings: {page}", highlight=False, soft_wrap=True)


def _local_copy(bucket: Bucket, settings: Settings, key: str) -> Path:
    """The quality page as a file that a browser opens, also when the bucket is stopped again."""
    path = settings.home.resolve() / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bucket.get(key).body)
    return path
