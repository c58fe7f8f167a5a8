"""What AWS answers to the questions that a program asks: one function a token.

The account has one default VPC with a default subnet in each of three zones. As in real accounts,
the zones' names and ids are not in the same order.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where an invoke is answered."""

    account: str
    region: str
    subnets: list[str]
    """Subnets of the team's own that were asked for so far; grows."""


Answering = Callable[[Mapping[str, Any], Place], Mapping[str, Any]]
"""Answers an invoke from its arguments."""

_ZONES = (("a", "az4"), ("b", "az6"), ("c", "az1"))


def _made_up(prefix: str, *parts: object) -> str:
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()
    return f"{prefix}-{digest[:17]}"


def _zones(region: str) -> list[tuple[str, str]]:
    """List the region's zones by name and id: us-east-1a is use1-az4."""
    area, direction, number = region.rsplit("-", 2)
    short = area.replace("-", "") + "".join(
        point[0] for point in ("north", "south", "central", "east", "west") if point in direction
    )
    return [(f"{region}{letter}", f"{short}{number}-{id}") for letter, id in _ZONES]


def _get_vpc(args: Mapping[str, Any], place: Place) -> Mapping[str, Any]:
    id = args.get("id") or _made_up("vpc", place.account, place.region)
    return {
        "id": id,
        "arn": f"arn:aws:ec2:{place.region}:{place.account}:vpc/{id}",
        "cidrBlock": "172.31.0.0/16",
        "default": bool(args.get("default")),
        "state": "available",
        "region": place.region,
    }


def _subnets(vpc_id: str, region: str) -> list[tuple[str, str, str]]:
    return [(_made_up("subnet", vpc_id, id), name, id) for name, id in _zones(region)]


def _get_subnets(args: Mapping[str, Any], place: Place) -> Mapping[str, Any]:
    wanted = {item["name"]: item["values"] for item in args.get("filters", ())}
    vpcs = wanted.get("vpc-id") or [_get_vpc({}, place)["id"]]
    ids = [
        subnet
        for vpc in vpcs
        for subnet, name, id in _subnets(vpc, place.region)
        if name in wanted.get("availability-zone", [name])
        and id in wanted.get("availability-zone-id", [id])
    ]
    return {"ids": ids, "id": place.region, "region": place.region}


def _get_subnet(args: Mapping[str, Any], place: Place) -> Mapping[str, Any]:
    default_vpc = _get_vpc({}, place)["id"]
    known = {id: zone for id, *zone in _subnets(default_vpc, place.region)}
    id = args.get("id") or next(iter(known))
    if id not in known and id not in place.subnets:
        place.subnets.append(id)
    # Subnets of the team's own lie in one zone after the other, in the order of being asked for.
    zones = _zones(place.region)
    name, zone_id = known.get(id) or zones[place.subnets.index(id) % len(zones)]
    return {
        "id": id,
        "arn": f"arn:aws:ec2:{place.region}:{place.account}:subnet/{id}",
        "availabilityZone": name,
        "availabilityZoneId": zone_id,
        "cidrBlock": "172.31.0.0/20",
        "defaultForAz": id in known,
        "state": "available",
        "vpcId": args.get("vpcId") or default_vpc,
        "region": place.region,
    }


def _get_zones(args: Mapping[str, Any], place: Place) -> Mapping[str, Any]:
    zones = _zones(place.region)
    return {
        "names": [name for name, _ in zones],
        "zoneIds": [id for _, id in zones],
        "groupNames": [place.region],
        "id": place.region,
        "region": place.region,
    }


def _get_caller(args: Mapping[str, Any], place: Place) -> Mapping[str, Any]:
    account = place.account
    arn = f"arn:aws:iam::{account}:user/test"
    return {"accountId": account, "arn": arn, "userId": "AIDATESTTESTTESTTEST1", "id": account}


def _get_region(args: Mapping[str, Any], place: Place) -> Mapping[str, Any]:
    region = args.get("region") or args.get("name") or place.region
    return {
        "region": region,
        "name": region,
        "id": region,
        "description": region,
        "endpoint": f"ec2.{region}.amazonaws.com",
    }


def _get_partition(args: Mapping[str, Any], place: Place) -> Mapping[str, Any]:
    return {
        "partition": "aws",
        "id": "aws",
        "dnsSuffix": "amazonaws.com",
        "reverseDnsPrefix": "com.amazonaws",
    }


def _get_parameter(args: Mapping[str, Any], place: Place) -> Mapping[str, Any]:
    name = args["name"]
    if not name.startswith("/aws/service/"):
        raise LookupError(f"there is no SSM parameter {name!r}")
    value = _made_up("ami", name)
    return {
        "name": name,
        "arn": f"arn:aws:ssm:{place.region}::parameter{name}",
        "id": name,
        "type": "String",
        "value": value,
        "insecureValue": value,
        "version": 1,
        "region": place.region,
    }


