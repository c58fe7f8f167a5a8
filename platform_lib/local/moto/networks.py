"""What we change in moto's security groups."""

from typing import Any


def patch_networks() -> None:
    """Apply every patch."""
    change_rules()


def change_rules() -> None:
    """Let all of a rule change, and let each kind of rule have a description.

    moto changes ports and the description of a rule for addresses, asks for ports of every
    protocol, and tells no description of a rule for a group or a list of prefixes.
    """
    from moto.ec2.exceptions import InvalidSecurityGroupRuleIdNotFoundError
    from moto.ec2.models.security_groups import SecurityGroupBackend, SecurityGroupRule

    rule: Any = SecurityGroupRule
    make = rule.__init__

    def make_whole(self: Any, *rest: Any, **more: Any) -> None:
        make(self, *rest, **more)
        given = more.get("prefix_list_id") or (rest[7] if len(rest) > 7 else None) or {}
        parts = (self.ip_range, self.source_group, given)
        self.told = next((part["Description"] for part in parts if "Description" in part), None)

    def modify(self: Any, group_id: str, rules: dict[str, dict[str, Any]]) -> None:
        group = self.get_security_group_by_name_or_id(group_id)
        for rule_id, new in rules.items():
            found = group.get_rule(rule_id)
            if found is None:
                raise InvalidSecurityGroupRuleIdNotFoundError(rule_id)
            found.ip_protocol = new["IpProtocol"]
            found.from_port, found.to_port = new.get("FromPort"), new.get("ToPort")
            found.told = new.get("Description")
            words = {"CidrIpv4": "CidrIp", "CidrIpv6": "CidrIpv6"}
            found.ip_range = {ours: new[word] for word, ours in words.items() if word in new}
            found.prefix_list_id = new.get("PrefixListId")
            if "ReferencedGroupId" in new:
                found.source_group = {**found.source_group, "GroupId": new["ReferencedGroupId"]}

    def description(self: Any) -> Any:
        return self.told

    rule.__init__ = make_whole
    rule.description = property(description)
    backend: Any = SecurityGroupBackend
    backend.modify_security_group_rules = modify
