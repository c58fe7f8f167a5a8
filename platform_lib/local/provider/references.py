"""Ids of networks that inputs name: AWS refuses those that do not exist, moto takes many."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from platform_lib.local.account import Account
from platform_lib.local.desired import Desired
from platform_lib.local.provider.calls import AwsError

_ID: Final = re.compile(r"(vpc|subnet|sg|rtb|igw|nat|eipalloc|acl)-[0-9a-f]{8,17}")
_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "acl": ("InvalidNetworkAclID.NotFound", "The networkAcl ID '{id}' does not exist"),
    "eipalloc": ("InvalidAllocationID.NotFound", "The allocation ID '{id}' does not exist"),
    "igw": ("InvalidInternetGatewayID.NotFound", "The internetGateway ID '{id}' does not exist"),
    "nat": ("InvalidNatGatewayID.NotFound", "The natGateway ID '{id}' does not exist"),
    "rtb": ("InvalidRouteTableID.NotFound", "The routeTable ID '{id}' does not exist"),
    "sg": ("InvalidGroup.NotFound", "The security group '{id}' does not exist"),
    "subnet": ("InvalidSubnetID.NotFound", "The subnet ID '{id}' does not exist"),
    "vpc": ("InvalidVpcID.NotFound", "The vpc ID '{id}' does not exist"),
}
_FREE: Final = ("tags", "tagsAll", "description", "environment", "containerDefinitions")
"""Inputs whose texts are the user's own."""


def refuse_invented(account: Account, operation: str, inputs: Mapping[str, Any]) -> None:
    """Refuse inputs that name a network, or a part of one, that does not exist.

    Raises:
        AwsError: One does, in the words of EC2.
    """
    desired = Desired(account.account_id, account.region)
    for word, value in inputs.items():
        for id in _ids(value) if word not in _FREE else ():
            kind = id.partition("-")[0]
            if not desired.has_network_part(kind, id):
                code, words = _WORDS[kind]
                raise AwsError(operation, code, words.format(id=id))


def _ids(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if _ID.fullmatch(value):
            yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _ids(item)
    elif isinstance(value, list):
        for item in value:
            yield from _ids(item)
