"""Stands before every request: limits its size and its rate, and gives every answer its headers.

Nothing of a request is logged: the path holds a client's link.
"""

import math
from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.door import pages
from infra.door.limits import Limit, network

MAX_BODY = 128 * 1024
"""a note of 5,000 characters takes up to 60 kB as a form writes it"""

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class TooLarge(Exception):
    """The body is larger than any form of ours."""


class Guard:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, monotonic: Callable[[], float]) -> None:
        self._app = app
        self._by_link = Limit(burst=20, per_second=0.2, monotonic=monotonic)
        self._by_address = Limit(burst=240, per_second=4, monotonic=monotonic)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        guarded = _with_headers(send)
        wait = self._wait(scope)
        if wait:
            page = _says(scope, "slow")
            response = HTMLResponse(page, 429, {"Retry-After": str(math.ceil(wait))})
            await response(scope, receive, guarded)
            return
        try:
            await self._app(scope, _limited(receive), guarded)
        except TooLarge:
            await HTMLResponse(_says(scope, "too_large"), 413)(scope, receive, guarded)

    def _wait(self, scope: Scope) -> float:
        client = scope.get("client")
        path = str(scope["path"])
        wait = self._by_address.wait(network(client[0] if client else ""))
        if path.startswith(("/a/", "/u/")):
            # The same person may open the page and stop all check-ins: they are two links.
            wait = max(wait, self._by_link.wait(path))
        return wait


def _says(scope: Scope, what: str) -> str:
    locale = pages.language(Headers(scope=scope).get("accept-language", ""))
    said = pages.words(locale)
    return pages.message(locale, getattr(said, f"{what}_title"), getattr(said, what))


def _with_headers(send: Send) -> Send:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return wrapped


def _limited(receive: Receive) -> Receive:
    taken = 0

    async def wrapped() -> Message:
        nonlocal taken
        message = await receive()
        if message["type"] == "http.request":
            taken += len(message.get("body", b""))
            if taken > MAX_BODY:
                raise TooLarge
        return message

    return wrapped
