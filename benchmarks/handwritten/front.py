"""What the container and the VM program share: network look-ups, groups, balancer."""

from dataclasses import dataclass

import pulumi_aws as aws
from options import keep


@dataclass
class Place:
    vpc_id: str
    subnet_ids: list[str]


def default_place():
    vpc_id = aws.ec2.get_vpc(default=True).id
    zones = aws.get_availability_zones(state="available")
    subnet_ids = []
    for zone_id in sorted(zones.zone_ids)[:2]:
        found = aws.ec2.get_subnets(
            filters=[
                {"name": "vpc-id", "values": [vpc_id]},
                {"name": "default-for-az", "values": ["true"]},
                {"name": "availability-zone-id", "values": [zone_id]},
            ]
        )
        subnet_ids.append(sorted(found.ids)[0])
    return Place(vpc_id, subnet_ids)


@dataclass
class Front:
    group: aws.ec2.SecurityGroup
    target_group: aws.lb.TargetGroup
    before_compute: list


def create_front(name, place, target_type):
    balancer_group = aws.ec2.SecurityGroup(
        f"{name}-lb-sg",
        description=f"Load balancer of {name}",
        vpc_id=place.vpc_id,
        opts=keep("description"),
    )
    group = aws.ec2.SecurityGroup(
        f"{name}-sg",
        description=f"App {name}",
        vpc_id=place.vpc_id,
        opts=keep("description"),
    )
    aws.vpc.SecurityGroupIngressRule(
        f"{name}-lb-ingress",
        security_group_id=balancer_group.id,
        description="HTTP from anywhere",
        ip_protocol="tcp",
        from_port=80,
        to_port=80,
        cidr_ipv4="0.0.0.0/0",
    )
    balancer_egress = aws.vpc.SecurityGroupEgressRule(
        f"{name}-lb-egress",
        security_group_id=balancer_group.id,
        description="From the load balancer to the app",
        ip_protocol="tcp",
        from_port=8080,
        to_port=8080,
        referenced_security_group_id=group.id,
    )
    ingress = aws.vpc.SecurityGroupIngressRule(
        f"{name}-ingress",
        security_group_id=group.id,
        description="From the load balancer to the app",
        ip_protocol="tcp",
        from_port=8080,
        to_port=8080,
        referenced_security_group_id=balancer_group.id,
    )
    egress = aws.vpc.SecurityGroupEgressRule(
        f"{name}-egress",
        security_group_id=group.id,
        description="From the app to anywhere",
        ip_protocol="-1",
        cidr_ipv4="0.0.0.0/0",
    )
    balancer = aws.lb.LoadBalancer(
        f"{name}-lb",
        load_balancer_type="application",
        internal=False,
        security_groups=[balancer_group.id],
        subnets=place.subnet_ids,
        drop_invalid_header_fields=True,
        enable_deletion_protection=False,
        idle_timeout=60,
        opts=keep("name"),
    )
    target_group = aws.lb.TargetGroup(
        f"{name}-tg",
        port=8080,
        protocol="HTTP",
        target_type=target_type,
        vpc_id=place.vpc_id,
        deregistration_delay=30,
        health_check={
            "path": "/health",
            "protocol": "HTTP",
            "matcher": "200",
            "interval": 15,
            "timeout": 5,
            "healthy_threshold": 2,
            "unhealthy_threshold": 3,
        },
        opts=keep("name"),
    )
    listener = aws.lb.Listener(
        f"{name}-http",
        load_balancer_arn=balancer.arn,
        port=80,
        protocol="HTTP",
        default_actions=[{"type": "forward", "target_group_arn": target_group.arn}],
    )
    return Front(group, target_group, [listener, balancer_egress, ingress, egress])
