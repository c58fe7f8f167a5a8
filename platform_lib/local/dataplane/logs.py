"""Where the output of an app goes: a bounded file, last lines in memory, a CloudWatch log group.

Lines reach the imitated log group in batches. Not imitated: metric filters, ingestion delay.
"""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from platform_lib.local.account import Account
from platform_lib.local.clock import Clock
from platform_lib.local.dataplane.lineage import Lineage, carrying

_KEPT_LINES = 500
_FILE_BYTES = 2_000_000
_LONGEST_LINE = 64_000
_BATCH_SECONDS = 0.3
_WAITING_EVENTS = 10_000


class CloudWatch:
    """Brings lines to the account's log groups in batches; groups that do not exist get none.

    Args:
        account: The account.
        clock: Tells when a line was written.
    """

    def __init__(self, account: Account, clock: Clock) -> None:
        self._account = account
        self._clock = clock
        self._waiting: dict[tuple[str, str], list[dict[str, object]]] = {}
        self._lineages: dict[tuple[str, str], Lineage] = {}
        self._flusher: asyncio.Task[None] | None = None
        self._shipping = asyncio.Lock()

    def write(
        self, group: str, stream: str, lines: Sequence[str], lineage: Lineage | None = None
    ) -> None:
        """Queue lines for a log stream of a group. Call it in the data plane's loop."""
        if lineage is not None:
            self._lineages[group, stream] = lineage
        now = int(self._clock.now() * 1000)
        events = self._waiting.setdefault((group, stream), [])
        events += [{"timestamp": now, "message": line} for line in lines if line]
        # An app that writes faster than we ship loses its oldest lines here, not our memory.
        del events[:-_WAITING_EVENTS]
        if self._flusher is None or self._flusher.done():
            self._flusher = asyncio.create_task(self._flush_later())

    async def _flush_later(self) -> None:
        while self._waiting:
            await asyncio.sleep(_BATCH_SECONDS)
            await self.flush()

    def _put(self, batch: dict[tuple[str, str], list[dict[str, object]]]) -> None:
        from moto.logs.models import logs_backends

        backend = logs_backends[self._account.account_id][self._account.region]
        for (group, stream), events in batch.items():
            if group not in backend.groups:
                self._lineages.pop((group, stream), None)
                continue
            if stream not in backend.groups[group].streams:
                backend.create_log_stream(group, stream)
            with carrying(self._lineages.pop((group, stream), Lineage())):
                # Past the backend, which takes nothing that this machine's clock is hours behind.
                backend.groups[group].put_log_events(stream, events)

    async def flush(self) -> None:
        """Bring what is queued to its groups now, after what is on its way."""
        async with self._shipping:
            batch, self._waiting = self._waiting, {}
            if batch:
                # In a thread: moto takes its time.
                await asyncio.to_thread(self._put, batch)

    async def close(self) -> None:
        """Bring home what is queued, and wait for no more."""
        if self._flusher is not None:
            self._flusher.cancel()
        await self.flush()


class Log:
    """The output of one workload, across its restarts."""

    def __init__(
        self, path: Path, cloudwatch: CloudWatch | None = None, group: str = "", stream: str = ""
    ) -> None:
        self.path = path
        self.group = group
        self.lineage: Lineage | None = None
        """The chain of events that what writes now belongs to."""
        self.stream = stream
        self.written = 0.0
        """When something was written last, by a clock that only compares."""
        self._cloudwatch = cloudwatch if group else None
        self._tail: deque[str] = deque(maxlen=_KEPT_LINES)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab", buffering=0)
        self._size = self._file.tell()
        self._rest = b""

    def feed(self, data: bytes) -> None:
        """Take a piece of output as it comes; unfinished lines wait for their end."""
        self.written = time.monotonic()
        self._file.write(data)
        self._size += len(data)
        if self._size > _FILE_BYTES:
            self._rotate()
        *whole, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > _LONGEST_LINE:
            whole.append(self._rest)
            self._rest = b""
        if whole:
            lines = [line.decode(errors="replace").rstrip("\r") for line in whole]
            self._tail.extend(lines)
            if self._cloudwatch is not None:
                self._cloudwatch.write(self.group, self.stream, lines, self.lineage)

    def write(self, line: str) -> None:
        """Add a line of our own, such as a function's REPORT, after what was written last."""
        self.feed((b"\n" if self._rest else b"") + line.encode() + b"\n")

    def tail(self, lines: int, since: str = "") -> list[str]:
        """Return the last lines, those before `since` left out.

        Lambda's runtime puts the lines of a traceback into one event, with a carriage return
        between them: to be read they are lines again.
        """
        rest = [self._rest.decode(errors="replace")] if self._rest else []
        kept = [part for line in (*self._tail, *rest) for part in line.split("\r")]
        begin = kept.index(since) if since and since in kept else 0
        return kept[begin:][-lines:]

    def close(self) -> None:
        """Close the file; the last lines stay readable."""
        self._file.close()

    def _rotate(self) -> None:
        self._file.close()
        self.path.replace(self.path.with_suffix(".log.1"))
        self._file = self.path.open("ab", buffering=0)
        self._size = 0
