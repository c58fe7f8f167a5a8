"""Look-ups: what programs ask of the account before they make something."""

from collections.abc import Callable, Mapping
from typing import Final

from platform_lib.local.account import Account
from platform_lib.local.provider.row import Properties

Answer = Callable[[Account, Properties], Properties]


def _region(account: Account, args: Properties) -> Properties:
    name = account.region
    return {"id": name, "name": name, "region": name, "endpoint": f"ec2.{name}.amazonaws.com"}


INVOKES: Final[Mapping[str, Answer]] = {"aws:index/getRegion:getRegion": _region}
"""Token -> the function that answers it."""
