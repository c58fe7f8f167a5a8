"""EC2: security groups with their rules, launch templates."""

from platform_lib.local.account import Account
from platform_lib.local.provider.calls import call_aws
from platform_lib.local.provider.row import Call, Look, Name, Properties, Row, Tags
from platform_lib.local.provider.rows.vpc_access import of_group

_TAGS = Tags("create_tags", "delete_tags", {"Resources": ["{id}"]})


def _close(account: Account, state: Properties) -> None:
    """Take away the rule that EC2 gives every new group: out to anywhere."""
    group = call_aws(account, "ec2", "describe_security_groups", {"GroupIds": [state["id"]]})
    rules = group["SecurityGroups"][0]["IpPermissionsEgress"]
    given = [rule for rule in rules if _is_default(rule)]
    if given:
        request = {"GroupId": state["id"], "IpPermissions": given}
        call_aws(account, "ec2", "revoke_security_group_egress", request)


def _open(account: Account, state: Properties) -> None:
    """Give a new group the rules that stand inside of it, and no other."""
    _close(account, state)
    found = call_aws(account, "ec2", "describe_security_groups", {"GroupIds": [state["id"]]})
    for word, member in (("ingress", "IpPermissions"), ("egress", "IpPermissionsEgress")):
        if state.get(word) and not found["SecurityGroups"][0][member]:
            _change_rules(account, "authorize", state, word)


def _rules_changed(account: Account, before: Properties, after: Properties) -> None:
    """Exchange rules; those that a program no longer says inside of the group stay, as on AWS."""
    for word in ("ingress", "egress"):
        if word in after and before.get(word) != after[word]:
            _change_rules(account, "revoke", {**before, "id": after["id"]}, word)
            _change_rules(account, "authorize", after, word)


def _change_rules(account: Account, how: str, state: Properties, word: str) -> None:
    rules = of_group(state["id"], state.get(word) or [])
    if rules:
        request = {"GroupId": state["id"], "IpPermissions": rules}
        call_aws(account, "ec2", f"{how}_security_group_{word}", request)


def _is_default(rule: Properties) -> bool:
    ranges = [one["CidrIp"] for one in rule.get("IpRanges", [])]
    return rule["IpProtocol"] == "-1" and ranges == ["0.0.0.0/0"]


_PEERS = {
    "cidrIpv4": ("ipRanges", "cidrIp"),
    "cidrIpv6": ("ipv6Ranges", "cidrIpv6"),
    "prefixListId": ("prefixListIds", "prefixListId"),
    "referencedSecurityGroupId": ("userIdGroupPairs", "groupId"),
}


def _permission(inputs: Properties) -> Properties:
    """Word a rule as EC2 does: who it is for, with a description, inside of what it opens."""
    out = {word: item for word, item in inputs.items() if word in _OUTSIDE}
    opened = {word: item for word, item in inputs.items() if word in _OPENED}
    peers = [word for word in _PEERS if word in inputs]
    for word in peers or (["cidrIpv4"] if "description" in inputs else []):
        many, one = _PEERS[word]
        said = {"description": inputs["description"]} if "description" in inputs else {}
        known = {one: inputs[word]} if word in inputs else {}
        opened[many] = [{**known, **said}]
    strange = {
        word: item
        for word, item in inputs.items()
        if word not in (*_OUTSIDE, *_OPENED, *_PEERS, "description")
    }
    return {**out, **strange, **({"ipPermissions": [opened]} if opened else {})}


_OUTSIDE = ("securityGroupId", "tags", "region", "__defaults")
_OPENED = ("ipProtocol", "fromPort", "toPort")


_AS_CHANGED = {
    "ipRanges": "CidrIpv4",
    "ipv6Ranges": "CidrIpv6",
    "prefixListIds": "PrefixListId",
    "userIdGroupPairs": "ReferencedGroupId",
}


def _change(account: Account, before: Properties, after: Properties) -> None:
    """Change what a rule opens, and to whom: EC2 wants to be told all of it."""
    (opened,) = after["ipPermissions"]
    many, one = next(pair for pair in _PEERS.values() if pair[0] in opened)
    (peer,) = opened[many]
    told = {
        "IpProtocol": opened.get("ipProtocol"),
        "FromPort": opened.get("fromPort"),
        "ToPort": opened.get("toPort"),
        "Description": peer.get("description"),
        _AS_CHANGED[many]: peer.get(one),
    }
    rule = {word: item for word, item in told.items() if item is not None}
    request = {
        "GroupId": after["securityGroupId"],
        "SecurityGroupRules": [{"SecurityGroupRuleId": after["id"], "SecurityGroupRule": rule}],
    }
    call_aws(account, "ec2", "modify_security_group_rules", request)


