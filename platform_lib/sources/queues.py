"""Queues of SQS: made, or given by ARN, and worked off in batches."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from platform_lib import defaults
from platform_lib.app_args import GrantArgs
from platform_lib.checks import InvalidInput, check_range
from platform_lib.parts.alarms import create_depth_alarm
from platform_lib.parts.children import Children
from platform_lib.records import record
from platform_lib.settings import AlarmSettings
from platform_lib.sources.arns import check_arn, is_fifo
from platform_lib.sources.mapping import create_mapping, mapping_inputs
from platform_lib.sources.naming import SourceName, named_sources
from platform_lib.sources.recursion import granted, guarded, own_output
from platform_lib.sources.target import Target

QUEUE_NAME_LIMIT = 80 - len(".fifo")
_VISIBILITY_LIMIT = 43_200
_BATCH = 10_000
_FIFO_BATCH = 10
_BATCH_WITHOUT_WINDOW = 10
DEAD_LETTER_SECONDS = 1_209_600
"""Fourteen days, the longest that SQS keeps a message."""


@record
class QueueSettings:
    """A queue as a source, checked."""

    at: SourceName
    arn: pulumi.Input[str] | None
    fifo: bool
    visibility_timeout_seconds: int
    maximum_receives: int
    mapping: Mapping[str, Any]


@record
class Queues:
    """A queue that was made, and the one that gets what failed."""

    queue: "aws.sqs.Queue"
    dead_letter_queue: "aws.sqs.Queue"
    alarm: "aws.cloudwatch.MetricAlarm | None"


@record
class QueueSource:
    """What binds a queue to the function."""

    queue: "aws.sqs.Queue | None"
    dead_letter_queue: "aws.sqs.Queue | None"
    alarm: "aws.cloudwatch.MetricAlarm | None"
    mapping: "aws.lambda_.EventSourceMapping"


def queue_settings(
    given: Sequence[Mapping[str, Any]],
    *,
    app: str,
    timeout_seconds: int,
    grants: Sequence[GrantArgs],
    failure_arns: Sequence[pulumi.Input[str]],
) -> list[QueueSettings]:
    """Judge the queues of a function."""
    written = [*granted(grants, "sqs:SendMessage"), *failure_arns]
    named = named_sources(
        "queues", "queue", given, app=app, limit=QUEUE_NAME_LIMIT, longest="-dlq"
    )
    return [
        _settings(path, at, args, app=app, timeout_seconds=timeout_seconds, written=written)
        for path, at, args in named
    ]


def _settings(
    path: str,
    at: SourceName,
    args: Mapping[str, Any],
    *,
    app: str,
    timeout_seconds: int,
    written: Sequence[pulumi.Input[str]],
) -> QueueSettings:
    arn = args.get("arn")
    if arn is not None:
        check_arn(f"{path}.arn", arn, ["queue"])
        if "maximum_receives" in args:
            need = "belongs to the redrive policy of the given queue; leave it out"
            raise InvalidInput(f"{path}.maximum_receives", args["maximum_receives"], need)
        check = own_output(f"{path}.arn", "queue", "send to another queue, or take the grant away")
        arn = guarded(app, arn, written, check)
    fifo = _fifo(path, args)
    inputs = queue_mapping(path, args, fifo=fifo)
    window = inputs["maximum_batching_window_in_seconds"] or 0
    receives = args.get("maximum_receives", defaults.QUEUE_MAXIMUM_RECEIVES)
    check_range(f"{path}.maximum_receives", receives, 1, 1000)
    return QueueSettings(
        at=at,
        arn=arn,
        fifo=fifo,
        visibility_timeout_seconds=_visibility(path, args, 6 * timeout_seconds + window),
        maximum_receives=receives,
        mapping=inputs,
    )


def queue_mapping(path: str, args: Mapping[str, Any], *, fifo: bool) -> dict[str, Any]:
    """Judge how a queue is read, and word it as the mapping's inputs."""
    limit = _FIFO_BATCH if fifo else _BATCH
    inputs = mapping_inputs(
        path, args, batch_size=defaults.QUEUE_BATCH_SIZE, batch_limit=limit, unit="messages"
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


def _fifo(path: str, args: Mapping[str, Any]) -> bool:
    told = is_fifo(args["arn"]) if "arn" in args else None
    fifo = args.get("fifo", bool(told))
    if told is not None and fifo is not told:
        need = (
            "the given queue's name says otherwise: a FIFO queue's ends in .fifo, no other's does"
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


def queue_encryption(kms_key_arn: pulumi.Input[str] | None) -> dict[str, Any]:
    """Encrypt a queue by SQS's own key, or by the user's."""
    if kms_key_arn is None:
        return {"sqs_managed_sse_enabled": True}
    return {"kms_master_key_id": kms_key_arn}


def create_queues(
    child: Children,
    settings: QueueSettings,
    *,
    kms_key_arn: pulumi.Input[str] | None,
    alarms: AlarmSettings | None,
) -> Queues:
    """Make an encrypted queue, and a watched one for messages that were tried too often."""
    common: dict[str, Any] = {
        **queue_encryption(kms_key_arn),
        "fifo_queue": settings.fifo or None,
    }
    dead_letter_queue = child.make(
        settings.at.key("dead_letter_queue"),
        aws.sqs.Queue,
        f"{settings.at.suffix}-dlq",
        message_retention_seconds=DEAD_LETTER_SECONDS,
        **common,
    )
    alarm = None
    if alarms is not None:
        alarm = create_depth_alarm(
            child,
            settings.at.key("alarm"),
            f"{settings.at.suffix}-dlq-alarm",
            queue_name=dead_letter_queue.name,
            topic_arn=alarms.topic_arn,
        )
    receives = settings.maximum_receives
    queue = child.make(
        settings.at.key("queue"),
        aws.sqs.Queue,
        settings.at.suffix,
        visibility_timeout_seconds=settings.visibility_timeout_seconds,
        redrive_policy=dead_letter_queue.arn.apply(
            lambda arn: json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": receives})
        ),
        **common,
    )
    return Queues(queue=queue, dead_letter_queue=dead_letter_queue, alarm=alarm)


def create_queue_policy(
    child: Children,
    key: str,
    suffix: str,
    queue: "aws.sqs.Queue",
    senders: Sequence[tuple[str, pulumi.Input[str]]],
) -> "aws.sqs.QueuePolicy":
    """Let services send to a queue, each for its own source alone."""
    statements = [
        {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sqs:SendMessage",
            "Resource": queue.arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": source_arn}},
        }
        for service, source_arn in senders
    ]
    return child.make(
        key,
        aws.sqs.QueuePolicy,
        suffix,
        queue_url=queue.url,
        policy=pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": statements}),
    )


def create_queue_source(
    child: Children, settings: QueueSettings, made: Queues | None, target: Target
) -> QueueSource:
    """Let the function work a queue off."""
    arn = made.queue.arn if made is not None else settings.arn
    assert arn is not None  # noqa: S101 - a queue is given or made
    return QueueSource(
        queue=made.queue if made is not None else None,
        dead_letter_queue=made.dead_letter_queue if made is not None else None,
        alarm=made.alarm if made is not None else None,
        mapping=create_mapping(
            child,
            settings.at.key("mapping"),
            f"{settings.at.suffix}-mapping",
            target,
            source_arn=arn,
            inputs=settings.mapping,
        ),
    )


def queue_children(settings: QueueSettings, *, alarms: bool) -> Iterator[tuple[str, str]]:
    """Name the children of a queue and their types."""
    if settings.arn is None:
        yield settings.at.key("queue"), "aws.sqs.Queue"
        yield settings.at.key("dead_letter_queue"), "aws.sqs.Queue"
        if alarms:
            yield settings.at.key("alarm"), "aws.cloudwatch.MetricAlarm"
    yield settings.at.key("mapping"), "aws.lambda_.EventSourceMapping"
