"""Inputs for the rows of networks."""

from rows_kit import TAGS


def network(lab, **more):
    return lab.state("aws:ec2/vpc:Vpc", cidrBlock="10.1.0.0/16", **more)["id"]


def subnet(lab, vpc=None):
    vpc = vpc or network(lab)
    return lab.state("aws:ec2/subnet:Subnet", vpcId=vpc, cidrBlock="10.1.1.0/24")["id"]


def table(lab, vpc=None):
    return lab.state("aws:ec2/routeTable:RouteTable", vpcId=vpc or network(lab))["id"]


def gateway(lab, vpc=None):
    gateways = "aws:ec2/internetGateway:InternetGateway"
    return lab.state(gateways, vpcId=vpc or network(lab))["id"]


def address(lab):
    return lab.state("aws:ec2/eip:Eip")["id"]


def nat(lab):
    nats = "aws:ec2/natGateway:NatGateway"
    return lab.state(nats, subnetId=subnet(lab), allocationId=address(lab))["id"]


def _tables(lab):
    vpc = network(lab)
    way = {"cidrBlock": "0.0.0.0/0", "gatewayId": gateway(lab, vpc)}
    return [{"vpcId": vpc, "routes": [way], "tags": TAGS}, {"vpcId": vpc}]


def _routes(lab):
    vpc = network(lab, assignGeneratedIpv6CidrBlock=True)
    out = lab.state("aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway", vpcId=vpc)["id"]
    return [
        {
            "routeTableId": table(lab, vpc),
            "destinationCidrBlock": "0.0.0.0/0",
            "gatewayId": gateway(lab, vpc),
        },
        {
            "routeTableId": table(lab, vpc),
            "destinationIpv6CidrBlock": "::/0",
            "egressOnlyGatewayId": out,
        },
        {
            "routeTableId": table(lab, vpc),
            "destinationCidrBlock": "0.0.0.0/0",
            "natGatewayId": nat(lab),
        },
    ]


def _associations(lab):
    vpc = network(lab)
    return [{"routeTableId": table(lab, vpc), "subnetId": subnet(lab, vpc)}]


SAMPLES = {
    "aws:ec2/vpc:Vpc": lambda lab: [
        {
            "cidrBlock": "10.0.0.0/16",
            "enableDnsHostnames": True,
            "enableDnsSupport": True,
            "enableNetworkAddressUsageMetrics": True,
            "instanceTenancy": "default",
            "tags": TAGS,
        },
        {"cidrBlock": "10.0.0.0/16", "assignGeneratedIpv6CidrBlock": True},
    ],
    "aws:ec2/subnet:Subnet": lambda lab: [
        {
            "vpcId": network(lab),
            "cidrBlock": "10.1.7.0/24",
            "availabilityZone": "us-east-1b",
            "mapPublicIpOnLaunch": True,
            "assignIpv6AddressOnCreation": True,
            "enableResourceNameDnsARecordOnLaunch": True,
            "tags": TAGS,
        },
        {
            "vpcId": network(lab),
            "cidrBlock": "10.1.7.0/24",
            "availabilityZoneId": "use1-az1",
            "ipv6CidrBlock": "2001:db8:1234:1a00::/64",
        },
    ],
    "aws:ec2/routeTable:RouteTable": _tables,
    "aws:ec2/route:Route": _routes,
    "aws:ec2/routeTableAssociation:RouteTableAssociation": _associations,
    "aws:ec2/internetGateway:InternetGateway": lambda lab: [
        {"vpcId": network(lab), "tags": TAGS},
        {},
    ],
    "aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway": lambda lab: [
        {"vpcId": network(lab), "tags": TAGS}
    ],
    "aws:ec2/eip:Eip": lambda lab: [{"domain": "vpc", "tags": TAGS}],
    "aws:ec2/natGateway:NatGateway": lambda lab: [
        {
            "subnetId": subnet(lab),
            "allocationId": address(lab),
            "connectivityType": "public",
            "tags": TAGS,
        },
        {"subnetId": subnet(lab), "connectivityType": "private"},
    ],
}
UNSAMPLED = {
    "aws:ec2/subnet:Subnet": ("ipv6Native",),
    "aws:ec2/route:Route": (
        "destinationPrefixListId",
        "networkInterfaceId",
        "transitGatewayId",
        "vpcPeeringConnectionId",
    ),
}