def _rule(direction: str) -> Row:
    lower = direction.lower()
    return Row(
        type=f"aws:vpc/securityGroup{direction}Rule:SecurityGroup{direction}Rule",
        service="ec2",
        create=Call(f"authorize_security_group_{lower}"),
        id="SecurityGroupRules[0].SecurityGroupRuleId",
        looks=(
            Look(
                "describe_security_group_rules",
                {"SecurityGroupRuleIds": ["{id}"]},
                "SecurityGroupRules[0]",
            ),
        ),
        delete=Call(
            f"revoke_security_group_{lower}",
            {"GroupId": "{securityGroupId}", "SecurityGroupRuleIds": ["{id}"]},
        ),
        prepare=_permission,
        hooked=("description", "fromPort", "ipProtocol", "toPort", *_PEERS),
        updated=_change,
        replace=("securityGroupId",),
        settled=("cidrIpv4", "cidrIpv6", "referencedSecurityGroupId"),
        renames={"securityGroupId": "GroupId"},
        back={
            "cidrIpv4": "CidrIpv4",
            "cidrIpv6": "CidrIpv6",
            "description": "Description",
            "fromPort": "FromPort",
            "ipProtocol": "IpProtocol",
            "prefixListId": "PrefixListId",
            "referencedSecurityGroupId": "ReferencedGroupInfo.GroupId",
            "toPort": "ToPort",
        },
        tag_specification="security-group-rule",
        tags=_TAGS,
        outputs={
            "arn": "arn:aws:ec2:{region}:{account}:security-group-rule/{id}",
            "securityGroupRuleId": "{id}",
        },
    )


def _move_default(account: Account, before: Properties, after: Properties) -> None:
    """Make the newest version the default, or the one that was asked for."""
    newest = bool(after.get("updateDefaultVersion"))
    wanted = "$Latest" if newest else after.get("defaultVersion")
    if wanted is None:
        return
    request = {"LaunchTemplateId": after["id"]}
    if wanted == "$Latest":
        found = call_aws(
            account, "ec2", "describe_launch_templates", {"LaunchTemplateIds": [after["id"]]}
        )
        wanted = found["LaunchTemplates"][0]["LatestVersionNumber"]
    call_aws(account, "ec2", "modify_launch_template", {**request, "DefaultVersion": str(wanted)})


def _own_data(account: Account, values: Properties, found: Properties) -> Properties:
    """Leave out the template's own tags, which moto gives back among the instances'."""
    data = found.get("LaunchTemplateData", {})
    specifications = [
        one
        for one in data.get("TagSpecifications", [])
        if one["ResourceType"] != "launch-template"
    ]
    return {**found, "LaunchTemplateData": {**data, "TagSpecifications": specifications}}


ROWS = (
    Row(
        type="aws:ec2/securityGroup:SecurityGroup",
        service="ec2",
        noun="Group",
        name=Name("name", 255),
        create=Call("create_security_group"),
        id="GroupId",
        looks=(Look("describe_security_groups", {"GroupIds": ["{id}"]}, "SecurityGroups[0]"),),
        delete=Call("delete_security_group", {"GroupId": "{id}"}),
        defaults={"description": "Managed by Pulumi"},
        hooked=("egress", "ingress"),
        created=_open,
        updated=_rules_changed,
        tag_specification="security-group",
        tags=_TAGS,
        keeps=("egress", "ingress", "vpcId"),
        unset={"revokeRulesOnDelete": False},
        outputs={
            "arn": "arn:aws:ec2:{region}:{account}:security-group/{id}",
            "ownerId": "OwnerId",
            "vpcId": "VpcId",
        },
        ignored={"revokeRulesOnDelete": "nothing holds a group back here"},
    ),
    _rule("Ingress"),
    _rule("Egress"),
    Row(
        type="aws:ec2/launchTemplate:LaunchTemplate",
        service="ec2",
        noun="LaunchTemplate",
        into="LaunchTemplateData",
        name=Name("name", 128),
        create=Call("create_launch_template"),
        id="LaunchTemplate.LaunchTemplateId",
        looks=(
            Look(
                "describe_launch_templates",
                {"LaunchTemplateIds": ["{id}"]},
                "LaunchTemplates[0]",
            ),
            Look(
                "describe_launch_template_versions",
                {"LaunchTemplateId": "{id}", "Versions": ["$Latest"]},
                "LaunchTemplateVersions[0].{LaunchTemplateData: LaunchTemplateData, "
                "VersionDescription: VersionDescription}",
            ),
        ),
        delete=Call("delete_launch_template", {"LaunchTemplateId": "{id}"}),
        renames={
            "description": "VersionDescription",
            "vpcSecurityGroupIds": "SecurityGroupIds",
            "securityGroupNames": "SecurityGroups",
            "tagSpecifications": "LaunchTemplateData.TagSpecifications",
            "networkInterfaces.securityGroups": "Groups",
            "networkInterfaces.ipv4Addresses": "PrivateIpAddresses.PrivateIpAddress",
            "networkInterfaces.ipv6Addresses": "Ipv6Addresses.Ipv6Address",
            "networkInterfaces.ipv4Prefixes": "Ipv4Prefixes.Ipv4Prefix",
            "networkInterfaces.ipv6Prefixes": "Ipv6Prefixes.Ipv6Prefix",
            "networkInterfaces.ipv4AddressCount": "SecondaryPrivateIpAddressCount",
        },
        seen=_own_data,
        hooked=("defaultVersion", "updateDefaultVersion"),
        update=(Call("create_launch_template_version", {"LaunchTemplateId": "{id}"}),),
        updated=_move_default,
        tag_specification="launch-template",
        # The template's own answer has the tags that it was made with.
        tags=Tags(
            _TAGS.add,
            _TAGS.remove,
            _TAGS.target,
            Look("describe_tags", {"Filters": [{"Name": "resource-id", "Values": ["{id}"]}]}),
        ),
        keeps=("defaultVersion", "metadataOptions"),
        replace=("name",),
        outputs={
            "arn": "arn:aws:ec2:{region}:{account}:launch-template/{id}",
            "latestVersion": "LatestVersionNumber",
            "defaultVersion": "DefaultVersionNumber",
        },
        volatile=("latestVersion", "defaultVersion"),
    ),
)
