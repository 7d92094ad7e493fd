"""The inbox's page: the mails newest first, and one of them. Read-only, no script, nothing from elsewhere.

A mail's HTML is shown in a sandboxed frame under a policy that loads nothing; its links open in a new
tab. Everything else a mail says is escaped.
"""

import re
from importlib.resources import files

from jinja2 import DictLoader, Environment
from markupsafe import Markup, escape
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from infra.local.inbox.maildir import Kept

PAGE_SIZE = 100
_LINK = re.compile(r"https?://[^\s<>\"']+")
_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
_SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
_OUR_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'none'; form-action 'none'"
)
_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    f"sandbox {_SANDBOX}"
)


def application(kept: Kept) -> Starlette:
    """The page over ``kept``."""
    templates = _templates()

    def listing(request: Request) -> HTMLResponse:
        skip = _skip(request.query_params.get("skip", "0"))
        total = kept.count()
        mails = kept.newest(PAGE_SIZE, skip)
        older = skip + PAGE_SIZE if skip + PAGE_SIZE < total else None
        return _page(templates, "list.html", mails=mails, total=total, older=older, skip=skip)

    def one(request: Request) -> HTMLResponse:
        mail = kept.find(request.path_params["key"])
        if mail is None:
            return _page(templates, "missing.html", status=404)
        plain = with_links(mail.plain) if mail.plain else None
        return _page(templates, "mail.html", mail=mail, plain=plain, sandbox=_SANDBOX)

    def body(request: Request) -> HTMLResponse:
        mail = kept.find(request.path_params["key"])
        if mail is None or mail.html is None:
            return _page(templates, "missing.html", status=404)
        return HTMLResponse(opening_elsewhere(mail.html), headers=_headers(_MAIL_POLICY))

    routes = [Route("/", listing), Route("/mail/{key}", one), Route("/mail/{key}/html", body)]
    # A name that resolves to loopback must not let a web page elsewhere read the mails.
    hosts = Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
    return Starlette(routes=routes, middleware=[hosts])


def opening_elsewhere(html: str) -> str:
    """A mail's HTML whose links leave the frame that shows it, each for a tab of its own."""
    head = _HEAD.search(html)
    at = head.end() if head else 0
    return f'{html[:at]}<base target="_blank">{html[at:]}'


def with_links(text: str) -> Markup:
    """Plain text, escaped, whose addresses can be clicked."""
    parts: list[Markup] = []
    end = 0
    for match in _LINK.finditer(text):
        address = match.group().rstrip(".,;:!?)")
        parts += [
            escape(text[end : match.start()]),
            Markup('<a href="{0}" target="_blank" rel="noopener noreferrer">{0}</a>').format(address),
        ]
        end = match.start() + len(address)
    return Markup("").join([*parts, escape(text[end:])])


def _skip(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 9 else 0


def _templates() -> Environment:
    names = ("base.html", "list.html", "mail.html", "missing.html")
    folder = files("infra.local.inbox") / "templates"
    return Environment(
        loader=DictLoader({name: (folder / name).read_text() for name in names}), autoescape=True
    )


def _page(templates: Environment, name: str, *, status: int = 200, **values: object) -> HTMLResponse:
    text = templates.get_template(name).render(**values)
    return HTMLResponse(text, status_code=status, headers=_headers(_OUR_POLICY))


def _headers(policy: str) -> dict[str, str]:
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
