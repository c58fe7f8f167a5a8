"""The web app: a page for people and a JSON API for programs, over the same notes.

    GET  /               the page; ?before=ID for older notes
    POST /               its form: adds a note
    POST /delete/{id}    its buttons: delete a note
    GET  /notes          {"notes": [...], "next": ID or null}; ?limit=1..100, ?before=ID
    POST /notes          {"text": "..."} -> 201 and the note
    GET  /notes/{id}     the note
    DELETE /notes/{id}   204
    GET  /health         200 when this process serves
    GET  /whoami         which target, version and instance answers

Errors of all but the page's own form are {"error": "..."} with a status that fits.
"""

import logging
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.endpoints import HTTPEndpoint
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from notes.headers import SecurityHeaders
from notes.note import InvalidNoteError, Note, is_id, write_note
from notes.page import render
from notes.reading import page_size, read_form_text, read_json_text, refuse_foreign_origin
from notes.store import Page, StoreError, open_store

_NOTES_ON_PAGE = 20
_NOTES_IN_ANSWER = 50

_log = logging.getLogger("notes")


@asynccontextmanager
async def _lifespan(_: Starlette) -> AsyncIterator[None]:
    """Make the table's client before the first request has to wait for it.

    A missing TABLE_NAME ends the start, so that a platform keeps the version before this one. A
    server without lifespan support loses only the first request's time.
    """
    await run_in_threadpool(open_store)
    yield


class PageEndpoint(HTTPEndpoint):
    """The page of notes and its form."""

    async def get(self, request: Request) -> Response:
        """Show the newest notes, or older ones."""
        page = await _read_page(request, _NOTES_ON_PAGE)
        older = "before" in request.query_params
        return HTMLResponse(render(page, whoami(), older=older))

    async def post(self, request: Request) -> Response:
        """Add a note and show the page, or show what is wrong with the text as it was typed."""
        refuse_foreign_origin(request)
        text = await read_form_text(request)
        try:
            note = write_note(text)
        except InvalidNoteError as problem:
            page = await _read_page(request, _NOTES_ON_PAGE)
            return HTMLResponse(render(page, whoami(), text=text, problem=str(problem)), 400)
        await run_in_threadpool(open_store().add, note)
        # 303: a reload of the page must not add the note again.
        return RedirectResponse("/", 303)


async def delete_from_page(request: Request) -> Response:
    """Delete a note; one that is gone already is what the visitor wanted."""
    refuse_foreign_origin(request)
    await run_in_threadpool(open_store().delete, _id(request))
    return RedirectResponse("/", 303)


class NotesEndpoint(HTTPEndpoint):
    """All notes."""

    async def get(self, request: Request) -> Response:
        """List notes, newest first."""
        page = await _read_page(request, _NOTES_IN_ANSWER)
        return JSONResponse({"notes": [_as_json(note) for note in page.notes], "next": page.next})

    async def post(self, request: Request) -> Response:
        """Add a note."""
        refuse_foreign_origin(request)
        try:
            note = write_note(await read_json_text(request))
        except InvalidNoteError as problem:
            raise HTTPException(400, str(problem)) from problem
        await run_in_threadpool(open_store().add, note)
        return JSONResponse(_as_json(note), 201, {"Location": f"/notes/{note.id}"})


class NoteEndpoint(HTTPEndpoint):
    """One note."""

    async def get(self, request: Request) -> Response:
        """Return the note."""
        note = await run_in_threadpool(open_store().get, _id(request))
        if note is None:
            raise _no_such_note()
        return JSONResponse(_as_json(note))

    async def delete(self, request: Request) -> Response:
        """Delete the note."""
        refuse_foreign_origin(request)
        if not await run_in_threadpool(open_store().delete, _id(request)):
            raise _no_such_note()
        return Response(status_code=204)


async def health(_: Request) -> Response:
    """Tell that this process serves.

    It does not ask the table: when the table is away, every instance would fail its check at
    once, and the platform would replace healthy instances by others that fare no better.
    """
    return JSONResponse({"status": "ok"})


async def who_answers(_: Request) -> Response:
    """Tell which target, version and instance answers."""
    return JSONResponse(whoami())


def whoami() -> dict[str, str]:
    """Return what the environment and the host tell about this process."""
    return {
        "target": os.environ.get("APP_TARGET", "unknown"),
        "version": os.environ.get("APP_VERSION", "unknown"),
        # Lambda's host name is an address that many instances share; a log stream is one's own.
        "instance": os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME") or socket.gethostname(),
    }


async def _read_page(request: Request, default_size: int) -> Page:
    size = page_size(request.query_params, default_size)
    before = request.query_params.get("before")
    if before is not None and not is_id(before):
        raise HTTPException(400, "before must be the ID of a note")
    return await run_in_threadpool(open_store().page, size, before)


def _id(request: Request) -> str:
    id: str = request.path_params["id"]
    if not is_id(id):
        raise _no_such_note()
    return id


def _as_json(note: Note) -> dict[str, str]:
    created = note.created.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"id": note.id, "text": note.text, "created": created}


def _no_such_note() -> HTTPException:
    return HTTPException(404, "there is no such note")


def _answer_http_error(_: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException)
    return JSONResponse({"error": problem.detail}, problem.status_code, problem.headers)


def _answer_store_error(_: Request, problem: Exception) -> Response:
    _log.error("the table did not answer: %s", problem, exc_info=problem)
    return JSONResponse({"error": "the notes cannot be reached now"}, 503, {"Retry-After": "5"})


def _answer_bug(_: Request, __: Exception) -> Response:
    # The server logs the exception; nothing of it is shown.
    return JSONResponse({"error": "something went wrong here"}, 500)


_router = Starlette(
    routes=[
        Route("/", PageEndpoint),
        Route("/delete/{id}", delete_from_page, methods=["POST"]),
        Route("/notes", NotesEndpoint),
        Route("/notes/{id}", NoteEndpoint),
        Route("/health", health),
        Route("/whoami", who_answers),
    ],
    exception_handlers={
        HTTPException: _answer_http_error,
        StoreError: _answer_store_error,
        Exception: _answer_bug,
    },
    lifespan=_lifespan,
)
_router.router.redirect_slashes = False

app = SecurityHeaders(_router)
