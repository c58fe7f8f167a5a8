"""What must be asked of AWS before anything is made: the region and the default network.

The network is asked for synchronously, so that an account without a default VPC is an error before
anything registers. Answers are kept for the run: a hundred apps ask once.
"""

import weakref
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import pulumi
import pulumi_aws as aws

from platform_lib.app_args import NetworkArgs
from platform_lib.checks import InvalidInput
from platform_lib.records import record

T = TypeVar("T")


@record
class Network:
    """A VPC and the subnets that an app of ours stands in."""

    vpc_id: pulumi.Input[str]
    public_subnet_ids: Sequence[pulumi.Input[str]]
    private_subnet_ids: Sequence[pulumi.Input[str]]

    @property
    def app_is_public(self) -> bool:
        """Whether the app stands beside the balancer and needs a public address to get out."""
        return not self.private_subnet_ids

    @property
    def app_subnet_ids(self) -> Sequence[pulumi.Input[str]]:
        """Where the app stands: the private subnets where there are some."""
        return self.private_subnet_ids or self.public_subnet_ids


def aws_provider(opts: pulumi.ResourceOptions | None) -> pulumi.ProviderResource | None:
    """Find the AWS provider that a component with these options will use; None is the default."""
    if opts is None:
        return None
    given = [opts.provider] if opts.provider is not None else []
    if isinstance(opts.providers, pulumi.ProviderResource):
        given.append(opts.providers)
    elif opts.providers:
        values = opts.providers.values() if hasattr(opts.providers, "values") else opts.providers
        given.extend(values)
    for provider in given:
        if provider.package == "aws":
            return provider
    return opts.parent.get_provider("aws:index/x:x") if opts.parent is not None else None


def former_names(opts: pulumi.ResourceOptions | None) -> list[str]:
    """Give the names that a component had before, as its aliases tell."""
    aliases = (opts.aliases if opts is not None else None) or []
    return [
        alias.name
        for alias in aliases
        if isinstance(alias, pulumi.Alias) and isinstance(alias.name, str)
    ]


def find_region(provider: pulumi.ProviderResource | None) -> pulumi.Output[str]:
    """Ask for the region that the provider works in."""

    def ask() -> pulumi.Output[str]:
        answer = aws.get_region_output(opts=pulumi.InvokeOutputOptions(provider=provider))
        return answer.apply(lambda found: found.region)

    return _once("region", provider, ask)


def find_account(provider: pulumi.ProviderResource | None) -> pulumi.Output[str]:
    """Ask for the number of the account that the provider works in."""

    def ask() -> pulumi.Output[str]:
        answer = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(provider=provider))
        return answer.apply(lambda found: found.account_id)

    return _once("account", provider, ask)


def find_network(
    given: NetworkArgs | None, provider: pulumi.ProviderResource | None, *, internal: bool = False
) -> Network:
    """Take the given network, or the default VPC's default subnets in the first two zones.

    An `internal` load balancer stands in the private subnets, where there are some.
    """
    if given is None:
        return _once("network", provider, lambda: _default_network(provider))
    inside = internal and given.get("private_subnet_ids")
    if not inside and not given.get("public_subnet_ids"):
        need = "is needed: a public load balancer stands in these subnets, in two zones"
        raise InvalidInput("network.public_subnet_ids", None, need)
    network = Network(
        vpc_id=given["vpc_id"],
        public_subnet_ids=given.get("public_subnet_ids", ()),
        private_subnet_ids=given.get("private_subnet_ids", ()),
    )
    check_zones("network.public_subnet_ids", network.public_subnet_ids, provider)
    check_zones("network.private_subnet_ids", network.private_subnet_ids, provider)
    return network


def _default_network(provider: pulumi.ProviderResource | None) -> Network:
    opts = pulumi.InvokeOptions(provider=provider)
    try:
        vpc_id = aws.ec2.get_vpc(default=True, opts=opts).id
    except Exception as problem:
        # The SDK raises a bare Exception for whatever the provider answered: its words go along.
        need = f"is needed, for the account's default VPC cannot be used ({problem})"
        raise InvalidInput("network", None, " ".join(need.split())) from problem
    # Zones are ordered by ID, not by name: a name means another zone in another account. A zone
    # that AWS adds later sorts behind the first two and moves nobody (awsx#1204).
    zones = aws.get_availability_zones(state="available", opts=opts)
    found: list[str] = []
    for zone_id in sorted(zones.zone_ids or ()):
        filters: list[aws.ec2.GetSubnetsFilterArgsDict] = [
            {"name": "vpc-id", "values": [vpc_id]},
            {"name": "default-for-az", "values": ["true"]},
            {"name": "availability-zone-id", "values": [zone_id]},
        ]
        found.extend(sorted(aws.ec2.get_subnets(filters=filters, opts=opts).ids or ())[:1])
        if len(found) == 2:
            break
    # A team's own mocks may not answer; AWS always names the zones.
    if zones.zone_ids and len(found) < 2:
        need = f"is needed, for default VPC {vpc_id} lacks default subnets in two zones"
        raise InvalidInput("network", None, need)
    return Network(vpc_id=vpc_id, public_subnet_ids=found, private_subnet_ids=())


def check_zones(
    field: str,
    subnet_ids: Sequence[pulumi.Input[str]],
    provider: pulumi.ProviderResource | None,
) -> None:
    """Refuse known subnets that all lie in one zone, which a load balancer would refuse later."""
    known = [subnet for subnet in subnet_ids if isinstance(subnet, str)]
    if not known or len(known) < len(subnet_ids):
        return
    zones = {_zone_of(subnet, provider) for subnet in known}
    if len(zones) == 1 and None not in zones:
        need = f"needs subnets in at least two zones, these are all in {zones.pop()}"
        raise InvalidInput(field, known, need)


def _zone_of(subnet_id: str, provider: pulumi.ProviderResource | None) -> str | None:
    def ask() -> str | None:
        opts = pulumi.InvokeOptions(provider=provider)
        return aws.ec2.get_subnet(id=subnet_id, opts=opts).availability_zone

    return _once(f"subnet {subnet_id}", provider, ask)


_answers: "weakref.WeakKeyDictionary[Any, dict[tuple[str, object], Any]]"
_answers = weakref.WeakKeyDictionary()
"""Answers by the run that asked: every engine, and every test's mocks, have their own monitor."""


def _once(question: str, provider: pulumi.ProviderResource | None, ask: Callable[[], T]) -> T:
    asked = _answers.setdefault(pulumi.runtime.settings.get_monitor(), {})
    key = (question, provider)
    if key not in asked:
        asked[key] = ask()
    answer: T = asked[key]
    return answer
