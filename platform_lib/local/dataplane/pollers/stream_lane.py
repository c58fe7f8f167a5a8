"""One lane of a shard: its records in order, each batch until it is done or given up."""

import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from platform_lib.local.clock import Timer, backoff, stamp
from platform_lib.local.dataplane.functions.functions import ThrottledError
from platform_lib.local.dataplane.functions.runtime_api import Outcome
from platform_lib.local.dataplane.pollers.mappings import (
    MAX_PAYLOAD,
    PARTIAL_NEED,
    STATE_NEED,
    failed_items,
    invoked,
    is_loop,
)
from platform_lib.local.dataplane.pollers.stream_failures import (
    invocation_record,
    lost_state,
    missed_records,
)
from platform_lib.local.dataplane.pollers.stream_mapping import StreamMapping
from platform_lib.local.dataplane.pollers.streams import Record

_FIRST_WAIT: Final = 1.0
_LONGEST_WAIT: Final = 60.0
_STATE_BYTES: Final = 1024 * 1024
"""How large the state of a tumbling window may get, before the window is ended early."""

_ROOM: Final = 64 * 1024
"""Bytes of an event for what stands around the records."""


@dataclass(frozen=True, kw_only=True)
class _Batch:
    """Records that go to the function together.

    Attributes:
        records: In order; none only in the last call of a tumbling window.
        invocations: How often the function got them.
        version: The version of it that had them last.
        tries: How often they were tried, with those where no function ran.
        not_before: When they are to be tried again.
        final: Whether it ends a tumbling window.
        early: Whether it does so since the state got too large.
    """

    records: Sequence[Record]
    invocations: int = 0
    version: str = ""
    tries: int = 0
    not_before: float = 0.0
    final: bool = False
    early: bool = False


