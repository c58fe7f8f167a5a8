"""A bare ASGI app: what the server says, and nothing of a framework's own."""

import asyncio
import gzip
import hashlib
import json
import os
from pathlib import Path
from urllib.parse import parse_qs

FILE = b"0123456789abcde\n" * 64
ETAG = '"' + hashlib.sha256(FILE).hexdigest()[:16] + '"'
JSON = [(b"content-type", b"application/json")]
REPEATED = [
    (b"content-type", b"text/plain"),
    (b"vary", b"accept"),
    (b"vary", b"cookie"),
    (b"link", b'</a>; rel="next"'),
    (b"link", b'</b>; rel="prev"'),
    (b"www-authenticate", b'Basic realm="a"'),
    (b"www-authenticate", b'Bearer realm="b"'),
    (b"set-cookie", b"a=1; Path=/"),
    (b"set-cookie", b"b=2; Path=/; Expires=Wed, 09 Jun 2100 10:18:14 GMT"),
]


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            word = (await receive())["type"]
            await send({"type": word + ".complete"})
            if word == "lifespan.shutdown":
                return
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": "hello"})
        await send({"type": "websocket.close"})
        return
    status, headers, pieces = await answer(scope, receive)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    if isinstance(pieces, bytes):
        await send({"type": "http.response.body", "body": pieces})
        return
    async for piece in pieces:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def answer(scope, receive):
    first, _, rest = scope["path"].strip("/").partition("/")
    query = parse_qs(scope["query_string"].decode())
    match first:
        case "echo":
            return 200, JSON, json.dumps(await echo(scope, receive)).encode()
        case "status":
            empty = rest in ("204", "304")
            return (
                int(rest),
                [] if empty else [(b"content-type", b"text/plain")],
                b"" if empty else b"text",
            )
        case "untyped":
            return 200, [], b"untyped"
        case "repeated":
            return 401, REPEATED, b"repeated"
        case "latin":
            return 200, [(b"content-type", b"text/plain"), (b"x-name", b"Andr\xe9")], b"latin"
        case "charset":
            kind = b"text/csv; charset=windows-1252"
            return 200, [(b"content-type", kind)], "Größe;€".encode("windows-1252")
        case "gzip":
            packed = gzip.compress(b"packed", mtime=0)
            kinds = [(b"content-type", b"text/plain"), (b"content-encoding", b"gzip")]
            return 200, kinds, packed
        case "bytes":
            return 200, [(b"content-type", b"application/octet-stream")], b"\xff" * int(rest)
        case "redirect":
            return (
                307,
                [(b"content-type", b"text/plain"), (b"location", b"/echo/there?x=%2F&y=1")],
                b"",
            )
        case "file":
            return file(dict(scope["headers"]))
        case "events":
            return 200, [(b"content-type", b"text/event-stream")], events(query["gate"][0])
        case "error":
            raise RuntimeError("an error of the app")
        case "health":
            return 200, [(b"content-type", b"text/plain")], b"well"
    return 404, [(b"content-type", b"text/plain")], b"nothing here"


async def echo(scope, receive):
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    headers = [(k.decode("latin-1"), v.decode("latin-1")) for k, v in scope["headers"]]
    return {
        "method": scope["method"],
        "path": scope["path"],
        "raw_path": scope["raw_path"].decode("latin-1"),
        "root_path": scope.get("root_path", ""),
        "query": scope["query_string"].decode("latin-1"),
        "headers": headers,
        "size": len(body),
        "sha256": hashlib.sha256(body).hexdigest(),
        "client": scope["client"][0],
        "scheme": scope["scheme"],
        "http_version": scope["http_version"],
        "greeting": os.environ["GREETING"],
    }


def file(headers):
    """A file with its ETag and one range, as RFC 9110 has them."""
    own = [(b"etag", ETAG.encode()), (b"accept-ranges", b"bytes")]
    own.append((b"content-type", b"application/octet-stream"))
    if headers.get(b"if-none-match") == ETAG.encode():
        return 304, own, b""
    if b"range" not in headers:
        return 200, [*own, (b"content-length", b"%d" % len(FILE))], FILE
    first, _, last = headers[b"range"].decode().removeprefix("bytes=").partition("-")
    if int(first) >= len(FILE):
        return 416, [*own, (b"content-range", b"bytes */%d" % len(FILE))], b""
    end = min(int(last or len(FILE)), len(FILE) - 1)
    own.append((b"content-range", b"bytes %d-%d/%d" % (int(first), end, len(FILE))))
    return 206, own, FILE[int(first) : end + 1]


async def events(gate):
    """The second event tells whether the first was read before it was sent."""
    yield b"data: first\n\n"
    for _ in range(40):
        if Path(gate).exists():
            break
        await asyncio.sleep(0.05)
    yield b"data: read at once\n\n" if Path(gate).exists() else b"data: held back\n\n"
