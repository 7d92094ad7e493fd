"""The answer page as a web application.

GET shows, and records nothing but ``opened``; POST says. A client is thanked once Kafka has the answer;
when it cannot have it, the page says so and keeps what was typed. Every wrong link gets the same calm
page, whatever is wrong with it.
"""

import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from infra import links
from infra.clock import Clock
from infra.door import answers, pages
from infra.door.answers import Form
from infra.door.guard import HEADERS, Guard
from infra.door.outbox import Outbox
from infra.links import BadLink, Link
from infra.settings import Settings
from schemas.cloudevents import Event
from schemas.errors import CareloopError

_log = logging.getLogger(__name__)

_MAX_TOKEN = 8_192


class Door:
    """The handlers, with what they need."""

    def __init__(self, settings: Settings, outbox: Outbox, clock: Clock) -> None:
        self._settings, self._outbox, self._clock = settings, outbox, clock

    async def show(self, request: Request) -> Response:
        """GET /a/<token>: the form. ``?e=5`` only preselects."""
        link = self._link(request)
        form = Form(effort=answers.rating(request.query_params.get("e", "")))
        page = pages.answer(link, form, request.url.path)
        if request.method == "HEAD":
            return HTMLResponse(page)
        opened = answers.opened(link, self._clock())
        return HTMLResponse(page, background=BackgroundTask(self._note_opening, opened))

    async def take(self, request: Request) -> Response:
        """POST /a/<token>: an answer, a no, a call for help, or an end to all check-ins."""
        link = self._link(request)
        fields = await _fields(request)
        form, choice = answers.form(fields), fields.get("do", "answer")
        if choice == "decline":
            return await self._decline(link, form, request)
        if choice == "stop":
            return await self._stop(link, form, request)
        if form.too_long:
            said = pages.words(pages.language(link.locale))
            problem = said.too_long.format(count=len(form.note))
            return HTMLResponse(pages.answer(link, form, request.url.path, problem=problem), 422)
        if choice == "not-fixed":
            return await self._not_fixed(link, form, request)
        return await self._answer(link, form, request)

    async def ask_to_stop(self, request: Request) -> Response:
        """GET /u/<token>: nothing happens yet; mail scanners follow links too."""
        return HTMLResponse(pages.stop(self._link(request), request.url.path))

    async def stop_at_once(self, request: Request) -> Response:
        """POST /u/<token>: RFC 8058, as a form or as multipart."""
        link = self._link(request)
        body = await request.body()
        if b"List-Unsubscribe" not in body or b"One-Click" not in body:
            return HTMLResponse(pages.stop(link, request.url.path), 400)
        said = pages.words(pages.language(link.locale))
        if not await self._delivered(answers.unsubscribed(link, self._clock())):
            return HTMLResponse(pages.stop(link, request.url.path, said.failed), 503)
        return self._says(link, said.stopped_title, said.stopped)

    async def _answer(self, link: Link, form: Form, request: Request) -> Response:
        said = pages.words(pages.language(link.locale))
        if form.effort is None:
            return HTMLResponse(pages.answer(link, form, request.url.path, problem=said.choose), 422)
        answer = answers.answered(link, form, form.effort, self._clock())
        if not await self._delivered([answer]):
            return self._try_again(link, form, request)
        return self._says(link, said.thanks_title, said.thanks, said.thanks_change)

    async def _not_fixed(self, link: Link, form: Form, request: Request) -> Response:
        """Passed on at once; a rating given with it is an answer too, and a note without one is kept."""
        said, now = pages.words(pages.language(link.locale)), self._clock()
        told = [answers.not_fixed(link, now)]
        if form.effort is not None:
            told.append(answers.answered(link, form, form.effort, now))
        if not await self._delivered(told):
            return self._try_again(link, form, request)
        if form.effort is None and form.note:
            lines = (said.not_fixed_done, said.not_fixed_note)
            page = pages.answer(link, form, request.url.path, heading=said.not_fixed_title, lines=lines)
            return HTMLResponse(page)
        return self._says(link, said.not_fixed_title, said.not_fixed_done, said.thanks_change)

    async def _decline(self, link: Link, form: Form, request: Request) -> Response:
        said = pages.words(pages.language(link.locale))
        if not await self._delivered([answers.declined(link, self._clock())]):
            return self._try_again(link, form, request)
        return self._says(link, said.declined_title, said.declined)

    async def _stop(self, link: Link, form: Form, request: Request) -> Response:
        said = pages.words(pages.language(link.locale))
        if not await self._delivered(answers.unsubscribed(link, self._clock())):
            return self._try_again(link, form, request)
        return self._says(link, said.stopped_title, said.stopped)

    def _link(self, request: Request) -> Link:
        token = str(request.path_params["token"])
        if len(token) > _MAX_TOKEN:
            raise BadLink("too long")
        return links.read(token, self._settings, self._clock())

    def _says(self, link: Link, heading: str, *lines: str) -> Response:
        return HTMLResponse(pages.message(pages.language(link.locale), heading, *lines))

    def _try_again(self, link: Link, form: Form, request: Request) -> Response:
        said = pages.words(pages.language(link.locale))
        page = pages.answer(link, form, request.url.path, problem=said.unavailable)
        return HTMLResponse(page, 503, {"Retry-After": "60"})

    async def _delivered(self, events: Sequence[Event]) -> bool:
        try:
            await run_in_threadpool(self._outbox.deliver, events)
        except CareloopError as error:
            _log.error("an answer could not be delivered: %s", error)
            return False
        return True

    async def _note_opening(self, opened: Event) -> None:
        """An opening that cannot be recorded keeps nobody from the page."""
        await self._delivered([opened])


def make(
    settings: Settings, outbox: Outbox, clock: Clock, monotonic: Callable[[], float] = time.monotonic
) -> Starlette:
    """The application. ``monotonic`` is what the rate limits count by."""
    door = Door(settings, outbox, clock)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(outbox.close)

    return Starlette(
        routes=[
            Route("/a/{token}", door.show, methods=["GET"]),
            Route("/a/{token}", door.take, methods=["POST"]),
            Route("/u/{token}", door.ask_to_stop, methods=["GET"]),
            Route("/u/{token}", door.stop_at_once, methods=["POST"]),
            Route(pages.style()[0], _style, methods=["GET"]),
            Route("/healthz", _healthy, methods=["GET"]),
        ],
        middleware=[Middleware(Guard, monotonic=monotonic)],
        exception_handlers={BadLink: _not_here, 404: _not_here, 405: _not_here, 500: _failed},
        lifespan=lifespan,
    )


async def _fields(request: Request) -> dict[str, str]:
    """The posted fields. What is not UTF-8 is shown as such instead of being refused."""
    body = await request.body()
    pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, errors="replace")
    return dict(pairs)


async def _style(_: Request) -> Response:
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(pages.style()[1], media_type="text/css", headers=headers)


async def _healthy(_: Request) -> Response:
    return PlainTextResponse("ok\n")


async def _not_here(request: Request, _: Exception) -> Response:
    """One page for every link that is not, or no longer, ours to answer."""
    locale = pages.language(request.headers.get("accept-language", ""))
    said = pages.words(locale)
    return HTMLResponse(pages.message(locale, said.invalid_title, said.invalid), 404)


async def _failed(request: Request, _: Exception) -> Response:
    locale = pages.language(request.headers.get("accept-language", ""))
    said = pages.words(locale)
    # The server answers this one outside the guard, which gives all others their headers.
    return HTMLResponse(pages.message(locale, said.failed_title, said.failed), 500, HEADERS)
