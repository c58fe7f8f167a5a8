"""Feeds a function from a queue, as Lambda's poller does: each message until it is done.

What succeeds is deleted. What fails stays invisible until its visibility time-out ends and comes
back then, or moves to the dead-letter queue. A batch that the function has no room for is tried
again until then, and takes up one of the poller's places, so that it takes less from the queue.
https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from platform_lib.local.clock import Clock, Timer, backoff
from platform_lib.local.dataplane.functions.functions import ThrottledError
from platform_lib.local.dataplane.lineage import Lineage
from platform_lib.local.dataplane.pollers.mappings import (
    MAX_PAYLOAD,
    PARTIAL_NEED,
    Invoke,
    OddAnswers,
    Settings,
    failed_items,
    invoked,
    is_loop,
)
from platform_lib.local.dataplane.pollers.queues import Queues

_CONCURRENT: Final = 5
"""Batches at once of a standard queue without a limit: what Lambda begins with."""

_CONCURRENT_GROUPS: Final = 10
"""Groups at once of a FIFO queue without a limit: as many as a function has workers here."""

_FIRST_WAIT: Final = 1.0
_LONGEST_WAIT: Final = 60.0
"""Seconds between two tries at a function without room; AWS does not tell its own."""

_BODIES: Final = MAX_PAYLOAD - 512 * 1024
"""Bytes of the bodies of a batch; what stands around them needs room too."""

_Batch = Sequence[tuple[Any, dict[str, Any]]]
"""Messages of moto's, each with the record that the function gets of it."""


class QueuePoller:
    """Polls one queue for one mapping. All of it runs in the data plane's loop.

    Args:
        settings: The mapping.
        find: Gives moto's queue, or None where it is gone.
        queues: Receives and deletes.
        clock: What batch windows and visibility time-outs are measured by.
        invoke: Runs functions.
        say: Shows a line.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        find: Callable[[], Any],
        queues: Queues,
        clock: Clock,
        invoke: Invoke,
        say: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._find = find
        self._queues = queues
        self._clock = clock
        self._invoke = invoke
        self._say = say
        self._odd = OddAnswers(say)
        self._fifo = settings.source.endswith(".fifo")
        self._busy = 0
        self._window_ends: float | None = None
        self._timer: Timer | None = None

    def change(self, settings: Settings) -> None:
        """Go on with other settings."""
        self._settings = settings
        self._window_ends = None
        self.wake()

    def stop(self) -> None:
        """Take no more messages; what is being worked on is finished."""
        self._settings = replace(self._settings, enabled=False)
        self.wake()

    def wake(self) -> None:
        """Take what there is, as far as it may be worked on now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        queue = self._find()
        if queue is None or not self._settings.enabled:
            return
        while self._busy < self._limit():
            messages = self._take(queue)
            if not messages:
                self._set_timer(queue)
                return
            records = [_record(message, queue) for message in messages]
            kept = []
            for message, record in zip(messages, records, strict=True):
                if not self._wants(record):
                    # It is nobody else's to have.
                    self._queues.delete(queue, message, record["receiptHandle"])
                elif not is_loop(self._settings, _lineage(record), self._say):
                    kept.append((message, record))
            if kept:
                self._busy += 1
                hidden_until = self._clock.now() + queue.visibility_timeout
                self._clock.track(self._run(queue, kept, hidden_until))

    def _limit(self) -> int:
        default = _CONCURRENT_GROUPS if self._fifo else _CONCURRENT
        return self._settings.maximum_concurrency or default

    def _take(self, queue: Any) -> list[Any]:
        settings = self._settings
        if settings.window:
            found, size = self._queues.waiting(queue, settings.batch_size, _BODIES)
            if not found:
                return []
            if found < settings.batch_size and size < _BODIES:
                if self._window_ends is None:
                    self._window_ends = self._clock.now() + settings.window
                if self._clock.now() < self._window_ends:
                    return []
        self._window_ends = None
        return self._queues.take(
            queue,
            settings.batch_size,
            queue.visibility_timeout,
            max_bytes=_BODIES,
            one_group=self._fifo,
        )

    def _set_timer(self, queue: Any) -> None:
        times = [self._queues.next_change(queue), self._window_ends]
        due = [each for each in times if each is not None]
        if due:
            self._timer = self._clock.call_at(min(due), self.wake)

    def _wants(self, record: Mapping[str, Any]) -> bool:
        return not self._settings.filters or self._settings.lets_through(_filtered(record))

    async def _run(
        self, queue: Any, batch: _Batch, hidden_until: float, throttles: int = 0
    ) -> None:
        waits = False
        try:
            # A mapping that was disabled meanwhile leaves the rest to the queue.
            if self._settings.enabled or not throttles:
                await self._try(queue, batch)
        except ThrottledError as throttled:
            again = self._clock.now() + backoff(_FIRST_WAIT, throttles, _LONGEST_WAIT)
            if again < hidden_until:
                waits = True
                run_again = partial(self._run, queue, batch, hidden_until, throttles + 1)
                self._clock.call_at(again, lambda: self._clock.track(run_again()))
            else:
                settings, count = self._settings, len(batch)
                self._say(
                    f"mapping {settings.uuid} of {settings.source}: {throttled}: "
                    f"{count} {'messages go' if count > 1 else 'message goes'} back to the queue"
                )
        finally:
            if not waits:
                self._busy -= 1
                self.wake()

    async def _try(self, queue: Any, batch: _Batch) -> None:
        event = {"Records": [record for _, record in batch]}
        lineages = [_lineage(record) for record in event["Records"]]
        outcome = await invoked(self._invoke, self._settings, event, lineages, self._say)
        ids = [record["messageId"] for _, record in batch]
        failed: Sequence[str] | None = []
        if outcome is None or outcome.failed:
            failed = None
        elif self._settings.partial:
            failed = failed_items(outcome.payload, ids)
            if failed is None:
                self._odd.tell(self._settings, outcome, PARTIAL_NEED)
        for message, record in batch:
            if failed is not None and record["messageId"] not in failed:
                self._queues.delete(queue, message, record["receiptHandle"])


