"""An application load balancer: its group, who may connect, its listeners and their rules."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from platform_lib.ingress import Ingress
from platform_lib.naming import LOAD_BALANCER_LIMIT, needs_physical_name, physical_name
from platform_lib.parts.children import Children
from platform_lib.records import record

ANYWHERE = "0.0.0.0/0"
TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"
"""TLS 1.3 and 1.2.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html"""
_AS_RANGE = "-0-0-0-0-0"
_PORTS = {"": (80, "HTTP"), "_https": (443, "HTTPS")}


@record
class Listeners:
    """What a balancer hears: HTTP, and HTTPS where it has a certificate."""

    listener: "aws.lb.Listener"
    https_listener: "aws.lb.Listener | None"

    @property
    def serving(self) -> "aws.lb.Listener":
        """The one that leads to the app."""
        return self.https_listener or self.listener


def listener_children(*, https: bool) -> dict[str, str]:
    """Name the children of `create_listeners`."""
    return {"listener": "aws.lb.Listener"} | (
        {"https_listener": "aws.lb.Listener"} if https else {}
    )


def create_balancer_group(child: Children, vpc_id: pulumi.Input[str]) -> "aws.ec2.SecurityGroup":
    """Make the group that the load balancer stands in, closed."""
    return child.make(
        "load_balancer_security_group",
        aws.ec2.SecurityGroup,
        "lb-sg",
        description=f"Load balancer of {child.name}",
        vpc_id=vpc_id,
        keeps=["description"],
    )


def balancer_ingress_children(cidrs: Sequence[str], *, https: bool) -> dict[str, str]:
    """Name the children of `create_balancer_ingress`: those of a given range have it as a name."""
    rules = (key for key, *_ in _openings(cidrs, https=https))
    return dict.fromkeys(rules, "aws.vpc.SecurityGroupIngressRule")


def create_balancer_ingress(
    child: Children, group: "aws.ec2.SecurityGroup", cidrs: Sequence[str], *, https: bool
) -> "Mapping[str, aws.vpc.SecurityGroupIngressRule]":
    """Let everyone connect, or who comes from one of the ranges; one rule each."""
    return {
        key: child.make(
            key,
            aws.vpc.SecurityGroupIngressRule,
            suffix,
            **tcp(group, port, f"{protocol} from {_named(cidr)}", cidr_ipv4=cidr),
            opts=pulumi.ResourceOptions(aliases=_other_names(child, suffix, cidr)),
        )
        for key, suffix, port, protocol, cidr in _openings(cidrs, https=https)
    }


def _named(cidr: str) -> str:
    return "anywhere" if cidr == ANYWHERE else cidr


def _other_names(child: Children, suffix: str, cidr: str) -> "list[str | pulumi.Alias]":
    """Know the rule for everyone by both its names: with no range given, and as a range.

    A group takes one rule of a range, and the new rule would be made before the old one goes.
    """
    if cidr != ANYWHERE:
        return []
    plain = suffix.removesuffix(_AS_RANGE)
    return [pulumi.Alias(name=f"{child.name}-{plain + _AS_RANGE if suffix == plain else plain}")]


def _openings(cidrs: Sequence[str], *, https: bool) -> list[tuple[str, str, int, str, str]]:
    found = []
    for more, (port, protocol) in _PORTS.items():
        if more and not https:
            continue
        key, suffix = f"load_balancer_ingress{more}", f"lb-ingress{more.replace('_', '-')}"
        if not cidrs:
            found.append((key, suffix, port, protocol, ANYWHERE))
        for cidr in cidrs:
            own = cidr.replace(".", "-").replace("/", "-")
            found.append((f"{key}.{cidr}", f"{suffix}-{own}", port, protocol, cidr))
    return found


def create_load_balancer(
    child: Children,
    *,
    group: "aws.ec2.SecurityGroup",
    vpc_id: pulumi.Input[str],
    subnet_ids: Sequence[pulumi.Input[str]],
    internal: bool = False,
) -> "aws.lb.LoadBalancer":
    """Make a load balancer, for the internet or for the VPC alone.

    No input names its VPC, and its subnets and groups cannot be changed to another's: so another
    VPC makes another balancer.
    """
    scheme = "internal" if internal else "internet-facing"
    return child.make(
        "load_balancer",
        aws.lb.LoadBalancer,
        "lb",
        name=front_name(child, "lb", "application", scheme, vpc_id),
        keeps=["name"],
        load_balancer_type="application",
        internal=internal,
        security_groups=[group.id],
        subnets=list(subnet_ids),
        drop_invalid_header_fields=True,
        enable_deletion_protection=False,
        idle_timeout=60,
        opts=pulumi.ResourceOptions(replacement_trigger=vpc_id),
    )


def create_listeners(
    child: Children,
    *,
    load_balancer_arn: pulumi.Input[str],
    action: Mapping[str, Any],
    certificate_arn: pulumi.Input[str] | None = None,
    plain_http: bool = False,
) -> Listeners:
    """Listen for HTTP; with a certificate for HTTPS, to which HTTP then leads.

    Plain HTTP is warned about, unless `plain_http` says that it is meant.
    """
    if certificate_arn is None and not plain_http:
        pulumi.log.warn(
            f"{child.name}: its load balancer answers by plain HTTP, which who is on the way can "
            "read and change; where that is meant, say so by ingress.plain_http=True"
        )
    redirect = {
        "type": "redirect",
        "redirect": {"protocol": "HTTPS", "port": "443", "status_code": "HTTP_301"},
    }
    https_listener = None
    if certificate_arn is not None:
        https_listener = child.make(
            "https_listener",
            aws.lb.Listener,
            "https",
            load_balancer_arn=load_balancer_arn,
            port=443,
            protocol="HTTPS",
            certificate_arn=certificate_arn,
            ssl_policy=TLS_POLICY,
            default_actions=[action],
        )
    listener = child.make(
        "listener",
        aws.lb.Listener,
        "http",
        load_balancer_arn=load_balancer_arn,
        port=80,
        protocol="HTTP",
        default_actions=[redirect if https_listener is not None else action],
        # An app that serves by HTTP goes on so until HTTPS answers: a certificate takes minutes.
        opts=pulumi.ResourceOptions(depends_on=https_listener),
    )
    return Listeners(listener=listener, https_listener=https_listener)


def forward_to(target_group: "aws.lb.TargetGroup") -> dict[str, Any]:
    """Word the action that leads to a target group."""
    return {"type": "forward", "target_group_arn": target_group.arn}


NOT_FOUND: Mapping[str, Any] = {
    "type": "fixed-response",
    "fixed_response": {
        "content_type": "text/plain",
        "message_body": "Not Found",
        "status_code": "404",
    },
}
"""The action for requests that are none of the app's."""


