"""Queues of SQS: made, or given by ARN, and worked off in batches."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from platform_lib import defaults
from platform_lib.app_settings import AlarmSettings
from platform_lib.arns import check_arn, is_fifo
from platform_lib.checks import InvalidInput, check_range
from platform_lib.function_app.sources.mapping import MAPPED_ONCE, create_mapping, mapping_inputs
from platform_lib.function_app.sources.naming import SourceName, check_repeated, named_sources
from platform_lib.function_app.sources.never import check_message_filter
from platform_lib.function_app.sources.recursion import granted, guarded, own_output
from platform_lib.function_app.sources.source import Function, Right, Source
from platform_lib.function_app.sources.sqs import DEAD_LETTER_SECONDS, Queues, queue_encryption
from platform_lib.function_app.sources.statements import decrypt, receive_messages
from platform_lib.function_app.sources.target import Target
from platform_lib.parts.alarms import create_depth_alarm
from platform_lib.parts.children import Children
from platform_lib.records import record

QUEUE_NAME_LIMIT = 80 - len(".fifo")
_VISIBILITY_LIMIT = 43_200
_BATCH = 10_000
_FIFO_BATCH = 10
_BATCH_WITHOUT_WINDOW = 10


@record
class QueueSource:
    """What binds a queue to the function; of what was given, or is off, there is None."""

    queue: "aws.sqs.Queue | Any"
    dead_letter_queue: "aws.sqs.Queue | Any"
    alarm: "aws.cloudwatch.MetricAlarm | Any"
    mapping: "aws.lambda_.EventSourceMapping"


@record
class QueueSettings(Source):
    """A queue as a source, checked."""

    arn: pulumi.Input[str] | None
    kms_key_arn: pulumi.Input[str] | None
    """The given queue's key; one that is made has the app's."""
    fifo: bool
    visibility_timeout_seconds: int
    maximum_receives: int
    mapping: Mapping[str, Any]
    asynchronous: bool = False

    def children(self, *, alarms: bool) -> Iterator[tuple[str, str]]:
        """Name its children and their types."""
        if self.arn is None:
            yield self.at.key("queue"), "aws.sqs.Queue"
            yield self.at.key("dead_letter_queue"), "aws.sqs.Queue"
            if alarms:
                yield self.at.key("alarm"), "aws.cloudwatch.MetricAlarm"
        yield self.at.key("mapping"), "aws.lambda_.EventSourceMapping"

    def create_queues(
        self,
        child: Children,
        *,
        kms_key_arn: pulumi.Input[str] | None,
        alarms: AlarmSettings | None,
    ) -> Queues | None:
        """Make an encrypted queue, and a watched one for messages that were tried too often."""
        if self.arn is not None:
            return None
        common: dict[str, Any] = {
            **queue_encryption(kms_key_arn),
            "fifo_queue": self.fifo or None,
        }
        dead_letter_queue = child.make(
            self.at.key("dead_letter_queue"),
            aws.sqs.Queue,
            f"{self.at.suffix}-dlq",
            message_retention_seconds=DEAD_LETTER_SECONDS,
            **common,
        )
        alarm = None
        if alarms is not None:
            alarm = create_depth_alarm(
                child,
                self.at.key("alarm"),
                f"{self.at.suffix}-dlq-alarm",
                queue_name=dead_letter_queue.name,
                topic_arn=alarms.topic_arn,
            )
        receives = self.maximum_receives
        queue = child.make(
            self.at.key("queue"),
            aws.sqs.Queue,
            self.at.suffix,
            visibility_timeout_seconds=self.visibility_timeout_seconds,
            redrive_policy=dead_letter_queue.arn.apply(
                lambda arn: json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": receives})
            ),
            **common,
        )
        return Queues(queue=queue, dead_letter_queue=dead_letter_queue, alarm=alarm)

    def rights(self, made: Queues | None) -> Iterator[Right]:
        """Allow working the queue off."""
        yield receive_messages, self._arn(made)
        if self.kms_key_arn is not None:
            yield decrypt, self.kms_key_arn

    def bind(self, child: Children, target: Target, made: Queues | None) -> QueueSource:
        """Let the function work a queue off."""
        return QueueSource(
            queue=made.queue if made is not None else None,
            dead_letter_queue=made.dead_letter_queue if made is not None else None,
            alarm=made.alarm if made is not None else None,
            mapping=create_mapping(
                child, self.at, target, source_arn=self._arn(made), inputs=self.mapping
            ),
        )

    def _arn(self, made: Queues | None) -> pulumi.Input[str]:
        arn = made.queue.arn if made is not None else self.arn
        assert arn is not None  # noqa: S101 - a queue is given or made
        return arn


def judge(given: Sequence[Mapping[str, Any]], function: Function) -> Iterator[QueueSettings]:
    """Judge the queues of a function."""
    written = [
        *granted(function.grants, "sqs:SendMessage"),
        *function.destinations,
        *function.stream_homes,
    ]
    named = named_sources(
        "queues", "queue", given, app=function.app, limit=QUEUE_NAME_LIMIT, longest="-dlq"
    )
    for path, at, args in named:
        yield _settings(path, at, args, function, written)
    check_repeated("queues", "arn", given, MAPPED_ONCE)


def _settings(
    path: str,
    at: SourceName,
    args: Mapping[str, Any],
    function: Function,
    written: Sequence[pulumi.Input[str]],
) -> QueueSettings:
    arn = args.get("arn")
    if arn is not None:
        check_arn(f"{path}.arn", arn, ["queue"])
        if "maximum_receives" in args:
            need = "belongs to the redrive policy of the given queue; leave it out"
            raise InvalidInput(f"{path}.maximum_receives", args["maximum_receives"], need)
        check = own_output(f"{path}.arn", "queue", "send to another queue, or take the grant away")
        arn = guarded(function.app, arn, written, check)
    elif "kms_key_arn" in args:
        need = "a queue that is made has the app's own kms_key_arn; leave it out, or give `arn`"
        raise InvalidInput(f"{path}.kms_key_arn", args["kms_key_arn"], need)
    if "kms_key_arn" in args:
        check_arn(f"{path}.kms_key_arn", args["kms_key_arn"], ["key"])
    fifo = keeps_order(path, args, "queue")
    inputs = queue_mapping(path, args, fifo=fifo)
    window = inputs["maximum_batching_window_in_seconds"] or 0
    receives = args.get("maximum_receives", defaults.QUEUE_MAXIMUM_RECEIVES)
    check_range(f"{path}.maximum_receives", receives, 1, 1000)
    return QueueSettings(
        at=at,
        arn=arn,
        kms_key_arn=args.get("kms_key_arn"),
        fifo=fifo,
        visibility_timeout_seconds=_visibility(path, args, 6 * function.timeout_seconds + window),
        maximum_receives=receives,
        mapping=inputs,
    )


def queue_mapping(path: str, args: Mapping[str, Any], *, fifo: bool) -> dict[str, Any]:
    """Judge how a queue is read, and word it as the mapping's inputs."""
    limit = _FIFO_BATCH if fifo else _BATCH
    inputs = mapping_inputs(
        path,
        args,
        batch_size=defaults.QUEUE_BATCH_SIZE,
        batch_limit=limit,
        unit="messages",
        check_filter=check_message_filter,
    )
    window = inputs["maximum_batching_window_in_seconds"]
    if fifo and window:
        raise InvalidInput(f"{path}.batch_window_seconds", window, "a FIFO queue has no window")
    if inputs["batch_size"] > _BATCH_WITHOUT_WINDOW and not window:
        need = "batches above 10 messages need batch_window_seconds of at least 1"
        raise InvalidInput(f"{path}.batch_size", inputs["batch_size"], need)
    concurrency = args.get("maximum_concurrency")
    check_range(f"{path}.maximum_concurrency", concurrency, 2, 1000, "calls")
    scaling = None if concurrency is None else {"maximum_concurrency": concurrency}
    return {**inputs, "scaling_config": scaling}


def keeps_order(path: str, args: Mapping[str, Any], what: str) -> bool:
    """Judge whether a queue or topic is FIFO, by its name as far as that is known."""
    told = is_fifo(args["arn"]) if "arn" in args else None
    fifo = args.get("fifo", bool(told))
    if told is not None and fifo is not told:
        need = (
            f"the given {what}'s name says otherwise: a FIFO {what}'s ends in .fifo, no other's "
            "does"
        )
        raise InvalidInput(f"{path}.fifo", fifo, need)
    return bool(fifo)


def _visibility(path: str, args: Mapping[str, Any], least: int) -> int:
    """Judge how long a message is hidden, so that Lambda can try a throttled batch again.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    """
    seconds: int = args.get("visibility_timeout_seconds", least)
    check_range(f"{path}.visibility_timeout_seconds", seconds, 0, _VISIBILITY_LIMIT, "seconds")
    if seconds < least:
        need = f"must be at least six times timeout_seconds and the batch window: {least}"
        raise InvalidInput(f"{path}.visibility_timeout_seconds", seconds, need)
    return seconds
