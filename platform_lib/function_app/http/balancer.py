"""A function behind a load balancer: a target group on a listener of ours, or of others."""

import pulumi
import pulumi_aws as aws

from platform_lib.app_args import IngressKind
from platform_lib.function_app.http.settings import HttpSettings
from platform_lib.ingress import Domain, Ingress
from platform_lib.parts.balancer import (
    NOT_FOUND,
    Listeners,
    balancer_ingress_children,
    create_balancer_group,
    create_balancer_ingress,
    create_listener_rule,
    create_listeners,
    create_load_balancer,
    forward_to,
    front_name,
    listener_children,
)
from platform_lib.parts.children import Children
from platform_lib.parts.domain import create_certificate, create_domain_record, domain_children
from platform_lib.parts.lookups import Network
from platform_lib.parts.served import Served

_TARGET_CHILDREN = {
    "target_group": "aws.lb.TargetGroup",
    "permission": "aws.lambda_.Permission",
    "target_group_attachment": "aws.lb.TargetGroupAttachment",
}


def function_balancer_children(http: HttpSettings) -> dict[str, str]:
    """Name the children of a function behind a load balancer with these settings."""
    children = dict(_TARGET_CHILDREN)
    ingress, https = http.ingress, http.domain is not None
    if ingress.hosts or ingress.paths:
        children["listener_rule"] = "aws.lb.ListenerRule"
    if ingress.listener_arn is None:
        children |= {
            "load_balancer_security_group": "aws.ec2.SecurityGroup",
            "load_balancer": "aws.lb.LoadBalancer",
            **balancer_ingress_children(ingress.allowed_cidrs, https=https),
            **listener_children(https=https),
            **domain_children(http.domain),
        }
    return children


def create_function_balancer(
    child: Children,
    *,
    http: HttpSettings,
    network: Network | None,
    function_name: pulumi.Input[str],
    alias: "aws.lambda_.Alias",
    health_check_path: str,
    provider: pulumi.ProviderResource | None,
) -> Served:
    """Send requests of a load balancer to the alias of a function.

    `network` is where a balancer of our own stands; there is none on a listener that exists.
    """
    # A group belongs to one balancer: on another one, AWS takes no group whose old balancer is
    # still there. https://github.com/hashicorp/terraform-provider-aws/issues/22005
    place: list[pulumi.Input[str]] = []
    if network is not None:
        place = [http.ingress.kind.value, network.vpc_id]
    elif http.ingress.listener_arn is not None:
        place = [http.ingress.listener_arn]
    target_group = child.make(
        "target_group",
        aws.lb.TargetGroup,
        "tg",
        name=front_name(child, "tg", "lambda", *place),
        keeps=["name"],
        target_type="lambda",
        lambda_multi_value_headers_enabled=http.multi_value_headers,
        # Off unless asked for. Of a function AWS takes path, codes, thresholds and times alone.
        health_check={
            "enabled": True,
            "path": health_check_path,
            "matcher": "200",
            "interval": 35,
            "timeout": 30,
            "healthy_threshold": 2,
            "unhealthy_threshold": 3,
        },
        opts=pulumi.ResourceOptions(replacement_trigger=place),
    )
    permission = child.make(
        "permission",
        aws.lambda_.Permission,
        "permission",
        action="lambda:InvokeFunction",
        principal="elasticloadbalancing.amazonaws.com",
        function=function_name,
        qualifier=alias.name,
        source_arn=target_group.arn,
    )
    # AWS refuses a target that the group may not call yet.
    attachment = child.make(
        "target_group_attachment",
        aws.lb.TargetGroupAttachment,
        "tg-attachment",
        target_group_arn=target_group.arn,
        target_id=alias.arn,
        opts=pulumi.ResourceOptions(depends_on=[permission]),
    )
    ingress, domain = http.ingress, http.domain
    opts = pulumi.InvokeOutputOptions(provider=provider)
    if network is not None:
        balancer, listeners = _create_own(child, network, target_group, ingress, domain)
        listener_arn: pulumi.Input[str] = listeners.serving.arn
        dns_name, zone_id = balancer.dns_name, balancer.zone_id
        named = _named(ingress) if domain is None else domain.name
        url = pulumi.Output.format(
            "{}://{}", "http" if domain is None else "https", named or dns_name
        )
    else:
        listener = aws.lb.get_listener_output(arn=ingress.listener_arn, opts=opts)
        theirs = aws.lb.get_load_balancer_output(arn=listener.load_balancer_arn, opts=opts)
        listener_arn = listener.arn
        dns_name, zone_id = theirs.dns_name, theirs.zone_id
        url = pulumi.Output.all(listener.protocol, listener.port, dns_name).apply(
            lambda found: _address(ingress, *map(str, found))
        )
    if ingress.hosts or ingress.paths:
        create_listener_rule(
            child, listener_arn=listener_arn, target_group=target_group, ingress=ingress
        )
    return Served(
        url=pulumi.Output.all(url, attachment.id).apply(lambda both: str(both[0])),
        dns_name=dns_name,
        hosted_zone_id=zone_id,
        target_group_arn=target_group.arn,
    )


def _create_own(
    child: Children,
    network: Network,
    target_group: "aws.lb.TargetGroup",
    ingress: Ingress,
    domain: Domain | None,
) -> "tuple[aws.lb.LoadBalancer, Listeners]":
    """Make a balancer; nothing leaves its group, for it reaches Lambda by AWS's own ways."""
    internal = ingress.kind is IngressKind.INTERNAL
    group = create_balancer_group(child, network.vpc_id)
    create_balancer_ingress(child, group, ingress.allowed_cidrs, https=domain is not None)
    load_balancer = create_load_balancer(
        child,
        group=group,
        vpc_id=network.vpc_id,
        subnet_ids=network.app_subnet_ids if internal else network.public_subnet_ids,
        internal=internal,
    )
    chosen = bool(ingress.hosts or ingress.paths)
    listeners = create_listeners(
        child,
        load_balancer_arn=load_balancer.arn,
        action=NOT_FOUND if chosen else forward_to(target_group),
        plain_http=ingress.plain_http,
        certificate_arn=create_certificate(child, domain) if domain is not None else None,
    )
    if domain is not None:
        create_domain_record(
            child,
            domain,
            target_name=load_balancer.dns_name,
            target_zone_id=load_balancer.zone_id,
        )
    return load_balancer, listeners


def _named(ingress: Ingress) -> str | None:
    """Give the first host without a wildcard: it is by its host that a rule knows the app."""
    return next((host for host in ingress.hosts if not set(host) & set("*?")), None)


def _address(ingress: Ingress, protocol: str, port: str, dns_name: str) -> str:
    """Word the URL on a listener that exists."""
    scheme, host = protocol.lower(), _named(ingress) or dns_name
    usual = {"http": "80", "https": "443"}.get(scheme) == port
    return f"{scheme}://{host}" if usual else f"{scheme}://{host}:{port}"
