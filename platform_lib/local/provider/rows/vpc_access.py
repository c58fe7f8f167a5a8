"""EC2: what lets packets in and out of a network, and where that is noted; nothing is filtered."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from platform_lib.local.account import Account
from platform_lib.local.provider.calls import all_pages, call_aws
from platform_lib.local.provider.row import Call, Look, Name, Properties, Row, Tags, because

_TAGS = Tags("create_tags", "delete_tags", {"Resources": ["{id}"]})

# Rules of security groups, in the words of the older types


def permissions(rules: list[Properties]) -> list[Properties]:
    """Word rules that name several peers each as EC2 does; `self` is put in by `of_group`."""
    return [_permission(rule) for rule in rules]


def of_group(group: str, rules: list[Properties]) -> list[Properties]:
    """Word the rules of one group."""
    return permissions([{**rule, "group": group} for rule in rules])


def _permission(rule: Mapping[str, Any]) -> Properties:
    said = {"Description": rule["description"]} if rule.get("description") else {}
    protocol = str(rule["protocol"]).lower()
    out: Properties = {"IpProtocol": "-1" if protocol in ("-1", "all") else protocol}
    if out["IpProtocol"] != "-1":
        out |= {"FromPort": int(rule["fromPort"]), "ToPort": int(rule["toPort"])}
    groups = [*(rule.get("securityGroups") or [])]
    groups += [rule["sourceSecurityGroupId"]] if rule.get("sourceSecurityGroupId") else []
    groups += [rule["group"]] if rule.get("self") else []
    peers = {
        "IpRanges": [{"CidrIp": one, **said} for one in rule.get("cidrBlocks") or []],
        "Ipv6Ranges": [{"CidrIpv6": one, **said} for one in rule.get("ipv6CidrBlocks") or []],
        "PrefixListIds": [
            {"PrefixListId": one, **said} for one in rule.get("prefixListIds") or []
        ],
        "UserIdGroupPairs": [{"GroupId": one, **said} for one in groups],
    }
    return {**out, **{word: value for word, value in peers.items() if value}}


_RULE_WORDS = (
    "cidrBlocks",
    "description",
    "fromPort",
    "ipv6CidrBlocks",
    "prefixListIds",
    "protocol",
    "securityGroupId",
    "self",
    "sourceSecurityGroupId",
    "toPort",
    "type",
)


def _digest(inputs: Properties) -> Properties:
    """Give a rule the number that the provider makes of its words."""
    words = {word: inputs[word] for word in _RULE_WORDS if word in inputs}
    text = json.dumps(words, sort_keys=True, default=str)
    return {**inputs, "digest": str(int(hashlib.sha256(text.encode()).hexdigest()[:8], 16))}


def _request(state: Properties) -> Properties:
    rules = of_group(state["securityGroupId"], [state])
    return {"GroupId": state["securityGroupId"], "IpPermissions": rules}


def _authorize(account: Account, state: Properties) -> None:
    if _rule(account, state, {}) is None:
        call_aws(account, "ec2", f"authorize_security_group_{state['type']}", _request(state))


def _revoke(account: Account, state: Properties) -> None:
    if "protocol" in state:
        call_aws(account, "ec2", f"revoke_security_group_{state['type']}", _request(state))


def _rule(account: Account, values: Properties, found: Properties) -> Properties | None:
    """Find the rules of a group that one resource made."""
    group = {"GroupIds": [values["securityGroupId"]]}
    word = "IpPermissions" + ("Egress" if values.get("type") == "egress" else "")
    there = call_aws(account, "ec2", "describe_security_groups", group)["SecurityGroups"][0][word]
    for wanted in _request(values)["IpPermissions"]:
        same = [one for one in there if _same_ports(wanted, one)]
        for peers in ("IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs"):
            known = [peer for one in same for peer in _peers(one, peers)]
            if not set(_peers(wanted, peers)) <= set(known):
                return None
    return found or values


def _same_ports(wanted: Properties, one: Properties) -> bool:
    return all(wanted.get(word) == one.get(word) for word in ("IpProtocol", "FromPort", "ToPort"))


def _peers(permission: Properties, word: str) -> Iterator[str]:
    for peer in permission.get(word, []):
        for key in ("CidrIp", "CidrIpv6", "PrefixListId", "GroupId"):
            if peer.get(key):
                yield peer[key]


# Network ACLs

_PROTOCOLS = {"all": "-1", "icmp": "1", "tcp": "6", "udp": "17"}


def _entry(acl: str, rule: Mapping[str, Any], *, egress: bool) -> Properties:
    entry: Properties = {
        "NetworkAclId": acl,
        "Egress": egress,
        "RuleNumber": int(rule.get("ruleNumber", rule.get("ruleNo", 0))),
        "RuleAction": str(rule.get("ruleAction", rule.get("action"))).lower(),
        "Protocol": _PROTOCOLS.get(str(rule["protocol"]).lower(), str(rule["protocol"])),
    }
    for word, name in (("cidrBlock", "CidrBlock"), ("ipv6CidrBlock", "Ipv6CidrBlock")):
        if rule.get(word):
            entry[name] = rule[word]
    if entry["Protocol"] != "-1" and "fromPort" in rule:
        entry["PortRange"] = {"From": int(rule["fromPort"]), "To": int(rule["toPort"])}
    if "icmpType" in rule and entry["Protocol"] in ("1", "58"):
        icmp = {"Type": int(rule["icmpType"]), "Code": int(rule.get("icmpCode", 0))}
        entry["IcmpTypeCode"] = icmp
    return entry


def _acl(account: Account, id: str) -> Properties:
    found = call_aws(account, "ec2", "describe_network_acls", {"NetworkAclIds": [id]})
    acl: Properties = found["NetworkAcls"][0]
    return acl


def _set_acl(account: Account, state: Properties) -> None:
    _acl_changed(account, {}, state)


def _acl_changed(account: Account, before: Properties, after: Properties) -> None:
    there = {(one["Egress"], one["RuleNumber"]) for one in _acl(account, after["id"])["Entries"]}
    for word, egress in (("ingress", False), ("egress", True)):
        if word not in after or before.get(word) == after[word]:
            continue
        wanted = [_entry(after["id"], rule, egress=egress) for rule in after[word]]
        numbers = {(egress, entry["RuleNumber"]) for entry in wanted}
        for _, number in {one for one in there if one[0] == egress and one[1] < _LAST} - numbers:
            rule = {"NetworkAclId": after["id"], "RuleNumber": number, "Egress": egress}
            call_aws(account, "ec2", "delete_network_acl_entry", rule)
        for entry in wanted:
            how = "replace" if (egress, entry["RuleNumber"]) in there else "create"
            call_aws(account, "ec2", f"{how}_network_acl_entry", entry)
    if "subnetIds" in after:
        _associate(account, after["vpcId"], after["id"], after["subnetIds"])


_LAST = 32767
"""The rule that AWS has in every ACL and nobody can change."""


def _associate(account: Account, vpc: str, acl: str, subnets: list[str]) -> None:
    """Put subnets under an ACL, and those that are no more of it under the VPC's own."""
    filters = [{"Name": "vpc-id", "Values": [vpc]}]
    acls = all_pages(account, "ec2", "describe_network_acls", {"Filters": filters}, "NetworkAcls")
    default = next(one["NetworkAclId"] for one in acls if one["IsDefault"])
    for one in acls:
        for each in one["Associations"]:
            target = acl if each["SubnetId"] in subnets else default
            mine = one["NetworkAclId"] == acl
            if (each["SubnetId"] in subnets and not mine) or (mine and target == default):
                request = {
                    "AssociationId": each["NetworkAclAssociationId"],
                    "NetworkAclId": target,
                }
                call_aws(account, "ec2", "replace_network_acl_association", request)


