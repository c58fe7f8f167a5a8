"""The server's start: a bundle's tree, run as an instance and a container run it."""

import json
import resource
import signal
from contextlib import ExitStack

import pytest
from server_kit import server

from platform_lib.bundling.serving import SERVER_COMMAND, server_command
from platform_lib.shims import serve

ASGI = """
import json, os

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    told = {k: scope[k] for k in ("client", "server", "scheme", "http_version")}
    told["since"] = dict(scope["headers"]).get(b"if-modified-since", b"").decode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    body = json.dumps({"interface": "asgi", "pid": os.getpid(), **told}).encode()
    await send({"type": "http.response.body", "body": body})
"""
WSGI = """
import json, os

def app(environ, start_response):
    start_response("200 OK", [])
    told = {
        "interface": "wsgi",
        "pid": os.getpid(),
        "client": [environ["REMOTE_ADDR"], 0],
        "server": [environ["SERVER_NAME"], int(environ["SERVER_PORT"])],
        "scheme": environ["wsgi.url_scheme"],
        "http_version": environ["SERVER_PROTOCOL"][5:],
        "several": environ["wsgi.multiprocess"],
        "since": environ.get("HTTP_IF_MODIFIED_SINCE"),
    }
    return [json.dumps(told).encode()]
"""
APPS = pytest.mark.parametrize(("interface", "source"), [("asgi", ASGI), ("wsgi", WSGI)])


@APPS
def test_it_listens_on_the_port_given_and_stops_on_term(tmp_path, interface, source):
    with server(tmp_path, source, interface) as served:
        told = json.loads(served.get()[1])
        assert told["interface"] == interface
        assert told["server"] == ["127.0.0.1", served.port]
        assert told["http_version"] == "1.1"
        head, _, body = served.ask(b"GET / HTTP/1.0\r\n\r\n").partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.0 200")
        assert json.loads(body)["http_version"] == "1.0"
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait() == 0


def test_the_command_is_the_same_for_every_python():
    assert ("python", *server_command()) == SERVER_COMMAND


FORWARDED = [
    ((), "127.0.0.1", "http"),
    ((b"X-Forwarded-For: 203.0.113.7", b"X-Forwarded-Proto: https"), "203.0.113.7", "https"),
    # All but the last entry is what the client says of itself.
    ((b"X-Forwarded-For: 10.0.0.1, 203.0.113.7",), "203.0.113.7", "http"),
    ((b"X-Forwarded-For: 10.0.0.1", b"X-Forwarded-For: 203.0.113.7"), "203.0.113.7", "http"),
    ((b"X-Forwarded-For: 203.0.113.7, 10.0.0.1",), "10.0.0.1", "http"),
    ((b"X-Forwarded-For: 2001:DB8::1",), "2001:db8::1", "http"),
    ((b"X-Forwarded-For: 203.0.113.7:4711",), "203.0.113.7", "http"),
    ((b"X-Forwarded-For: [2001:db8::1]:4711",), "2001:db8::1", "http"),
    ((b"X-Forwarded-For: 203.0.113.7, ", b"X-Forwarded-Proto: gopher"), "127.0.0.1", "http"),
    ((b"X-Forwarded-For: <script>",), "127.0.0.1", "http"),
    ((b"Forwarded: for=203.0.113.7;proto=https", b"X-Real-Ip: 203.0.113.7"), "127.0.0.1", "http"),
    ((b"X_Forwarded_For: 203.0.113.7", b"X_Forwarded_Proto: https"), "127.0.0.1", "http"),
]


@APPS
def test_the_client_is_the_one_that_the_balancer_names(tmp_path, interface, source):
    with server(tmp_path, source, interface) as served:
        for lines, address, scheme in FORWARDED:
            told = json.loads(served.get("/", *lines)[1])
            assert (told["client"][0], told["scheme"]) == (address, scheme), lines
            assert isinstance(told["client"][1], int)


SINCE = [
    (b"Sat, 01 Jan 2000 00:00:00 GMT", True),
    (b"Fri, 03 Feb 2034 00:00:00 GMT", False),
    (b"no date", True),
]


