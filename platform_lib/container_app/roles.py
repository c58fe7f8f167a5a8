"""The two roles of a task: what ECS does to start it, and what the app does."""

import pulumi
import pulumi_aws as aws

from platform_lib.arns import partition_of
from platform_lib.parts.children import Children
from platform_lib.parts.iam import create_role
from platform_lib.parts.lookups import find_account, find_region


def create_task_role(
    child: Children,
    key: str,
    suffix: str,
    *,
    boundary_arn: pulumi.Input[str] | None,
    provider: pulumi.ProviderResource | None,
) -> "aws.iam.Role":
    """Make a role that ECS takes on for tasks of this account and region alone.

    Of all clusters there: ECS knows no narrower source.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
    """
    account_id = find_account(provider)
    return create_role(
        child,
        key,
        suffix,
        service="ecs-tasks.amazonaws.com",
        boundary_arn=boundary_arn,
        account_id=account_id,
        source_arn=pulumi.Output.all(find_region(provider), account_id).apply(
            lambda known: f"arn:{partition_of(known[0])}:ecs:{known[0]}:{known[1]}:*"
        ),
    )