def _lineage(record: Mapping[str, Any]) -> Lineage:
    return Lineage.parse(record["attributes"].get("AWSTraceHeader", ""))


def _filtered(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Word a record as filters see it: a body that is JSON is looked into.

    https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html
    """
    try:
        body = json.loads(record["body"])
    except ValueError:
        return record
    return {**record, "body": body} if isinstance(body, dict) else record


def _record(message: Any, queue: Any) -> dict[str, Any]:
    """Word a message as Lambda does."""
    attributes = {
        "ApproximateReceiveCount": str(message.approximate_receive_count),
        "SentTimestamp": str(int(message.sent_timestamp)),
        "SenderId": message.sender_id,
        "ApproximateFirstReceiveTimestamp": str(message.approximate_first_receive_timestamp),
        "SequenceNumber": message.sequence_number if queue.fifo_queue else None,
        "MessageGroupId": message.group_id,
        "MessageDeduplicationId": message.deduplication_id,
        **{
            name: value.get("StringValue")
            for name, value in message.system_attributes.items()
            if isinstance(value, Mapping)
        },
    }
    record = {
        "messageId": message.id,
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": {name: value for name, value in attributes.items() if value is not None},
        "messageAttributes": {
            name: _attribute(value) for name, value in message.message_attributes.items()
        },
        "md5OfBody": message.body_md5,
        "eventSource": "aws:sqs",
        "eventSourceARN": queue.queue_arn,
        "awsRegion": queue.region,
    }
    if message.message_attributes:
        record["md5OfMessageAttributes"] = message.attribute_md5
    return record


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "stringListValues": [],
        "binaryListValues": [],
        "dataType": value["DataType"],
    }
    if "StringValue" in value:
        told["stringValue"] = value["StringValue"]
    if "BinaryValue" in value:
        data = value["BinaryValue"]
        told["binaryValue"] = base64.b64encode(data).decode() if isinstance(data, bytes) else data
    return told
