"""SQS as AWS promises it, in moto's own objects: what is received, what comes back, what is moved.

moto's way loses or doubles messages when several threads receive and delete (a delete rebuilds the
list of messages while another thread adds to it), looks at every message for each receive and
several times for each message received, forgets what it deduplicated once that is deleted, and
runs functions inside of a send. So receiving, deleting and moving are done here, under one lock.
They cost what is in flight, not what waits.
"""

import copy
import itertools
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Final

from platform_lib.local.clock import Clock
from platform_lib.local.dataplane.pollers.news import Listener, News
from platform_lib.local.moto.replacing import replaced

_DEDUPLICATION_SECONDS: Final = 300.0
_FIRST_SEQUENCE_NUMBER: Final = 18_850_000_000_000_000_000
_TICK: Final = 0.0005
"""Seconds that a time may be early: a timer that fires for a time must find it reached."""


class Queues:
    """Receives, deletes and moves the messages of moto's queues.

    Its methods may be called from any thread.

    Args:
        clock: What visibility time-outs, delays and retention are measured by.
        say: Shows a line; hears of what moves to a dead-letter queue.
    """

    def __init__(self, clock: Clock, say: Callable[[str], None]) -> None:
        self._clock = clock
        self._say = say
        self._lock = threading.RLock()
        self._sequence = itertools.count(_FIRST_SEQUENCE_NUMBER)
        self._news = News()

    def install(self, listener: Listener) -> Callable[[], None]:
        """Let moto do it this way; return what puts its own way back.

        Args:
            listener: Hears of each queue that may have messages to receive.
        """
        from moto.sqs.models import Queue, SQSBackend

        ours = self
        self._news.listener = listener
        queue: Any = Queue
        backend: Any = SQSBackend
        send_batch = backend.send_message_batch

        def send_message_batch(self: Any, queue_name: str, entries: Any) -> Any:
            with ours._news.together():
                return send_batch(self, queue_name, entries)

        def add_message(self: Any, message: Any) -> None:
            ours.add(self, message)

        def delete_message(self: Any, receipt_handle: str) -> None:
            ours._delete(self, receipt_handle)

        def receive_message(
            self: Any, queue_name: str, count: int, *rest: Any, **more: Any
        ) -> list[Any]:
            return ours._receive(self.get_queue(queue_name), count, *rest, **more)

        def change_message_visibility(
            self: Any, queue_name: str, receipt_handle: str, visibility_timeout: int
        ) -> None:
            found = self.get_queue(queue_name)
            with ours._lock:
                change_visibility(self, queue_name, receipt_handle, visibility_timeout)
            ours._news.tell(found.queue_arn)

        change_visibility = backend.change_message_visibility
        return replaced(
            (queue, "add_message", add_message),
            (queue, "delete_message", delete_message),
            (backend, "send_message_batch", send_message_batch),
            (backend, "receive_message", receive_message),
            (backend, "change_message_visibility", change_message_visibility),
        )

    def add(self, queue: Any, message: Any) -> None:
        """Put a message into a queue, unless a FIFO queue had it within five minutes."""
        with self._lock:
            if queue.fifo_queue:
                if self._is_duplicate(queue, message):
                    return
                message.sequence_number = str(next(self._sequence))
            self._append(queue, message)
        self._news.tell(queue.queue_arn)

    def _is_duplicate(self, queue: Any, message: Any) -> bool:
        """Remember what was sent for five minutes, whether it was deleted since or not.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html
        """
        if message.deduplication_id is None:
            return False
        now = self._clock.now()
        sent: dict[Any, float] = queue.__dict__.setdefault("platform_sent", {})
        while sent and next(iter(sent.values())) <= now - _DEDUPLICATION_SECONDS:
            del sent[next(iter(sent))]
        by_group = queue.deduplication_scope == "messageGroup"
        key = (message.group_id if by_group else None, message.deduplication_id)
        known = key in sent
        sent.setdefault(key, now)
        return known

    def _append(self, queue: Any, message: Any) -> None:
        with queue._messages_lock:
            queue._messages.append(message)
            queue._messages_lock.notify_all()

    def take(
        self,
        queue: Any,
        count: int,
        visibility_timeout: float,
        *,
        max_bytes: float = float("inf"),
        one_group: bool = False,
    ) -> list[Any]:
        """Receive messages; those that were received too often move to the dead-letter queue.

        Args:
            queue: moto's queue.
            count: How many at most.
            visibility_timeout: Seconds for which nobody else gets them.
            max_bytes: How large their bodies may be together; the first comes all the same.
            one_group: Whether all are to be of the same message group.
        """
        taken: list[Any] = []
        dead: list[tuple[Any, bool]] = []
        size = 0
        with self._lock:
            now = self._clock.now()
            blocked = self._groups_in_flight(queue, now)
            group: str | None = None
            for message in self._visible(queue, now, blocked):
                if one_group and taken and message.group_id != group:
                    continue
                expired = message.sent_timestamp / 1000 + queue.message_retention_period <= now
                if expired or _received_too_often(queue, message):
                    dead.append((message, expired))
                    continue
                size += _bytes(message)
                if taken and size > max_bytes:
                    break
                queue._pending_messages.add(message)
                message.mark_received(visibility_timeout=visibility_timeout)
                # What was received together comes back together, however busy the machine is.
                message.visible_at = (now + visibility_timeout) * 1000
                taken.append(message)
                group = message.group_id
                if len(taken) >= count:
                    break
            for message, expired in dead:
                self._remove(queue, message)
                if not expired:
                    self._bury(queue, message)
        buried = sum(not expired for _, expired in dead)
        if buried:
            times = queue.redrive_policy["maxReceiveCount"]
            what = "a message" if buried == 1 else f"{buried} messages"
            self._say(
                f"queue {queue.name} gave up {what}, received {times} times without being "
                f"deleted; now in {queue.dead_letter_queue.name}"
            )
        if dead and queue.dead_letter_queue is not None:
            self._news.tell(queue.dead_letter_queue.queue_arn)
        return taken

    def _visible(self, queue: Any, now: float, blocked: set[str]) -> Iterator[Any]:
        """Yield what can be received, in order; a FIFO group stops at what cannot."""
        for message in list(queue._messages):
            if queue.fifo_queue and message.group_id in blocked:
                continue
            if _comes_at(message) > now + _TICK:
                if queue.fifo_queue:
                    blocked.add(message.group_id)
                continue
            queue._pending_messages.discard(message)
            yield message

    def _groups_in_flight(self, queue: Any, now: float) -> set[str]:
        if not queue.fifo_queue:
            return set()
        pending = [each for each in queue._pending_messages if _comes_at(each) > now + _TICK]
        return {each.group_id for each in pending}

    def _bury(self, queue: Any, message: Any) -> None:
        """Move a message to the dead-letter queue; its age and its count stay what they are."""
        message.visible_at = message.delayed_until = 0.0
        message.system_attributes = {
            **message.system_attributes,
            "DeadLetterQueueSourceArn": {"StringValue": queue.queue_arn},
        }
        if queue.fifo_queue:
            # Two messages that had the same one must not be taken for the same when they go back.
            message.deduplication_id = message.id
        self._append(queue.dead_letter_queue, message)

    def redrive(
        self, queue: Any, home: Callable[[str | None], Any]
    ) -> tuple[int, list[str | None]]:
        """Send what can be received of a dead-letter queue on, as new messages, the oldest first.

        Args:
            queue: The dead-letter queue.
            home: Gives the queue for the ARN of the one where a message died; None where there is
                none, and the message stays.

        Returns:
            How many moved, and the ARN that each that stayed told; None where it told none.
        """
        moved: list[tuple[Any, Any, Any]] = []
        left: list[str | None] = []
        with self._lock:
            now = self._clock.now()
            for message in self._visible(queue, now, self._groups_in_flight(queue, now)):
                attributes = dict(message.system_attributes)
                source = attributes.pop("DeadLetterQueueSourceArn", {}).get("StringValue")
                destination = home(source)
                if destination is None:
                    left.append(source)
                else:
                    moved.append((message, _anew(message, attributes), destination))
            for message, _, _ in moved:
                self._remove(queue, message)
        with self._news.together():
            for _, message, destination in moved:
                self.add(destination, message)
        return len(moved), left

    def delete(self, queue: Any, message: Any, receipt_handle: str) -> None:
        """Delete a message that was taken, unless somebody received it again since."""
        with self._lock:
            if message.receipt_handle == receipt_handle:
                self._remove(queue, message)

    def _delete(self, queue: Any, receipt_handle: str) -> None:
        """Delete by handle, as SQS does: an older handle succeeds and deletes nothing.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html
        """
        from moto.sqs.exceptions import ReceiptHandleIsInvalid

        with self._lock:
            if receipt_handle in queue.deleted_messages:
                return
            for message in queue._messages:
                if message.receipt_handle == receipt_handle:
                    self._remove(queue, message)
                    break
                if receipt_handle in message._old_receipt_handles:
                    return
            else:
                raise ReceiptHandleIsInvalid
        self._news.tell(queue.queue_arn)

    def _remove(self, queue: Any, message: Any) -> None:
        with suppress(ValueError):  # It was purged.
            queue._messages.remove(message)
        queue._pending_messages.discard(message)
        queue.deleted_messages.update(message.all_receipt_handles)

    def waiting(self, queue: Any, count: int, max_bytes: float) -> tuple[int, int]:
        """Return how many messages can be received and how large they are, up to a number."""
        found = size = 0
        with self._lock:
            now = self._clock.now()
            for message in self._visible(queue, now, self._groups_in_flight(queue, now)):
                found, size = found + 1, size + _bytes(message)
                if found >= count or size >= max_bytes:
                    break
        return found, size

    def next_change(self, queue: Any) -> float | None:
        """Return when the next message gets visible that is not yet; None where none is."""
        with self._lock:
            now = self._clock.now() + _TICK
            times = [at for each in queue._messages if (at := _comes_at(each)) > now]
        return min(times, default=None)

    def _receive(
        self,
        queue: Any,
        count: int,
        wait_seconds_timeout: float,
        visibility_timeout: float,
        message_attribute_names: Sequence[str] | None = None,
    ) -> list[Any]:
        # A client that waits does so in its own time, whatever the account's clock does.
        deadline = time.monotonic() + wait_seconds_timeout
        while not (taken := self.take(queue, count, visibility_timeout)):
            left = deadline - time.monotonic()
            if left <= 0:
                break
            with queue._messages_lock:
                queue._messages_lock.wait(min(left, 0.2))
        return [_answer(message, list(message_attribute_names or ())) for message in taken]


def _bytes(message: Any) -> int:
    """Return how large a body is in an event, where its quotes are escaped."""
    return len(json.dumps(message.body, ensure_ascii=False).encode())


def _comes_at(message: Any) -> float:
    return max(float(message.visible_at), float(message.delayed_until)) / 1000


def _anew(message: Any, system_attributes: dict[str, Any]) -> Any:
    """Make a message of what another one said, with an ID, a time and a count of its own."""
    made = copy.copy(message)
    made.id = str(uuid.uuid4())
    made.system_attributes = system_attributes
    made.receipt_handle = made.approximate_first_receive_timestamp = None
    made._old_receipt_handles = []
    made.approximate_receive_count = 0
    made.mark_sent()
    return made


def _received_too_often(queue: Any, message: Any) -> bool:
    policy = queue.redrive_policy
    return bool(
        queue.dead_letter_queue is not None
        and policy
        and message.approximate_receive_count >= policy["maxReceiveCount"]
    )


def _answer(message: Any, names: list[str]) -> Any:
    """Copy a message for an answer, with the attributes that were asked for."""
    from moto.sqs import models

    copied = copy.copy(message)
    models._filter_message_attributes(copied, names)
    return copied
