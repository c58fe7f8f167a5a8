"""Where an app answers, whatever stands before it."""

import pulumi

from platform_lib.records import record


@record
class Served:
    """Addresses of what serves; None where there is no such thing."""

    url: pulumi.Output[str] | None = None
    dns_name: pulumi.Output[str] | None = None
    hosted_zone_id: pulumi.Output[str] | None = None
    target_group_arn: pulumi.Output[str] | None = None
