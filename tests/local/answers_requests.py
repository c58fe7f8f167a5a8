"""The requests that every target is asked, and what is right: one list for every app.

`echo` is what the app says it was sent, as far as a row names it; `answer` are headers of the
answer. A row that is not for every app says for which: the frameworks offer less of `/`.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from answers_wire import Request

FILE = b"0123456789abcde\n" * 64
ETAG = '"' + hashlib.sha256(FILE).hexdigest()[:16] + '"'
BINARY = bytes(range(256)) * 16
LARGE = b"\x00\xff\x80n" * 1_000_000
"""4 MB: as base64 it still fits into the 6 MB that a function takes."""
TOO_LARGE = b"\x00" * 5_000_000
FORM = "application/x-www-form-urlencoded"
BOUNDARY = "----of-the-test"
MULTIPART = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="title"\r\n\r\nGröße & more\r\n'
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="räksmörgås.bin"\r\n'
    "Content-Type: application/octet-stream\r\n\r\n"
).encode()
MULTIPART += BINARY + f"\r\n--{BOUNDARY}--\r\n".encode()


@dataclass(frozen=True, kw_only=True)
class Case:
    name: str
    request: Request
    status: int = 200
    echo: Mapping[str, Any] = field(default_factory=dict)
    sent: tuple[tuple[str, str], ...] = ()
    """Headers that the app says it was sent."""
    answer: Mapping[str, Any] = field(default_factory=dict)
    content: bytes | None = None
    """The answer's body."""
    bare: bool = False
    """Whether it is for the bare apps alone: a framework does it in its own way, or not."""
    differs: tuple[str, ...] = ()
    """What is another answer on a function, by its name in `answers_differences.py`."""


def _case(name, target, method="GET", headers=(), body=b"", differs=(), **more):
    known = ("host", "version", "chunked", "waits")
    shape = {word: more.pop(word) for word in known if word in more}
    differs = (differs,) if isinstance(differs, str) else differs
    request = Request(method=method, target=target, headers=headers, body=body, **shape)
    return Case(name=name, request=request, differs=differs, **more)


def _path(name, raw, path, differs=(), **more):
    echo = {"path": path, "raw_path": raw, "query": ""}
    return _case(f"path: {name}", raw, echo=echo, differs=differs, **more)


def _query(name, query, **more):
    return _case(
        f"query: {name}", f"/echo?{query}", echo={"path": "/echo", "query": query}, **more
    )


def _sent(name, *headers, sent=None, **more):
    seen = headers if sent is None else sent
    return _case(f"header: {name}", "/echo", headers=headers, sent=seen, **more)


def _body(name, body, kind, method="POST", target="/echo", **more):
    echo = {"size": len(body), "sha256": hashlib.sha256(body).hexdigest(), "method": method}
    headers = [("Content-Type", kind)] if kind else []
    headers += more.pop("headers", [])
    return _case(
        f"body: {name}",
        target,
        method,
        headers,
        body,
        echo={**echo, **more.pop("echo", {})},
        **more,
    )


