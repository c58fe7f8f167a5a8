"""Lambda functions: the files that were uploaded, under `awslambdaric`, as many workers as needed.

A worker that holds more memory than its function has is ended, as on Lambda. Not imitated:
processor limits, the memory of what a function starts itself, `/tmp` of one's own, roles'
permissions, images, provisioned concurrency and SnapStart. At most ten workers of a function run
at once; a call that finds all of them busy waits, or is refused where as many are at work as were
reserved. A worker that was idle for five minutes ends.
"""

import asyncio
import math
import os
import signal
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from platform_lib.local.clock import stamp
from platform_lib.local.dataplane.context import Context
from platform_lib.local.dataplane.functions.ready import Ready, command, prepare
from platform_lib.local.dataplane.functions.runtime_api import (
    Invocation,
    Outcome,
    Worker,
    failure,
    summary,
)
from platform_lib.local.dataplane.lineage import Lineage
from platform_lib.local.dataplane.running.processes import Command
from platform_lib.local.dataplane.shares import Shares
from platform_lib.local.dataplane.workload import Workload
from platform_lib.local.desired import function_key, log_group
from platform_lib.local.errors import LocalCloudError

_WORKERS = 10
_IDLE_SECONDS = 300.0
_INIT_SECONDS = 60.0
"""Longer than Lambda's 10: nothing of a start is cached there, and this machine may be busy."""
_MEBIBYTE = 1024 * 1024
_LOOK = 0.05
"""Seconds between two looks at how much memory a worker holds."""
_TOLD_BY_LAMBDA = ("Sandbox.Timedout", "Runtime.ExitError")
"""What a process cannot write to its log itself."""
_TAIL_LINES = 200


class ThrottledError(LocalCloudError):
    """The function takes no call now: as many are at work as were reserved for it."""


