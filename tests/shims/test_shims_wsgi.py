"""WSGI apps on instances and in containers, called as PEP 3333 says: by real connections."""

import json

import pytest
from server_kit import request, server

ECHO = """
import json

def app(environ, start_response):
    body, path = environ["wsgi.input"], environ["PATH_INFO"]
    took = {
        "/lines": lambda: [line.decode() for line in body],
        "/line": lambda: [body.readline().decode(), body.readlines()[-1].decode()],
        "/short": lambda: [body.readline(2).decode(), body.read(2).decode(), len(body.read())],
        "/all": lambda: [len(body.read(-1)), len(body.read())],
    }.get(path, lambda: None)()
    told = {k: v for k, v in environ.items() if isinstance(v, (str, bool, tuple))}
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({**told, "took": took}).encode()]
"""


@pytest.fixture(scope="module")
def echo(tmp_path_factory):
    with server(tmp_path_factory.mktemp("echo"), ECHO, "wsgi", SOME_SECRET="x") as served:
        yield lambda *words, **more: told(served, *words, **more)


def told(served, path, *lines, method="GET", body=b""):
    answer = served.ask(request(method, path, *lines, body=body))
    assert answer.startswith(b"HTTP/1.1 200"), answer
    return json.loads(answer.partition(b"\r\n\r\n")[2])


def test_headers_of_requests_come_as_they_were_sent(echo):
    environ = echo(
        "/", b"X-Name: caf\xe9", b"X-Many: a", b"X-Many: b", b"Cookie: a=1", b"Cookie: b=2"
    )
    assert environ["HTTP_X_NAME"] == "caf\xe9"
    assert environ["HTTP_X_MANY"] == "a,b"
    assert environ["HTTP_COOKIE"] == "a=1; b=2"


def test_a_name_with_an_underscore_passes_for_no_other(echo):
    environ = echo("/", b"X-Name: real", b"X_Name: spoofed", b"X_Other: spoofed")
    assert environ["HTTP_X_NAME"] == "real"
    assert "HTTP_X_OTHER" not in environ


def test_paths_and_queries_are_bytes(echo):
    environ = echo("/%ff%C3%A9/%252e?q=%C3%A9&r=a+b")
    assert environ["PATH_INFO"] == "/\xff\xc3\xa9/%2e"
    assert environ["QUERY_STRING"] == "q=%C3%A9&r=a+b"
    assert environ["SCRIPT_NAME"] == ""


def test_what_the_pep_asks_for(echo):
    environ = echo("/", b"Content-Type: text/caf\xe9", b"Content-Length: 3", body=b"abc")
    assert environ["CONTENT_TYPE"] == "text/caf\xe9"
    assert environ["CONTENT_LENGTH"] == "3"
    assert environ["REQUEST_METHOD"] == "GET"
    assert environ["SERVER_PROTOCOL"] == "HTTP/1.1"
    assert environ["wsgi.url_scheme"] == "http"
    assert (environ["wsgi.multithread"], environ["wsgi.multiprocess"]) == (True, False)
    assert (environ["wsgi.run_once"], environ["wsgi.version"]) == (False, [1, 0])


def test_the_process_environment_is_no_part_of_a_request(echo):
    assert "SOME_SECRET" not in echo("/")


BODY = b"one\ntwo\n\nfour"


@pytest.mark.parametrize(
    ("path", "took"),
    [
        ("/lines", ["one\n", "two\n", "\n", "four"]),
        ("/line", ["one\n", "four"]),
        ("/short", ["on", "e\n", 9]),
        ("/all", [13, 0]),
    ],
)
def test_a_body_is_a_file(echo, path, took):
    assert echo(path, b"Content-Length: 13", method="POST", body=BODY)["took"] == took
    pieces = b"4\r\none\n\r\n9\r\ntwo\n\nfour\r\n0\r\n\r\n"
    chunked = b"Transfer-Encoding: chunked"
    assert echo(path, chunked, method="POST", body=pieces)["took"] == took


def test_a_large_body_comes_whole(echo):
    size = 4_000_000
    length = b"Content-Length: %d" % size
    assert echo("/all", length, method="POST", body=bytes(size))["took"] == [size, 0]


@pytest.mark.parametrize("size", [0, 5, 3_000_000])
def test_a_body_in_chunks_has_a_length(echo, size):
    half = size // 2
    sizes = [each for each in (half, size - half) if each]
    pieces = b"".join(b"%x\r\n%s\r\n" % (n, b"x" * n) for n in sizes) + b"0\r\n\r\n"
    environ = echo("/all", b"Transfer-Encoding: chunked", method="POST", body=pieces)
    assert (environ["CONTENT_LENGTH"], environ["took"]) == (str(size), [size, 0])
    assert "HTTP_TRANSFER_ENCODING" not in environ


