"""Inputs for the rows of networks."""

from rows_kit import POLICY, TAGS


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
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl notes@example"


def acl(lab):
    return lab.state("aws:ec2/networkAcl:NetworkAcl", vpcId=network(lab))["id"]


def _acls(lab):
    vpc = network(lab)
    web = {"protocol": "tcp", "action": "allow", "fromPort": 443, "toPort": 443}
    return [
        {
            "vpcId": vpc,
            "subnetIds": [subnet(lab, vpc)],
            "ingress": [{**web, "ruleNo": 100, "cidrBlock": "0.0.0.0/0"}],
            "egress": [{**web, "ruleNo": 100, "cidrBlock": "0.0.0.0/0", "protocol": "-1"}],
            "tags": TAGS,
        }
    ]


def _endpoints(lab):
    vpc = network(lab)
    return [
        {
            "vpcId": vpc,
            "serviceName": "com.amazonaws.us-east-1.s3",
            "routeTableIds": [table(lab, vpc)],
            "policy": POLICY,
            "tags": TAGS,
        },
        {
            "vpcId": vpc,
            "serviceName": "com.amazonaws.us-east-1.secretsmanager",
            "vpcEndpointType": "Interface",
            "subnetIds": [subnet(lab, vpc)],
            "securityGroupIds": [lab.group()],
            "privateDnsEnabled": True,
        },
    ]


SAMPLES |= {
    "aws:ec2/securityGroupRule:SecurityGroupRule": lambda lab: [
        {
            "securityGroupId": lab.group(),
            "type": "ingress",
            "protocol": "tcp",
            "fromPort": 443,
            "toPort": 443,
            "cidrBlocks": ["10.0.0.0/8", "192.168.0.0/16"],
            "ipv6CidrBlocks": ["::/0"],
            "description": "web",
        },
        {
            "securityGroupId": lab.group(),
            "type": "egress",
            "protocol": "all",
            "fromPort": 0,
            "toPort": 0,
            "sourceSecurityGroupId": lab.group(),
        },
        {
            "securityGroupId": lab.group(),
            "type": "ingress",
            "protocol": "tcp",
            "fromPort": 1,
            "toPort": 2,
            "self": True,
        },
    ],
    "aws:ec2/vpcEndpoint:VpcEndpoint": _endpoints,
    "aws:ec2/flowLog:FlowLog": lambda lab: [
        {
            "vpcId": network(lab),
            "trafficType": "ALL",
            "iamRoleArn": lab.role()["arn"],
            "logDestination": lab.state("aws:cloudwatch/logGroup:LogGroup")["arn"],
            "logDestinationType": "cloud-watch-logs",
            "logFormat": "${srcaddr}",
            "maxAggregationInterval": 60,
            "tags": TAGS,
        },
        {
            "subnetId": subnet(lab),
            "trafficType": "REJECT",
            "logDestination": f"arn:aws:s3:::{lab.bucket()}",
            "logDestinationType": "s3",
        },
    ],
    "aws:ec2/networkAcl:NetworkAcl": _acls,
    "aws:ec2/networkAclRule:NetworkAclRule": lambda lab: [
        {
            "networkAclId": acl(lab),
            "ruleNumber": 200,
            "egress": False,
            "protocol": "tcp",
            "ruleAction": "allow",
            "cidrBlock": "10.0.0.0/8",
            "fromPort": 22,
            "toPort": 22,
        },
        {
            "networkAclId": acl(lab),
            "ruleNumber": 201,
            "egress": True,
            "protocol": "icmp",
            "ruleAction": "deny",
            "ipv6CidrBlock": "::/0",
            "icmpType": 8,
            "icmpCode": 0,
        },
    ],
    "aws:ec2/keyPair:KeyPair": lambda lab: [{"publicKey": KEY, "tags": TAGS}],
}


def _main_tables(lab):
    vpc = network(lab)
    return [{"vpcId": vpc, "routeTableId": table(lab, vpc)}]


SAMPLES["aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation"] = _main_tables
UNSAMPLED = {
    "aws:ec2/flowLog:FlowLog": ("eniId",),
    "aws:ec2/securityGroupRule:SecurityGroupRule": ("prefixListIds",),
    "aws:ec2/subnet:Subnet": ("ipv6Native",),
    "aws:ec2/route:Route": (
        "destinationPrefixListId",
        "networkInterfaceId",
        "transitGatewayId",
        "vpcPeeringConnectionId",
    ),
}
