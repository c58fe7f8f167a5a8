"""How another terminal reaches a running cloud: JSON lines over TCP on 127.0.0.1, with a token.

Port and token stand in `cloud.json`, which only the same user can read. The first line is
`{"token", "command", "arguments"}`; the cloud answers with lines `{"say"}` and `{"progress"}`
while it works and at last `{"result"}` or `{"error"}`. When the asking side goes away the
operation still runs to its end.
"""

import hmac
import json
import secrets
import socket
import socketserver
import threading
from collections.abc import Callable, Mapping
from io import BufferedIOBase
from pathlib import Path
from typing import Any

from platform_lib.local.errors import LocalCloudError
from platform_lib.local.screen import Screen
from platform_lib.local.state import read_published

Commands = Mapping[str, Callable[..., Any]]
"""Command -> function; called with `screen=` and the arguments, returns what JSON can hold."""


class ControlServer:
    """Serves commands of other terminals, each connection in a thread of its own."""

    def __init__(self, commands: Commands) -> None:
        self.token = secrets.token_urlsafe(32)
        token = self.token

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                _answer(self.rfile, self.wfile, token, commands)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take no more commands."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _answer(
    reader: BufferedIOBase, writer: BufferedIOBase, token: str, commands: Commands
) -> None:
    lock = threading.Lock()

    def send(message: Mapping[str, Any]) -> None:
        with lock:
            try:
                writer.write(json.dumps(message).encode() + b"\n")
                writer.flush()
            except OSError:
                return  # the asking terminal is gone; what it asked for goes on

    line = reader.readline(1 << 20)
    if not line:
        return
    try:
        asked = json.loads(line)
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        # A browser's request is none either: its first line is not its page's to choose.
        send({"error": "not a line of JSON"})
        return
    if not hmac.compare_digest(str(asked.get("token")).encode(), token.encode()):
        send({"error": "wrong token"})
        return
    command = commands.get(asked["command"])
    if command is None:
        send({"error": f"no command {asked['command']!r}"})
        return
    try:
        send({"result": command(screen=_RemoteScreen(send), **asked["arguments"])})
    except LocalCloudError as problem:
        send({"error": str(problem)})


class _RemoteScreen(Screen):
    """Shows things in the terminal that asked."""

    def __init__(self, send: Callable[[Mapping[str, Any]], None]) -> None:
        self._send = send

    def say(self, line: str) -> None:
        self._send({"say": line})

    def progress(self, program: str, event: Mapping[str, Any]) -> None:
        self._send({"progress": [program, event]})


class ControlClient:
    """A running cloud, as another terminal sees it."""

    def __init__(self, port: int, token: str) -> None:
        self._port = port
        self._token = token

    @classmethod
    def find(cls, state_dir: Path) -> "ControlClient | None":
        """Return the cloud that runs in a folder; None where none answers."""
        published = read_published(state_dir)
        if not published:
            return None
        client = cls(published["port"], published["token"])
        try:
            client.call("ping", Screen())
        except (LocalCloudError, ValueError):
            # Nobody listens there, or since the cloud's death somebody else does.
            return None
        return client

    def call(self, command: str, screen: Screen, **arguments: Any) -> Any:
        """Have the cloud do something, show its progress, and return its result.

        Raises:
            LocalCloudError: it failed, or the cloud stopped meanwhile.
        """
        asked = {"token": self._token, "command": command, "arguments": arguments}
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=5) as connection:
                connection.settimeout(None)  # an operation may well say nothing for minutes
                connection.sendall(json.dumps(asked).encode() + b"\n")
                with connection.makefile("rb") as answers:
                    for line in answers:
                        message = json.loads(line)
                        if "say" in message:
                            screen.say(message["say"])
                        elif "progress" in message:
                            screen.progress(*message["progress"])
                        elif "error" in message:
                            raise LocalCloudError(message["error"])
                        else:
                            return message["result"]
        except OSError as problem:
            raise LocalCloudError(f"the local cloud does not answer: {problem}") from problem
        raise LocalCloudError("the local cloud stopped before it was done")
