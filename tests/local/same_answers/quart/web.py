"""A Quart app."""

import asyncio
import hashlib
import os
from pathlib import Path

from quart import Quart, Response, jsonify, redirect, request, send_from_directory

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def create_app():
    app = Quart(__name__)

    @app.route("/echo", methods=METHODS, defaults={"path": ""})
    @app.route("/echo/<path:path>", methods=METHODS)
    async def echo(path):
        body = await request.get_data()
        return jsonify(
            method=request.method,
            path=request.path,
            query=request.query_string.decode("latin-1"),
            args=list(request.args.items(multi=True)),
            headers=[(name.lower(), value) for name, value in request.headers],
            cookies=request.cookies,
            size=len(body),
            sha256=hashlib.sha256(body).hexdigest(),
            client=request.remote_addr,
            scheme=request.scheme,
            url=request.url,
            greeting=os.environ["GREETING"],
        )

    @app.post("/form")
    async def form():
        files = [
            (name, file.filename, hashlib.sha256(file.read()).hexdigest())
            for name, file in (await request.files).items(multi=True)
        ]
        return jsonify(fields=list((await request.form).items(multi=True)), files=files)

    @app.get("/cookies")
    def cookies():
        answer = redirect("/echo/there?x=%2F&y=1", 303)
        answer.set_cookie("a", "1", secure=True, httponly=True, samesite="Lax")
        answer.set_cookie("b", "x y; z")
        return answer

    @app.get("/status/<int:status>")
    def status(status):
        return Response("" if status in (204, 304) else "text", status, mimetype="text/plain")

    @app.get("/charset")
    def charset():
        kind = "text/csv; charset=windows-1252"
        return Response("Größe;€".encode("windows-1252"), content_type=kind)

    @app.get("/bytes/<int:size>")
    def some_bytes(size):
        return Response(b"\xff" * size, mimetype="application/octet-stream")

    @app.get("/file")
    async def file():
        return await send_from_directory("static", "file.txt")

    @app.get("/events")
    async def events():
        return Response(_events(request.args["gate"]), mimetype="text/event-stream")

    @app.get("/error")
    def error():
        raise RuntimeError("an error of the app")

    @app.get("/health")
    def health():
        return "well"

    return app


async def _events(gate):
    yield "data: first\n\n"
    for _ in range(40):
        if Path(gate).exists():
            break
        await asyncio.sleep(0.05)
    yield "data: read at once\n\n" if Path(gate).exists() else "data: held back\n\n"


app = create_app()
