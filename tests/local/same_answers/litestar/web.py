"""A Litestar app."""

import asyncio
import hashlib
import os
from pathlib import Path

from litestar import Litestar, MediaType, Request, Response, get, post, route
from litestar.datastructures import Cookie
from litestar.response import File, Redirect, Stream

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


@route(["/echo", "/echo/{path:path}"], http_method=METHODS, status_code=200)
async def echo(request: Request) -> dict:
    body = await request.body()
    return {
        "method": request.method,
        "path": request.scope["path"],
        "raw_path": request.scope["raw_path"].decode("latin-1"),
        "query": request.scope["query_string"].decode("latin-1"),
        "args": sorted(request.query_params.multi_items()),
        "headers": [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in request.scope["headers"]
        ],
        "cookies": request.cookies,
        "size": len(body),
        "sha256": hashlib.sha256(body).hexdigest(),
        "client": request.client.host,
        "scheme": request.url.scheme,
        "url": str(request.url),
        "greeting": os.environ["GREETING"],
    }


@post("/form", status_code=200)
async def form(request: Request) -> dict:
    fields, files = [], []
    for name, value in (await request.form()).multi_items():
        if hasattr(value, "filename"):
            digest = hashlib.sha256(await value.read()).hexdigest()
            files.append((name, value.filename, digest))
        else:
            fields.append((name, value))
    return {"fields": sorted(fields), "files": files}


@get("/cookies", status_code=303)
async def cookies() -> Redirect:
    given = [
        Cookie("a", "1", secure=True, httponly=True, samesite="lax"),
        Cookie("b", "x y; z"),
    ]
    return Redirect("/echo/there?x=%2F&y=1", status_code=303, cookies=given)


@get("/status/{status:int}")
async def status(status: int) -> Response:
    content = None if status in (204, 304) else "text"
    return Response(content, status_code=status, media_type=MediaType.TEXT)


@get("/charset")
async def charset() -> Response:
    kind = "text/csv; charset=windows-1252"
    return Response("Größe;€".encode("windows-1252"), media_type=kind)


@get("/bytes/{size:int}")
async def some_bytes(size: int) -> Response:
    return Response(b"\xff" * size, media_type="application/octet-stream")


@get("/events")
async def events(gate: str) -> Stream:
    return Stream(_events(Path(gate)), media_type="text/event-stream")


async def _events(gate):
    yield "data: first\n\n"
    for _ in range(40):
        if gate.exists():
            break
        await asyncio.sleep(0.05)
    yield "data: read at once\n\n" if gate.exists() else "data: held back\n\n"


@get("/error")
async def error() -> None:
    raise RuntimeError("an error of the app")


@get("/health", media_type=MediaType.TEXT)
async def health() -> str:
    return "well"


@get("/file")
async def file() -> File:
    place = Path(__file__).parent / "static" / "file.txt"
    return File(place, content_disposition_type="inline", media_type=MediaType.TEXT)


app = Litestar(
    [echo, form, cookies, status, charset, some_bytes, events, error, health, file],
    openapi_config=None,
)
