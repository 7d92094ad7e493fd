"""Tables: landing, dead letters, and every published dataset, column by column.

The published datasets are a contract from the first version: columns are only ever added. Each
column states its unit and meaning; the data dictionary is made from here.
"""

from dataclasses import dataclass, field

import pyarrow as pa

UTC_MICROS = pa.timestamp("us", tz="UTC")

LANDING = pa.schema(
    [
        pa.field("offset", pa.int64(), nullable=False),
        pa.field("timestamp", pa.timestamp("ms", tz="UTC"), nullable=False),
        pa.field("key", pa.binary()),
        pa.field("ce_id", pa.string(), nullable=False),
        pa.field("ce_source", pa.string(), nullable=False),
        pa.field("ce_type", pa.string(), nullable=False),
        pa.field("ce_time", UTC_MICROS, nullable=False),
        pa.field("extensions", pa.string(), nullable=False),
        pa.field("data", pa.binary(), nullable=False),
    ]
)
"""One row per event. ``extensions`` is a JSON object; ``data`` the validated bytes as received."""

DEAD_LETTERS = pa.schema(
    [
        pa.field("offset", pa.int64(), nullable=False),
        pa.field("timestamp", pa.timestamp("ms", tz="UTC"), nullable=False),
        pa.field("key", pa.binary()),
        pa.field("value", pa.binary()),
        pa.field(
            "headers", pa.list_(pa.struct([("name", pa.string()), ("value", pa.binary())])), nullable=False
        ),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("detail", pa.string(), nullable=False),
        pa.field("refused_at", UTC_MICROS, nullable=False),
    ]
)


@dataclass(frozen=True)
class Column:
    """One published column."""

    name: str
    type: pa.DataType
    unit: str
    meaning: str
    nullable: bool = False


@dataclass(frozen=True)
class Dataset:
    """One published dataset: what a row is, what makes it unique, its columns."""

    name: str
    row: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    source: str = ""
    figures: tuple[str, ...] = field(default=())
    """columns that are NULL where ``status`` is not ``published``"""

    @property
    def arrow(self) -> pa.Schema:
        return pa.schema([pa.field(c.name, c.type, nullable=c.nullable) for c in self.columns])


_S, _I, _F, _D = pa.string(), pa.int64(), pa.float64(), pa.date32()


def _period() -> tuple[Column, ...]:
    return (
        Column(
            "period",
            _S,
            "day, week or total",
            "length of the period; weeks are ISO weeks, in the organisation's zone",
        ),
        Column("period_start", _D, "date", "first day of the period; null for total", nullable=True),
    )


def _member() -> tuple[Column, ...]:
    return (
        Column("dimension", _S, "name", "what the row is broken down by: all, product, programme, …"),
        Column("member", _S, "name", "which one of the dimension; all for the dimension all"),
    )


def _status() -> Column:
    return Column(
        "status",
        _S,
        "published or suppressed",
        "suppressed: fewer than policy's min_clients, or hidden so that none comes back by subtraction",
    )


def _n(name: str, meaning: str, unit: str = "count") -> Column:
    return Column(name, _I, unit, meaning, nullable=True)


def _interval(name: str, unit: str, meaning: str, method: str) -> tuple[Column, ...]:
    return (
        Column(name, _F, unit, meaning, nullable=True),
        Column(f"{name}_low", _F, unit, f"lower end of the 95 % interval ({method})", nullable=True),
        Column(f"{name}_high", _F, unit, f"upper end of the 95 % interval ({method})", nullable=True),
    )


