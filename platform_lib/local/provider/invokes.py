"""Look-ups: what programs ask of the account before they make something."""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from platform_lib.local.account import Account, is_region
from platform_lib.local.errors import LocalCloudError
from platform_lib.local.provider.calls import call_aws
from platform_lib.local.provider.compare import in_pulumi_words
from platform_lib.local.provider.row import Properties
from platform_lib.local.provider.values import Secret

Answer = Callable[[Account, Properties], Properties]
Served = Callable[[Account, Properties, Callable[[str, str], str]], Properties]


def _region(account: Account, args: Properties) -> Properties:
    name = args.get("name") or account.region
    if not is_region(name):
        raise LocalCloudError(f"getRegion: AWS has no region {name!r}")
    return {
        "id": name,
        "name": name,
        "region": name,
        "endpoint": f"ec2.{name}.amazonaws.com",
        "description": name,
    }


def _partition(account: Account, args: Properties) -> Properties:
    return {
        "id": "aws",
        "partition": "aws",
        "dnsSuffix": "amazonaws.com",
        "reverseDnsPrefix": "com.amazonaws",
    }


def _caller(account: Account, args: Properties) -> Properties:
    found = call_aws(account, "sts", "get_caller_identity", {})
    number = found["Account"]
    return {"id": number, "accountId": number, "arn": found["Arn"], "userId": found["UserId"]}


def _zones(account: Account, args: Properties) -> Properties:
    _take("getAvailabilityZones", args, "state", "filters", "excludeNames", "excludeZoneIds")
    request: dict[str, Any] = {"Filters": _filters(args)}
    found = call_aws(account, "ec2", "describe_availability_zones", request)["AvailabilityZones"]
    out = {*(args.get("excludeNames") or []), *(args.get("excludeZoneIds") or [])}
    kept = [
        zone
        for zone in sorted(found, key=lambda zone: str(zone["ZoneName"]))
        if args.get("state") in (None, zone["State"])
        and not {zone["ZoneName"], zone["ZoneId"]} & out
    ]
    return {
        "id": account.region,
        "names": [zone["ZoneName"] for zone in kept],
        "zoneIds": [zone["ZoneId"] for zone in kept],
        "groupNames": sorted({zone.get("GroupName", account.region) for zone in kept}),
    }


_VPC_FILTERS: Final = {"cidrBlock": "cidr", "default": "is-default", "state": "state"}


def _vpc(account: Account, args: Properties) -> Properties:
    _take("getVpc", args, "id", "filters", "tags", *_VPC_FILTERS)
    filters = _filters(args, _VPC_FILTERS)
    request = {"Filters": filters, **({"VpcIds": [args["id"]]} if args.get("id") else {})}
    vpc = _one("VPC", call_aws(account, "ec2", "describe_vpcs", request)["Vpcs"], args)
    id = vpc["VpcId"]
    return {
        "id": id,
        "arn": f"arn:aws:ec2:{account.region}:{account.account_id}:vpc/{id}",
        "cidrBlock": vpc["CidrBlock"],
        "cidrBlockAssociations": [
            {
                "associationId": one["AssociationId"],
                "cidrBlock": one["CidrBlock"],
                "state": "associated",
            }
            for one in vpc.get("CidrBlockAssociationSet", [])
        ],
        "default": vpc["IsDefault"],
        "dhcpOptionsId": vpc.get("DhcpOptionsId", ""),
        "enableDnsHostnames": True,
        "enableDnsSupport": True,
        "instanceTenancy": vpc.get("InstanceTenancy", "default"),
        "mainRouteTableId": "",
        "ownerId": account.account_id,
        "state": vpc["State"],
        "tags": _tags(vpc),
    }


def _subnets(account: Account, args: Properties) -> Properties:
    _take("getSubnets", args, "filters", "tags")
    found = call_aws(account, "ec2", "describe_subnets", {"Filters": _filters(args)})["Subnets"]
    return {"id": account.region, "ids": sorted(one["SubnetId"] for one in found)}


