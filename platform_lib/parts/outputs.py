"""What a component shows to others."""

import inspect
from typing import TYPE_CHECKING

import pulumi

from platform_lib.parts.served import Served

if TYPE_CHECKING:
    import pulumi_aws as aws


def show_outputs(
    component: pulumi.ComponentResource,
    *,
    served: Served,
    role: "aws.iam.Role",
    log_group: "aws.cloudwatch.LogGroup",
    security_group: "aws.ec2.SecurityGroup | None",
    version: pulumi.Output[str],
) -> None:
    """Set the outputs that every component has, and register what its class annotates; once, last.

    The annotations are what its schema has.
    """
    vars(component).update(
        url=served.url,
        dns_name=served.dns_name,
        hosted_zone_id=served.hosted_zone_id,
        target_group_arn=served.target_group_arn,
        role_arn=role.arn,
        role_name=role.name,
        log_group_name=log_group.name,
        security_group_id=security_group.id if security_group is not None else None,
        version=version,
    )
    names = inspect.get_annotations(type(component))
    component.register_outputs({name: getattr(component, name) for name in names})
