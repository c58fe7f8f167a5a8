"""Physical names, for the few resources whose automatic name could not work.

Pulumi names a resource after its logical name, a hyphen and seven letters. It does not shorten:
where the sum passes AWS's limit, creation fails (pulumi-aws#1317).
"""

import hashlib

LOAD_BALANCER_LIMIT = 32
"""https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html"""

_SUFFIX = 8
"""A hyphen and seven letters."""


def needs_physical_name(logical: str, limit: int) -> bool:
    """Tell whether the automatic name of `logical` would be refused by AWS.

    A load balancer's name must not begin with `internal-` either.
    """
    return len(logical) + _SUFFIX > limit or logical.startswith("internal-")


def physical_name(logical: str, limit: int, *identity: str) -> str:
    """Shorten `logical` to `limit` with seven hex digits of all that makes it one of a kind.

    `identity` is project, stack and every input whose change replaces the resource: the successor
    is made before its forerunner goes, so it needs another name.
    """
    digest = hashlib.sha256("\0".join((logical, *identity)).encode()).hexdigest()[: _SUFFIX - 1]
    head = logical.removeprefix("internal-")[: limit - _SUFFIX].strip("-")
    return f"{head}-{digest}" if head else f"x-{digest}"