def create_listener_rule(
    child: Children,
    *,
    listener_arn: pulumi.Input[str],
    target_group: "aws.lb.TargetGroup",
    ingress: Ingress,
) -> "aws.lb.ListenerRule":
    """Lead the app's hosts and paths on a listener to it.

    On a listener that is not ours there is no group of ours either, so the ranges that may connect
    are a condition too.
    """
    conditions: list[dict[str, Any]] = []
    if ingress.hosts:
        conditions.append({"host_header": {"values": list(ingress.hosts)}})
    if ingress.paths:
        conditions.append({"path_pattern": {"values": list(ingress.paths)}})
    if ingress.allowed_cidrs and ingress.listener_arn is not None:
        conditions.append({"source_ip": {"values": list(ingress.allowed_cidrs)}})
    return child.make(
        "listener_rule",
        aws.lb.ListenerRule,
        "rule",
        listener_arn=listener_arn,
        priority=ingress.priority,
        actions=[forward_to(target_group)],
        conditions=conditions,
    )


def front_name(
    child: Children, suffix: str, *identity: pulumi.Input[str]
) -> pulumi.Input[str] | None:
    """Name a balancer or target group whose own name would be too long; else Pulumi does."""
    logical = f"{child.name}-{suffix}"
    if not needs_physical_name(logical, LOAD_BALANCER_LIMIT):
        return None
    place = (pulumi.get_project(), pulumi.get_stack())
    return pulumi.Output.all(*identity).apply(
        lambda values: physical_name(logical, LOAD_BALANCER_LIMIT, *place, *map(str, values))
    )


def tcp(
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
