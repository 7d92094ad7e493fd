"""Renders ``review.html`` from the published tables and the manifest; same input, same bytes."""

from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from careloop.publish.manifest import Manifest
from careloop.publish.review import words
from careloop.publish.review.compare import changes, closed_weeks
from careloop.publish.review.opening import opening
from careloop.publish.review.sections import (
    asks,
    dignity,
    effort,
    hidden,
    moments,
    prompt_rows,
    response,
    triage,
)

_HERE = Path(__file__).parent


def page(manifest: Manifest, tables: Mapping[str, pa.Table]) -> bytes:
    """The whole page."""
    today = manifest.started.astimezone(ZoneInfo(manifest.time_zone)).date()
    weeks = closed_weeks(tables["effort"], today)
    made = changes(tables["effort"], weeks) if weeks else []
    return (
        _environment()
        .get_template("review.html.j2")
        .render(
            manifest=manifest,
            weeks=weeks,
            changes=made,
            sentences=opening(made, weeks, tables["stories"]),
            effort=effort(tables["effort"], made, weeks),
            response=response(tables["response"]),
            asks=asks(tables["asks"]),
            dignity=dignity(tables["dignity"], today),
            moments=moments(tables["moments"]),
            triage=triage(tables["triage"], tables["stories"]),
            prompts=prompt_rows(tables["prompts"]),
            hidden=hidden(manifest, tables),
        )
        .encode()
    )


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader([_HERE, _HERE.parent]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        number=words.number,
        signed=words.signed,
        count=words.count,
        percent=words.percent,
        range_of=words.range_of,
        percent_range=words.percent_range,
        named=words.named,
        plain=words.plain,
        drawn=Markup,
    )
    return environment
