"""EC2: networks of one's own, with what leads out of them; no packet is routed here."""

from collections.abc import Mapping
from typing import Any

from platform_lib.local.account import Account
from platform_lib.local.provider.calls import call_aws
from platform_lib.local.provider.row import Call, Look, Properties, Row, Tags, because

_TAGS = Tags("create_tags", "delete_tags", {"Resources": ["{id}"]})
_NO_IPAM = "moto gives no ranges out of pools: give the range itself"
_VPC = {"VpcId": "{id}"}
_SUBNET = {"SubnetId": "{id}"}
_OWN = [{"Name": "vpc-id", "Values": ["{id}"]}]
_MAIN = [*_OWN, {"Name": "association.main", "Values": ["true"]}]
_DEFAULT = [*_OWN, {"Name": "default", "Values": ["true"]}]
_GROUP = [*_OWN, {"Name": "group-name", "Values": ["default"]}]

# Routes

_TARGETS: Mapping[str, str] = {
    "egressOnlyGatewayId": "EgressOnlyInternetGatewayId",
    "gatewayId": "GatewayId",
    "natGatewayId": "NatGatewayId",
    "networkInterfaceId": "NetworkInterfaceId",
    "transitGatewayId": "TransitGatewayId",
    "vpcPeeringConnectionId": "VpcPeeringConnectionId",
}
_DESTINATIONS: Mapping[str, str] = {
    "cidrBlock": "DestinationCidrBlock",
    "ipv6CidrBlock": "DestinationIpv6CidrBlock",
    "destinationPrefixListId": "DestinationPrefixListId",
}
_ELSEWHERE = "carriers, core networks, outposts and endpoints as targets are not imitated"


def _to(route: Mapping[str, str]) -> str:
    return next((route[name] for name in _DESTINATIONS.values() if route.get(name)), "")


def _own_routes(account: Account, table: str) -> dict[str, Properties]:
    """Give the routes of a table by where they lead; AWS keeps the others by itself."""
    found = call_aws(account, "ec2", "describe_route_tables", {"RouteTableIds": [table]})
    return {
        _to(route): route
        for route in found["RouteTables"][0]["Routes"]
        if not (route.get("GatewayId") or "").startswith(("local", "vpce-"))
    }


def _set_routes(account: Account, state: Properties) -> None:
    """Make a table's routes those of the program, where it says them inside of the table."""
    if "routes" not in state:
        return
    words = {**_TARGETS, **_DESTINATIONS}
    wanted = {}
    for one in state["routes"]:
        route = {words[word]: value for word, value in one.items() if value and word in words}
        wanted[_to(route)] = {**route, "RouteTableId": state["id"]}
    there = _own_routes(account, state["id"])
    for destination in there.keys() - wanted.keys():
        known = {name: there[destination].get(name) for name in _DESTINATIONS.values()}
        gone = {name: value for name, value in known.items() if value}
        call_aws(account, "ec2", "delete_route", {"RouteTableId": state["id"], **gone})
    for destination, route in wanted.items():
        how = "replace_route" if destination in there else "create_route"
        call_aws(account, "ec2", how, route)


def _routes_updated(account: Account, before: Properties, after: Properties) -> None:
    # What the program no longer says inside of the table stays: the provider computes it then.
    if before.get("routes") != after.get("routes"):
        _set_routes(account, after)


_SEEN_ROUTES = (
    "Routes[?GatewayId != 'local'].{"
    + ", ".join(f"{word}: {name}" for word, name in {**_DESTINATIONS, **_TARGETS}.items())
    + "}"
)


def _destination(inputs: Properties) -> Properties:
    words = ("destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId")
    found = [inputs[word] for word in words if word in inputs]
    return {**inputs, **({"destination": found[0]} if found else {})}


def _route(account: Account, values: Properties, found: Properties) -> Properties | None:
    """Find one route among a table's."""
    for route in found["Routes"]:
        if _to(route) == values["destination"]:
            return {**route, "RouteTableId": found["RouteTableId"]}
    return None


