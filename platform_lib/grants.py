"""What an app may do: least-privilege statements for `grants`.

Each helper takes the ARN of one resource and names the actions that its verb needs, no more.
"""

from collections.abc import Sequence

import pulumi

from platform_lib.app_args import GrantArgs

_READ_TABLE = (
    "dynamodb:BatchGetItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:DescribeTable",
    "dynamodb:GetItem",
    "dynamodb:Query",
    "dynamodb:Scan",
)
_WRITE_TABLE = (
    "dynamodb:BatchWriteItem",
    "dynamodb:DeleteItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
)


def allow(actions: Sequence[str], resources: Sequence[pulumi.Input[str]]) -> GrantArgs:
    """Allow any actions on any resources: the way for what no other helper covers."""
    return GrantArgs(actions=list(actions), resources=list(resources))


def read_table(arn: pulumi.Input[str]) -> GrantArgs:
    """Read a DynamoDB table and its indexes."""
    return allow(_READ_TABLE, [arn, _below(arn, "/index/*")])


def read_write_table(arn: pulumi.Input[str]) -> GrantArgs:
    """Read and write the items of a DynamoDB table, and read its indexes."""
    return allow(sorted(_READ_TABLE + _WRITE_TABLE), [arn, _below(arn, "/index/*")])


def read_bucket(arn: pulumi.Input[str]) -> GrantArgs:
    """List an S3 bucket and read its objects."""
    return allow(["s3:GetObject", "s3:ListBucket"], [arn, _below(arn, "/*")])


def read_write_bucket(arn: pulumi.Input[str]) -> GrantArgs:
    """List an S3 bucket, and read, write and delete its objects."""
    actions = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListBucket"]
    return allow([*actions, "s3:PutObject"], [arn, _below(arn, "/*")])


def send_to_queue(arn: pulumi.Input[str]) -> GrantArgs:
    """Send messages to an SQS queue."""
    return allow(["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:SendMessage"], [arn])


def receive_from_queue(arn: pulumi.Input[str]) -> GrantArgs:
    """Receive messages from an SQS queue, and delete or postpone them."""
    actions = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    return allow([*actions, "sqs:GetQueueUrl", "sqs:ReceiveMessage"], [arn])


def publish_to_topic(arn: pulumi.Input[str]) -> GrantArgs:
    """Publish to an SNS topic."""
    return allow(["sns:Publish"], [arn])


def read_secret(arn: pulumi.Input[str]) -> GrantArgs:
    """Read a Secrets Manager secret from the app's own code.

    A secret that should be there as an environment variable belongs in `secrets` instead.
    """
    return allow(["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"], [arn])


def _below(arn: pulumi.Input[str], path: str) -> pulumi.Input[str]:
    return arn + path if isinstance(arn, str) else pulumi.Output.format("{}{}", arn, path)