def _leave_acl(account: Account, state: Properties) -> None:
    _associate(account, _acl(account, state["id"])["VpcId"], state["id"], [])


def _acl_rule(account: Account, values: Properties, found: Properties) -> Properties | None:
    """Find one rule of an ACL."""
    wanted = _entry(values["networkAclId"], values, egress=bool(values.get("egress")))
    for one in found["Entries"]:
        if (one["Egress"], one["RuleNumber"]) == (wanted["Egress"], wanted["RuleNumber"]):
            return {**one, "NetworkAclId": values["networkAclId"]}
    return None


def _delete_acl_rule(account: Account, state: Properties) -> None:
    place = {"RuleNumber": int(state["ruleNumber"]), "Egress": bool(state.get("egress"))}
    there = _acl(account, state["networkAclId"])["Entries"]
    if any(all(one[word] == place[word] for word in place) for one in there):
        request = {"NetworkAclId": state["networkAclId"], **place}
        call_aws(account, "ec2", "delete_network_acl_entry", request)


def _make_acl_rule(account: Account, state: Properties) -> None:
    entry = _entry(state["networkAclId"], state, egress=bool(state.get("egress")))
    there = _acl(account, state["networkAclId"])["Entries"]
    numbers = {(one["Egress"], one["RuleNumber"]) for one in there}
    if (entry["Egress"], entry["RuleNumber"]) not in numbers:
        call_aws(account, "ec2", "create_network_acl_entry", entry)


