"""Queues of SQS: how they are encrypted, how long they keep, and who may send to them."""

from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from platform_lib.parts.children import Children
from platform_lib.records import record

DEAD_LETTER_SECONDS = 1_209_600
"""Fourteen days, the longest that SQS keeps a message."""


@record
class Queues:
    """A queue that was made, and the one that gets what failed."""

    queue: "aws.sqs.Queue"
    dead_letter_queue: "aws.sqs.Queue"
    alarm: "aws.cloudwatch.MetricAlarm | None"


def queue_encryption(kms_key_arn: pulumi.Input[str] | None) -> dict[str, Any]:
    """Encrypt a queue by SQS's own key, or by the user's."""
    if kms_key_arn is None:
        return {"sqs_managed_sse_enabled": True}
    return {"kms_master_key_id": kms_key_arn}


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
