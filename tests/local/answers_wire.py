"""HTTP/1 by plain sockets: requests that no polite client sends, and answers as they came."""

import json
import socket
from collections.abc import Sequence
from dataclasses import dataclass

Headers = Sequence[tuple[str, str]]
_NO_BODY = (204, 304)


@dataclass(frozen=True, kw_only=True)
class Request:
    method: str
    target: str
    headers: Headers = ()
    body: bytes = b""
    host: str = "notes.example.com"
    version: str = "1.1"
    chunked: bool = False
    connection: str = "close"
    waits: bool = False
    """Whether the body is sent only when the server has answered 100 to `Expect`."""

    @property
    def head(self) -> bytes:
        headers = [("Host", self.host), ("Connection", self.connection), *self.headers]
        if self.chunked:
            headers.append(("Transfer-Encoding", "chunked"))
        elif self.body or self.method in ("POST", "PUT", "PATCH"):
            headers.append(("Content-Length", str(len(self.body))))
        if self.waits:
            headers.append(("Expect", "100-continue"))
        lines = [f"{self.method} {self.target} HTTP/{self.version}"]
        lines += [f"{name}: {value}" for name, value in headers]
        return "".join(f"{line}\r\n" for line in [*lines, ""]).encode("latin-1")

    @property
    def framed(self) -> bytes:
        if not self.chunked:
            return self.body
        half = len(self.body) // 2
        pieces = [piece for piece in (self.body[:half], self.body[half:]) if piece]
        return b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    headers: Headers
    """Names in lower case."""
    body: bytes = b""

    def all(self, name: str) -> list[str]:
        return [value for each, value in self.headers if each == name]

    @property
    def json(self):
        return json.loads(self.body)


class Connection:
    """One connection; a context manager."""

    def __init__(self, address: str) -> None:
        host, _, port = address.removeprefix("http://").partition(":")
        self._socket = socket.create_connection((host, int(port)), timeout=60)
        self._file = self._socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()
        self._socket.close()

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def ask(self, request: Request) -> Answer:
        self.send(request.head)
        if request.waits:
            assert self.head().status == 100
        self.send(request.framed)
        return self.answer(request.method)

    def answer(self, method: str) -> Answer:
        """Read the next answer that is final."""
        found = self.head()
        while found.status < 200:
            found = self.head()
        return Answer(status=found.status, headers=found.headers, body=self.body(found, method))

    def head(self) -> Answer:
        line = self._file.readline()
        assert line, "the connection was closed without an answer"
        status = int(line.split()[1])
        headers = []
        while line := self._file.readline().strip(b"\r\n"):
            name, _, value = line.decode("latin-1").partition(":")
            headers.append((name.lower(), value.strip()))
        return Answer(status=status, headers=headers)

    def body(self, head: Answer, method: str) -> bytes:
        if method == "HEAD" or head.status in _NO_BODY:
            return b""
        if head.all("transfer-encoding"):
            return self.rest()
        if length := head.all("content-length"):
            body = self._file.read(int(length[0]))
            assert len(body) == int(length[0]), "the body is shorter than its length says"
            return body
        return self._file.read()

    def rest(self) -> bytes:
        """Read what is left of a body in chunks."""
        return b"".join(iter(self.chunk, b""))

    def chunk(self) -> bytes:
        """Read one chunk of a body; none is the last."""
        size = int(self._file.readline().partition(b";")[0], 16)
        piece = self._file.read(size)
        self._file.readline()
        return piece


def ask(address: str, request: Request) -> Answer:
    with Connection(address) as connection:
        return connection.ask(request)
