"""Networks change in place as the provider changes them, and invented ids are one line."""

import pytest
from rows_kit import Made
from rows_samples_network import gateway, nat, network, subnet, table

from platform_lib.local.errors import LocalCloudError


def test_routes_inside_of_a_table_are_exchanged(lab):
    vpc = network(lab)
    way = gateway(lab, vpc)
    made = Made(
        lab,
        "aws:ec2/routeTable:RouteTable",
        vpcId=vpc,
        routes=[{"cidrBlock": "0.0.0.0/0", "gatewayId": way}],
    )
    other = nat(lab)
    made.change(
        routes=[
            {"cidrBlock": "0.0.0.0/0", "natGatewayId": other},
            {"cidrBlock": "192.168.0.0/16", "gatewayId": way},
        ]
    )
    made.change(routes=[{"cidrBlock": "192.168.0.0/16", "gatewayId": way}])
    found = lab.client("ec2").describe_route_tables(RouteTableIds=[made.id])["RouteTables"][0]
    ways = {one["DestinationCidrBlock"]: one.get("GatewayId") for one in found["Routes"]}
    assert ways == {"10.1.0.0/16": "local", "192.168.0.0/16": way}


def test_a_route_takes_another_target(lab):
    vpc = network(lab)
    made = Made(
        lab,
        "aws:ec2/route:Route",
        routeTableId=table(lab, vpc),
        destinationCidrBlock="0.0.0.0/0",
        gatewayId=gateway(lab, vpc),
    )
    made.change("gatewayId", natGatewayId=nat(lab))
    assert made.replaces(destinationCidrBlock="10.9.0.0/16") == ["destinationCidrBlock"]


def test_rules_inside_of_a_group_are_exchanged(lab):
    def rule(port):
        return {"protocol": "tcp", "fromPort": port, "toPort": port, "cidrBlocks": ["10.0.0.0/8"]}

    def ports():
        group = lab.client("ec2").describe_security_groups(GroupIds=[made.id])
        return [one["FromPort"] for one in group["SecurityGroups"][0]["IpPermissions"]]

    made = Made(lab, "aws:ec2/securityGroup:SecurityGroup", ingress=[rule(80)])
    assert ports() == [80]
    made.change(ingress=[rule(443), {**rule(22), "self": True}])
    assert sorted(ports()) == [22, 443]
    # Not said any more, they are another's: the provider leaves them.
    made.change("ingress")
    assert sorted(ports()) == [22, 443]


def test_a_gateway_moves_to_another_network(lab):
    made = Made(lab, "aws:ec2/internetGateway:InternetGateway", vpcId=network(lab))
    made.change(vpcId=network(lab))
    made.change("vpcId")


def test_the_attributes_of_networks_change(lab):
    vpc = Made(lab, "aws:ec2/vpc:Vpc", cidrBlock="10.0.0.0/16")
    vpc.change(enableDnsHostnames=True)
    vpc.change(enableDnsSupport=False)
    assert vpc.replaces(cidrBlock="10.2.0.0/16") == ["cidrBlock"]
    made = Made(lab, "aws:ec2/subnet:Subnet", vpcId=vpc.id, cidrBlock="10.0.1.0/24")
    made.change(mapPublicIpOnLaunch=True)


def test_an_endpoint_is_in_other_tables(lab):
    vpc = network(lab)
    made = Made(
        lab,
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        vpcId=vpc,
        serviceName="com.amazonaws.us-east-1.s3",
        routeTableIds=[table(lab, vpc)],
    )
    made.change(routeTableIds=[table(lab, vpc)])


GONE = "0123456789abcdef0"


@pytest.mark.parametrize(
    ("type", "inputs", "words"),
    [
        ("aws:ec2/subnet:Subnet", {"vpcId": f"vpc-{GONE}", "cidrBlock": "10.0.0.0/24"}, "InvalidVpcID.NotFound"),
        ("aws:ec2/securityGroup:SecurityGroup", {"vpcId": f"vpc-{GONE}"}, "InvalidVpcID.NotFound"),
        ("aws:ec2/natGateway:NatGateway", {"subnetId": f"subnet-{GONE}"}, "InvalidSubnetID.NotFound"),
        ("aws:rds/subnetGroup:SubnetGroup", {"subnetIds": [f"subnet-{GONE}"]}, "subnet-0123456789abcdef0"),
        (
            "aws:ec2/route:Route",
            {"routeTableId": table, "destinationCidrBlock": "0.0.0.0/0", "natGatewayId": f"nat-{GONE}"},
            "InvalidNatGatewayID.NotFound",
        ),
        (
            "aws:ec2/routeTableAssociation:RouteTableAssociation",
            {"routeTableId": f"rtb-{GONE}", "subnetId": subnet},
            "InvalidRouteTableID.NotFound",
        ),
        (
            "aws:lb/loadBalancer:LoadBalancer",
            {"subnets": lambda lab: lab.subnets(), "securityGroups": [f"sg-{GONE}"]},
            "InvalidGroup.NotFound",
        ),
        (
            "aws:kinesis/streamConsumer:StreamConsumer",
            {"streamArn": "arn:aws:kinesis:us-east-1:123456789012:stream/gone"},
            "may not exist",
        ),
    ],
)  # fmt: skip
def test_an_invented_id_is_refused_in_one_line(type, inputs, words, lab):
    given = {word: value(lab) if callable(value) else value for word, value in inputs.items()}
    with pytest.raises(LocalCloudError, match=words) as refused:
        lab.make(type, **given)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 300


def test_what_moto_fails_on_shows_no_traceback(lab, capfd):
    with pytest.raises(LocalCloudError):
        lab.make(
            "aws:kinesis/streamConsumer:StreamConsumer",
            streamArn="arn:aws:kinesis:us-east-1:123456789012:stream/gone",
        )
    shown = capfd.readouterr()
    assert "Traceback" not in shown.out + shown.err
