"""What a function's role may do for its sources, as AWS's documentation lists it.

A `*` stands in one place: ListStreams, for which AWS defines no resource level.
"""

import re
from collections.abc import Sequence

import pulumi

from platform_lib.arns import service_of
from platform_lib.parts.iam import Statement

_CONSUMER = re.compile(r"(?P<stream>.+:stream/[^/]+)/consumer/.+")


def receive_messages(queue_arn: pulumi.Input[str]) -> Statement:
    """Allow working a queue off.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    """
    return {
        "Effect": "Allow",
        "Action": ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
        "Resource": queue_arn,
    }


def use_key(key_arn: pulumi.Input[str]) -> Statement:
    """Allow reading and writing what a key of the user's encrypts."""
    return {
        "Effect": "Allow",
        "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
        "Resource": key_arn,
    }


def decrypt(key_arn: pulumi.Input[str]) -> Statement:
    """Allow reading what a key of the user's encrypts."""
    return {"Effect": "Allow", "Action": ["kms:Decrypt"], "Resource": key_arn}


def read_stream(stream_arn: pulumi.Input[str]) -> pulumi.Output[Sequence[Statement]]:
    """Allow following a stream of DynamoDB or Kinesis, or a consumer of one.

    https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html
    https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
    """
    return pulumi.Output.from_input(stream_arn).apply(_read_stream)


def _read_stream(arn: str) -> Sequence[Statement]:
    if service_of(arn) == "dynamodb":
        actions = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
        return [_allow(actions, arn), _allow(["dynamodb:ListStreams"], "*")]
    found = _CONSUMER.fullmatch(str(arn))
    actions = [
        "kinesis:DescribeStream",
        "kinesis:DescribeStreamSummary",
        "kinesis:GetRecords",
        "kinesis:GetShardIterator",
        "kinesis:ListShards",
    ]
    statements = [
        _allow(actions, found["stream"] if found else arn),
        _allow(["kinesis:ListStreams"], "*"),
    ]
    if found:
        shares = ["kinesis:DescribeStreamConsumer", "kinesis:SubscribeToShard"]
        statements.insert(1, _allow(shares, arn))
    return statements


def send_to(arn: pulumi.Input[str]) -> pulumi.Output[Sequence[Statement]]:
    """Allow sending what failed to a queue, a topic, an event bus, a function or a bucket.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    """
    return pulumi.Output.from_input(arn).apply(_send_to)


def _send_to(arn: str) -> Sequence[Statement]:
    match service_of(arn):
        case "sns":
            return [_allow(["sns:Publish"], arn)]
        case "events":
            return [_allow(["events:PutEvents"], arn)]
        case "lambda":
            return [_allow(["lambda:InvokeFunction"], arn)]
        case "s3":
            return [_allow(["s3:ListBucket"], arn), _allow(["s3:PutObject"], f"{arn}/*")]
        case _:
            return [_allow(["sqs:SendMessage"], arn)]


def _allow(actions: Sequence[str], resource: str) -> Statement:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}
