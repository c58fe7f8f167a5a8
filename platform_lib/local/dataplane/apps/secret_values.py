"""Reads the values of secrets as the targets do, at the start of a workload and never before."""

import json
from typing import Any

from botocore.exceptions import ClientError

from platform_lib.local.account import Account
from platform_lib.local.errors import LocalCloudError


def secret_value(account: Account, variable: str, reference: str) -> str:
    """Read a secret: an ARN, `ARN#key`, or ECS's `ARN:key:stage:version`. Blocks.

    Raises:
        LocalCloudError: There is no such secret, parameter or key.
    """
    arn, _, key = reference.partition("#")
    if ":secretsmanager:" in arn and not key:
        # arn:partition:secretsmanager:region:account:secret:NAME, then ECS's three further parts.
        parts = arn.split(":")
        arn, key = ":".join(parts[:7]), (parts[7] if len(parts) > 7 else "")
    try:
        value = _read(account, arn)
    except ClientError as error:
        raise LocalCloudError(f"secret {variable}: {arn}: {error}") from error
    if not key:
        return value
    try:
        found = json.loads(value)[key]
    except (ValueError, KeyError, TypeError) as error:
        raise LocalCloudError(f"secret {variable}: {arn} has no JSON key {key!r}") from error
    return found if isinstance(found, str) else json.dumps(found)


def _read(account: Account, arn: str) -> str:
    answer: dict[str, Any]
    if ":secretsmanager:" in arn:
        answer = account.client("secretsmanager").get_secret_value(SecretId=arn)
        return str(answer["SecretString"])
    answer = account.client("ssm").get_parameter(Name=arn, WithDecryption=True)
    return str(answer["Parameter"]["Value"])
