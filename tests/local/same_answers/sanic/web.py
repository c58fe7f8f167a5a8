"""A Sanic app."""

import asyncio
import hashlib
import os
from pathlib import Path

from sanic import Sanic, response

app = Sanic("alike")
app.config.REQUEST_MAX_SIZE = 10_000_000
app.static("/file", Path(__file__).parent / "static" / "file.txt")
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


@app.route("/echo", methods=METHODS, name="echo_root")
@app.route("/echo/<path:path>", methods=METHODS)
async def echo(request, path=""):
    body = request.body
    return response.json(
        {
            "method": request.method,
            "path": request.path,
            "raw_path": request.raw_url.decode("latin-1").partition("?")[0],
            "query": request.query_string,
            "args": request.query_args,
            "headers": [(name.lower(), value) for name, value in request.headers.items()],
            "cookies": {name: request.cookies.getlist(name) for name in request.cookies},
            "size": len(body),
            "sha256": hashlib.sha256(body).hexdigest(),
            "client": request.ip,
            "scheme": request.scheme,
            "url": request.url,
            "greeting": os.environ["GREETING"],
        }
    )


@app.post("/form")
async def form(request):
    files = [
        (name, file.name, hashlib.sha256(file.body).hexdigest())
        for name, all_of_it in request.files.items()
        for file in all_of_it
    ]
    fields = [(name, each) for name, values in request.form.items() for each in values]
    return response.json({"fields": fields, "files": files})


@app.get("/cookies")
async def cookies(request):
    answer = response.redirect("/echo/there?x=%2F&y=1", status=303)
    answer.add_cookie("a", "1", secure=True, httponly=True, samesite="Lax")
    answer.add_cookie("b", "x y; z")
    return answer


@app.get("/status/<status:int>")
async def status(request, status):
    if status in (204, 304):
        return response.empty(status)
    return response.text("text", status)


@app.get("/charset")
async def charset(request):
    kind = "text/csv; charset=windows-1252"
    return response.raw("Größe;€".encode("windows-1252"), content_type=kind)


@app.get("/bytes/<size:int>")
async def some_bytes(request, size):
    return response.raw(b"\xff" * size)


@app.get("/events")
async def events(request):
    answer = await request.respond(content_type="text/event-stream")
    gate = Path(request.args.get("gate"))
    await answer.send("data: first\n\n")
    for _ in range(40):
        if gate.exists():
            break
        await asyncio.sleep(0.05)
    await answer.send("data: read at once\n\n" if gate.exists() else "data: held back\n\n")
    await answer.eof()


@app.get("/error")
async def error(request):
    raise RuntimeError("an error of the app")


@app.get("/health")
async def health(request):
    return response.text("well")
