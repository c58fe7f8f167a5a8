"""The time of the imitated account: it passes by itself, and can be moved on.

Whatever waits for minutes or days on AWS (retries, visibility time-outs, schedules) waits for this
clock, so that a test moves it on and sees in milliseconds what became due.
"""

import asyncio
import heapq
import time
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

_LONGEST_WAIT = 30.0
"""A laptop that slept wakes with the event loop's own clock behind: look at the wall's again."""


def stamp(moment: float, *, milliseconds: bool = True) -> str:
    """Word a time as AWS does, such as `2026-11-24T08:00:00.000Z`."""
    spec = "milliseconds" if milliseconds else "seconds"
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec=spec).replace("+00:00", "Z")


def backoff(first: float, doublings: int, longest: float) -> float:
    """Return a wait that doubles with each try, up to the longest.

    Tries have no end where nothing sets one; a power of two that fits into a number has.
    """
    return min(first * 2.0 ** min(doublings, 64), longest)


class Timer:
    """Something that is to happen at a time."""

    __slots__ = ("_callback", "when")

    def __init__(self, when: float, callback: Callable[[], object]) -> None:
        self.when = when
        self._callback: Callable[[], object] | None = callback

    def cancel(self) -> None:
        """Let it not happen; harmless when it has."""
        self._callback = None

    @property
    def pending(self) -> bool:
        """Whether it is still to happen."""
        return self._callback is not None

    def fire(self) -> None:
        """Let it happen, once."""
        callback, self._callback = self._callback, None
        if callback is not None:
            callback()


class Clock:
    """Time, timers and the work in flight of a data plane.

    All but `now` is for the data plane's own loop.

    Args:
        loop: The loop that timers fire in.
        say: Shows a line; hears of work that failed with an error that nobody expected.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, say: Callable[[str], None]) -> None:
        self._loop = loop
        self._say = say
        self._offset = 0.0
        self._count = 0
        self._timers: list[tuple[float, int, Timer]] = []
        self._wake: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._finishers: list[Callable[[], Awaitable[object]]] = []
        self._moving = asyncio.Lock()

    def now(self) -> float:
        """Return the seconds since 1970. May be called from any thread."""
        return time.time() + self._offset

    def call_at(self, when: float, callback: Callable[[], object]) -> Timer:
        """Call something at a time; soon when that has passed. Timers never hold up `settle`."""
        timer = Timer(when, callback)
        self._count += 1
        heapq.heappush(self._timers, (when, self._count, timer))
        self._set_alarm()
        return timer

    def call_later(self, seconds: float, callback: Callable[[], object]) -> Timer:
        """Call something after a while."""
        return self.call_at(self.now() + seconds, callback)

    def track(self, work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        """Start work that `settle` waits for. It must not wait for a timer of this clock."""
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._say(f"the local cloud failed at its own work: {type(error).__name__}: {error}")

    def before_settled(self, finish: Callable[[], Awaitable[object]]) -> None:
        """Have something done when no work is left, such as bringing home what waits in a batch.

        It may track new work.
        """
        self._finishers.append(finish)

    async def settle(self) -> None:
        """Wait until no tracked work is in flight."""
        while True:
            # What other threads asked the loop for so far has its turn first: it tracks work.
            await asyncio.sleep(0)
            while self._tasks:
                await asyncio.wait(list(self._tasks))
            for finish in self._finishers:
                await finish()
            await asyncio.sleep(0)
            if not self._tasks:
                return

    async def advance(self, seconds: float) -> None:
        """Move the time on: what falls due runs in order of time, each with all that it sets off.

        Raises:
            ValueError: The time would go back.
        """
        if seconds < 0:
            raise ValueError("time only moves forward")
        async with self._moving:
            until = self.now() + seconds
            await self.settle()
            while (timer := self._next()) is not None and timer.when <= until:
                heapq.heappop(self._timers)
                self._move_to(timer.when)
                timer.fire()
                await self.settle()
            self._move_to(until)
            self._set_alarm()

    async def stop(self) -> None:
        """Fire no more, and end work in flight."""
        self._timers.clear()
        if self._wake is not None:
            self._wake.cancel()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _move_to(self, when: float) -> None:
        self._offset += max(0.0, when - self.now())

    def _next(self) -> Timer | None:
        """Return the first timer that was not cancelled; it stays in the heap."""
        while self._timers and not self._timers[0][2].pending:
            heapq.heappop(self._timers)
        return self._timers[0][2] if self._timers else None

    def _set_alarm(self) -> None:
        if self._wake is not None:
            self._wake.cancel()
            self._wake = None
        timer = self._next()
        if timer is not None:
            wait = min(max(0.0, timer.when - self.now()), _LONGEST_WAIT)
            self._wake = self._loop.call_later(wait, self._ring)

    def _ring(self) -> None:
        """Fire what the real passing of time made due."""
        self._wake = None
        due = self.now()
        while (timer := self._next()) is not None and timer.when <= due:
            heapq.heappop(self._timers)
            timer.fire()
        self._set_alarm()
