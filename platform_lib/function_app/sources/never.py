"""Patterns that AWS takes and that nothing ever matches: the keys of each source's records.

A queue deletes what its filters leave out, unread, so that such a filter loses every message.
https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

from platform_lib.checks import did_you_mean
from platform_lib.event_patterns import values_by_path

Check = Callable[[Mapping[str, Any]], None]

_EVENT: Final = frozenset(
    {
        *("version", "id", "detail-type", "source", "account", "time", "region", "resources"),
        *("detail", "replay-name", "trace-header"),
    }
)
"""https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html"""

_MESSAGE: Final = frozenset(
    {
        *("messageId", "receiptHandle", "body", "attributes", "messageAttributes"),
        *("md5OfBody", "md5OfMessageAttributes", "eventSource", "eventSourceARN", "awsRegion"),
    }
)
"""https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html"""

_STREAMED: Final = frozenset({"eventSource", "eventSourceARN", "eventVersion", "awsRegion"})
_KINESIS: Final = _STREAMED | {
    *("data", "partitionKey", "sequenceNumber", "approximateArrivalTimestamp"),
    *("kinesis", "kinesisSchemaVersion", "encryptionType", "invokeIdentityArn"),
    *("eventID", "eventName"),
}
"""https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis-filtering.html"""

_DYNAMODB: Final = _STREAMED | {"dynamodb", "eventID", "eventName", "userIdentity"}
"""https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-filtering.html"""

_IMAGES: Final = ("Keys", "NewImage", "OldImage")
_TEXT_TYPES: Final = ("N", "NS", "S", "SS", "B", "BS")
"""Types of DynamoDB whose value stands in a record as text, numbers too."""


def check_event_pattern(pattern: Mapping[str, Any]) -> None:
    """Refuse a rule's pattern that asks for a key that no event has.

    Raises:
        ValueError: Which, and what there is.
    """
    _check_keys(pattern, _EVENT, "an event has no {!r}; what services say is in 'detail'")


def check_message_filter(pattern: Mapping[str, Any]) -> None:
    """Refuse a queue's filter that no message matches: all would be deleted unread.

    Raises:
        ValueError: Why.
    """
    told = "a message has no {!r}, and all would be deleted unread; its text is in 'body'"
    _check_keys(pattern, _MESSAGE, told)
    for path, values in values_by_path(pattern):
        head, *inner = path.split(".")
        if head == "attributes" or (head == "messageAttributes" and "stringValue" in inner):
            _check_text(path, values, "an attribute of a message")


def stream_filter_check(arn: object) -> Check:
    """Give what refuses a stream's filter that no record matches.

    Of an ARN that is not known yet, it must be a filter of one kind of stream.
    """
    keys, told = _KINESIS | _DYNAMODB, "a record of a stream has no {!r}"
    if isinstance(arn, str) and ":kinesis:" in arn:
        keys, told = _KINESIS, "a record of Kinesis has no {!r}; what was put is in 'data'"
    elif isinstance(arn, str) and ":dynamodb:" in arn:
        keys, told = _DYNAMODB, "a record of DynamoDB has no {!r}; what changed is in 'dynamodb'"

    def check(pattern: Mapping[str, Any]) -> None:
        _check_keys(pattern, keys, told)
        for path, values in values_by_path(pattern):
            head, *inner = path.split(".")
            if head in ("partitionKey", "sequenceNumber"):
                _check_text(path, values, "a key and a sequence number")
            image = head == "dynamodb" and len(inner) > 2 and inner[0] in _IMAGES
            if image and inner[-1] in _TEXT_TYPES:
                _check_text(path, values, "a value of DynamoDB, a number too,")

    return check


def _check_keys(pattern: Mapping[str, Any], known: Collection[str], told: str) -> None:
    for path, values in values_by_path(pattern):
        head = path.split(".")[0]
        # What is asked to be absent is.
        if head not in known and {"exists": False} not in values:
            raise ValueError(f"{told.format(head)}; {did_you_mean(head, sorted(known))}")


def _check_text(path: str, values: Sequence[Any], what: str) -> None:
    for value in values:
        wanted = value.get("anything-but") if isinstance(value, Mapping) else value
        numbers = wanted if isinstance(wanted, list | tuple) else [wanted]
        number = any(isinstance(each, int | float) for each in numbers)
        if number or (isinstance(value, Mapping) and "numeric" in value):
            raise ValueError(
                f"{path}: {what} is text in the record, such as '5', which no number and no "
                "numeric matches; compare it as text, or read it in the function"
            )
