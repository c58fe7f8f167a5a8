"""Children of the local cloud: started, watched, restarted, and never left behind.

Each child runs under `watcher.py`, which ends the child's whole process group when this process
closes its channel or is killed. Children get an environment of their own: nothing of the user's
shell, least of all real AWS credentials, reaches an app that runs here.
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from platform_lib.local.clock import backoff
from platform_lib.local.dataplane.logs import Log

_WATCHER = Path(__file__).with_name("watcher.py")
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR")
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0
_WELL_AFTER = 60.0


@dataclass(frozen=True, kw_only=True)
class Command:
    """What to start, and its whole environment."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path | None = None
    read_only: Path | None = None
    """A folder that it may not write to, as far as this machine can see to it (Linux)."""


def with_this_machines(extra: Mapping[str, str]) -> dict[str, str]:
    """Add what a command of this machine's own needs of its environment, such as `docker`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _PASSED_ON or name.startswith("DOCKER_")
    }
    return {**kept, **extra}


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Process:
    """One running child. `pid` is the command's own, which leads its process group."""

    def __init__(
        self,
        child: asyncio.subprocess.Process,
        channel: socket.socket,
        pid: int,
        reader: "asyncio.Task[None] | None",
    ) -> None:
        self.pid = pid
        self._child = child
        self._channel = channel
        self._reader = reader
        self._ended = asyncio.create_task(self._end())

    @classmethod
    async def start(cls, command: Command, log: Log | None, *, grace: float = 5.0) -> "Process":
        """Start the command; `grace` is the seconds between TERM and KILL when it is stopped."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        # A pipe of our own: asyncio takes a process for alive as long as anybody holds one of its.
        output, written = os.pipe()
        try:
            child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", str(_WATCHER), str(grace)),
                str(command.read_only or ""),
                *command.argv,
                stdin=theirs.fileno(),
                stdout=written if log else subprocess.DEVNULL,
                stderr=asyncio.subprocess.STDOUT,
                env=dict(command.env),
                cwd=command.cwd,
                start_new_session=True,
            )
            # Else the end of a command that cannot be started would not be seen on our side.
            theirs.close()
            told = await asyncio.get_running_loop().sock_recv(ours, 32)
        except BaseException:
            ours.close()
            os.close(output)
            raise
        finally:
            theirs.close()
            os.close(written)
        reader = None
        if log:
            reader = asyncio.create_task(_read(output, log))
        else:
            os.close(output)
        return cls(child, ours, int(told or 0), reader)

    async def _end(self) -> int:
        code = await self._child.wait()
        if code < 0 and self.pid:
            # Somebody killed the watcher, which would have ended the group.
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
        if self._reader is not None:
            # The last words of a crash, unless a stranger that left the group holds the pipe open.
            await asyncio.wait([self._reader], timeout=1.0)
            self._reader.cancel()
        self._channel.close()
        return code if code >= 0 else 128 - code

    async def wait(self) -> int:
        """Wait for the end; the exit code, 128 + n for signal n, 127 when it could not start."""
        return await asyncio.shield(self._ended)

    async def stop(self) -> None:
        """End the command and all of its group."""
        if not self._ended.done():
            self._channel.shutdown(socket.SHUT_WR)
        await self.wait()

    def kill(self) -> None:
        """End the command and all of its group at once, without a word before."""
        if not self._ended.done() and self.pid:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    @property
    def ended(self) -> bool:
        """Whether the command is gone."""
        return self._ended.done()


async def _read(output: int, log: Log) -> None:
    """Bring to a log what comes out of a pipe."""
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(output, "rb", buffering=0)
    )
    try:
        while data := await reader.read(65536):
            log.feed(data)
    finally:
        transport.close()


class Kept:
    """A command that is started again when it ends by itself, later and later.

    `crashes` counts its deaths since it was last well; `on_death` hears of each; `after` removes
    what is left when it was stopped for good.
    """

    def __init__(
        self,
        title: str,
        make: Callable[[], Awaitable[Command]],
        log: Log,
        say: Callable[[str], None],
        *,
        grace: float = 5.0,
        after: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.title = title
        self.log = log
        self.crashes = 0
        self.process: Process | None = None
        self.on_death: Callable[[], None] = lambda: None
        self._make = make
        self._say = say
        self._grace = grace
        self._after = after
        self._stopping = False
        self._began = 0.0
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start it for the first time. Raises what making the command raises."""
        await self._launch()
        self._task = asyncio.create_task(self._keep())

    async def _launch(self) -> Process:
        self.process = await Process.start(await self._make(), self.log, grace=self._grace)
        self._began = time.monotonic()
        return self.process

    async def _keep(self) -> None:
        process = self.process
        while process is not None:
            code = await process.wait()
            if self._stopping:
                return
            self.on_death()
            self.crashes = 1 if time.monotonic() - self._began > _WELL_AFTER else self.crashes + 1
            pause = backoff(_FIRST_PAUSE, self.crashes - 1, _LONGEST_PAUSE)
            last = next(
                (line for line in reversed(self.log.tail(20)) if line.strip()), "no output"
            )
            self._say(f"{self.title} ended (exit {code}); again in {pause:g} s: {last}")
            await asyncio.sleep(pause)
            process = await self._launch()

    @property
    def up_for(self) -> float:
        """How many seconds the present process has been running; 0 when there is none."""
        gone = self.process is None or self.process.ended
        return 0.0 if gone else time.monotonic() - self._began

    async def restart(self) -> None:
        """End the process of an app that does not answer; the keeper starts the next."""
        if self.process is not None:
            await self.process.stop()

    async def stop(self) -> None:
        """End it for good."""
        self._stopping = True
        if self._task is not None:
            self._task.cancel()
        if self.process is not None:
            await self.process.stop()
        if self._after is not None:
            await self._after()
        self.log.close()
