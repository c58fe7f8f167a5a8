"""Calls a WSGI app from a server of ASGI, in threads.

granian has an interface for WSGI of its own, which such apps cannot be served by: it sends what is
beyond ASCII in a header in another encoding (src/conversion.rs), blanks such headers of requests
(src/wsgi/callbacks.rs), and loses lines of a body that is read by lines (src/wsgi/types.rs).
https://peps.python.org/pep-3333/
"""

import asyncio
import io
import sys
import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import Future
from queue import SimpleQueue
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from urllib.parse import unquote_to_bytes

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Done = asyncio.Future[None]

_IN_MEMORY = 1024 * 1024
"""Bytes of a body without a length that need no file."""
_SILENT = "the app did not call start_response"


class Bridge:
    """An ASGI app that answers by a WSGI app; `threads` is how many requests it works on at once.

    A connection without a request takes no thread, nor does a request before its body begins.
    """

    def __init__(self, app: Any, *, threads: int, several_processes: bool) -> None:
        self.app = app
        self.several_processes = several_processes
        self.threads = _Threads(threads)

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer a request, take part in the lifespan, and refuse web sockets."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)
        else:
            await send({"type": "websocket.close"})

    async def _answer(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        environ = _environ(scope)
        environ["wsgi.multiprocess"] = self.several_processes
        body = _Body(receive, loop, int(environ.get("CONTENT_LENGTH") or -1))
        if "CONTENT_LENGTH" not in environ and "HTTP_TRANSFER_ENCODING" not in environ:
            body.expected = 0
        elif "HTTP_EXPECT" not in environ:
            # Whoever expects "100 Continue" gets it when the app reads, and not before.
            await body.fill()
        environ["wsgi.input"] = io.BufferedReader(body)
        if environ.pop("HTTP_TRANSFER_ENCODING", None) and body.expected < 0:
            # PEP 3333 knows no body without a length: Django, for one, takes it for empty.
            environ["wsgi.input"] = await body.spooled()
            environ["CONTENT_LENGTH"] = str(body.got)
        response = _Response(body, send, loop)
        made = self.threads.start(lambda: response.make(self.app, environ), loop)
        made.add_done_callback(response.give_up)
        last = await response.last
        if last is not None:
            await response.send_piece(last, more=False)
        await made


class _Threads:
    """Threads that are started when they are needed, `most` of them; more work waits for one.

    It counts in the loop alone, so it needs no locks. A process that ends waits for its requests,
    and not for these threads.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.threads = 0
        self.busy = 0
        self.work: SimpleQueue[tuple[Callable[[], None], Done]] = SimpleQueue()

    def start(self, work: Callable[[], None], loop: asyncio.AbstractEventLoop) -> Done:
        done: Done = loop.create_future()
        self.busy += 1
        if self.threads < min(self.busy, self.most):
            self.threads += 1
            threading.Thread(target=self._run, name=f"wsgi-{self.threads}", daemon=True).start()
        self.work.put((work, done))
        return done

    def _run(self) -> None:
        while True:
            work, done = self.work.get()
            problem = None
            try:
                work()
            except Exception as error:
                problem = error
            except BaseException as error:
                problem = RuntimeError(f"the app wants to end its process: {error!r}")
            done.get_loop().call_soon_threadsafe(self._end, done, problem)
            # An idle thread keeps nothing of the last request.
            del work, done, problem

    def _end(self, done: Done, problem: Exception | None) -> None:
        self.busy -= 1
        if done.cancelled():
            return
        if problem is None:
            done.set_result(None)
        else:
            done.set_exception(problem)


async def _lifespan(receive: Receive, send: Send) -> None:
    for event in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{event}.complete"})


def _environ(scope: Mapping[str, Any]) -> dict[str, Any]:
    environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": scope["server"][0],
        "SERVER_PORT": str(scope["server"][1]),
        "REMOTE_ADDR": scope["client"][0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.run_once": False,
        # Not in the PEP: the body's end is told, even where its length is not.
        "wsgi.input_terminated": True,
    }
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1"), value.decode("latin-1")
        if "_" in key:
            # It would pass for the header with hyphens, whoever sent that.
            continue
        key = key.upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        if key in environ:
            text = environ[key] + ("; " if key == "HTTP_COOKIE" else ",") + text
        environ[key] = text
    return environ


class _Body(io.RawIOBase):
    """A request's body, read in a thread and received in the loop."""

    def __init__(self, receive: Receive, loop: asyncio.AbstractEventLoop, expected: int) -> None:
        self.receive = receive
        self.loop = loop
        self.expected = expected
        self.got = 0
        self.piece = memoryview(b"")
        self.ended = False

    @property
    def whole(self) -> bool:
        """Whether all of it was received."""
        return self.ended or self.got == self.expected

    async def fill(self) -> None:
        """Receive the next piece."""
        message = await self.receive()
        if message["type"] == "http.disconnect":
            raise ConnectionResetError("the client went away before its request was whole")
        self.piece = memoryview(message.get("body", b""))
        self.got += len(self.piece)
        self.ended = not message.get("more_body")

    async def spooled(self) -> IO[bytes]:
        """Receive all of it, into a file where it is large."""
        file = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - it ends with the request
        file.write(self.piece)
        while not self.whole:
            await self.fill()
            file.write(self.piece)
        self.piece = memoryview(b"")
        file.seek(0)
        return file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self.piece and not self.whole:
            asyncio.run_coroutine_threadsafe(self.fill(), self.loop).result()
        size = min(len(self.piece), len(buffer))
        buffer[:size] = self.piece[:size]
        self.piece = self.piece[size:]
        return size

    async def disconnect(self) -> None:
        """Wait until the client is gone, or has its answer."""
        while (await self.receive())["type"] != "http.disconnect":
            pass


class _Response:
    """What an app answers, made in a thread and sent in the loop."""

    def __init__(self, body: _Body, send: Send, loop: asyncio.AbstractEventLoop) -> None:
        self.body = body
        self.send = send
        self.loop = loop
        self.start: Mapping[str, Any] | None = None
        self.length = -1
        self.started = False
        self.ended = False
        self.last: asyncio.Future[bytes | None] = loop.create_future()
        self.watch: Future[None] | None = None

    def make(self, app: Any, environ: Mapping[str, Any]) -> None:
        """Call the app, in a thread."""
        result = app(environ, self.start_response)
        try:
            if isinstance(result, (list, tuple)):
                # All of it is there, so its length can be told.
                self.end(b"".join(result))
                return
            for piece in result:
                # Nothing is sent behind the end, but an app's generator runs to its own.
                if piece and not self.ended:
                    self.write(piece)
                if self.watch is not None and self.watch.done():
                    return
            self.end(b"")
        finally:
            if hasattr(result, "close"):
                result.close()
            if self.watch is not None:
                self.watch.cancel()

    def start_response(
        self, status: str, headers: Iterable[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], None]:
        """Take status and headers; they are sent with the first piece of the body."""
        if exc_info and self.started:
            raise exc_info[1].with_traceback(exc_info[2])
        if self.start is not None and not exc_info:
            raise AssertionError("start_response was called before, and there is no error")
        pairs = [
            (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers
        ]
        self.length = next((int(v) for name, v in pairs if name == b"content-length"), -1)
        code = int(status.split(" ", 1)[0])
        self.start = {"type": "http.response.start", "status": code, "headers": pairs}
        return self.write

    def write(self, piece: bytes) -> None:
        """Send a piece, and wait until the client takes more; what is whole does not wait."""
        if not self.started and len(piece) == self.length:
            self.end(piece)
            return
        if self.start is None:
            raise AssertionError(_SILENT)
        if self.watch is None and self.body.whole:
            self.watch = asyncio.run_coroutine_threadsafe(self.body.disconnect(), self.loop)
        asyncio.run_coroutine_threadsafe(self.send_piece(piece, more=True), self.loop).result()

    def end(self, piece: bytes) -> None:
        """Have the last piece sent while the app tidies up."""
        if self.start is None:
            raise AssertionError(_SILENT)
        if not self.ended:
            self.ended = True
            self.loop.call_soon_threadsafe(self._give_last, piece)

    def give_up(self, _: object) -> None:
        """End without a last piece where the app failed, or its client left."""
        self._give_last(None)

    def _give_last(self, piece: bytes | None) -> None:
        if not self.last.done():
            self.last.set_result(piece)

    async def send_piece(self, piece: bytes, *, more: bool) -> None:
        """Send a piece, the first one behind status and headers."""
        if not self.started:
            self.started = True
            await self.send(self.start or {})
        await self.send({"type": "http.response.body", "body": piece, "more_body": more})
