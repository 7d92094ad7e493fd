"""The steps of a publication, each safe to repeat: begin, curate, aggregate, gate, release.

Every step takes the run's id and finds the rest in ``staging/<run>/``, so a step is a task in Airflow and a
call on the command line. None of them is visible to readers before `release` moves the pointer, its last
act. Called by `careloop.publish.run` and by the tasks of ``publish_feedback``.
"""

from collections.abc import Mapping
from datetime import datetime

import msgspec
import pyarrow as pa

from careloop import policies, prompts
from careloop.curate import HistoryManifest
from careloop.curate import curate as curate_landing
from careloop.metrics import aggregate as aggregate_history
from careloop.publish import code, pointer, quality, reader, record, version
from careloop.publish.manifest import Manifest, MonthPrompt, Reconciliation, Warned
from careloop.publish.record import Run
from expectations.facts import Facts, Reconciled
from expectations.gate import check
from expectations.verdict import Verdict
from infra.objects import Bucket
from infra.settings import Settings
from schemas import keys
from schemas.errors import Held
from schemas.policy import Policy, parse
from schemas.tables import DATASETS


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """What a publication came to."""

    version: str
    new: bool
    """False: nothing that readers see has changed, so the version before stays current"""
    warnings: int
    quality: str
    """key of the quality page"""


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """What the aggregation counted, beside its tables."""

    positions: Mapping[str, int]
    newest_landed: datetime | None
    reconciled: Mapping[str, Reconciliation]
    awaiting: Mapping[str, int]


def begin(bucket: Bucket, now: datetime, reason: str | None = None) -> str:
    """Note which version is current, before anything is read; returns the run's id."""
    found = pointer.current(bucket)
    run = Run(
        id=record.new_id(now),
        started=now,
        reason=reason or None,
        previous=found[0].version if found else None,
        etag=found[1] if found else None,
    )
    record.save(bucket, run.id, "run.json", run)
    return run.id


def curate(bucket: Bucket, settings: Settings, run_id: str) -> None:
    """Landing → history, and the policy that decides this run."""
    run = record.load(bucket, run_id, "run.json", Run)
    policy, policy_version = policies.load(settings, bucket, run.started)
    history = curate_landing(bucket, settings, policy, run.started)
    record.save(bucket, run_id, "policy.json", policy_version)
    record.save(bucket, run_id, "history.json", history)


def aggregate(bucket: Bucket, run_id: str) -> None:
    """History → the tables of every dataset."""
    run = record.load(bucket, run_id, "run.json", Run)
    history = record.load(bucket, run_id, "history.json", HistoryManifest)
    seen = version.seen(bucket, run.previous)
    made = aggregate_history(bucket, history, _policy(bucket, run_id)[0], seen, run.started)
    counted = Counted(
        positions=made.positions,
        newest_landed=made.newest_landed,
        reconciled={name: _as_record(each) for name, each in made.reconciled.items()},
        awaiting=made.awaiting_group,
    )
    record.save_tables(bucket, run_id, {**made.tables, "waiting": made.waiting})
    record.save(bucket, run_id, "counted.json", counted)


def gate(bucket: Bucket, run_id: str) -> Verdict:
    """Look at the tables and write the quality page; `Held` where a critical expectation failed."""
    run = record.load(bucket, run_id, "run.json", Run)
    counted = record.load(bucket, run_id, "counted.json", Counted)
    policy, policy_version = _policy(bucket, run_id)
    facts = Facts(
        newest_landed=counted.newest_landed,
        reconciled={name: _as_fact(each) for name, each in counted.reconciled.items()},
        cause=_cause(bucket, run, policy_version),
    )
    previous = reader.tables(bucket, run.previous) if run.previous else None
    verdict = check(_staged(bucket, run_id), previous, facts, policy, run.started)
    page = quality.write(bucket, run, verdict)
    if verdict.held:
        raise Held(f"{verdict.sentence} What failed, and on which rows: s3://{bucket.name}/{page}", page)
    return verdict


