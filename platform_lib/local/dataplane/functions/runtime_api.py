"""One worker of a function: `awslambdaric`, fed by the Lambda Runtime API.

Each worker has an API server of its own on a free port of 127.0.0.1: the worker asks it for the
next event, which is a request that waits, and posts the answer.
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import asyncio
import json
import signal
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

from platform_lib.local.dataplane.logs import Log
from platform_lib.local.dataplane.running.memory import Peak
from platform_lib.local.dataplane.running.processes import Command, Process
from platform_lib.local.guard import guarded

_LONGEST_SUMMARY = 200
START = """
import sys
from awslambdaric import __main__, bootstrap

def log(self, msg, frame_type=None):
    sys.stdout.write(msg.rstrip("\\n").replace("\\n", "\\r") + "\\n")

bootstrap.StandardLogSink.log = log
__main__.main(sys.argv)
"""
"""What a worker runs: `python -m awslambdaric`, whose records end where they end.

On Lambda it tells the length of each; on standard output a traceback would run into what comes
next, and each of its lines be an event. So it ends here as its own errors do: a carriage return
between the lines of a record, and a line feed behind it.
"""
_PREFIX = "/2018-06-01/runtime/"

_CAUSE_BYTES = 1024 * 1024
"""How long a header may be: the runtime client tells the traceback of an error in one."""


@dataclass(eq=False, kw_only=True)
class Invocation:
    """One event on its way through a worker."""

    payload: bytes
    arn: str
    seconds: float
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    trace: str = ""
    outcome: "asyncio.Future[Outcome]"
    timer: asyncio.TimerHandle | None = None

    def end(self, outcome: "Outcome") -> None:
        """Take the first outcome; a later one comes too late."""
        if self.timer is not None:
            self.timer.cancel()
        if not self.outcome.done():
            self.outcome.set_result(outcome)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What an invocation came to; an error's payload is Lambda's JSON of it."""

    payload: bytes
    failed: bool = False
    version: str = ""
    """The version that ran."""


def failure(kind: str, message: str) -> Outcome:
    """Word an error as Lambda does."""
    body = json.dumps({"errorType": kind, "errorMessage": message}).encode()
    return Outcome(payload=body, failed=True)


def summary(outcome: Outcome) -> tuple[str, str]:
    """Return an error's type, and type and message in one line."""
    try:
        error = json.loads(outcome.payload)
        kind, message = str(error.get("errorType", "")), str(error.get("errorMessage", ""))
    except (ValueError, AttributeError):
        kind, message = "", outcome.payload.decode(errors="replace")
    line = " ".join(": ".join(filter(None, (kind, message))).split())
    return kind, line if len(line) <= _LONGEST_SUMMARY else f"{line[:_LONGEST_SUMMARY]}..."


class Worker:
    """A process that takes one event at a time."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.process: Process | None = None
        self.timer: asyncio.TimerHandle | None = None
        self._server: web.ServerRunner | None = None
        self._next: asyncio.Queue[Invocation] = asyncio.Queue(1)
        self._busy: Invocation | None = None
        self._init_error: bytes | None = None
        self._watch: asyncio.Task[None] | None = None
        self._peak: Peak | None = None
        self._most = 0

    async def start(self, make: Callable[[str], Awaitable[Command]]) -> None:
        """Start it; `make` words the command for the address of the worker's API."""
        # Cancellation: an idle process that ends leaves its wait for the next event behind.
        server = web.Server(
            guarded(self._answer),
            handler_cancellation=True,
            access_log=None,
            keepalive_timeout=3600.0,
            max_field_size=_CAUSE_BYTES,
        )
        self._server = web.ServerRunner(server, shutdown_timeout=0.1)
        await self._server.setup()
        await web.TCPSite(self._server, "127.0.0.1", 0).start()
        address = "127.0.0.1:{1}".format(*self._server.addresses[0])
        self.process = await Process.start(await make(address), self.log, grace=0.3)
        self._peak = Peak(self.process.pid)
        self._watch = asyncio.create_task(self._until_gone())

    async def _until_gone(self) -> None:
        """Answer for a process that ended with an event in its hands."""
        assert self.process is not None  # noqa: S101 - set before this task is made
        code = await self.process.wait()
        busy = self._busy or (None if self._next.empty() else self._next.get_nowait())
        if busy is not None:
            busy.end(self.last_words(busy, code))

    def last_words(self, invocation: Invocation, code: int) -> Outcome:
        """Word what Lambda answers for a process that ended with this exit code."""
        if self._init_error is not None:
            return Outcome(payload=self._init_error, failed=True)
        ended = f"signal: {_signal(code - 128)}" if code > 128 else f"exit status {code}"
        told = f"RequestId: {invocation.id} Error: Runtime exited with error: {ended}"
        return failure("Runtime.ExitError", told)

    async def invoke(self, invocation: Invocation) -> Outcome:
        """Run one event; the time it has begins when the process takes it."""
        if self.process is None or self.process.ended:
            return self.last_words(invocation, await self.process.wait() if self.process else 0)
        await self._next.put(invocation)
        return await invocation.outcome

    @property
    def ended(self) -> bool:
        """Whether its process is gone."""
        return self.process is None or self.process.ended

    def look(self) -> int:
        """Return the most bytes that it has held so far; 0 where that cannot be told."""
        if self._peak is not None:
            self._most = max(self._most, self._peak.read())
        return self._most

    def kill(self) -> None:
        """End it at once, as the kernel ends what holds too much memory."""
        if self.process is not None:
            self.process.kill()

    async def stop(self) -> None:
        """End it."""
        if self.process is not None:
            await self.process.stop()
        if self._peak is not None:
            self._peak.close()
        if self._watch is not None:
            await self._watch
        if self._server is not None:
            await self._server.cleanup()
        self.log.close()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path.removeprefix(_PREFIX)
        if path == "invocation/next":
            return await self._hand_out()
        body = b"".join([piece async for piece in request.content.iter_any()])
        if path == "init/error":
            self._init_error = body
            return _accepted()
        word, _, rest = path.partition("/")
        invocation_id, _, what = rest.partition("/")
        busy = self._busy
        if word != "invocation" or busy is None or busy.id != invocation_id:
            return web.json_response({"errorType": "InvalidRequestID"}, status=400)
        self._busy = None
        busy.end(Outcome(payload=body, failed=what == "error"))
        return _accepted()

    async def _hand_out(self) -> web.Response:
        self._busy = invocation = await self._next.get()
        deadline = int((time.time() + invocation.seconds) * 1000)
        if invocation.timer is not None:
            invocation.timer.cancel()
        loop = asyncio.get_running_loop()
        invocation.timer = loop.call_later(invocation.seconds, _too_late, invocation)
        return web.Response(
            body=invocation.payload,
            content_type="application/json",
            headers={
                "Lambda-Runtime-Aws-Request-Id": invocation.id,
                "Lambda-Runtime-Deadline-Ms": str(deadline),
                "Lambda-Runtime-Invoked-Function-Arn": invocation.arn,
                "Lambda-Runtime-Trace-Id": invocation.trace,
            },
        )


def _signal(number: int) -> str:
    return (signal.strsignal(number) or str(number)).lower()


def _too_late(invocation: Invocation) -> None:
    told = f"{invocation.id} Task timed out after {invocation.seconds:.2f} seconds"
    invocation.end(failure("Sandbox.Timedout", told))


def _accepted() -> web.Response:
    return web.json_response({"status": "OK"}, status=202)
