"""What an app may do: least-privilege statements for `grants`.

Each helper takes the ARN of one resource and names the actions that its verb needs, no more. With
`kms_key_arn`, the ARN of a key of yours that encrypts the resource, it allows the use of that key,
too: to read needs `kms:Decrypt`, to write also `kms:GenerateDataKey`. Keys of AWS need nothing.
"""

from collections.abc import Sequence

import pulumi

from platform_lib.app_args import GrantArgs

_READ_BY_KEY = ("kms:Decrypt",)
_WRITE_BY_KEY = ("kms:Decrypt", "kms:GenerateDataKey")
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


def read_table(arn: pulumi.Input[str], kms_key_arn: pulumi.Input[str] | None = None) -> GrantArgs:
    """Read a DynamoDB table and its indexes."""
    return _by_key(allow(_READ_TABLE, [arn, _below(arn, "/index/*")]), _READ_BY_KEY, kms_key_arn)


def read_write_table(
    arn: pulumi.Input[str], kms_key_arn: pulumi.Input[str] | None = None
) -> GrantArgs:
    """Read and write the items of a DynamoDB table, and read its indexes."""
    granted = allow(sorted(_READ_TABLE + _WRITE_TABLE), [arn, _below(arn, "/index/*")])
    return _by_key(granted, _WRITE_BY_KEY, kms_key_arn)


def read_bucket(arn: pulumi.Input[str], kms_key_arn: pulumi.Input[str] | None = None) -> GrantArgs:
    """List an S3 bucket and read its objects."""
    granted = allow(["s3:GetObject", "s3:ListBucket"], [arn, _below(arn, "/*")])
    return _by_key(granted, _READ_BY_KEY, kms_key_arn)


def read_write_bucket(
    arn: pulumi.Input[str], kms_key_arn: pulumi.Input[str] | None = None
) -> GrantArgs:
    """List an S3 bucket, and read, write and delete its objects.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
    """
    actions = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListBucket"]
    granted = allow([*actions, "s3:PutObject"], [arn, _below(arn, "/*")])
    return _by_key(granted, _WRITE_BY_KEY, kms_key_arn)


def send_to_queue(
    arn: pulumi.Input[str], kms_key_arn: pulumi.Input[str] | None = None
) -> GrantArgs:
    """Send messages to an SQS queue.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
    """
    granted = allow(["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:SendMessage"], [arn])
    return _by_key(granted, _WRITE_BY_KEY, kms_key_arn)


def receive_from_queue(
    arn: pulumi.Input[str], kms_key_arn: pulumi.Input[str] | None = None
) -> GrantArgs:
    """Receive messages from an SQS queue, and delete or postpone them."""
    actions = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    granted = allow([*actions, "sqs:GetQueueUrl", "sqs:ReceiveMessage"], [arn])
    return _by_key(granted, _READ_BY_KEY, kms_key_arn)


def publish_to_topic(
    arn: pulumi.Input[str], kms_key_arn: pulumi.Input[str] | None = None
) -> GrantArgs:
    """Publish to an SNS topic.

    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    """
    return _by_key(allow(["sns:Publish"], [arn]), _WRITE_BY_KEY, kms_key_arn)


def read_secret(arn: pulumi.Input[str], kms_key_arn: pulumi.Input[str] | None = None) -> GrantArgs:
    """Read a Secrets Manager secret from the app's own code.

    A secret that should be there as an environment variable belongs in `secrets` instead.
    """
    granted = allow(["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"], [arn])
    return _by_key(granted, _READ_BY_KEY, kms_key_arn)


def use_key(arn: pulumi.Input[str]) -> GrantArgs:
    """Read and write what a KMS key encrypts.

    For what an app is not granted itself: its `on_failure` or `dead_letter`, a `bundle` in S3.
    """
    return allow(_WRITE_BY_KEY, [arn])


def _by_key(
    granted: GrantArgs, actions: Sequence[str], kms_key_arn: pulumi.Input[str] | None
) -> GrantArgs:
    """Add the key to a grant: an action counts only on resources of its own kind."""
    if kms_key_arn is None:
        return granted
    return allow([*granted["actions"], *actions], [*granted["resources"], kms_key_arn])


def _below(arn: pulumi.Input[str], path: str) -> pulumi.Input[str]:
    return arn + path if isinstance(arn, str) else pulumi.Output.format("{}{}", arn, path)
