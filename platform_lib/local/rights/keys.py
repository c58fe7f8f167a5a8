"""What a key of the user's own that encrypts a resource asks of who uses the resource.

Services use it in the caller's name. Keys of AWS ask nothing.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
https://docs.aws.amazon.com/streams/latest/dev/permissions-user-key-KMS.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
"""

from collections.abc import Iterator, Mapping, Sequence

from platform_lib.local.desired import Desired

_READ = ("kms:Decrypt",)
_WRITE = ("kms:GenerateDataKey",)
_BOTH = ("kms:GenerateDataKey", "kms:Decrypt")

_USES: Mapping[str, Sequence[str]] = {
    **{
        f"dynamodb:{each}": _READ
        for each in (
            *("BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query"),
            *("Scan", "UpdateItem"),
        )
    },
    "kinesis:GetRecords": _READ,
    "kinesis:PutRecord": _WRITE,
    "kinesis:PutRecords": _WRITE,
    "s3:GetObject": _READ,
    "s3:GetObjectVersion": _READ,
    "s3:PutObject": _WRITE,
    "secretsmanager:GetSecretValue": _READ,
    "secretsmanager:PutSecretValue": _BOTH,
    "sns:Publish": _BOTH,
    "sqs:ReceiveMessage": _READ,
    "sqs:SendMessage": _BOTH,
}

_CONTEXT: Mapping[str, str] = {
    "kinesis": "aws:kinesis:arn",
    "s3": "aws:s3:arn",
    "secretsmanager": "SecretARN",
    "sns": "aws:sns:topicArn",
    "sqs": "aws:sqs:arn",
}
"""Under which name a service tells KMS what it is about."""


def key_actions(
    action: str, resource: str, asked_key: str, desired: Desired
) -> Iterator[tuple[str, str, Mapping[str, str]]]:
    """Yield each action on a key that an action on a resource needs, the key, and what is known.

    Args:
        action: Such as `sqs:SendMessage`.
        resource: An ARN.
        asked_key: The key that a request of S3 asks to be encrypted by; empty for the bucket's.
        desired: Reads the account.
    """
    uses = _USES.get(action, ())
    if not uses:
        return
    name = (action == "s3:PutObject" and asked_key) or desired.encrypting_key(
        resource, new=action == "s3:PutObject"
    )
    key = desired.key(name) if name else None
    if key is None or any(each.startswith("alias/aws/") for each in key.aliases):
        return
    service = action.partition(":")[0]
    facts = {
        "kms:ViaService": f"{service}.{desired.region}.amazonaws.com",
        "kms:CallerAccount": desired.account_id,
    }
    if service in _CONTEXT:
        facts[f"kms:EncryptionContext:{_CONTEXT[service]}"] = resource
    for each in uses:
        yield each, str(key.arn), facts
