"""Dead letters sent back by request, SQS's redrive, which moto does not know.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
Not imitated: the rate. A task is done when it was started, so there is none to cancel.
"""

import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final

from platform_lib.local.clock import Clock
from platform_lib.local.dataplane.pollers.queues import Queues
from platform_lib.local.moto.replacing import replaced

_KEPT_TASKS: Final = 10


class MessageMoves:
    """Moves what can be received of a dead-letter queue, and remembers each queue's last moves.

    Args:
        queues: Moves the messages.
        clock: Tells when a move was started.
    """

    def __init__(self, queues: Queues, clock: Clock) -> None:
        self._queues = queues
        self._clock = clock
        self._tasks: dict[str, list[Mapping[str, Any]]] = {}

    def install(self) -> Callable[[], None]:
        """Let moto's SQS know the requests; return what lets it forget them."""
        from moto.core.responses import ActionResult
        from moto.sqs.exceptions import SQSException
        from moto.sqs.responses import SQSResponse

        ours = self
        response: Any = SQSResponse

        def start_message_move_task(self: Any) -> Any:
            backend = self.sqs_backend
            source = _queue(backend, self._get_param("SourceArn"), "SourceArn")
            to = self._get_param("DestinationArn")
            destination = _queue(backend, to, "DestinationArn") if to else None
            if not backend.list_dead_letter_source_queues(source.name):
                told = "Source queue must be configured as a Dead Letter Queue."
                raise SQSException("InvalidParameterValue", told)
            asked = {
                "MaxNumberOfMessagesPerSecond": self._get_param("MaxNumberOfMessagesPerSecond")
            }
            return ActionResult({"TaskHandle": ours._move(backend, source, destination, asked)})

        def list_message_move_tasks(self: Any) -> Any:
            source = _queue(self.sqs_backend, self._get_param("SourceArn"), "SourceArn")
            most = self._get_param("MaxResults") or 1
            return ActionResult({"Results": ours._tasks.get(source.queue_arn, [])[:most]})

        def cancel_message_move_task(self: Any) -> Any:
            raise SQSException("ResourceNotFoundException", "Task does not exist.")

        return replaced(
            (response, "start_message_move_task", start_message_move_task),
            (response, "list_message_move_tasks", list_message_move_tasks),
            (response, "cancel_message_move_task", cancel_message_move_task),
        )

    def _move(self, backend: Any, source: Any, destination: Any, asked: Mapping[str, Any]) -> str:
        by_arn = {queue.queue_arn: queue for queue in backend.queues.values()}

        def home(arn: str | None) -> Any:
            return destination or by_arn.get(arn)

        moved, left = self._queues.redrive(source, home)
        failed: dict[str, Any] = {}
        if left:
            # What was sent there by hand, by a topic or by Lambda tells no queue it came from.
            known = all(arn is not None for arn in left)
            reason = "AWS.SimpleQueueService.NonExistentQueue" if known else _NO_SOURCE
            failed = {"FailureReason": reason}
        task = {
            "Status": "FAILED" if left else "COMPLETED",
            "SourceArn": source.queue_arn,
            "DestinationArn": destination and destination.queue_arn,
            "ApproximateNumberOfMessagesMoved": moved,
            "ApproximateNumberOfMessagesToMove": moved + len(left),
            "StartedTimestamp": int(self._clock.now() * 1000),
            **asked,
            **failed,
        }
        tasks = self._tasks.setdefault(source.queue_arn, [])
        tasks.insert(0, {key: value for key, value in task.items() if value is not None})
        del tasks[_KEPT_TASKS:]
        return str(uuid.uuid4())


_NO_SOURCE: Final = "CouldNotDetermineMessageSource"


def _queue(backend: Any, arn: str, field: str) -> Any:
    from moto.sqs.exceptions import SQSException

    for queue in backend.queues.values():
        if queue.queue_arn == arn:
            return queue
    told = f"The resource that you specified for the {field} parameter doesn't exist."
    raise SQSException("ResourceNotFoundException", told)
