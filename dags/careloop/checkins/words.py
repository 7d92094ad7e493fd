"""Which words a check-in uses: templates by programme and language, filled in and escaped.

Pure but for reading the templates that ship. Words come from the template's language file once; text
and HTML are two layouts around them. Called by `careloop.checkins.message` and by the preview.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from careloop.checkins.facts import Resolution
from schemas.errors import InputError

TEMPLATES = Path(__file__).with_name("templates")
FALLBACK = "en"
MAX_TITLE = 100
_WORDS = ("subject", "hello", "thanks", "question", "answer", "free", "closing", "no_more", "no_more_link")
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")


@dataclass(frozen=True, kw_only=True)
class Words:
    """One message, in words."""

    language: str
    subject: str
    text: str
    html: str


@dataclass(frozen=True, kw_only=True)
class Fill:
    """What goes into a template besides the resolution's facts."""

    organisation: str
    team_name: str
    invitation: str | None
    answer_url: str
    stop_url: str


def language(template: str, locale: str) -> str:
    """The language that ``template`` will be written in for a client who wishes ``locale``."""
    known = _languages(template)
    tag = locale.replace("_", "-").lower()
    while tag:
        if tag in known:
            return tag
        tag = tag.rpartition("-")[0]
    return FALLBACK


def write(template: str, wished: str, resolution: Resolution, fill: Fill) -> Words:
    """The message's words. A fact that is unknown is left out, never guessed."""
    chosen = language(template, wished)
    organisation = one_line(fill.organisation)
    context = {
        "title": one_line(resolution.title, MAX_TITLE),
        "organisation": organisation,
        "invitation": fill.invitation,
        "answer_url": fill.answer_url,
        "stop_url": fill.stop_url,
        "signature": signature(resolution, fill.team_name, organisation),
        "language": chosen,
    }
    plain = _environment(autoescape=False)
    words = _words(plain, template, chosen, context)
    # Layouts get the words unescaped and escape them once, each in its own way.
    return Words(
        language=chosen,
        subject=one_line(words["subject"]) or organisation,
        text=plain.get_template("layout.txt.j2").render(context, w=words).strip() + "\n",
        html=_environment(autoescape=True).get_template("layout.html.j2").render(context, w=words),
    )


def signature(resolution: Resolution, team_name: str, organisation: str) -> str:
    """Who asks: a named person where the helpdesk names one, else the team."""
    name = one_line(resolution.agent_name, 60)
    return f"{name}, {organisation}" if name else f"{one_line(team_name)}, {organisation}"


def one_line(text: str | None, limit: int = 200) -> str:
    """``text`` without line breaks, control or direction characters, cut at a word."""
    flat = " ".join(_INVISIBLE.sub(" ", text or "").split())
    if len(flat) <= limit:
        return flat
    return flat[: limit - 1].rsplit(" ", 1)[0] + "…"


@cache
def _languages(template: str) -> frozenset[str]:
    found = frozenset(path.name.split(".")[0].lower() for path in (TEMPLATES / template).glob("*.words.j2"))
    if FALLBACK not in found:
        raise InputError(
            f"policy: there is no template {template!r} with words in {FALLBACK!r}; "
            f"there is {', '.join(sorted(p.name for p in TEMPLATES.iterdir() if p.is_dir()))}"
        )
    return found


@cache
def _environment(*, autoescape: bool) -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=autoescape,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )


def _words(
    environment: jinja2.Environment, template: str, chosen: str, context: dict[str, Any]
) -> dict[str, str]:
    module = environment.get_template(f"{template}/{chosen}.words.j2").make_module(context)
    return {name: " ".join(str(getattr(module, name)).split()) for name in _WORDS}
