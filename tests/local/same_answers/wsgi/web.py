"""A bare WSGI app: what the server says, and nothing of a framework's own."""

import gzip
import hashlib
import json
import os
import time
from pathlib import Path
from urllib.parse import parse_qs

FILE = b"0123456789abcde\n" * 64
ETAG = '"' + hashlib.sha256(FILE).hexdigest()[:16] + '"'
JSON = [("Content-Type", "application/json")]
REPEATED = [
    ("Content-Type", "text/plain"),
    ("Vary", "accept"),
    ("Vary", "cookie"),
    ("Link", '</a>; rel="next"'),
    ("Link", '</b>; rel="prev"'),
    ("WWW-Authenticate", 'Basic realm="a"'),
    ("WWW-Authenticate", 'Bearer realm="b"'),
    ("Set-Cookie", "a=1; Path=/"),
    ("Set-Cookie", "b=2; Path=/; Expires=Wed, 09 Jun 2100 10:18:14 GMT"),
]


def app(environ, start_response):
    status, headers, pieces = answer(environ)
    start_response(f"{status} Reason", headers)
    return [pieces] if isinstance(pieces, bytes) else pieces


def answer(environ):
    first, _, rest = environ["PATH_INFO"].strip("/").partition("/")
    query = parse_qs(environ["QUERY_STRING"])
    match first:
        case "echo":
            return 200, JSON, json.dumps(echo(environ)).encode()
        case "status":
            empty = rest in ("204", "304")
            return (
                int(rest),
                [] if empty else [("Content-Type", "text/plain")],
                b"" if empty else b"text",
            )
        case "untyped":
            return 200, [], b"untyped"
        case "repeated":
            return 401, REPEATED, b"repeated"
        case "latin":
            return 200, [("Content-Type", "text/plain"), ("X-Name", "Andr\xe9")], b"latin"
        case "charset":
            kind = "text/csv; charset=windows-1252"
            return 200, [("Content-Type", kind)], "Größe;€".encode("windows-1252")
        case "gzip":
            packed = gzip.compress(b"packed", mtime=0)
            return 200, [("Content-Type", "text/plain"), ("Content-Encoding", "gzip")], packed
        case "bytes":
            return 200, [("Content-Type", "application/octet-stream")], b"\xff" * int(rest)
        case "redirect":
            return (
                307,
                [("Content-Type", "text/plain"), ("Location", "/echo/there?x=%2F&y=1")],
                b"",
            )
        case "file":
            return file(environ)
        case "events":
            return 200, [("Content-Type", "text/event-stream")], events(query["gate"][0])
        case "error":
            raise RuntimeError("an error of the app")
        case "health":
            return 200, [("Content-Type", "text/plain")], b"well"
    return 404, [("Content-Type", "text/plain")], b"nothing here"


def echo(environ):
    body = environ["wsgi.input"].read()
    own = ("CONTENT_TYPE", "CONTENT_LENGTH")
    headers = [
        (k[5:], v) for k, v in environ.items() if k.startswith("HTTP_") and k[5:] not in own
    ]
    headers += [(k, environ[k]) for k in own if environ.get(k)]
    return {
        "method": environ["REQUEST_METHOD"],
        "path": environ["PATH_INFO"].encode("latin-1").decode("utf-8", "surrogateescape"),
        "root_path": environ.get("SCRIPT_NAME", ""),
        "query": environ["QUERY_STRING"],
        "headers": [(k.lower().replace("_", "-"), v) for k, v in headers],
        "size": len(body),
        "sha256": hashlib.sha256(body).hexdigest(),
        "client": environ["REMOTE_ADDR"],
        "scheme": environ["wsgi.url_scheme"],
        "http_version": environ["SERVER_PROTOCOL"].removeprefix("HTTP/"),
        "greeting": os.environ["GREETING"],
    }


def file(environ):
    """A file with its ETag and one range, as RFC 9110 has them."""
    own = [("ETag", ETAG), ("Accept-Ranges", "bytes")]
    own.append(("Content-Type", "application/octet-stream"))
    if environ.get("HTTP_IF_NONE_MATCH") == ETAG:
        return 304, own, b""
    if "HTTP_RANGE" not in environ:
        body = b"" if environ["REQUEST_METHOD"] == "HEAD" else FILE
        return 200, [*own, ("Content-Length", str(len(FILE)))], body
    first, _, last = environ["HTTP_RANGE"].removeprefix("bytes=").partition("-")
    if int(first) >= len(FILE):
        return 416, [*own, ("Content-Range", f"bytes */{len(FILE)}")], b""
    end = min(int(last or len(FILE)), len(FILE) - 1)
    own.append(("Content-Range", f"bytes {first}-{end}/{len(FILE)}"))
    return 206, own, FILE[int(first) : end + 1]


def events(gate):
    """The second event tells whether the first was read before it was sent."""
    yield b"data: first\n\n"
    for _ in range(40):
        if Path(gate).exists():
            break
        time.sleep(0.05)
    yield b"data: read at once\n\n" if Path(gate).exists() else b"data: held back\n\n"