def _get_groups(args: Mapping[str, Any], place: Place) -> Mapping[str, Any]:
    """List the account's auto scaling groups: it is new and has none."""
    return {"names": [], "arns": [], "id": place.region, "region": place.region}


def _get_token(args: Mapping[str, Any], place: Place) -> Mapping[str, Any]:
    host = f"{args.get('registryId') or place.account}.dkr.ecr.{place.region}.amazonaws.com"
    return {
        "authorizationToken": base64.b64encode(b"AWS:password").decode(),
        "userName": "AWS",
        "password": "password",
        "proxyEndpoint": f"https://{host}",
        "expiresAt": "2025-01-01T12:00:00Z",
        "id": place.region,
        "region": place.region,
    }


def _get_images(args: Mapping[str, Any], place: Place) -> Mapping[str, Any]:
    """List the images of a repository: in a unit test nothing was pushed before."""
    name = args["repositoryName"]
    return {
        "id": name,
        "imageIds": [],
        "region": place.region,
        "registryId": args.get("registryId") or place.account,
        "repositoryName": name,
    }


def _get_policy(args: Mapping[str, Any], place: Place) -> Mapping[str, Any]:
    document: dict[str, Any] = {"Version": args.get("version") or "2012-10-17"}
    if args.get("policyId"):
        document["Id"] = args["policyId"]
    document["Statement"] = [_statement(item) for item in args.get("statements", ())]
    minified = json.dumps(document, separators=(",", ":"))
    return {"json": json.dumps(document, indent=2), "minifiedJson": minified, "id": "1"}


def _get_listener(args: Mapping[str, Any], place: Place) -> Mapping[str, Any]:
    arn = str(args["arn"])
    balancer = arn.replace(":listener/", ":loadbalancer/").rpartition("/")[0]
    return {"arn": arn, "id": arn, "loadBalancerArn": balancer, "port": 443, "protocol": "HTTPS"}


def _get_balancer(args: Mapping[str, Any], place: Place) -> Mapping[str, Any]:
    arn = str(args["arn"])
    name = arn.split("/")[2]
    return {
        "arn": arn,
        "id": arn,
        "name": name,
        "dnsName": f"{name}-1234567890.{place.region}.elb.amazonaws.com",
        "zoneId": "Z35SXDOTRQ7X7K",
    }


def _statement(given: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"Sid": given["sid"]} if given.get("sid") else {}
    made["Effect"] = given.get("effect") or "Allow"
    for field, word in (
        ("actions", "Action"),
        ("notActions", "NotAction"),
        ("resources", "Resource"),
        ("notResources", "NotResource"),
    ):
        if given.get(field):
            made[word] = _one_or_more(given[field])
    for field, word in (("principals", "Principal"), ("notPrincipals", "NotPrincipal")):
        if given.get(field):
            kinds = {item["type"]: _one_or_more(item["identifiers"]) for item in given[field]}
            made[word] = "*" if kinds == {"*": "*"} else kinds
    for item in given.get("conditions", ()):
        tests = made.setdefault("Condition", {}).setdefault(item["test"], {})
        tests[item["variable"]] = _one_or_more(item["values"])
    return made


def _one_or_more(values: list[str]) -> Any:
    """Write a list as AWS's provider does: sorted backwards, one value alone as a string."""
    return values[0] if len(values) == 1 else sorted(values, reverse=True)


INVOKES: Mapping[str, Answering] = {
    "aws:autoscaling/getAmiIds:getAmiIds": _get_groups,
    "aws:ec2/getVpc:getVpc": _get_vpc,
    "aws:ec2/getSubnets:getSubnets": _get_subnets,
    "aws:ec2/getSubnet:getSubnet": _get_subnet,
    "aws:index/getAvailabilityZones:getAvailabilityZones": _get_zones,
    "aws:index/getCallerIdentity:getCallerIdentity": _get_caller,
    "aws:index/getRegion:getRegion": _get_region,
    "aws:index/getPartition:getPartition": _get_partition,
    "aws:ssm/getParameter:getParameter": _get_parameter,
    "aws:ecr/getAuthorizationToken:getAuthorizationToken": _get_token,
    "aws:ecr/getImages:getImages": _get_images,
    "aws:iam/getPolicyDocument:getPolicyDocument": _get_policy,
    "aws:lb/getListener:getListener": _get_listener,
    "aws:lb/getLoadBalancer:getLoadBalancer": _get_balancer,
}
