"""Takes addresses, numbers and links out of free words before anything keeps them.

Rules only, no model: what they miss (names above all) is why stories come from large groups alone.
Placeholders: ``[email]``, ``[phone]``, ``[number]`` (accounts, cards, ids, any long run of digits,
dates too, since one may be a birth date), ``[link]`` (addresses and handles). Pure.
"""

import re

from phonenumbers import Leniency, PhoneNumberMatcher
from stdnum import iban, luhn

# What all the others need at least one of; most notes have none and are done.
_SUSPECT = re.compile(r"[@\d]|[(\[]at[)\]]|://|www|\w\.[a-z]", re.IGNORECASE)
_SIX_DIGITS = re.compile(r"(?:\d\D*){6}")
_EMAIL = re.compile(r"[\w.+'-]{1,64}\s?(?:@|\(at\)|\[at\])\s?[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
_URL = re.compile(
    r"(?:https?://|ftp://|www\.)[^\s<>\"]+"
    r"|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|org|net|io|de|at|ch|es|uk|eu|fr|info|app|dev)\b(?:/[^\s<>\"]*)?",
    re.IGNORECASE,
)
_HANDLE = re.compile(r"(?<![\w@])@\w[\w.-]{1,40}")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}\b", re.IGNORECASE)
_CARD = re.compile(r"(?<!\d)(?:\d[ -]?){12,18}\d(?!\d)")
# Letters and digits mixed, such as INC0000045, A-12345 or 4f3c9a2e: somebody's id for something.
_ID = re.compile(r"\b(?=[\w-]*\d[\w-]*\d[\w-]*\d)(?=[\w-]*[A-Za-z])[A-Za-z0-9][\w-]{4,63}\b")
_DIGITS = re.compile(r"(?<![\w])\+?\(?\d(?:[ ./()-]{0,2}\d){5,}(?!\w)")
_REGIONS = {"de": ["DE", "AT", "CH"], "es": ["ES", "MX"], "en": ["US", "GB"]}


def redact(text: str, locale: str | None = None) -> str:
    """``text`` without addresses, numbers and links; ``locale`` says whose national numbers are likely."""
    if not _SUSPECT.search(text):
        return text
    text = _EMAIL.sub("[email]", text)
    text = _URL.sub("[link]", text)
    text = _HANDLE.sub("[link]", text)
    text = _IBAN.sub(_account, text)
    text = _CARD.sub(_card, text)
    for region in _regions(locale):
        text = _phones(text, region)
    text = _ID.sub("[number]", text)
    return _DIGITS.sub("[number]", text)


def _account(match: re.Match[str]) -> str:
    """An IBAN may be followed by a word that looks like more of it: cut back to what is valid."""
    found = match[0]
    for end in range(len(found), 14, -1):
        if iban.is_valid(found[:end]):
            rest = found[end:]
            return f"[number]{'' if rest[:1] in ('', ' ') else ' '}{rest}"
    return found


def _card(match: re.Match[str]) -> str:
    return "[number]" if luhn.is_valid(re.sub(r"\D", "", match[0])) else match[0]


def _regions(locale: str | None) -> list[str | None]:
    """International numbers first, then the locale's own country, then the countries of its language."""
    if locale is None:
        return [None, *_REGIONS["en"], "DE"]
    language, _, country = locale.partition("-")
    named = [country.upper()] if len(country) == 2 else []
    return [None, *dict.fromkeys([*named, *_REGIONS.get(language.lower(), [])])]


def _phones(text: str, region: str | None) -> str:
    if not _SIX_DIGITS.search(text):
        return text
    found = list(PhoneNumberMatcher(text, region, leniency=Leniency.VALID))
    for match in reversed(found):
        text = f"{text[: match.start]}[phone]{text[match.end :]}"
    return text