# Gateways


def _detach(account: Account, state: Properties) -> None:
    found = call_aws(
        account, "ec2", "describe_internet_gateways", {"InternetGatewayIds": [state["id"]]}
    )
    for one in found["InternetGateways"][0]["Attachments"]:
        request = {"InternetGatewayId": state["id"], "VpcId": one["VpcId"]}
        call_aws(account, "ec2", "detach_internet_gateway", request)


def _attach(account: Account, state: Properties) -> None:
    found = call_aws(
        account, "ec2", "describe_internet_gateways", {"InternetGatewayIds": [state["id"]]}
    )
    attached = [one["VpcId"] for one in found["InternetGateways"][0]["Attachments"]]
    if state.get("vpcId") and state["vpcId"] not in attached:
        request = {"InternetGatewayId": state["id"], "VpcId": state["vpcId"]}
        call_aws(account, "ec2", "attach_internet_gateway", request)


def _moved(account: Account, before: Properties, after: Properties) -> None:
    if before.get("vpcId") != after.get("vpcId"):
        _detach(account, after)
        _attach(account, after)


def _alive(account: Account, values: Properties, found: Properties) -> Properties | None:
    """Leave out what EC2 lists for a while after it was deleted."""
    return None if found.get("State") == "deleted" else found


# The main table of a network


def _main(account: Account, inputs: Properties) -> Properties:
    """Find the association that says which table is the main one."""
    table = _table_of(account, inputs["vpcId"], "association.main", "true")
    ids = [one["RouteTableAssociationId"] for one in table["Associations"] if one.get("Main")]
    return {"associationId": ids[0]}


def _table_of(account: Account, vpc: str, name: str, value: str) -> Properties:
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": name, "Values": [value]}]
    found = call_aws(account, "ec2", "describe_route_tables", {"Filters": filters})
    table: Properties = found["RouteTables"][0]
    return table


def _give_back(account: Account, state: Properties) -> None:
    """Let the network's first table be its main one again, as the provider does."""
    filters = [{"Name": "vpc-id", "Values": [state["vpcId"]]}]
    found = call_aws(account, "ec2", "describe_route_tables", {"Filters": filters})
    others = [one["RouteTableId"] for one in found["RouteTables"]]
    main = _table_of(account, state["vpcId"], "association.main", "true")
    others = [id for id in others if id != main["RouteTableId"]]
    ours = any(one["RouteTableAssociationId"] == state["id"] for one in main["Associations"])
    if ours and others:
        association = _main(account, state)["associationId"]
        request = {"AssociationId": association, "RouteTableId": others[0]}
        call_aws(account, "ec2", "replace_route_table_association", request)


def _one_by_one(operation: str, target: Mapping[str, Any], *attributes: str) -> tuple[Call, ...]:
    """Word the calls that set attributes: EC2 takes one attribute a call."""
    return tuple(Call(operation, target, takes=(word,)) for word in attributes)


