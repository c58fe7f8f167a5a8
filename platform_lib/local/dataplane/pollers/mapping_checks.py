"""What Lambda refuses when a mapping is made, in its words."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from platform_lib.event_patterns import check_pattern
from platform_lib.local.dataplane.pollers.mappings import Settings
from platform_lib.local.errors import LocalCloudError

RoleAllows = Callable[[str, str, str], bool]
"""Tells whether a role may do an action to a resource."""

_QUEUE: Final = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
_TABLE: Final = ("GetRecords", "GetShardIterator", "DescribeStream", "ListStreams")
_STREAM: Final = ("GetRecords", "GetShardIterator", "DescribeStream", "ListShards", "ListStreams")

_EITHER: Final = {"DescribeStream": ("DescribeStream", "DescribeStreamSummary")}
"""Either is enough for Kinesis: the summary is the newer call."""

_HOMES: Final = {"sqs": "sqs:SendMessage", "sns": "sns:Publish", "s3": "s3:PutObject"}


def check_mapping(settings: Settings, function: Any, queue: Any, role_allows: RoleAllows) -> None:
    """Refuse a mapping whose function's role may not poll, or that Lambda does not take.

    https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
    https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
    https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html

    Args:
        settings: The mapping.
        function: moto's.
        queue: moto's; None where the source is another or gone.
        role_allows: Judges the function's role.

    Raises:
        LocalCloudError: In Lambda's words where they are known.
    """
    service, role = settings.source.split(":")[2], str(function.role)
    if service == "sqs":
        _check_queue(settings, role, role_allows)
        _check_visibility(queue, function)
    else:
        _check_stream(settings, role, role_allows, service)
    for pattern in settings.filters:
        try:
            check_pattern(pattern, for_lambda=True)
        except ValueError as problem:
            raise LocalCloudError(f"Invalid filter pattern definition. {problem}") from problem


def _check_queue(settings: Settings, role: str, role_allows: RoleAllows) -> None:
    for action in _QUEUE:
        if not role_allows(role, f"sqs:{action}", settings.source):
            raise LocalCloudError(
                f"The function execution role does not have permissions to call {action} on SQS"
            )
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


def _check_stream(settings: Settings, role: str, role_allows: RoleAllows, service: str) -> None:
    actions = _TABLE if service == "dynamodb" else _STREAM
    for action in actions:
        names = _EITHER.get(action, (action,)) if service == "kinesis" else (action,)
        # Streams are listed for an account; a policy that names the stream is taken too.
        resources = ("*", settings.source) if action == "ListStreams" else (settings.source,)
        if not any(
            role_allows(role, f"{service}:{name}", resource)
            for name in names
            for resource in resources
        ):
            raise LocalCloudError(
                f"Cannot access stream {settings.source}. Please ensure the role can perform the "
                f"{_words(actions)} Actions on your stream in IAM."
            )
    _check_home(settings, role, role_allows)
    if settings.starting_position == "AT_TIMESTAMP" and service != "kinesis":
        raise LocalCloudError("Unsupported starting position AT_TIMESTAMP for a DynamoDB stream")


def _check_home(settings: Settings, role: str, role_allows: RoleAllows) -> None:
    """Refuse a failure destination that cannot be, or that the role may not write to."""
    home = settings.on_failure
    if not home:
        return
    service = home.split(":")[2]
    action = _HOMES.get(service)
    if action is None or home.endswith(".fifo"):
        raise LocalCloudError(
            f"Invalid destination {home}: a stream's on-failure destination is a standard SQS "
            "queue, a standard SNS topic or an S3 bucket"
        )
    resource = f"{home}/*" if service == "s3" else home
    if not role_allows(role, action, resource):
        raise LocalCloudError(
            f"The function execution role does not have permissions to call "
            f"{action.partition(':')[2]} on {service.upper()} ({home})"
        )
    if service == "s3" and not role_allows(role, "s3:ListBucket", home):
        raise LocalCloudError(
            "The function execution role does not have permissions to call ListBucket on S3 "
            f"({home})"
        )


def _words(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])}, and {names[-1]}"