def test_no_body_is_an_empty_file(echo):
    assert echo("/all")["took"] == [0, 0]


ANSWERS = """
import itertools, threading

released, closed = threading.Event(), threading.Event()

class Pieces:
    def __init__(self, *pieces, endless=False):
        self.pieces = itertools.cycle(pieces) if endless else iter(pieces)
        self.endless = endless
    def __iter__(self):
        return self
    def __next__(self):
        piece = next(self.pieces)
        return piece() if callable(piece) else piece
    def close(self):
        if self.endless:
            closed.set()

def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/headers":
        # The second is UTF-8, as a WSGI app words it.
        names = [("X-Latin", "caf\\xe9"), ("X-Utf8", "caf\\xc3\\xa9")]
        start_response("200 OK", [*names, ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
        return [b""]
    if path == "/release":
        released.set()
    if path == "/closed":
        assert closed.wait(20)
    if path == "/stream":
        start_response("200 OK", [])
        return Pieces(b"first", b"", lambda: b"second" if released.wait(20) else b"late")
    if path == "/endless":
        start_response("200 OK", [])
        return Pieces(b"x" * 10_000, endless=True)
    if path == "/length":
        start_response("200 OK", [("Content-Length", "5")])
        return Pieces(b"whole")
    if path == "/pieces":
        start_response("200 OK", [("Content-Length", "5")])
        return Pieces(b"who", b"le")
    if path == "/write":
        write = start_response("200 OK", [])
        write(b"written, ")
        return [b"returned"]
    if path == "/broken":
        raise ValueError("no answer")
    if path == "/late-error":
        start_response("200 OK", [])
        try:
            raise ValueError("changed its mind")
        except ValueError:
            import sys
            start_response("503 Busy", [("X-Changed", "yes")], sys.exc_info())
        return [b"busy"]
    if path == "/silent":
        return [b"no start_response"]
    if path == "/read":
        assert environ["wsgi.input"].read() == b"abc"
    if path == "/refused":
        start_response("413 Too Large", [("Content-Length", "0")])
        return []
    start_response("204 No Content", [])
    return []
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    with server(tmp_path_factory.mktemp("answers"), ANSWERS, "wsgi") as served:
        yield served


def test_headers_of_answers_go_as_the_app_words_them(answers):
    head, _ = answers.get("/headers")
    assert b"x-latin: caf\xe9" in head
    assert b"x-utf8: caf\xc3\xa9" in head
    assert [line for line in head if line.startswith(b"set-cookie")] == [
        b"set-cookie: a=1",
        b"set-cookie: b=2",
    ]


def test_pieces_go_when_they_are_there(answers):
    with answers.connect() as connection:
        connection.sendall(request("GET", "/stream"))
        seen = b""
        while b"first" not in seen:
            seen += connection.recv(65536)
        assert b"second" not in seen
        answers.get("/release")
        while b"second" not in seen:
            seen += connection.recv(65536)


def test_what_a_client_left_is_closed(answers):
    with answers.connect() as connection:
        connection.sendall(request("GET", "/endless"))
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
    assert answers.get("/closed")[0][0] == b"HTTP/1.1 204 No Content"


@pytest.mark.parametrize("path", ["/length", "/pieces"])
def test_a_length_that_the_app_tells_is_kept(answers, path):
    head, body = answers.get(path)
    assert body == b"whole"
    assert b"content-length: 5" in head
    assert not any(line.startswith(b"transfer-encoding") for line in head)


def test_the_callable_that_writes(answers):
    assert b"written, " in answers.get("/write")[1]
    assert b"returned" in answers.get("/write")[1]


def test_an_app_that_fails(answers):
    for path in ("/broken", "/silent"):
        assert answers.get(path)[0][0] == b"HTTP/1.1 500 Internal Server Error"
    head, body = answers.get("/late-error")
    assert head[0] == b"HTTP/1.1 503 Service Unavailable"
    assert (b"x-changed: yes" in head, body) == (True, b"busy")


def test_who_expects_continue_gets_it_when_the_app_reads(answers):
    lines = (b"Expect: 100-continue", b"Content-Length: 3")
    refused = answers.ask(request("POST", "/refused", *lines))
    assert refused.startswith(b"HTTP/1.1 413")
    with answers.connect() as connection:
        connection.sendall(request("POST", "/read", *lines))
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"abc")
        assert connection.recv(65536).startswith(b"HTTP/1.1 204")


def test_a_web_socket_is_refused(answers):
    upgrade = (
        b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    with answers.connect() as connection:
        connection.sendall(upgrade)
        assert connection.recv(65536).startswith(b"HTTP/1.1 403")
