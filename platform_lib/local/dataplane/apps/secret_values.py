"""Reads the values of secrets as the targets do, at the start of a workload and never before."""

import json
from decimal import Decimal
from typing import Any

from botocore.exceptions import ClientError

from platform_lib.local.account import Account
from platform_lib.local.errors import LocalCloudError
from platform_lib.local.rights.sessions import Credentials


def secret_value(account: Account, given: Credentials, variable: str, reference: str) -> str:
    """Read a secret: an ARN, `ARN#key`, or ECS's `ARN:key:stage:version`. Blocks.

    Args:
        account: Where it is.
        given: Of the role that reads it.
        variable: What it is for.
        reference: Which it is.

    Raises:
        LocalCloudError: There is no such secret, parameter or key, or the role may not read it.
    """
    arn, _, key = reference.partition("#")
    if ":secretsmanager:" in arn and not key:
        # arn:partition:secretsmanager:region:account:secret:NAME, then ECS's three further parts.
        parts = arn.split(":")
        arn, key = ":".join(parts[:7]), (parts[7] if len(parts) > 7 else "")
    try:
        value = _read(account, given, arn)
    except ClientError as error:
        raise LocalCloudError(f"secret {variable}: {arn}: {error}") from error
    if not key:
        return value
    try:
        found = json.loads(value)[key]
    except (ValueError, KeyError, TypeError) as error:
        raise LocalCloudError(f"secret {variable}: {arn} has no JSON key {key!r}") from error
    if isinstance(found, str):
        return found
    return json.dumps(found) if "#" in reference else as_go_prints(found)


def as_go_prints(value: Any) -> str:
    """Word a value of JSON as ECS's agent does, by Go's `%v`: every number is a float64 there.

    https://github.com/aws/amazon-ecs-agent/blob/master/agent/asm/asm.go
    """
    match value:
        case None:
            return "<nil>"
        case bool():
            return str(value).lower()
        case int() | float():
            return _as_go_prints_a_number(float(value))
        case list():
            return "[" + " ".join(map(as_go_prints, value)) + "]"
        case dict():
            pairs = (f"{key}:{as_go_prints(value[key])}" for key in sorted(value))
            return "map[" + " ".join(pairs) + "]"
    return str(value)


def _as_go_prints_a_number(number: float) -> str:
    """Word a float64: the fewest digits that tell it, with an exponent below -4 and from 6 on."""
    exact = Decimal(repr(number)).normalize()
    exponent = exact.adjusted() if exact else 0
    if -4 <= exponent < 6:
        return f"{exact:f}"
    mantissa = exact.scaleb(-exponent)
    return f"{mantissa:f}e{exponent:+03d}"


def _read(account: Account, given: Credentials, arn: str) -> str:
    answer: dict[str, Any]
    if ":secretsmanager:" in arn:
        answer = account.client_of(given, "secretsmanager").get_secret_value(SecretId=arn)
        return str(answer["SecretString"])
    answer = account.client_of(given, "ssm").get_parameter(Name=arn, WithDecryption=True)
    return str(answer["Parameter"]["Value"])
