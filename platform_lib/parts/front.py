"""The front of an app behind a load balancer: groups, rules, balancer, target group, listener."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from platform_lib.naming import LOAD_BALANCER_LIMIT, needs_physical_name, physical_name
from platform_lib.parts.children import Children

ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True, kw_only=True)
class Front:
    """What was made, and where it answers."""

    load_balancer_security_group: "aws.ec2.SecurityGroup"
    load_balancer_ingress: "aws.vpc.SecurityGroupIngressRule"
    load_balancer_egress: "aws.vpc.SecurityGroupEgressRule"
    security_group: "aws.ec2.SecurityGroup"
    ingress: "aws.vpc.SecurityGroupIngressRule"
    egress: "aws.vpc.SecurityGroupEgressRule"
    load_balancer: "aws.lb.LoadBalancer"
    target_group: "aws.lb.TargetGroup"
    listener: "aws.lb.Listener"
    url: pulumi.Output[str]


FRONT_CHILDREN = {
    "load_balancer_security_group": "aws.ec2.SecurityGroup",
    "load_balancer_ingress": "aws.vpc.SecurityGroupIngressRule",
    "load_balancer_egress": "aws.vpc.SecurityGroupEgressRule",
    "security_group": "aws.ec2.SecurityGroup",
    "ingress": "aws.vpc.SecurityGroupIngressRule",
    "egress": "aws.vpc.SecurityGroupEgressRule",
    "load_balancer": "aws.lb.LoadBalancer",
    "target_group": "aws.lb.TargetGroup",
    "listener": "aws.lb.Listener",
}


def create_front(
    child: Children,
    *,
    vpc_id: pulumi.Input[str],
    subnet_ids: Sequence[pulumi.Input[str]],
    port: int,
    health_check_path: str,
    target_type: str,
) -> Front:
    """Put a public load balancer before what listens on `port`, and close everything else."""
    balancer_group = child.make(
        "load_balancer_security_group",
        aws.ec2.SecurityGroup,
        "lb-sg",
        description=f"Load balancer of {child.name}",
        vpc_id=vpc_id,
    )
    group = create_app_group(child, vpc_id)
    balancer_ingress = child.make(
        "load_balancer_ingress",
        aws.vpc.SecurityGroupIngressRule,
        "lb-ingress",
        **_tcp(balancer_group, 80, "HTTP from anywhere", cidr_ipv4=ANYWHERE),
    )
    to_app = "From the load balancer to the app"
    balancer_egress = child.make(
        "load_balancer_egress",
        aws.vpc.SecurityGroupEgressRule,
        "lb-egress",
        **_tcp(balancer_group, port, to_app, referenced_security_group_id=group.id),
    )
    ingress = child.make(
        "ingress",
        aws.vpc.SecurityGroupIngressRule,
        "ingress",
        **_tcp(group, port, to_app, referenced_security_group_id=balancer_group.id),
    )
    egress = create_app_egress(child, group)
    load_balancer = child.make(
        "load_balancer",
        aws.lb.LoadBalancer,
        "lb",
        name=_name(child, "lb", "application", "internet-facing"),
        load_balancer_type="application",
        internal=False,
        security_groups=[balancer_group.id],
        subnets=list(subnet_ids),
        drop_invalid_header_fields=True,
        enable_deletion_protection=False,
        idle_timeout=60,
    )
    target_group = child.make(
        "target_group",
        aws.lb.TargetGroup,
        "tg",
        name=_name(child, "tg", str(port), "HTTP", target_type, vpc_id),
        port=port,
        protocol="HTTP",
        target_type=target_type,
        vpc_id=vpc_id,
        deregistration_delay=30,
        health_check={
            "path": health_check_path,
            "protocol": "HTTP",
            "matcher": "200",
            "interval": 15,
            "timeout": 5,
            "healthy_threshold": 2,
            "unhealthy_threshold": 3,
        },
    )
    listener = child.make(
        "listener",
        aws.lb.Listener,
        "http",
        load_balancer_arn=load_balancer.arn,
        port=80,
        protocol="HTTP",
        default_actions=[{"type": "forward", "target_group_arn": target_group.arn}],
    )
    return Front(
        load_balancer_security_group=balancer_group,
        load_balancer_ingress=balancer_ingress,
        load_balancer_egress=balancer_egress,
        security_group=group,
        ingress=ingress,
        egress=egress,
        load_balancer=load_balancer,
        target_group=target_group,
        listener=listener,
        url=pulumi.Output.format("http://{}", load_balancer.dns_name),
    )


def _name(child: Children, suffix: str, *identity: pulumi.Input[str]) -> pulumi.Input[str] | None:
    logical = f"{child.name}-{suffix}"
    if not needs_physical_name(logical, LOAD_BALANCER_LIMIT):
        return None
    place = (pulumi.get_project(), pulumi.get_stack())
    return pulumi.Output.all(*identity).apply(
        lambda values: physical_name(logical, LOAD_BALANCER_LIMIT, *place, *map(str, values))
    )


def create_app_group(child: Children, vpc_id: pulumi.Input[str]) -> "aws.ec2.SecurityGroup":
    """Make the group that the app itself stands in, closed; each opening is a rule of its own.

    Inline rules cannot live with standalone ones on one group, and users add standalone ones.
    """
    return child.make(
        "security_group",
        aws.ec2.SecurityGroup,
        "sg",
        description=f"App {child.name}",
        vpc_id=vpc_id,
    )


def create_app_egress(
    child: Children, group: "aws.ec2.SecurityGroup"
) -> "aws.vpc.SecurityGroupEgressRule":
    """Let the app connect out, which it needs to reach AWS and whatever it works with."""
    return child.make(
        "egress",
        aws.vpc.SecurityGroupEgressRule,
        "egress",
        security_group_id=group.id,
        description="From the app to anywhere",
        ip_protocol="-1",
        cidr_ipv4=ANYWHERE,
    )


def _tcp(
    group: "aws.ec2.SecurityGroup", port: int, description: str, **peer: pulumi.Input[str]
) -> dict[str, Any]:
    """Word a rule that opens one port of a group to one peer."""
    return {
        "security_group_id": group.id,
        "description": description,
        "ip_protocol": "tcp",
        "from_port": port,
        "to_port": port,
        **peer,
    }