PATHS = [
    _path("plain", "/echo/a/b", "/echo/a/b"),
    _path("a slash at the end", "/echo/a/", "/echo/a/"),
    _path("a space", "/echo/a%20b", "/echo/a b"),
    _path("a plus", "/echo/a+b", "/echo/a+b"),
    _path("an encoded plus", "/echo/a%2Bb", "/echo/a+b", "path-decoded"),
    _path("not ASCII", "/echo/%C3%A9%E2%82%AC", "/echo/é€"),
    _path("small letters in an encoding", "/echo/%c3%a9", "/echo/é", "path-decoded"),
    _path("an encoded slash", "/echo/a%2Fb", "/echo/a/b", "path-decoded"),
    _path("an encoded question mark", "/echo/a%3Fb%23c", "/echo/a?b#c"),
    _path("an encoded percent sign", "/echo/100%25", "/echo/100%"),
    _path("encoded twice", "/echo/%252e%252e/etc", "/echo/%2e%2e/etc"),
    _path("a slash encoded twice", "/echo/a%252Fb", "/echo/a%2Fb"),
    _path("a letter encoded for nothing", "/echo/%61", "/echo/a", "path-decoded"),
    _path("semicolon, colon, at", "/echo/a;v=1:2@3", "/echo/a;v=1:2@3"),
    _path("what may stand as it is", "/echo/!$&'()*,=~-._", "/echo/!$&'()*,=~-._"),
    _path("two slashes", "/echo//a", "/echo//a"),
    _path("long", "/echo/" + "a" * 2000, "/echo/" + "a" * 2000),
    _case("path: nothing there", "/nothing", status=404),
    _case("path: the root", "/", status=404),
]
QUERIES = [
    _query("plain", "a=1&b=2"),
    _query("a name twice", "a=1&a=2&b=3&a=4", differs="balancer-query"),
    _query("empty values and names", "a=&b&=c&&d=1", differs="balancer-query"),
    _query("spaces in both ways", "a=b+c&d=e%20f"),
    _query("encoded", "a=%C3%A9&b=%26%3D%2F%3F&c=%2525"),
    _query("brackets and dots", "a[]=1&a[]=2&b.c=3"),
    _query("a question mark and a slash", "a=b?c/d"),
    _query("no UTF-8", "a=%ff%fe"),
    _query("long", "a=" + "b" * 9000),
    _case("query: empty", "/echo?", echo={"path": "/echo", "query": ""}),
]
HEADERS = [
    _sent("plain", ("x-custom", "kept")),
    _sent("any case", ("X-MiXed", "Kept As It Is"), sent=(("x-mixed", "Kept As It Is"),)),
    _sent("twice", ("x-twice", "1"), ("x-twice", "2"), differs="headers-joined"),
    _sent("commas in it", ("x-list", "a, b,c")),
    _sent("empty", ("x-empty", "")),
    _sent("Latin-1", ("x-name", "André")),
    _sent("long", ("x-long", "x" * 9000)),
    _sent("longer", ("x-long", "x" * 12_000), differs="header-limit"),
    _sent("many", *((f"x-many-{n:02}", "v" * 20) for n in range(60))),
    _sent("an underscore", ("x_under", "1"), sent=(), differs="header-names"),
    _sent("authorization", ("authorization", "Basic dXNlcjpwYXNz")),
    _sent("accept", ("accept", "text/html;q=0.9, */*"), ("accept-language", "de, en;q=0.5")),
    _sent("of one connection", ("te", "trailers"), ("keep-alive", "timeout=5"), sent=()),
    _sent("a user agent", ("user-agent", "the test/1.0 (its comment)")),
    _case("header: no user agent", "/echo", sent=()),
    _case(
        "host: with a port",
        "/echo",
        host="notes.example.com:8443",
        sent=(("host", "notes.example.com:8443"),),
    ),
    _case("host: without", "/echo", sent=(("host", "notes.example.com"),)),
    _case("client: nobody before", "/echo", echo={"client": "127.0.0.1", "scheme": "http"}),
    _case(
        "client: what it says of itself is not believed",
        "/echo",
        headers=[
            ("X-Forwarded-For", "203.0.113.9"),
            ("X-Forwarded-Proto", "https"),
            ("Forwarded", "for=203.0.113.9"),
            ("X-Real-IP", "203.0.113.9"),
        ],
        echo={"client": "127.0.0.1", "scheme": "http"},
    ),
    _sent("one cookie", ("cookie", "a=1")),
    _sent("cookies", ("cookie", 'a=1; b="x y"; c=%20')),
    _sent("cookies twice", ("cookie", "a=1"), ("cookie", "b=2"), differs="cookies-joined"),
]
METHODS = [
    _case(f"method: {method}", "/echo/m", method, echo={"method": method})
    for method in ("DELETE", "OPTIONS", "PATCH", "PUT", "POST")
]
BODIES = [
    _body("none in a POST", b"", ""),
    _body("JSON", json.dumps({"a": "é"}, ensure_ascii=False).encode(), "application/json"),
    _body("JSON that is none", b'{"a": \xff', "application/json"),
    _body("text in Latin-1", "é".encode("latin-1"), "text/plain; charset=iso-8859-1"),
    _body("text with NUL", b"a\x00b", "text/plain"),
    _body("binary", BINARY, "application/octet-stream"),
    _body("without a type", BINARY, ""),
    _body("packed", b"\x1f\x8b\x08packed", "text/plain", headers=[("Content-Encoding", "gzip")]),
    _body("PUT", b"put", "text/plain", "PUT"),
    _body("PATCH", b"patch", "text/plain", "PATCH"),
    _body("DELETE", b"delete", "text/plain", "DELETE"),
    _body("a form, unread", b"a=1&b=%C3%A9", FORM),
    _body("in chunks", b"chunked body", "text/plain", chunked=True),
    _body("in chunks, binary", BINARY, "application/octet-stream", chunked=True),
    _body("no chunk", b"", "text/plain", chunked=True),
    _body("that waits for 100", b"waited", "text/plain", waits=True),
    _body("4 MB", LARGE, "application/octet-stream", differs="balancer-request-limit"),
    _case(
        "body: 5 MB",
        "/echo",
        "POST",
        [("Content-Type", "application/octet-stream")],
        TOO_LARGE,
        echo={"size": len(TOO_LARGE)},
        differs=("request-limit", "balancer-request-limit"),
    ),
]
ANSWERS = [
    *(
        _case(f"status: {n}", f"/status/{n}", status=n, content=b"text")
        for n in (200, 201, 202, 400, 403, 404, 409, 418, 422, 429, 500, 503)
    ),
    _case("status: 204", "/status/204", status=204, content=b"", differs="content-type"),
    _case("status: 304", "/status/304", status=304, content=b"", differs="content-type"),
    _case(
        "answer: without a type", "/untyped", content=b"untyped", bare=True, differs="content-type"
    ),
    _case(
        "answer: headers twice",
        "/repeated",
        status=401,
        bare=True,
        differs="answers-joined",
        answer={
            "set-cookie": ["a=1; Path=/", "b=2; Path=/; Expires=Wed, 09 Jun 2100 10:18:14 GMT"],
        },
    ),
    _case("answer: a header in Latin-1", "/latin", bare=True, answer={"x-name": ["André"]}),
    _case(
        "answer: text in windows-1252",
        "/charset",
        content="Größe;€".encode("windows-1252"),
        answer={"content-type": ["text/csv; charset=windows-1252"]},
    ),
    _case(
        "answer: packed",
        "/gzip",
        bare=True,
        answer={"content-encoding": ["gzip"]},
        headers=[("Accept-Encoding", "gzip")],
    ),
    _case("answer: binary", "/bytes/1000", content=b"\xff" * 1000),
    _case("answer: empty", "/bytes/0", content=b""),
    _case(
        "answer: 4 MB",
        "/bytes/4000000",
        content=b"\xff" * 4_000_000,
        differs="balancer-answer-limit",
    ),
    _case(
        "answer: 5 MB",
        "/bytes/5000000",
        content=b"\xff" * 5_000_000,
        differs=("answer-limit", "answer-limit-url", "balancer-answer-limit"),
    ),
    _case(
        "answer: a redirect",
        "/redirect",
        status=307,
        bare=True,
        answer={"location": ["/echo/there?x=%2F&y=1"]},
    ),
    _case(
        "answer: an error",
        "/error",
        status=500,
        differs=("errors", "errors-wsgi", "errors-wsgi-url", "errors-wsgi-balancer"),
    ),
    _case(
        "HEAD",
        "/file",
        "HEAD",
        bare=True,
        answer={"etag": [ETAG], "content-length": [str(len(FILE))]},
    ),
    _case("file", "/file", bare=True, content=FILE, answer={"etag": [ETAG]}),
    _case(
        "file: not modified",
        "/file",
        bare=True,
        status=304,
        headers=[("If-None-Match", ETAG)],
        answer={"etag": [ETAG]},
    ),
    _case(
        "file: modified", "/file", bare=True, content=FILE, headers=[("If-None-Match", '"other"')]
    ),
    _case(
        "file: a range",
        "/file",
        bare=True,
        status=206,
        headers=[("Range", "bytes=10-19")],
        content=FILE[10:20],
        answer={"content-range": ["bytes 10-19/1024"]},
    ),
    _case(
        "file: the rest",
        "/file",
        bare=True,
        status=206,
        headers=[("Range", "bytes=1000-")],
        content=FILE[1000:],
    ),
    _case(
        "file: no such range",
        "/file",
        bare=True,
        status=416,
        headers=[("Range", "bytes=5000-")],
        answer={"content-range": ["bytes */1024"]},
    ),
    _case("HTTP/1.0", "/echo/old", version="1.0", echo={"path": "/echo/old"}),
    _case(
        "HTTP/1.0 with a body",
        "/echo/old",
        "POST",
        [("Content-Type", "text/plain")],
        b"old",
        version="1.0",
        echo={"size": 3},
    ),
]
_MULTIPART_KIND = f"multipart/form-data; boundary={BOUNDARY}"
UPLOAD = ["file", "räksmörgås.bin", hashlib.sha256(BINARY).hexdigest()]
UPLOADED = {"fields": [["title", "Größe & more"]], "files": [UPLOAD]}
FRAMEWORKS = [
    _case(
        "form: fields",
        "/form",
        "POST",
        [("Content-Type", FORM)],
        b"a=1&a=2&b=%C3%A9+%26&c=",
        echo={"fields": [["a", "1"], ["a", "2"], ["b", "é &"], ["c", ""]], "files": []},
    ),
    _case(
        "form: a file",
        "/form",
        "POST",
        [("Content-Type", _MULTIPART_KIND)],
        MULTIPART,
        echo=UPLOADED,
    ),
    _case(
        "form: a file, in chunks",
        "/form",
        "POST",
        [("Content-Type", _MULTIPART_KIND)],
        MULTIPART,
        chunked=True,
        echo=UPLOADED,
        differs="forms-in-chunks",
    ),
    _case("cookies: set, and a redirect", "/cookies", status=303),
    _case("file: its headers", "/file"),
    _case(
        "file: by its ETag",
        "/file",
        status=304,
        headers=[("If-None-Match", "{etag}")],
        differs="content-type",
    ),
    _case(
        "file: by its time",
        "/file",
        headers=[("If-Modified-Since", "{last-modified}")],
    ),
    _case("file: by another ETag", "/file", headers=[("If-None-Match", '"other"')]),
    _case("file: a range of it", "/file", status=206, headers=[("Range", "bytes=10-19")]),
    _case("file: its head", "/file", "HEAD"),
    _case("path: a method it has not", "/health", "DELETE", status=405),
]
"""`{name}` in a header is what the same target's file has of that header. Its time asks for nothing:
`platform_lib/shims/file_times.py` says why."""
GROUPS = {
    "frameworks": FRAMEWORKS,
    "paths": PATHS,
    "queries": QUERIES,
    "headers": HEADERS,
    "methods": METHODS,
    "bodies": BODIES,
    "answers": ANSWERS,
}
CASES = [case for group in GROUPS.values() for case in group]
