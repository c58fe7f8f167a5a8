"""The server's start: a bundle's tree, run as an instance and a container run it."""

import http.client
import os
import signal
import socket
import subprocess
import sys

import pytest

from platform_lib.bundling.serving import SERVER_COMMAND, server_additions, server_command

ASGI = """
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"asgi"})
"""
WSGI = """
def app(environ, start_response):
    start_response("200 OK", [])
    return [b"wsgi"]
"""


@pytest.mark.parametrize(("interface", "source"), [("asgi", ASGI), ("wsgi", WSGI)])
def test_it_listens_on_the_port_given_and_stops_on_term(tmp_path, interface, source):
    (tmp_path / "main.py").write_text(source)
    for name, content in server_additions("main:app", interface).files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with subprocess.Popen(
        [sys.executable, *server_command()],
        cwd=tmp_path,
        env=os.environ | {"PORT": str(port), "GRANIAN_HOST": "127.0.0.1"},
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    ) as server:
        try:
            assert body(port, server) == interface
        finally:
            server.send_signal(signal.SIGTERM)
    assert server.returncode == 0


def body(port, server) -> str:
    while server.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", "/")
        except ConnectionRefusedError:
            continue
        with connection.getresponse() as response:
            return response.read().decode()
    return f"ended with {server.returncode}"


def test_the_command_is_the_same_for_every_python():
    assert ("python", *server_command()) == SERVER_COMMAND


def test_idle_connections_outlive_the_load_balancers(tmp_path, monkeypatch):
    granian = pytest.importorskip("granian")
    given = {}

    class Server:
        def __init__(self, app, **settings):
            given.update(settings, app=app)

        def serve(self):
            given["served"] = True

    monkeypatch.setattr(granian, "Granian", Server)
    monkeypatch.setenv("PORT", "8123")
    monkeypatch.delenv("GRANIAN_HOST", raising=False)
    files = server_additions("main:app", "wsgi").files
    (tmp_path / "config.json").write_bytes(files["_platform/config.json"])
    shim = {"__name__": "_platform.serve", "__file__": str(tmp_path / "serve.py")}
    exec(files["_platform/serve.py"], shim)
    assert not given
    shim["serve"]()
    assert (given["app"], given["address"], given["port"]) == ("main:app", "0.0.0.0", 8123)
    assert given["interface"].value == "wsgi"
    assert given["http1_settings"].header_read_timeout > 60_000