class Functions:
    """Every function of the account that was called."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._pools: dict[str, _Pool] = {}
        # Of versions that nothing calls any more: they end with what they are at work on.
        self._leaving: list[_Pool] = []
        self._loads: dict[str, _Load] = {}
        self._at_work: set[asyncio.Task[Any]] = set()
        self._shares = Shares()
        self.calls = 0
        """How many began so far."""

    async def invoke(
        self,
        arn: str,
        payload: bytes,
        *,
        lineage: Lineage | None = None,
        request_id: str | None = None,
    ) -> tuple[Outcome, list[str]]:
        """Run a function, a version or an alias; return the outcome and its last log lines.

        Args:
            arn: What is called; its context tells it.
            payload: The event.
            lineage: The chain of events that this one belongs to. Default: a new one.
            request_id: What its context tells. Default: a new one.

        Raises:
            RecursiveLoopError: The chain called this function too often.
            ThrottledError: It takes no call now.
            LocalCloudError: There is no such function, or it cannot run here.
        """
        desired = self._context.desired
        weights = desired.alias_weights(arn)
        if weights:
            version = self._shares.choose(arn, weights)
            function = desired.function(arn.rpartition(":")[0], version)
        else:
            function = desired.function(arn)
        name = str(function.function_name)
        after = (lineage or Lineage()).after(name)
        key = function_key(function)
        pool = self._pools.get(key)
        if pool is None:
            pool = self._pools[key] = _Pool(self._context, function)
        async with self._place(name):
            self.calls += 1
            return await pool.invoke(arn, payload, after, request_id or str(uuid.uuid4()))

    @asynccontextmanager
    async def _place(self, name: str) -> AsyncIterator[None]:
        """Give a call its place among those of all versions of a function, when one is free.

        A version keeps what was reserved when it was published; what counts is the function's. A
        change bounds the calls from now on; those that run already go on.
        https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html

        Raises:
            ThrottledError: All that were reserved are taken.
        """
        reserved = self._context.desired.function(name).reserved_concurrency
        load = self._loads.setdefault(name, _Load())
        if reserved is not None and load.calls >= int(reserved):
            raise ThrottledError(f"{name} has a reserved concurrency of {reserved}")
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - calls run in tasks
        load.calls += 1
        self._at_work.add(task)
        try:
            async with load.workers:
                yield
        finally:
            self._at_work.discard(task)
            load.calls -= 1

    async def reconcile(self, name: str) -> None:
        """Make a changed function ready, and end the workers of versions that nothing calls.

        Raises:
            LocalCloudError: It cannot run here.
        """
        functions = self._context.desired.functions()
        mine = [each for each in functions if each.function_name == name]
        for function in mine:
            if function.package_type != "Zip":
                raise LocalCloudError(
                    f"function {name} is an image: the local cloud runs zip files only"
                )
        current = {function_key(each) for each in self._context.desired.called(name)}
        for key, pool in list(self._pools.items()):
            if pool.name == name and key not in current:
                self._leaving.append(self._pools.pop(key))
                await pool.stop()
        self._leaving = [pool for pool in self._leaving if pool.workloads()]
        if mine:
            latest = self._context.desired.function(name)
            await asyncio.to_thread(prepare, latest, self._context)

    def workers(self) -> list[tuple[Workload, Worker]]:
        """Return every worker."""
        return [pair for pool in self._every_pool() for pair in pool.workloads()]

    async def stop(self) -> None:
        """End every call, also those that wait, and every worker."""
        calls = list(self._at_work)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        await asyncio.gather(*(pool.kill() for pool in self._every_pool()))

    def _every_pool(self) -> "list[_Pool]":
        return [*self._pools.values(), *self._leaving]


@dataclass(kw_only=True)
class _Load:
    """The calls of a function that run or wait."""

    workers: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_WORKERS))
    calls: int = 0


class _Pool:
    """The workers of one version of one function."""

    def __init__(self, context: Context, function: Any) -> None:
        self.name = str(function.function_name)
        self._version = str(function.version)
        self._context = context
        self._function = function
        self._timeout = float(function.timeout or 3)
        self._memory = int(function.memory_size or 128) * _MEBIBYTE
        self._idle: list[Worker] = []
        self._all: set[Worker] = set()
        self._prepared: asyncio.Task[Ready] | None = None
        self._stopped = False
        self._told: set[str] = set()
        self._given = context.account.sessions.give(str(function.role), self.name)

    async def invoke(
        self, arn: str, payload: bytes, lineage: Lineage, request_id: str
    ) -> tuple[Outcome, list[str]]:
        worker = await self._take_idle()
        began = time.perf_counter()
        cold = worker is None
        if worker is None:
            worker = await self._start()
        outcome = asyncio.get_running_loop().create_future()
        call = Invocation(
            payload=payload,
            arn=arn,
            seconds=self._timeout,
            id=request_id,
            trace=lineage.header,
            outcome=outcome,
        )
        if cold:
            # A start that hangs is an error too: its time is Lambda's for the init phase.
            limit = self._timeout + self._context.patience_for(_INIT_SECONDS)
            call.timer = asyncio.get_running_loop().call_later(limit, _give_up, call)
        worker.log.lineage = lineage
        start = f"START RequestId: {call.id} Version: {self._version}"
        worker.log.write(start)
        watch = asyncio.create_task(self._watch_memory(worker))
        try:
            done = await worker.invoke(call)
        finally:
            watch.cancel()
        if worker.look() > self._memory:
            # Also where it rose and fell between two looks: the kernel would have seen it.
            worker.kill()
            done = worker.last_words(call, 128 + signal.SIGKILL)
        # The worker's own lines, written before its answer, come by a pipe: let the loop read
        # it, and the log take it, before the report. Without a promise: logs are not ordered.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        elapsed = (time.perf_counter() - began) * 1000
        if done.failed:
            self._tell(worker, done)
        self._report(worker, call, elapsed)
        # Of this call alone; a new worker's start belongs to its first call.
        tail = worker.log.tail(_TAIL_LINES, since="" if cold else start)
        await self._put_back(worker, done)
        return replace(done, version=self._version), tail

    async def _watch_memory(self, worker: Worker) -> None:
        """End a worker that holds more memory than its function has, as Lambda does.

        https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html
        """
        while True:
            await asyncio.sleep(_LOOK)
            if worker.look() > self._memory:
                worker.kill()
                return

    def _report(self, worker: Worker, call: Invocation, elapsed: float) -> None:
        size, most = self._memory // _MEBIBYTE, worker.look()
        # No more than there is: on Lambda the kernel ends it there.
        used = f"\tMax Memory Used: {min(most // _MEBIBYTE, size)} MB" if most else ""
        worker.log.write(f"END RequestId: {call.id}")
        worker.log.write(
            f"REPORT RequestId: {call.id}\tDuration: {elapsed:.2f} ms\t"
            f"Billed Duration: {math.ceil(elapsed)} ms\tMemory Size: {size} MB{used}"
        )

    def _tell(self, worker: Worker, outcome: Outcome) -> None:
        """Say what failed, once a kind: who watches the screen looks no further than there."""
        kind, told = summary(outcome)
        if worker.look() > self._memory:
            held, size = (each // _MEBIBYTE for each in (worker.look(), self._memory))
            told += f" (it held {held} MB of memory, and has {size} MB)"
        if kind in _TOLD_BY_LAMBDA:
            now = stamp(self._context.clock.now())
            worker.log.write(f"{now} {told.removeprefix(f'{kind}: ')}")
        if kind not in self._told:
            self._told.add(kind)
            self._context.say(
                f"function {self.name} failed: {told} (said once; platform-local logs "
                f"{self.name} has every failure)"
            )

    async def _take_idle(self) -> Worker | None:
        while self._idle:
            worker = self._idle.pop()
            if worker.timer is not None:
                worker.timer.cancel()
            if not worker.ended:
                return worker
            await self._end(worker)
        return None

    async def _put_back(self, worker: Worker, outcome: Outcome) -> None:
        timed_out = outcome.failed and b"Sandbox.Timedout" in outcome.payload
        if self._stopped or timed_out or worker.ended:
            # Lambda, too, starts anew after a timeout or a crash.
            await self._end(worker)
            return
        self._idle.append(worker)
        loop = asyncio.get_running_loop()
        worker.timer = loop.call_later(
            _IDLE_SECONDS, lambda: loop.create_task(self._end_idle(worker))
        )

    async def _end_idle(self, worker: Worker) -> None:
        if worker in self._idle:
            self._idle.remove(worker)
            await self._end(worker)

    async def _end(self, worker: Worker) -> None:
        self._all.discard(worker)
        await worker.stop()

    async def _start(self) -> Worker:
        if self._prepared is None or (self._prepared.done() and self._prepared.exception()):
            self._prepared = asyncio.create_task(
                asyncio.to_thread(prepare, self._function, self._context)
            )
        ready = await asyncio.shield(self._prepared)
        stream = f"{time.strftime('%Y/%m/%d')}/[{self._version}]{os.urandom(16).hex()}"
        number = self._context.number()
        log = self._context.log(f"{self.name}-{number}", log_group(self._function), stream)
        worker = Worker(log)

        async def make(address: str) -> Command:
            home = self._context.home(f"{self.name}-{number}")
            return command(
                self._context,
                self._function,
                ready,
                given=self._given,
                address=address,
                stream=stream,
                home=home,
            )

        await worker.start(make)
        self._all.add(worker)
        return worker

    async def stop(self) -> None:
        """End the idle workers now, and those at work when they are done."""
        self._stopped = True
        idle, self._idle = self._idle, []
        self._all -= set(idle)
        await asyncio.gather(*(worker.stop() for worker in idle))

    async def kill(self) -> None:
        """End every worker."""
        self._stopped = True
        await asyncio.gather(*(worker.stop() for worker in self._all))

    def workloads(self) -> list[tuple[Workload, Worker]]:
        return [
            (
                Workload(
                    name=self.name,
                    target="function",
                    version=self._version,
                    id=str(worker.process.pid) if worker.process else "",
                    address="",
                    state="stopped" if worker.ended else "healthy",
                    how="process",
                ),
                worker,
            )
            for worker in self._all
        ]


def _give_up(call: Invocation) -> None:
    call.end(failure("Sandbox.Timedout", f"{call.id} Init timed out"))
