"""Where an app answers, whatever stands before it."""

from dataclasses import dataclass

import pulumi


@dataclass(frozen=True, kw_only=True)
class Served:
    """Addresses of what serves; None where there is no such thing."""

    url: pulumi.Output[str] | None = None
    dns_name: pulumi.Output[str] | None = None
    hosted_zone_id: pulumi.Output[str] | None = None
    target_group_arn: pulumi.Output[str] | None = None