_SUBNET_FILTERS: Final = {
    "availabilityZone": "availability-zone",
    "availabilityZoneId": "availability-zone-id",
    "cidrBlock": "cidr-block",
    "defaultForAz": "default-for-az",
    "state": "state",
    "vpcId": "vpc-id",
}


def _subnet(account: Account, args: Properties) -> Properties:
    _take("getSubnet", args, "id", "filters", "tags", *_SUBNET_FILTERS)
    filters = _filters(args, _SUBNET_FILTERS)
    request = {"Filters": filters, **({"SubnetIds": [args["id"]]} if args.get("id") else {})}
    one = _one("subnet", call_aws(account, "ec2", "describe_subnets", request)["Subnets"], args)
    return {
        "id": one["SubnetId"],
        "arn": one["SubnetArn"],
        "assignIpv6AddressOnCreation": one.get("AssignIpv6AddressOnCreation", False),
        "availabilityZone": one["AvailabilityZone"],
        "availabilityZoneId": one["AvailabilityZoneId"],
        "availableIpAddressCount": one["AvailableIpAddressCount"],
        "cidrBlock": one["CidrBlock"],
        "defaultForAz": one["DefaultForAz"],
        "mapPublicIpOnLaunch": one["MapPublicIpOnLaunch"],
        "ownerId": one.get("OwnerId", account.account_id),
        "state": one["State"],
        "tags": _tags(one),
        "vpcId": one["VpcId"],
    }


def _groups(account: Account, args: Properties) -> Properties:
    """List auto scaling groups: pulumi-aws's name for it tells of images, AWS's of groups."""
    _take("getAmiIds", args, "filters", "names")
    request = {
        "Filters": _filters(args),
        **({"AutoScalingGroupNames": args["names"]} if args.get("names") else {}),
    }
    answer = call_aws(account, "autoscaling", "describe_auto_scaling_groups", request)
    found = sorted(answer["AutoScalingGroups"], key=lambda one: str(one["AutoScalingGroupName"]))
    return {
        "id": account.region,
        "names": [one["AutoScalingGroupName"] for one in found],
        "arns": [one["AutoScalingGroupARN"] for one in found],
    }


def _group(account: Account, args: Properties) -> Properties:
    _take("getGroup", args, "name")
    request = {"AutoScalingGroupNames": [args["name"]]}
    answer = call_aws(account, "autoscaling", "describe_auto_scaling_groups", request)
    group = _one("auto scaling group", answer["AutoScalingGroups"], args)
    template = group.get("LaunchTemplate")
    return {
        "id": group["AutoScalingGroupName"],
        "arn": group["AutoScalingGroupARN"],
        "name": group["AutoScalingGroupName"],
        "desiredCapacity": group["DesiredCapacity"],
        "enabledMetrics": [one["Metric"] for one in group.get("EnabledMetrics", [])],
        "launchTemplates": [in_pulumi_words(template, "LaunchTemplate")] if template else [],
        "maxSize": group["MaxSize"],
        "minSize": group["MinSize"],
        "status": group.get("Status", ""),
        "targetGroupArns": group.get("TargetGroupARNs", []),
        "vpcZoneIdentifier": group.get("VPCZoneIdentifier", ""),
    }


def _parameter(account: Account, args: Properties) -> Properties:
    request = {"Name": args["name"], "WithDecryption": args.get("withDecryption", True)}
    found = call_aws(account, "ssm", "get_parameter", request)["Parameter"]
    hidden = found["Type"] == "SecureString"
    open_value = {} if hidden else {"insecureValue": found["Value"]}
    return {
        "id": found["Name"],
        "arn": found["ARN"],
        "name": args["name"],
        "type": found["Type"],
        "value": Secret(found["Value"]) if hidden else found["Value"],
        "version": found["Version"],
        "withDecryption": request["WithDecryption"],
        **open_value,
    }


def _token(account: Account, args: Properties) -> Properties:
    found = call_aws(account, "ecr", "get_authorization_token", {})["authorizationData"][0]
    user, _, password = base64.b64decode(found["authorizationToken"]).decode().partition(":")
    return {
        "id": account.region,
        "authorizationToken": found["authorizationToken"],
        "expiresAt": found["expiresAt"].isoformat(),
        "password": password,
        "proxyEndpoint": found["proxyEndpoint"],
        "userName": user,
    }