@APPS
def test_a_date_of_our_files_asks_for_nothing(tmp_path, interface, source):
    with server(tmp_path, source, interface) as served:
        for date, passed in SINCE:
            told = json.loads(served.get("/", b"If-Modified-Since: " + date)[1])
            assert (told["since"] == date.decode()) is passed


def test_a_web_socket_by_tls_has_the_scheme_wss(tmp_path):
    source = """
async def app(scope, receive, send):
    assert scope["type"] == "websocket", scope
    await receive()
    await send({"type": "websocket.accept", "subprotocol": scope["scheme"]})
"""
    upgrade = (
        b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        b"Sec-WebSocket-Protocol: wss, ws\r\nX-Forwarded-Proto: https\r\n\r\n"
    )
    with server(tmp_path, source, "asgi") as served:
        assert b"sec-websocket-protocol: wss\r\n" in served.ask(upgrade)


@APPS
def test_idle_connections_shut_nobody_out(tmp_path, interface, source):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        # The server is started with the low bound that systemd and shells have.
        with server(tmp_path, source, interface) as served, ExitStack() as idle:
            for _ in range(1_100):
                connection = idle.enter_context(served.connect())
                connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                assert connection.recv(65536).startswith(b"HTTP/1.1 200")
            assert json.loads(served.get("/health")[1])["interface"] == interface
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@APPS
def test_each_processor_has_a_process(tmp_path, interface, source):
    with server(tmp_path, source, interface, WEB_CONCURRENCY="2") as served:
        told = json.loads(served.get()[1])
        # The system shares connections out by their port: one comes to the other process.
        others = (json.loads(served.get()[1])["pid"] for _ in range(1_000))
        assert next((pid for pid in others if pid != told["pid"]), None)
        assert told.get("several", True)


@pytest.fixture
def settings(monkeypatch):
    granian = pytest.importorskip("granian")
    given = {}

    class Server:
        def __init__(self, app, **settings):
            given.update(settings, app=app)

        def serve(self, **more):
            given.update(more)

    monkeypatch.setattr(granian, "Granian", Server)
    monkeypatch.setattr(serve, "_config", lambda: {"app": "main:app", "interface": "wsgi"})
    monkeypatch.setattr(serve, "processors", lambda: 3)
    monkeypatch.setenv("PORT", "8123")
    monkeypatch.delenv("GRANIAN_HOST", raising=False)
    monkeypatch.delenv("WEB_CONCURRENCY", raising=False)
    return given


def test_idle_connections_outlive_the_load_balancers(settings):
    serve.serve()
    assert settings["http1_settings"].header_read_timeout > 60_000


def test_it_listens_on_every_address(settings):
    serve.serve()
    assert (settings["address"], settings["port"]) == ("0.0.0.0", 8123)


@pytest.mark.parametrize(("given", "workers"), [(None, 3), ("", 3), ("1", 1), ("7", 7)])
def test_web_concurrency_has_the_last_word(settings, monkeypatch, given, workers):
    if given is not None:
        monkeypatch.setenv("WEB_CONCURRENCY", given)
    serve.serve()
    assert settings["workers"] == workers


@pytest.mark.parametrize(
    ("soft", "hard", "raised", "connections"),
    [
        (1024, 65535, 65535, 65535 - 256),
        (65535, 65535, None, 65535 - 256),
        (256, 256, None, 128),
        (1024, -1, 1 << 20, (1 << 20) - 256),
        (1024, 1 << 30, 1 << 20, (1 << 20) - 256),
        (-1, -1, None, (1 << 20) - 256),
    ],
)
def test_connections_are_bounded_by_the_system_alone(
    settings, monkeypatch, soft, hard, raised, connections
):
    limits = [soft, hard]
    monkeypatch.setattr(resource, "getrlimit", lambda kind: tuple(limits))
    monkeypatch.setattr(resource, "setrlimit", lambda kind, new: limits.__setitem__(0, new[0]))
    serve.serve()
    assert settings["backpressure"] == connections
    assert limits[0] == (raised or soft)