def release(bucket: Bucket, run_id: str) -> Published:
    """Write the version and make it current, as the last act; `Conflict` where another was quicker."""
    run = record.load(bucket, run_id, "run.json", Run)
    verdict = quality.read(bucket, run_id)
    page = keys.quality(run_id, "index.html")
    if verdict.held:
        raise Held(f"{verdict.sentence} What failed, and on which rows: s3://{bucket.name}/{page}", page)
    previous = pointer.manifest_of(bucket, run.previous) if run.previous else None
    tables = _staged(bucket, run_id)
    draft = _draft(bucket, run, previous, tables, verdict)
    made = version.build(draft, tables, record.load_table(bucket, run_id, "waiting"))
    if previous is not None and previous.content == made.manifest.content:
        return Published(version=previous.version, new=False, warnings=len(verdict.warnings), quality=page)
    version.write(bucket, made)
    pointer.move(bucket, pointer.to(made.manifest), run.etag)
    record.sweep(bucket, run.started)
    return Published(version=made.name, new=True, warnings=len(verdict.warnings), quality=page)


def _draft(
    bucket: Bucket, run: Run, previous: Manifest | None, tables: Mapping[str, pa.Table], verdict: Verdict
) -> Manifest:
    """All that the manifest says beside its name and its files."""
    counted = record.load(bucket, run.id, "counted.json", Counted)
    policy, policy_version = _policy(bucket, run.id)
    prompt = prompts.current(bucket)
    return Manifest(
        version="",
        started=run.started,
        organisation=policy.organisation.name,
        time_zone=policy.organisation.time_zone,
        policy=policy_version,
        code=code.version(),
        catalogue=prompt.catalogue_version if prompt else None,
        prompt=_prompt(prompt, policy.organisation.locale),
        min_clients=policy.privacy.min_clients,
        min_clients_for_stories=policy.privacy.min_clients_for_stories,
        previous=run.previous,
        lineage=version.lineage(previous),
        reason=run.reason,
        positions=counted.positions,
        newest_landed=counted.newest_landed,
        rows={name: table.num_rows for name, table in tables.items()},
        suppressed=version.suppressed(tables),
        awaiting=counted.awaiting,
        reconciled=counted.reconciled,
        warnings=tuple(
            Warned(dataset=each.dataset, expectation=each.expectation, says=each.says)
            for each in verdict.warnings
        ),
        quality=keys.quality(run.id, "index.html"),
        content="",
        files={},
    )


def _policy(bucket: Bucket, run_id: str) -> tuple[Policy, str]:
    """The policy that was in force when this run curated."""
    key = keys.policy(record.load(bucket, run_id, "policy.json", str))
    return parse(bucket.get(key).body, where=key)


def _staged(bucket: Bucket, run_id: str) -> dict[str, pa.Table]:
    return {name: record.load_table(bucket, run_id, name) for name in DATASETS}


def _cause(bucket: Bucket, run: Run, policy_version: str) -> str | None:
    """Why figures may shrink: a person says so, or what decides them has changed."""
    if run.reason or run.previous is None:
        return run.reason
    previous = pointer.manifest_of(bucket, run.previous)
    if previous.policy != policy_version:
        return "the policy changed"
    return "the code that makes the figures changed" if previous.code != code.version() else None


def _prompt(prompt: prompts.CurrentPrompt | None, locale: str) -> MonthPrompt | None:
    if prompt is None:
        return None
    words = prompt.words.get(locale) or next(iter(prompt.words.values()), "")
    return MonthPrompt(month=prompt.month, prompt_id=prompt.prompt_id, words=words)


def _as_record(each: Reconciled) -> Reconciliation:
    return Reconciliation(
        landed=each.landed,
        duplicates=each.duplicates,
        excluded=each.excluded,
        awaiting=each.awaiting,
        counted=each.counted,
    )


def _as_fact(each: Reconciliation) -> Reconciled:
    return Reconciled(each.landed, each.duplicates, each.excluded, each.awaiting, each.counted)
