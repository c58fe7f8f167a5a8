"""A bundle's tree under the server, run as an instance and a container run it."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager

from platform_lib.bundling.serving import server_additions, server_command


@contextmanager
def server(folder, source, interface, app="main:app", **env):
    """Serve an app's text; gives the port once it answers."""
    folder.mkdir(exist_ok=True)
    (folder / "main.py").write_text(source)
    for name, content in server_additions(app, interface).files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    given = {"PORT": str(port), "GRANIAN_HOST": "127.0.0.1", "WEB_CONCURRENCY": "1", **env}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, *server_command()],
            cwd=folder,
            env=os.environ | given,
            stderr=log,
            stdout=log,
            start_new_session=True,
        )
    try:
        connected(process, port, folder / "log").close()
        yield Server(process, port)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


class Server:
    def __init__(self, process, port):
        self.process = process
        self.port = port

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def ask(self, request):
        """Send bytes as they are, and give all that comes back until the server closes."""
        with self.connect() as connection:
            connection.sendall(request)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def get(self, path="/", *lines):
        """Ask for a path with further header lines; give the head's lines and the body."""
        head, _, body = self.ask(request("GET", path, *lines)).partition(b"\r\n\r\n")
        return head.split(b"\r\n"), body


def request(method, path, *lines, body=b""):
    start = f"{method} {path} HTTP/1.1".encode()
    return b"\r\n".join([start, b"Host: x", b"Connection: close", *lines, b"", body])


def connected(process, port, log):
    while process.poll() is None:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=30)
        except ConnectionRefusedError:
            continue
    raise AssertionError(log.read_text())