_VPC_ATTRIBUTES = _one_by_one(
    "modify_vpc_attribute",
    _VPC,
    "enableDnsHostnames",
    "enableDnsSupport",
    "enableNetworkAddressUsageMetrics",
)
_SUBNET_ATTRIBUTES = _one_by_one(
    "modify_subnet_attribute",
    _SUBNET,
    "assignIpv6AddressOnCreation",
    "enableResourceNameDnsARecordOnLaunch",
    "mapPublicIpOnLaunch",
)
ROWS = (
    Row(
        type="aws:ec2/vpc:Vpc",
        service="ec2",
        create=Call("create_vpc"),
        id="Vpc.VpcId",
        looks=(
            Look("describe_vpcs", {"VpcIds": ["{id}"]}, "Vpcs[0]"),
            *(
                Look("describe_vpc_attribute", {**_VPC, "Attribute": one})
                for one in (
                    "enableDnsHostnames",
                    "enableDnsSupport",
                    "enableNetworkAddressUsageMetrics",
                )
            ),
            Look("describe_route_tables", {"Filters": _MAIN}, "RouteTables[0].{Main: @}"),
            Look("describe_network_acls", {"Filters": _DEFAULT}, "NetworkAcls[0].{Acl: @}"),
            Look("describe_security_groups", {"Filters": _GROUP}, "SecurityGroups[0].{Own: @}"),
        ),
        delete=Call("delete_vpc", _VPC),
        renames={
            "assignGeneratedIpv6CidrBlock": "AmazonProvidedIpv6CidrBlock",
            "enableDnsHostnames": "EnableDnsHostnames.Value",
            "enableDnsSupport": "EnableDnsSupport.Value",
            "enableNetworkAddressUsageMetrics": "EnableNetworkAddressUsageMetrics.Value",
        },
        defaults={"enableDnsSupport": True, "instanceTenancy": "default"},
        also=_VPC_ATTRIBUTES,
        update=_VPC_ATTRIBUTES,
        tag_specification="vpc",
        tags=_TAGS,
        keeps=("cidrBlock", "enableDnsHostnames", "enableNetworkAddressUsageMetrics"),
        back={"assignGeneratedIpv6CidrBlock": "Ipv6CidrBlockAssociationSet && `true`"},
        outputs={
            "arn": "arn:aws:ec2:{region}:{account}:vpc/{id}",
            "cidrBlock": "CidrBlock",
            "defaultNetworkAclId": "Acl.NetworkAclId",
            "defaultRouteTableId": "Main.RouteTableId",
            "defaultSecurityGroupId": "Own.GroupId",
            "dhcpOptionsId": "DhcpOptionsId || 'default'",
            "ipv6AssociationId": "Ipv6CidrBlockAssociationSet[0].AssociationId || ''",
            "ipv6CidrBlock": "Ipv6CidrBlockAssociationSet[0].Ipv6CidrBlock || ''",
            "mainRouteTableId": "Main.RouteTableId",
            "ownerId": "{account}",
        },
        refused={
            **because(
                _NO_IPAM,
                "ipv4IpamPoolId",
                "ipv4NetmaskLength",
                "ipv6CidrBlock",
                "ipv6IpamPoolId",
                "ipv6NetmaskLength",
            ),
            "ipv6CidrBlockNetworkBorderGroup": "local zones are not imitated",
        },
    ),
    Row(
        type="aws:ec2/subnet:Subnet",
        service="ec2",
        create=Call("create_subnet"),
        id="Subnet.SubnetId",
        looks=(Look("describe_subnets", {"SubnetIds": ["{id}"]}, "Subnets[0]"),),
        delete=Call("delete_subnet", _SUBNET),
        renames={
            "assignIpv6AddressOnCreation": "AssignIpv6AddressOnCreation.Value",
            "enableResourceNameDnsARecordOnLaunch": "EnableResourceNameDnsARecordOnLaunch.Value",
            "mapPublicIpOnLaunch": "MapPublicIpOnLaunch.Value",
        },
        also=_SUBNET_ATTRIBUTES,
        update=_SUBNET_ATTRIBUTES,
        tag_specification="subnet",
        tags=_TAGS,
        keeps=("availabilityZone", "availabilityZoneId"),
        unset={
            "assignIpv6AddressOnCreation": False,
            "enableResourceNameDnsARecordOnLaunch": False,
            "ipv6Native": False,
            "mapPublicIpOnLaunch": False,
        },
        back={
            "assignIpv6AddressOnCreation": "AssignIpv6AddressOnCreation",
            "enableResourceNameDnsARecordOnLaunch": (
                "PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsARecord"
            ),
            "ipv6CidrBlock": "Ipv6CidrBlockAssociationSet[0].Ipv6CidrBlock",
            "mapPublicIpOnLaunch": "MapPublicIpOnLaunch",
        },
        outputs={
            "arn": "SubnetArn",
            "availabilityZone": "AvailabilityZone",
            "availabilityZoneId": "AvailabilityZoneId",
            "ipv6CidrBlockAssociationId": "Ipv6CidrBlockAssociationSet[0].AssociationId || ''",
            "ownerId": "{account}",
        },
        refused={
            **because(
                _NO_IPAM,
                "ipv4IpamPoolId",
                "ipv4NetmaskLength",
                "ipv6IpamPoolId",
                "ipv6NetmaskLength",
            ),
            **because(
                "outposts are not imitated",
                "customerOwnedIpv4Pool",
                "enableLniAtDeviceIndex",
                "mapCustomerOwnedIpOnLaunch",
                "outpostArn",
            ),
            **because(
                "moto keeps no such attribute of a subnet",
                "enableDns64",
                "enableResourceNameDnsAaaaRecordOnLaunch",
                "privateDnsHostnameTypeOnLaunch",
            ),
        },
    ),
    Row(
        type="aws:ec2/routeTable:RouteTable",
        service="ec2",
        create=Call("create_route_table"),
        id="RouteTable.RouteTableId",
        looks=(Look("describe_route_tables", {"RouteTableIds": ["{id}"]}, "RouteTables[0]"),),
        delete=Call("delete_route_table", {"RouteTableId": "{id}"}),
        keeps=("routes",),
        hooked=("routes",),
        created=_set_routes,
        updated=_routes_updated,
        back={"routes": _SEEN_ROUTES},
        tag_specification="route-table",
        tags=_TAGS,
        outputs={
            "arn": "arn:aws:ec2:{region}:{account}:route-table/{id}",
            "ownerId": "{account}",
        },
        refused={"propagatingVgws": "virtual private gateways are not imitated"},
    ),
    Row(
        type="aws:ec2/route:Route",
        service="ec2",
        create=Call("create_route"),
        id="{routeTableId}_{destination}",
        prepare=_destination,
        looks=(
            Look("describe_route_tables", {"RouteTableIds": ["{routeTableId}"]}, "RouteTables[0]"),
        ),
        seen=_route,
        delete=Call(
            "delete_route",
            {
                "RouteTableId": "{routeTableId}",
                "DestinationCidrBlock": "{destinationCidrBlock}",
                "DestinationIpv6CidrBlock": "{destinationIpv6CidrBlock}",
                "DestinationPrefixListId": "{destinationPrefixListId}",
            },
        ),
        renames={"egressOnlyGatewayId": "EgressOnlyInternetGatewayId"},
        update=(Call("replace_route", whole=True),),
        keeps=("networkInterfaceId",),
        replace=(
            "destinationCidrBlock",
            "destinationIpv6CidrBlock",
            "destinationPrefixListId",
            "routeTableId",
        ),
        outputs={"origin": "Origin", "state": "State"},
        refused=because(
            _ELSEWHERE,
            "carrierGatewayId",
            "coreNetworkArn",
            "localGatewayId",
            "odbNetworkArn",
            "vpcEndpointId",
        ),
    ),
    Row(
        type="aws:ec2/routeTableAssociation:RouteTableAssociation",
        service="ec2",
        create=Call("associate_route_table"),
        id="AssociationId",
        looks=(
            Look(
                "describe_route_tables",
                {
                    "Filters": [
                        {
                            "Name": "association.route-table-association-id",
                            "Values": ["{id}"],
                        }
                    ]
                },
                "RouteTables[].Associations[] | [?RouteTableAssociationId=='{id}'] | [0]",
            ),
        ),
        delete=Call("disassociate_route_table", {"AssociationId": "{id}"}),
        refused={"gatewayId": "tables of gateways are not imitated"},
    ),
    Row(
        type="aws:ec2/internetGateway:InternetGateway",
        service="ec2",
        create=Call("create_internet_gateway"),
        id="InternetGateway.InternetGatewayId",
        looks=(
            Look(
                "describe_internet_gateways",
                {"InternetGatewayIds": ["{id}"]},
                "InternetGateways[0]",
            ),
        ),
        deleting=_detach,
        delete=Call("delete_internet_gateway", {"InternetGatewayId": "{id}"}),
        keeps=("vpcId",),
        hooked=("vpcId",),
        created=_attach,
        updated=_moved,
        back={"vpcId": "Attachments[0].VpcId"},
        tag_specification="internet-gateway",
        tags=_TAGS,
        outputs={
            "arn": "arn:aws:ec2:{region}:{account}:internet-gateway/{id}",
            "ownerId": "{account}",
        },
    ),
    Row(
        type="aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway",
        service="ec2",
        create=Call("create_egress_only_internet_gateway"),
        id="EgressOnlyInternetGateway.EgressOnlyInternetGatewayId",
        looks=(
            Look(
                "describe_egress_only_internet_gateways",
                {"EgressOnlyInternetGatewayIds": ["{id}"]},
                "EgressOnlyInternetGateways[0]",
            ),
        ),
        delete=Call(
            "delete_egress_only_internet_gateway", {"EgressOnlyInternetGatewayId": "{id}"}
        ),
        back={"vpcId": "Attachments[0].VpcId"},
        tag_specification="egress-only-internet-gateway",
        tags=_TAGS,
    ),
    Row(
        type="aws:ec2/eip:Eip",
        service="ec2",
        create=Call("allocate_address"),
        id="AllocationId",
        looks=(Look("describe_addresses", {"AllocationIds": ["{id}"]}, "Addresses[0]"),),
        delete=Call("release_address", {"AllocationId": "{id}"}),
        defaults={"domain": "vpc"},
        tag_specification="elastic-ip",
        tags=_TAGS,
        outputs={
            "allocationId": "{id}",
            "arn": "arn:aws:ec2:{region}:{account}:elastic-ip/{id}",
            "publicIp": "PublicIp",
        },
        dropped={"address": "moto says it as the public IP"},
        refused={
            **because(
                "no machine here has an address of its own: leave it out",
                "associateWithPrivateIp",
                "instance",
                "networkInterface",
            ),
            **because(
                "addresses come from one pool here",
                "customerOwnedIpv4Pool",
                "ipamPoolId",
                "networkBorderGroup",
                "publicIpv4Pool",
            ),
        },
    ),
    Row(
        type="aws:ec2/natGateway:NatGateway",
        service="ec2",
        create=Call("create_nat_gateway"),
        id="NatGateway.NatGatewayId",
        looks=(Look("describe_nat_gateways", {"NatGatewayIds": ["{id}"]}, "NatGateways[0]"),),
        seen=_alive,
        delete=Call("delete_nat_gateway", {"NatGatewayId": "{id}"}),
        defaults={"connectivityType": "public"},
        back={"allocationId": "NatGatewayAddresses[0].AllocationId"},
        tag_specification="natgateway",
        tags=_TAGS,
        outputs={
            "associationId": "NatGatewayAddresses[0].AssociationId || ''",
            "networkInterfaceId": "NatGatewayAddresses[0].NetworkInterfaceId",
            "privateIp": "NatGatewayAddresses[0].PrivateIp",
            "publicIp": "NatGatewayAddresses[0].PublicIp || ''",
        },
        refused=because(
            "moto's NAT gateway has one address, which it chooses",
            "availabilityMode",
            "availabilityZoneAddresses",
            "privateIp",
            "secondaryAllocationIds",
            "secondaryPrivateIpAddressCount",
            "secondaryPrivateIpAddresses",
            "vpcId",
        ),
    ),
    Row(
        type="aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation",
        service="ec2",
        create=Call("replace_route_table_association"),
        asked=_main,
        id="NewAssociationId",
        looks=(
            Look(
                "describe_route_tables",
                {
                    "Filters": [
                        {
                            "Name": "association.route-table-association-id",
                            "Values": ["{id}"],
                        }
                    ]
                },
                "RouteTables[0]",
            ),
        ),
        deleting=_give_back,
        delete=Call("describe_vpcs", {"VpcIds": ["{vpcId}"]}),
        hooked=("vpcId",),
        replace=("vpcId",),
        dropped={"vpcId": "it is asked for by its network"},
    ),
)
