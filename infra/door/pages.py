"""What the answer page shows: words per language, HTML by Jinja2, everything escaped.

Reads what ships and nothing else. The words are in ``words/<language>.yaml``.
"""

import hashlib
from functools import cache
from importlib import resources
from typing import Any

import jinja2
import msgspec
import yaml

from infra.door.answers import RATINGS, Form
from infra.links import Link

_FALLBACK = "en"
_environment = jinja2.Environment(
    loader=jinja2.PackageLoader("infra.door"), autoescape=True, undefined=jinja2.StrictUndefined
)


class Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything the page says in one language."""

    name: str
    title: str
    statement: str
    statement_plain: str
    question: str
    low: str
    high: str
    invitation: str
    note_hint: str
    may_quote: str
    send: str
    not_fixed: str
    decline: str
    stop: str
    optional: str
    thanks_title: str
    thanks: str
    thanks_change: str
    declined_title: str
    declined: str
    stopped_title: str
    stopped: str
    stop_title: str
    stop_ask: str
    stop_confirm: str
    not_fixed_title: str
    not_fixed_done: str
    not_fixed_note: str
    choose: str
    too_long: str
    unavailable: str
    invalid_title: str
    invalid: str
    slow_title: str
    slow: str
    too_large_title: str
    too_large: str
    failed_title: str
    failed: str


@cache
def _all() -> dict[str, Words]:
    folder = resources.files("infra.door") / "words"
    return {
        entry.name.removesuffix(".yaml"): msgspec.convert(yaml.safe_load(entry.read_bytes()), Words)
        for entry in folder.iterdir()
        if entry.name.endswith(".yaml")
    }


def language(tags: str) -> str:
    """The language to speak for a locale (``de-AT``) or an Accept-Language list; English if none is known."""
    for tag in tags.split(","):
        name = tag.partition(";")[0].strip().partition("-")[0].lower()
        if name in _all():
            return name
    return _FALLBACK


def words(name: str) -> Words:
    return _all()[name]


@cache
def style() -> tuple[str, bytes]:
    """The style sheet's path, which changes with its content, and its bytes."""
    content = (resources.files("infra.door") / "templates" / "style.css").read_bytes()
    return f"/style-{hashlib.sha256(content).hexdigest()[:12]}.css", content


def answer(
    link: Link, form: Form, action: str, *, problem: str = "", heading: str = "", lines: tuple[str, ...] = ()
) -> str:
    """The answer page. ``problem`` says kindly what to mend; the form keeps what was typed."""
    locale = language(link.locale)
    said = words(locale)
    statement = (
        said.statement.format(organisation=link.organisation) if link.organisation else said.statement_plain
    )
    return _render(
        "answer.html",
        locale,
        heading=heading,
        lines=lines,
        problem=problem,
        action=action,
        statement=statement,
        invitation=link.invitation or said.invitation,
        ratings=RATINGS,
        form=form,
    )


def stop(link: Link, action: str, problem: str = "") -> str:
    """Asks once more before all check-ins end, for a mail program that only follows links."""
    locale = language(link.locale)
    return _render("stop.html", locale, heading=words(locale).stop_title, action=action, problem=problem)


def message(locale: str, heading: str, *lines: str) -> str:
    """A page that only says something."""
    return _render("base.html", locale, heading=heading, lines=lines)


def _render(template: str, locale: str, **values: Any) -> str:
    shared = {"locale": locale, "words": words(locale), "style": style()[0]}
    return _environment.get_template(template).render(**shared, **values)