_DATASETS = (
    Dataset(
        "volumes",
        "tickets, resolutions and reopens of one source",
        ("source", "period", "period_start"),
        (
            Column("source", _S, "CloudEvents source", "the helpdesk that said so"),
            *_period(),
            _n("tickets", "distinct tickets with a resolution or reopen"),
            _n("resolutions", "careloop.ticket.resolved events"),
            _n("reopens", "careloop.ticket.reopened events"),
            _n("clients", "distinct clients"),
            _status(),
        ),
    ),
    Dataset(
        "effort",
        "effort of one group in one period on one scale",
        ("period", "period_start", "dimension", "member", "scale"),
        (
            *_period(),
            *_member(),
            Column(
                "scale",
                _S,
                "scale",
                "ces-7 is CES 2.0, 1 to 7, higher is easier; other scales are never pooled with it",
            ),
            _n("n", "answers"),
            _n("clients", "distinct clients who answered"),
            *_interval("mean", "points of the scale", "mean rating", "t"),
            *_interval(
                "easy_share", "share 0 to 1", "share of ratings 5 to 7; null on other scales", "Wilson"
            ),
            _status(),
        ),
        source="CES 2.0 (CEB, 2013): “[Company] made it easy for me to handle my issue”",
    ),
    Dataset(
        "response",
        "dispositions of one send cohort",
        ("period", "period_start", "dimension", "member"),
        (
            *_period(),
            *_member(),
            _n("sent", "check-ins sent in the period (the cohort)"),
            _n("clients", "distinct clients asked"),
            _n("responded", "I: rating confirmed within the response window"),
            _n("opened", "P: opened, not confirmed"),
            _n("declined", "R: declined or unsubscribed"),
            _n("silent", "NC: delivered and silent, which is an answer too"),
            _n("undelivered", "UO: undelivered or unknown"),
            *_interval("rr1", "share 0 to 1", "response rate RR1 = I / (I + P + R + NC + UO)", "Wilson"),
            _status(),
        ),
        source="AAPOR Standard Definitions, Response Rate 1",
    ),
    Dataset(
        "asks",
        "asks made and avoided, by reason",
        ("period", "period_start", "programme", "disposition", "reason"),
        (
            *_period(),
            Column("programme", _S, "name", "the occasion to ask"),
            Column("disposition", _S, "sent, avoided, undelivered or in-doubt", "what became of the ask"),
            Column("reason", _S, "name", "why it was avoided or undelivered; empty when sent"),
            _n("asks", "asks, one per resolution and programme"),
            _n("clients", "distinct clients"),
            _status(),
        ),
    ),
    Dataset(
        "dignity",
        "one dignity counter of one group in one period",
        ("period", "period_start", "dimension", "member", "counter"),
        (
            *_period(),
            *_member(),
            Column(
                "counter",
                _S,
                "name",
                "repeated_explanations, identity_checks_beyond_first, escalations_by_confusion, handoffs, "
                "reopens, understood_moments",
            ),
            _n(
                "n", "denominator: resolutions that reported the counter; for understood_moments scored notes"
            ),
            _n("clients", "distinct clients in the denominator"),
            *_interval(
                "per_100",
                "per 100 of the denominator",
                "the counter",
                "t for counters, Wilson for reopens and understood_moments",
            ),
            *_interval(
                "change",
                "per 100",
                "difference to the previous period of the same length",
                "Welch t or Newcombe",
            ),
            _status(),
        ),
    ),
    Dataset(
        "moments",
        "one step of the client's journey",
        ("period", "period_start", "moment"),
        (
            *_period(),
            Column("moment", _S, "name", "step of the journey, such as identity-check"),
            _n("resolutions", "resolutions at this step"),
            _n("clients", "distinct clients"),
            _n("effort_n", "answers on the CES 2.0 scale"),
            *_interval("effort_mean", "points 1 to 7", "mean effort rating", "t"),
            *_interval("repeated_explanations_per_100", "per 100 resolutions", "repeated explanations", "t"),
            *_interval("handoffs_per_100", "per 100 resolutions", "handoffs", "t"),
            Column(
                "fragility_rank",
                _I,
                "rank",
                "1 is the most fragile: the lowest effort mean; null without one",
                nullable=True,
            ),
            _status(),
        ),
    ),
    Dataset(
        "prompts",
        "one month's prompt and how it was answered",
        ("month", "prompt_id"),
        (
            Column("month", _S, "YYYY-MM", "month of the ask, in the organisation's zone"),
            Column("prompt_id", _S, "id", "the prompt; plain for the plain invitation"),
            _n("sent", "check-ins sent with it"),
            _n("answers", "answers to them"),
            _n("notes", "answers with a note"),
            _n("clients", "distinct clients who answered"),
            *_interval(
                "note_rate", "share 0 to 1", "notes per answer; never compared across prompts", "Wilson"
            ),
            _status(),
        ),
    ),
    Dataset(
        "stories",
        "one agent's summary, redacted, from a group of at least ten clients",
        ("story_id",),
        (
            Column("story_id", _S, "id", "stable id of the story"),
            *_period(),
            *_member(),
            Column("moment", _S, "name", "step of the journey", nullable=True),
            Column("locale", _S, "BCP 47", "language of the story", nullable=True),
            Column("story", _S, "text", "the agent's words, redacted; never a client's note"),
            Column(
                "effort",
                _I,
                "1 to 7",
                "always null here: one client's rating is not published",
                nullable=True,
            ),
            _n("clients", "distinct clients in the group it comes from"),
        ),
    ),
    Dataset(
        "triage",
        "sentiment, stress and impact side by side, for one product and impact",
        ("period", "period_start", "product", "impact"),
        (
            *_period(),
            Column("product", _S, "name", "product"),
            Column("impact", _S, "name", "impact as the helpdesk says it"),
            _n("n", "resolutions"),
            _n("clients", "distinct clients"),
            _n("risk_escalations", "escalations caused by risk"),
            *_interval("stress_mean", "0 calm to 1 distressed", "stress indicator", "t"),
            _n("notes", "notes received"),
            _n("scored", "notes with a sentiment score"),
            *_interval(
                "sentiment_mean", "−1 to 1", "sentiment of scored notes; never shown without a story", "t"
            ),
            Column(
                "coverage", _F, "share 0 to 1", "scored notes per note; null without notes", nullable=True
            ),
            Column(
                "story_id",
                _S,
                "id",
                "a story from this product; where none may be shown sentiment is withheld",
                nullable=True,
            ),
            Column(
                "sentiment_withheld",
                _S,
                "reason",
                "why sentiment is withheld: no-story, no-evidence; null when shown",
                nullable=True,
            ),
            _status(),
        ),
    ),
)

DATASETS: dict[str, Dataset] = {dataset.name: dataset for dataset in _DATASETS}
