"""A team's whole stack: a network, a database inside of it, a container, a function and a queue."""

import pulumi
import pulumi_aws as aws

from platform_lib import (
    ContainerApp,
    ContainerAppArgs,
    FunctionApp,
    FunctionAppArgs,
    IngressArgs,
    NetworkArgs,
    QueueArgs,
)

vpc = aws.ec2.Vpc("main", cidr_block="10.0.0.0/16", enable_dns_hostnames=True)
gateway = aws.ec2.InternetGateway("out", vpc_id=vpc.id)
outside = aws.ec2.RouteTable(
    "public", vpc_id=vpc.id, routes=[{"cidr_block": "0.0.0.0/0", "gateway_id": gateway.id}]
)
inside = aws.ec2.RouteTable("private", vpc_id=vpc.id)
public, private = [], []
for number, zone in enumerate(aws.get_availability_zones(state="available").names[:2]):
    for name, kind, table, subnets in (
        ("public", 0, outside, public),
        ("private", 100, inside, private),
    ):
        subnet = aws.ec2.Subnet(
            f"{name}-{number}",
            vpc_id=vpc.id,
            availability_zone=zone,
            cidr_block=f"10.0.{kind + number}.0/24",
            map_public_ip_on_launch=kind == 0,
        )
        aws.ec2.RouteTableAssociation(
            f"{name}-{number}", subnet_id=subnet.id, route_table_id=table.id
        )
        subnets.append(subnet.id)
address = aws.ec2.Eip("nat", domain="vpc")
nat = aws.ec2.NatGateway("nat", allocation_id=address.id, subnet_id=public[0])
aws.ec2.Route(
    "private-out",
    route_table_id=inside.id,
    destination_cidr_block="0.0.0.0/0",
    nat_gateway_id=nat.id,
)

database = aws.rds.Instance(
    "orders",
    engine="postgres",
    engine_version="17.4",
    instance_class="db.t4g.micro",
    allocated_storage=20,
    db_name="orders",
    username="orders",
    manage_master_user_password=True,
    db_subnet_group_name=aws.rds.SubnetGroup("orders", subnet_ids=private).name,
    skip_final_snapshot=True,
)
queue = aws.sqs.Queue("orders", visibility_timeout_seconds=180)
network = NetworkArgs(vpc_id=vpc.id, public_subnet_ids=public, private_subnet_ids=private)
shared = {
    "source": "app",
    "network": network,
    "environment": {"DATABASE": database.endpoint},
    "secrets": {"LOGIN": database.master_user_secrets[0].secret_arn},
}
web = ContainerApp(
    "web",
    ContainerAppArgs(**shared, app="orders:web", ingress=IngressArgs(plain_http=True)),
)
FunctionApp(
    "worker",
    FunctionAppArgs(**shared, handler="orders.work", queues=[QueueArgs(arn=queue.arn)]),
)
pulumi.export("url", web.url)
pulumi.export("queue", queue.url)