class Lane:
    """Hands records to the function in order.

    Args:
        mapping: The mapping that it belongs to.
        shard_id: The shard whose records it gets.
        done: Called when a batch is done: what the shard became may wait for it.
    """

    def __init__(self, mapping: StreamMapping, shard_id: str, done: Callable[[], None]) -> None:
        self._mapping = mapping
        self._shard_id = shard_id
        self._done = done
        self._waiting: deque[Record] = deque()
        self._again: list[_Batch] = []
        self._busy = False
        self._timer: Timer | None = None
        self._batch_at: float | None = None
        self._window: float | None = None
        self._state: Any = {}

    def add(self, record: Record) -> None:
        """Take a record that came."""
        self._waiting.append(record)

    @property
    def empty(self) -> bool:
        """Whether everything it got is done."""
        return not (self._busy or self._waiting or self._again or self._window is not None)

    def wake(self) -> None:
        """Work on the next batch, where there is one and it is time for it."""
        if self._busy or not self._mapping.settings.enabled:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        clock = self._mapping.tools.clock
        batch, later = self._next(clock.now())
        if batch is not None:
            self._busy = True
            clock.track(self._run(batch))
        elif later is not None:
            self._timer = clock.call_at(later, self.wake)

    def _next(self, now: float) -> tuple[_Batch | None, float | None]:
        """Give the next batch, or when to look again."""
        if self._again:
            if self._again[-1].not_before > now:
                return None, self._again[-1].not_before
            batch = self._again.pop()
            if batch.records:
                self._open_window(batch.records[0])
            return batch, None
        settings = self._mapping.settings
        if self._waiting:
            self._open_window(self._waiting[0])
        window_ends = None if self._window is None else self._window + settings.tumbling_window
        fresh = self._fresh(window_ends)
        if not fresh:
            if window_ends is not None and (self._waiting or now >= window_ends):
                return _Batch(records=(), final=True), None
            return None, window_ends
        if settings.window and len(fresh) < settings.batch_size:
            if self._batch_at is None:
                self._batch_at = now + settings.window
            if now < self._batch_at:
                return None, self._batch_at
        self._batch_at = None
        for _ in fresh:
            self._waiting.popleft()
        return _Batch(records=fresh), None

    def _open_window(self, first: Record) -> None:
        length = self._mapping.settings.tumbling_window
        if length and self._window is None:
            self._window = first.arrived - first.arrived % length

    def _fresh(self, window_ends: float | None) -> list[Record]:
        """Look at the records that can go together next."""
        fresh: list[Record] = []
        size = _ROOM
        for record in self._waiting:
            size += len(json.dumps(record.event))
            if (
                len(fresh) >= self._mapping.settings.batch_size
                or (fresh and size > MAX_PAYLOAD)
                or (window_ends is not None and record.arrived >= window_ends)
            ):
                break
            fresh.append(record)
        return fresh

    async def _run(self, batch: _Batch) -> None:
        try:
            young = await self._without_loops(await self._without_old(batch))
            if young.records or young.final:
                await self._try(young)
        finally:
            self._busy = False
            self._done()

    async def _without_old(self, batch: _Batch) -> _Batch:
        """Give up what is too old; what the stream itself would have lost by now is just gone."""
        mapping = self._mapping
        now = mapping.tools.clock.now()
        limit = mapping.settings.maximum_age
        kept_for = mapping.tools.streams.retention(mapping.settings.source)
        there = [each for each in batch.records if now - each.arrived <= kept_for]
        if len(there) < len(batch.records):
            missed = len(batch.records) - len(there)
            mapping.tools.say(missed_records(mapping.settings, missed, kept_for))
        young = [each for each in there if limit < 0 or now - each.arrived <= limit]
        old = there[: len(there) - len(young)]
        if old:
            await self._give_up(replace(batch, records=old), "RecordAgeExceeded")
        return replace(batch, records=young)

    async def _without_loops(self, batch: _Batch) -> _Batch:
        """Give up what came through this function too often: it would only come again."""
        settings, say = self._mapping.settings, self._mapping.tools.say
        looped = [each for each in batch.records if is_loop(settings, each.lineage, say)]
        if looped:
            await self._give_up(replace(batch, records=looped), "RetryAttemptsExhausted")
        return replace(batch, records=[each for each in batch.records if each not in looped])

    async def _try(self, batch: _Batch) -> None:
        mapping = self._mapping
        tools = mapping.tools
        event = {
            "Records": [mapping.event(record) for record in batch.records],
            **(self._window_words(batch) if self._window is not None else {}),
        }
        lineages = [record.lineage for record in batch.records]
        try:
            outcome = await invoked(tools.invoke, mapping.settings, event, lineages, tools.say)
        except ThrottledError:
            outcome = None
        if outcome is None:
            self._put_back(replace(batch, tries=batch.tries + 1))
            return
        tried = replace(
            batch,
            invocations=batch.invocations + 1,
            version=outcome.version,
            tries=batch.tries + 1,
        )
        failed_from = self._first_failed(batch, outcome)
        if failed_from is None:
            self._finish(batch, outcome)
        elif failed_from > 0:
            self._again.append(_Batch(records=batch.records[failed_from:]))
            self._keep_state(outcome)
        elif mapping.settings.bisect and len(batch.records) > 1:
            # Halving does not count as a try.
            middle = len(batch.records) // 2
            self._again.append(_Batch(records=batch.records[middle:]))
            self._again.append(_Batch(records=batch.records[:middle]))
        elif 0 <= mapping.settings.retries < tried.invocations:
            await self._give_up(tried, "RetryAttemptsExhausted", failed=outcome.failed)
            if batch.final:
                self._end_window()
        else:
            self._put_back(tried)

    def _put_back(self, batch: _Batch) -> None:
        wait = backoff(_FIRST_WAIT, batch.tries - 1, _LONGEST_WAIT)
        now = self._mapping.tools.clock.now()
        self._again.append(replace(batch, not_before=now + wait))

    def _first_failed(self, batch: _Batch, outcome: Outcome) -> int | None:
        """Tell from where on a batch is to be tried again; None where it is done."""
        if outcome.failed:
            return 0
        if self._window is not None and not _has_state(outcome):
            self._mapping.odd.tell(self._mapping.settings, outcome, STATE_NEED)
            return 0
        if not self._mapping.settings.partial:
            return None
        ids = [record.sequence for record in batch.records]
        failed = failed_items(outcome.payload, ids)
        if failed is None:
            self._mapping.odd.tell(self._mapping.settings, outcome, PARTIAL_NEED)
            return 0
        # Everything from the lowest on comes again: an order has no gaps.
        return min((ids.index(each) for each in failed), default=None)

    def _finish(self, batch: _Batch, outcome: Outcome) -> None:
        if batch.final:
            self._end_window()
        else:
            self._keep_state(outcome)

    def _keep_state(self, outcome: Outcome) -> None:
        if self._window is None:
            return
        self._state = json.loads(outcome.payload)["state"]
        if len(json.dumps(self._state)) > _STATE_BYTES:
            self._again.append(_Batch(records=(), final=True, early=True))

    def _end_window(self) -> None:
        self._window, self._state = None, {}

    def _window_words(self, batch: _Batch) -> Mapping[str, Any]:
        """Word a tumbling window.

        https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html
        """
        begin = self._window or 0.0
        end = begin + self._mapping.settings.tumbling_window
        return {
            "window": {
                "start": stamp(begin, milliseconds=False),
                "end": stamp(end, milliseconds=False),
            },
            "state": self._state,
            "shardId": self._shard_id,
            "eventSourceARN": self._mapping.settings.source,
            "isFinalInvokeForWindow": batch.final,
            "isWindowTerminatedEarly": batch.early,
        }

    async def _give_up(self, batch: _Batch, condition: str, *, failed: bool = False) -> None:
        mapping = self._mapping
        if not batch.records:
            mapping.tools.say(lost_state(mapping.settings, batch.invocations))
            return
        told = invocation_record(
            mapping.settings,
            self._shard_id,
            batch.records,
            mapping.tools.clock.now(),
            condition=condition,
            invocations=batch.invocations,
            version=batch.version,
            failed=failed,
        )
        records = [mapping.event(record) for record in batch.records]
        await mapping.tools.failures.keep(mapping.settings, told, records)


def _has_state(outcome: Outcome) -> bool:
    try:
        answer = json.loads(outcome.payload or b"null")
    except ValueError:
        return False
    return isinstance(answer, Mapping) and "state" in answer
