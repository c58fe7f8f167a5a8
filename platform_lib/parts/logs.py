"""The log group that an app writes to."""

import pulumi
import pulumi_aws as aws

from platform_lib.parts.children import Children


def create_log_group(
    child: Children,
    key: str,
    suffix: str,
    *,
    retention_days: int,
    kms_key_arn: pulumi.Input[str] | None,
) -> "aws.cloudwatch.LogGroup":
    """Make a log group that forgets, so that the service does not make one that never does."""
    return child.make(
        key,
        aws.cloudwatch.LogGroup,
        suffix,
        retention_in_days=retention_days,
        kms_key_id=kms_key_arn,
    )
