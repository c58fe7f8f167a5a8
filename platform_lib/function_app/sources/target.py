"""What sources are bound to, and the permission to call it."""

from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from platform_lib.arns import partition_of
from platform_lib.function_app.sources.naming import SourceName
from platform_lib.parts.children import Children
from platform_lib.parts.lookups import find_account, find_region
from platform_lib.records import record


@record
class Place:
    """The account and region that a program works in, asked for when an ARN must be made up."""

    provider: pulumi.ProviderResource | None

    @property
    def account_id(self) -> pulumi.Output[str]:
        """The account's number."""
        return find_account(self.provider)

    @property
    def region(self) -> pulumi.Output[str]:
        """The region's name."""
        return find_region(self.provider)

    def arn(self, service: str, resource: pulumi.Input[str]) -> pulumi.Output[str]:
        """Word the ARN of a resource here."""
        return pulumi.Output.all(self.account_id, self.region, resource).apply(
            lambda known: (
                f"arn:{partition_of(known[1])}:{service}:{known[1]}:{known[0]}:{known[2]}"
            )
        )

    def account_arn(self, account_id: str) -> pulumi.Output[str]:
        """Word the ARN of a whole account."""
        return self.region.apply(
            lambda region: f"arn:{partition_of(region)}:iam::{account_id}:root"
        )

    def bucket_arn(self, bucket: pulumi.Input[str]) -> pulumi.Output[str]:
        """Word the ARN of a bucket, which names neither account nor region."""
        return pulumi.Output.all(self.region, bucket).apply(
            lambda known: f"arn:{partition_of(known[0])}:s3:::{known[1]}"
        )


@record
class Target:
    """A function's alias, and where what cannot be delivered to it is kept."""

    function_name: pulumi.Output[str]
    alias: "aws.lambda_.Alias"
    failure_queue: "aws.sqs.Queue | None"
    """The app's own failure queue; None where none is needed, or a destination was given."""
    ready: Sequence[pulumi.Resource]
    """What says where failures go: it is there before anything calls, and can fail."""
    log_group_name: pulumi.Input[str]
    """The function's own."""
    place: Place
    boundary_arn: pulumi.Input[str] | None
    kms_key_arn: pulumi.Input[str] | None

    @property
    def dead_letter_config(self) -> dict[str, pulumi.Output[str]] | None:
        """Where a service leaves what it could not hand over."""
        return None if self.failure_queue is None else {"arn": self.failure_queue.arn}


def create_permission(
    child: Children,
    at: SourceName,
    target: Target,
    *,
    principal: pulumi.Input[str],
    source_arn: pulumi.Input[str] | None = None,
    source_account: pulumi.Input[str] | None = None,
    **more: Any,
) -> "aws.lambda_.Permission":
    """Let a service call the alias, for one source alone.

    A source whose ARN does not name its account needs `source_account` too: a bucket that is
    deleted can be made again by somebody else.
    https://docs.aws.amazon.com/lambda/latest/dg/permissions-function-services.html
    """
    return child.make(
        at.key("permission"),
        aws.lambda_.Permission,
        f"{at.suffix}-permission",
        action="lambda:InvokeFunction",
        function=target.function_name,
        qualifier=target.alias.name,
        principal=principal,
        source_arn=source_arn,
        source_account=source_account,
        **more,
    )
