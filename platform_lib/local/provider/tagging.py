"""Tags, which every service words its own way."""

from collections.abc import Mapping
from typing import Any

from platform_lib.local.account import Account
from platform_lib.local.provider.calls import call_aws
from platform_lib.local.provider.convert import find_member, input_shape, pair_members
from platform_lib.local.provider.row import Row
from platform_lib.local.provider.template import fill


def retag(
    account: Account,
    row: Row,
    values: Mapping[str, Any],
    old: Mapping[str, str],
    new: Mapping[str, str],
) -> None:
    """Set the tags that are new or changed, and take away those that are no more."""
    tags = row.tags
    if tags is None:
        return
    target = fill(tags.target, values)
    changed = {key: value for key, value in new.items() if old.get(key) != value}
    if changed:
        shape = input_shape(row.service, tags.add)
        name = find_member(shape, "tags") or "Tags"
        call_aws(
            account, row.service, tags.add, {**target, name: _worded(shape.members[name], changed)}
        )
    gone = sorted(set(old) - set(new))
    if gone:
        shape = input_shape(row.service, tags.remove)
        # A list of keys, whatever it is called, or of tags without their values.
        name = find_member(shape, "tagKeys") or find_member(shape, "tags") or "TagKeys"
        pair = pair_members(shape.members[name].member)
        request = {name: [{pair[0]: key} for key in gone] if pair else gone}
        call_aws(account, row.service, tags.remove, {**target, **request})


def _worded(shape: Any, tags: Mapping[str, str]) -> Any:
    pair = pair_members(shape.member) if shape.type_name == "list" else None
    if pair is None:
        return dict(tags)
    return [{pair[0]: key, pair[1]: value} for key, value in tags.items()]