def _images(account: Account, args: Properties) -> Properties:
    _take("getImages", args, "repositoryName", "registryId")
    name = args["repositoryName"]
    found = call_aws(account, "ecr", "list_images", {"repositoryName": name})["imageIds"]
    return {
        "id": name,
        "imageIds": [
            {"imageDigest": one["imageDigest"], "imageTag": one.get("imageTag", "")}
            for one in found
        ],
        "registryId": args.get("registryId") or account.account_id,
        "repositoryName": name,
    }


def _ami(account: Account, args: Properties) -> Properties:
    """Choose an image among those that moto knows, some of each of AWS's usual owners."""
    _take("getAmi", args, "owners", "mostRecent", "filters", "nameRegex", "includeDeprecated")
    request: dict[str, Any] = {"Filters": _filters(args)}
    if args.get("owners"):
        request["Owners"] = args["owners"]
    found = call_aws(account, "ec2", "describe_images", request)["Images"]
    pattern = re.compile(args.get("nameRegex") or "")
    found = sorted(
        (one for one in found if pattern.search(one["Name"])),
        key=lambda one: (str(one.get("CreationDate", "")), str(one["ImageId"])),
    )
    image = _one("image", found[-1:] if args.get("mostRecent") else found, args)
    return {
        "id": image["ImageId"],
        "arn": f"arn:aws:ec2:{account.region}::image/{image['ImageId']}",
        "imageId": image["ImageId"],
        "architecture": image.get("Architecture", ""),
        "creationDate": image.get("CreationDate", ""),
        "description": image.get("Description", ""),
        "hypervisor": image.get("Hypervisor", ""),
        "imageLocation": image.get("ImageLocation", ""),
        "imageType": image.get("ImageType", ""),
        "name": image["Name"],
        "ownerId": image.get("OwnerId", ""),
        "platform": image.get("Platform", ""),
        "public": image.get("Public", False),
        "rootDeviceName": image.get("RootDeviceName", ""),
        "rootDeviceType": image.get("RootDeviceType", ""),
        "state": image.get("State", ""),
        "tags": _tags(image),
        "virtualizationType": image.get("VirtualizationType", ""),
    }


def _document(account: Account, args: Properties) -> Properties:
    """Word an IAM policy as the provider does: one value alone, several as a list."""
    _take("getPolicyDocument", args, "statements", "version", "policyId")
    document: dict[str, Any] = {"Version": args.get("version", "2012-10-17")}
    if args.get("policyId"):
        document["Id"] = args["policyId"]
    document["Statement"] = [_statement(one) for one in args.get("statements") or []]
    minified = json.dumps(document, separators=(",", ":"))
    return {
        "id": str(int(hashlib.sha256(minified.encode()).hexdigest()[:8], 16)),
        "json": json.dumps(document, indent=2),
        "minifiedJson": minified,
    }


def _listener(account: Account, args: Properties) -> Properties:
    _take("getListener", args, "arn")
    request = {"ListenerArns": [args["arn"]]}
    found = call_aws(account, "elbv2", "describe_listeners", request)["Listeners"]
    listener = _one("listener", found, args)
    return {
        "id": listener["ListenerArn"],
        "arn": listener["ListenerArn"],
        "loadBalancerArn": listener["LoadBalancerArn"],
        "port": listener["Port"],
        "protocol": listener["Protocol"],
    }


def _balancer(
    account: Account, args: Properties, endpoint: Callable[[str, str], str]
) -> Properties:
    _take("getLoadBalancer", args, "arn", "name")
    request = {
        **({"LoadBalancerArns": [args["arn"]]} if args.get("arn") else {}),
        **({"Names": [args["name"]]} if args.get("name") else {}),
    }
    found = call_aws(account, "elbv2", "describe_load_balancers", request)["LoadBalancers"]
    balancer = _one("load balancer", found, args)
    arn = balancer["LoadBalancerArn"]
    return {
        "id": arn,
        "arn": arn,
        "dnsName": endpoint("load_balancer", arn),
        "internal": balancer.get("Scheme") == "internal",
        "loadBalancerType": balancer["Type"],
        "name": balancer["LoadBalancerName"],
        "securityGroups": balancer.get("SecurityGroups", []),
        "subnets": [zone["SubnetId"] for zone in balancer["AvailabilityZones"]],
        "vpcId": balancer["VpcId"],
        "zoneId": balancer["CanonicalHostedZoneId"],
    }


