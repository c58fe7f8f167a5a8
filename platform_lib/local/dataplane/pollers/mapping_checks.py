"""What Lambda refuses when a mapping is made or changed, in its words."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from platform_lib.event_patterns import check_pattern
from platform_lib.local.dataplane.pollers.mappings import Settings
from platform_lib.local.desired import stream_of
from platform_lib.local.errors import LocalCloudError

RoleAllows = Callable[[str, str, str], bool]
"""Tells whether a role may do an action to a resource."""

_QUEUE: Final = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
_TABLE: Final = ("GetRecords", "GetShardIterator", "DescribeStream", "ListStreams")
_STREAM: Final = ("GetRecords", "GetShardIterator", "DescribeStream", "ListShards", "ListStreams")

_SUBSCRIBE: Final = "kinesis:SubscribeToShard"
"""What a consumer of its own needs besides."""

_EITHER: Final = {"DescribeStream": ("DescribeStream", "DescribeStreamSummary")}
"""Either is enough for Kinesis: the summary is the newer call."""

_HOMES: Final = {"sqs": "sqs:SendMessage", "sns": "sns:Publish", "s3": "s3:PutObject"}


def check_settings(settings: Settings, function: Any, queue: Any) -> None:
    """Refuse what Lambda never takes, whatever the function's role may do.

    https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html

    Args:
        settings: The mapping.
        function: moto's.
        queue: moto's; None where the source is another or gone.

    Raises:
        LocalCloudError: In Lambda's words where they are known.
    """
    if ":sqs:" in settings.source:
        _check_batches(settings)
        _check_visibility(queue, function)
    else:
        _check_stream(settings)
    for pattern in settings.filters:
        try:
            check_pattern(pattern, for_lambda=True)
        except ValueError as problem:
            raise LocalCloudError(f"Invalid filter pattern definition. {problem}") from problem


def _check_batches(settings: Settings) -> None:
    if settings.window and settings.source.endswith(".fifo"):
        raise LocalCloudError(
            "Batching window is not supported for FIFO queues: "
            "MaximumBatchingWindowInSeconds must be left out"
        )
    if settings.batch_size > 10 and not settings.window:
        raise LocalCloudError(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is "
            "greater than 10"
        )
    limit = settings.maximum_concurrency
    if limit is not None and not 2 <= limit <= 1000:
        raise LocalCloudError(f"MaximumConcurrency is {limit}: it must be 2 to 1000")


def _check_visibility(queue: Any, function: Any) -> None:
    """Refuse a queue that shows a message again while the function may be at work on it.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    """
    timeout = int(function.timeout or 3)
    if queue is not None and queue.visibility_timeout < timeout:
        raise LocalCloudError(
            f"Queue visibility timeout: {queue.visibility_timeout} seconds is less than Function "
            f"timeout: {timeout} seconds"
        )


def _check_stream(settings: Settings) -> None:
    """Refuse a place to begin, or a failure destination, that cannot be."""
    if settings.starting_position == "AT_TIMESTAMP" and ":kinesis:" not in settings.source:
        raise LocalCloudError("Unsupported starting position AT_TIMESTAMP for a DynamoDB stream")
    home = settings.on_failure
    if home and (home.split(":")[2] not in _HOMES or home.endswith(".fifo")):
        raise LocalCloudError(
            f"Invalid destination {home}: a stream's on-failure destination is a standard SQS "
            "queue, a standard SNS topic or an S3 bucket"
        )


def check_role(settings: Settings, role: str, role_allows: RoleAllows) -> None:
    """Refuse a mapping whose function's role may not poll, or not write to its destination.

    https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
    https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
    https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html

    Args:
        settings: The mapping, after `check_settings`.
        role: The role's ARN.
        role_allows: Judges it.

    Raises:
        LocalCloudError: In Lambda's words where they are known.
    """
    service = settings.source.split(":")[2]
    if service == "sqs":
        for action in _QUEUE:
            if not role_allows(role, f"sqs:{action}", settings.source):
                raise _lacks(action, "SQS")
        return
    actions = _TABLE if service == "dynamodb" else _STREAM
    stream = stream_of(settings.source)
    if stream != settings.source and not role_allows(role, _SUBSCRIBE, settings.source):
        raise _lacks(_SUBSCRIBE.partition(":")[2], f"Kinesis ({settings.source})")
    for action in actions:
        names = _EITHER.get(action, (action,)) if service == "kinesis" else (action,)
        # Streams are listed for an account: AWS defines no resource for it.
        resource = "*" if action == "ListStreams" else stream
        if not any(role_allows(role, f"{service}:{name}", resource) for name in names):
            raise LocalCloudError(
                f"Cannot access stream {settings.source}. Please ensure the role can perform the "
                f"{_words(actions)} Actions on your stream in IAM."
            )
    if settings.on_failure:
        _check_home(settings.on_failure, role, role_allows)


def _check_home(home: str, role: str, role_allows: RoleAllows) -> None:
    service = home.split(":")[2]
    action, resource = _HOMES[service], f"{home}/*" if service == "s3" else home
    if not role_allows(role, action, resource):
        raise _lacks(action.partition(":")[2], f"{service.upper()} ({home})")
    if service == "s3" and not role_allows(role, "s3:ListBucket", home):
        raise _lacks("ListBucket", f"S3 ({home})")


def _lacks(action: str, where: str) -> LocalCloudError:
    return LocalCloudError(
        f"The function execution role does not have permissions to call {action} on {where}"
    )


def _words(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])}, and {names[-1]}"