# Endpoints

_ENDPOINT_LISTS = {
    "routeTableIds": "RouteTableIds",
    "securityGroupIds": "SecurityGroupIds",
    "subnetIds": "SubnetIds",
}


def _endpoint_changed(account: Account, before: Properties, after: Properties) -> None:
    """Add and take away what an endpoint is in; a policy that is gone is AWS's own again."""
    request: Properties = {"VpcEndpointId": after["id"]}
    for word, name in _ENDPOINT_LISTS.items():
        old, new = set(before.get(word) or ()), set(after.get(word) or ())
        if new - old:
            request[f"Add{name}"] = sorted(new - old)
        if old - new:
            request[f"Remove{name}"] = sorted(old - new)
    if before.get("policy") != after.get("policy") and after.get("policy"):
        request["PolicyDocument"] = after["policy"]
    if len(request) > 1:
        call_aws(account, "ec2", "modify_vpc_endpoint", request)


def _alive(account: Account, values: Properties, found: Properties) -> Properties | None:
    """Leave out what EC2 lists for a while after it was deleted."""
    return None if str(found.get("State")).lower() == "deleted" else found


# Flow logs

_WATCHED = {"eniId": "NetworkInterface", "subnetId": "Subnet", "vpcId": "VPC"}


def _watched(inputs: Properties) -> Properties:
    out = {word: item for word, item in inputs.items() if word not in _WATCHED}
    for word, kind in _WATCHED.items():
        if word in inputs:
            out |= {"resourceIds": [inputs[word]], "resourceType": kind}
    return out


_ACL_RULE = (
    "cidrBlock",
    "egress",
    "fromPort",
    "icmpCode",
    "icmpType",
    "ipv6CidrBlock",
    "networkAclId",
    "protocol",
    "ruleAction",
    "ruleNumber",
    "toPort",
)
"""Every input of a rule: none changes in place."""