def _statement(given: Properties) -> dict[str, Any]:
    words = {
        "actions": "Action",
        "notActions": "NotAction",
        "resources": "Resource",
        "notResources": "NotResource",
    }
    statement: dict[str, Any] = {}
    if given.get("sid"):
        statement["Sid"] = given["sid"]
    statement["Effect"] = given.get("effect", "Allow")
    for word, name in words.items():
        if given.get(word):
            statement[name] = _alone(sorted(given[word], reverse=True))
    for word, name in (("principals", "Principal"), ("notPrincipals", "NotPrincipal")):
        if given.get(word):
            statement[name] = _principals(given[word])
    conditions: dict[str, dict[str, Any]] = {}
    for one in given.get("conditions") or []:
        conditions.setdefault(one["test"], {})[one["variable"]] = _alone(one["values"])
    return {**statement, **({"Condition": conditions} if conditions else {})}


def _principals(given: list[Properties]) -> Any:
    by_type: dict[str, list[str]] = {}
    for one in given:
        by_type.setdefault(one["type"], []).extend(one["identifiers"])
    if by_type == {"*": ["*"]}:
        return "*"
    return {kind: _alone(sorted(names, reverse=True)) for kind, names in by_type.items()}


def _alone(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values


def _filters(args: Properties, of: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """Word filters, tags and, by EC2's name of its filter, each argument in `of` that is given."""
    given = [{"Name": one["name"], "Values": one["values"]} for one in args.get("filters") or []]
    alone = {name: args[word] for word, name in (of or {}).items() if word in args}
    alone |= {f"tag:{key}": value for key, value in (args.get("tags") or {}).items()}
    for name, value in alone.items():
        text = str(value).lower() if isinstance(value, bool) else value
        given.append({"Name": name, "Values": [text]})
    return given


def _tags(found: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in found.get("Tags", [])}


def _one(what: str, found: list[dict[str, Any]], args: Properties) -> dict[str, Any]:
    if len(found) != 1:
        raise LocalCloudError(f"{len(found)} {what}s match {args}: exactly one must")
    return found[0]


def _take(what: str, args: Properties, *known: str) -> None:
    strange = sorted(set(args) - {*known, "region"})
    if strange:
        raise LocalCloudError(
            f"{what}: '{strange[0]}' is not known to the local cloud: correct the name, or leave "
            "it out"
        )


INVOKES: Final[Mapping[str, Answer]] = {
    "aws:autoscaling/getAmiIds:getAmiIds": _groups,
    "aws:autoscaling/getGroup:getGroup": _group,
    "aws:ec2/getAmi:getAmi": _ami,
    "aws:ec2/getSubnet:getSubnet": _subnet,
    "aws:ec2/getSubnets:getSubnets": _subnets,
    "aws:ec2/getVpc:getVpc": _vpc,
    "aws:ecr/getAuthorizationToken:getAuthorizationToken": _token,
    "aws:ecr/getImages:getImages": _images,
    "aws:iam/getPolicyDocument:getPolicyDocument": _document,
    "aws:index/getAvailabilityZones:getAvailabilityZones": _zones,
    "aws:index/getCallerIdentity:getCallerIdentity": _caller,
    "aws:index/getPartition:getPartition": _partition,
    "aws:index/getRegion:getRegion": _region,
    "aws:lb/getListener:getListener": _listener,
    "aws:ssm/getParameter:getParameter": _parameter,
}
"""Token -> the function that answers it."""
SERVED: Final[Mapping[str, Served]] = {"aws:lb/getLoadBalancer:getLoadBalancer": _balancer}
"""Token -> the function that answers it with the address of a front."""
