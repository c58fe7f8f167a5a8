"""The front of an app behind a load balancer: groups, rules, balancer, target group, listener."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from platform_lib.parts.balancer import (
    ANYWHERE,
    create_balancer_group,
    create_balancer_ingress,
    create_listeners,
    create_load_balancer,
    forward_to,
    front_name,
    tcp,
)
from platform_lib.parts.children import Children
from platform_lib.parts.served import Served
from platform_lib.records import record


@record
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
    served: Served


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
    plain_http: bool,
) -> Front:
    """Put a public load balancer before what listens on `port`, and close everything else."""
    balancer_group = create_balancer_group(child, vpc_id)
    group = create_app_group(child, vpc_id)
    opened = create_balancer_ingress(child, balancer_group, (), https=False)
    to_app = "From the load balancer to the app"
    balancer_egress = child.make(
        "load_balancer_egress",
        aws.vpc.SecurityGroupEgressRule,
        "lb-egress",
        **tcp(balancer_group, port, to_app, referenced_security_group_id=group.id),
    )
    ingress = child.make(
        "ingress",
        aws.vpc.SecurityGroupIngressRule,
        "ingress",
        **tcp(group, port, to_app, referenced_security_group_id=balancer_group.id),
    )
    egress = create_app_egress(child, group)
    load_balancer = create_load_balancer(
        child, group=balancer_group, vpc_id=vpc_id, subnet_ids=subnet_ids
    )
    target_group = child.make(
        "target_group",
        aws.lb.TargetGroup,
        "tg",
        name=front_name(child, "tg", str(port), "HTTP", target_type, vpc_id),
        keeps=["name"],
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
    listeners = create_listeners(
        child,
        load_balancer_arn=load_balancer.arn,
        action=forward_to(target_group),
        plain_http=plain_http,
    )
    return Front(
        load_balancer_security_group=balancer_group,
        load_balancer_ingress=opened["load_balancer_ingress"],
        load_balancer_egress=balancer_egress,
        security_group=group,
        ingress=ingress,
        egress=egress,
        load_balancer=load_balancer,
        target_group=target_group,
        listener=listeners.listener,
        served=Served(
            url=pulumi.Output.format("http://{}", load_balancer.dns_name),
            dns_name=load_balancer.dns_name,
            hosted_zone_id=load_balancer.zone_id,
            target_group_arn=target_group.arn,
        ),
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
        keeps=["description"],
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