ROWS = (
    Row(
        type="aws:ec2/securityGroupRule:SecurityGroupRule",
        service="ec2",
        # Which operation it is, the rule itself says.
        create=Call("describe_security_groups", {"GroupIds": ["{securityGroupId}"]}, takes=()),
        id="sgrule-{digest}",
        prepare=_digest,
        hooked=_RULE_WORDS,
        created=_authorize,
        looks=(
            Look(
                "describe_security_groups",
                {"GroupIds": ["{securityGroupId}"]},
                "SecurityGroups[0]",
            ),
        ),
        seen=_rule,
        deleting=_revoke,
        keeps=("sourceSecurityGroupId",),
        replace=_RULE_WORDS,
        outputs={"securityGroupRuleId": "{id}"},
    ),
    Row(
        type="aws:ec2/vpcEndpoint:VpcEndpoint",
        service="ec2",
        create=Call("create_vpc_endpoint"),
        id="VpcEndpoint.VpcEndpointId",
        looks=(Look("describe_vpc_endpoints", {"VpcEndpointIds": ["{id}"]}, "VpcEndpoints[0]"),),
        seen=_alive,
        delete=Call("delete_vpc_endpoints", {"VpcEndpointIds": ["{id}"]}),
        renames={"policy": "PolicyDocument"},
        defaults={"vpcEndpointType": "Gateway"},
        hooked=("policy", *_ENDPOINT_LISTS),
        updated=_endpoint_changed,
        keeps=("policy", "privateDnsEnabled", "routeTableIds", "securityGroupIds", "subnetIds"),
        replace=("serviceName", "vpcEndpointType", "vpcId"),
        back={
            "policy": "PolicyDocument",
            "routeTableIds": "RouteTableIds",
            "securityGroupIds": "Groups[].GroupId",
            "subnetIds": "SubnetIds",
        },
        tag_specification="vpc-endpoint",
        tags=_TAGS,
        outputs={
            "arn": "arn:aws:ec2:{region}:{account}:vpc-endpoint/{id}",
            "dnsEntries": "DnsEntries[].{dnsName: DnsName, hostedZoneId: HostedZoneId} || `[]`",
            "networkInterfaceIds": "NetworkInterfaceIds || `[]`",
            "ownerId": "{account}",
            "prefixListId": "PrefixListId || ''",
            "state": "State",
        },
        dropped={"privateDnsEnabled": "moto says it in its own way"},
        ignored={"autoAccept": "every endpoint is accepted here"},
        refused=because(
            "moto knows endpoints of services alone, as AWS makes them by default",
            "dnsOptions",
            "ipAddressType",
            "resourceConfigurationArn",
            "serviceNetworkArn",
            "serviceRegion",
            "subnetConfigurations",
        ),
    ),
    Row(
        type="aws:ec2/flowLog:FlowLog",
        service="ec2",
        create=Call("create_flow_logs"),
        id="FlowLogIds[0]",
        prepare=_watched,
        looks=(Look("describe_flow_logs", {"FlowLogIds": ["{id}"]}, "FlowLogs[0]"),),
        delete=Call("delete_flow_logs", {"FlowLogIds": ["{id}"]}),
        renames={"iamRoleArn": "DeliverLogsPermissionArn"},
        keeps=("logDestination", "logFormat"),
        unset={"logDestinationType": "cloud-watch-logs"},
        back=dict.fromkeys(_WATCHED, "ResourceId"),
        tag_specification="vpc-flow-log",
        tags=_TAGS,
        outputs={"arn": "arn:aws:ec2:{region}:{account}:vpc-flow-log/{id}"},
        refused=because(
            "moto keeps no such part of a flow log",
            "deliverCrossAccountRole",
            "destinationOptions",
            "regionalNatGatewayId",
            "tagFieldSpecifications",
            "transitGatewayAttachmentId",
            "transitGatewayId",
        ),
    ),
    Row(
        type="aws:ec2/networkAcl:NetworkAcl",
        service="ec2",
        create=Call("create_network_acl", takes=("tags", "vpcId")),
        id="NetworkAcl.NetworkAclId",
        looks=(Look("describe_network_acls", {"NetworkAclIds": ["{id}"]}, "NetworkAcls[0]"),),
        deleting=_leave_acl,
        delete=Call("delete_network_acl", {"NetworkAclId": "{id}"}),
        keeps=("egress", "ingress", "subnetIds"),
        hooked=("egress", "ingress", "subnetIds"),
        created=_set_acl,
        updated=_acl_changed,
        back={"subnetIds": "Associations[].SubnetId"},
        tag_specification="network-acl",
        tags=_TAGS,
        outputs={
            "arn": "arn:aws:ec2:{region}:{account}:network-acl/{id}",
            "ownerId": "{account}",
        },
    ),
    Row(
        type="aws:ec2/networkAclRule:NetworkAclRule",
        service="ec2",
        create=Call("describe_network_acls", {"NetworkAclIds": ["{networkAclId}"]}, takes=()),
        id="{networkAclId}:{ruleNumber}:{protocol}",
        hooked=_ACL_RULE,
        created=_make_acl_rule,
        looks=(
            Look("describe_network_acls", {"NetworkAclIds": ["{networkAclId}"]}, "NetworkAcls[0]"),
        ),
        seen=_acl_rule,
        deleting=_delete_acl_rule,
        keeps=("icmpCode",),
        unset={"egress": False},
        replace=_ACL_RULE,
        back={"cidrBlock": "CidrBlock", "ruleAction": "RuleAction", "ruleNumber": "RuleNumber"},
    ),
    Row(
        type="aws:ec2/keyPair:KeyPair",
        service="ec2",
        noun="Key",
        name=Name("keyName", 255),
        create=Call("import_key_pair"),
        id="KeyName",
        looks=(Look("describe_key_pairs", {"KeyNames": ["{id}"]}, "KeyPairs[0]"),),
        delete=Call("delete_key_pair", {"KeyName": "{id}"}),
        renames={"keyName": "KeyName", "publicKey": "PublicKeyMaterial"},
        replace=("keyName", "publicKey"),
        tag_specification="key-pair",
        tags=Tags(_TAGS.add, _TAGS.remove, {"Resources": ["{keyPairId}"]}),
        outputs={
            "arn": "arn:aws:ec2:{region}:{account}:key-pair/{id}",
            "fingerprint": "KeyFingerprint",
            "keyPairId": "KeyPairId",
        },
        dropped={"publicKey": "a read gives its fingerprint"},
    ),
)
