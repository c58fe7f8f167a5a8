"""A function's alias, and what keeps the version behind it warm."""

from typing import Any

import pulumi
import pulumi_aws as aws

from platform_lib.function_app.version_settings import Versions, Weight
from platform_lib.parts.children import Children
from platform_lib.parts.scaling import SCALING_CHILDREN, create_target_tracking
from platform_lib.records import record

_PROVISIONED = {"provisioned_concurrency": "aws.lambda_.ProvisionedConcurrencyConfig"}

_UTILIZATION = 0.7
"""Of what is kept warm, the share in use that scaling aims at; AWS's own example."""


@record
class Serving:
    """The alias that callers are bound to, and what keeps the version behind it warm."""

    alias: "aws.lambda_.Alias"
    provisioned_concurrency: "aws.lambda_.ProvisionedConcurrencyConfig | None"
    scaling_target: "aws.appautoscaling.Target | None"
    scaling_policy: "aws.appautoscaling.Policy | None"


def serve_versions(
    child: Children, function: "aws.lambda_.Function", versions: Versions
) -> Serving:
    """Name the version that serves, and keep it warm where that is asked for."""
    alias = _create_alias(child, function, versions)
    provisioned, target, policy = None, None, None
    if versions.provisioned is not None:
        provisioned = _create_provisioned(child, alias, versions)
        if versions.provisioned_maximum is not None:
            target, policy = _create_scaling(
                child,
                provisioned,
                minimum=versions.provisioned,
                maximum=versions.provisioned_maximum,
            )
    return Serving(
        alias=alias,
        provisioned_concurrency=provisioned,
        scaling_target=target,
        scaling_policy=policy,
    )


def versions_children(versions: Versions) -> dict[str, str]:
    """Name what is made: key -> class."""
    return {
        "alias": "aws.lambda_.Alias",
        **(_PROVISIONED if versions.provisioned else {}),
        **(SCALING_CHILDREN if versions.provisioned_maximum else {}),
    }


def _create_alias(
    child: Children, function: "aws.lambda_.Function", versions: Versions
) -> "aws.lambda_.Alias":
    """Name the version that serves, or the two that share the calls."""
    weight = versions.weight
    return child.make(
        "alias",
        aws.lambda_.Alias,
        "alias",
        name=versions.alias,
        function_name=function.name,
        function_version=weight.previous_version if weight else function.version,
        routing_config=_routing(weight, function.version) if weight else None,
        # An alias has a fixed name, for which pulumi-aws deletes before it replaces. Yet what
        # replaces one is another function, of which it may be made first.
        opts=pulumi.ResourceOptions(delete_before_replace=False),
    )


def _routing(weight: Weight, version: pulumi.Output[str]) -> pulumi.Output[Any]:
    """Give the new version its share, unless it is the previous one: that has all the calls.

    So it is where a program says `weighted` and nothing of the function changed since. AWS
    refuses weights of an alias on its own version.
    """

    def split(new: str) -> dict[str, Any] | None:
        if new == weight.previous_version:
            return None
        return {"additional_version_weights": {new: weight.percent / 100}}

    return version.apply(split)


def _create_provisioned(
    child: Children, alias: "aws.lambda_.Alias", versions: Versions
) -> "aws.lambda_.ProvisionedConcurrencyConfig":
    """Keep the version behind an alias warm; `up` waits until it is."""
    # Scaling owns the count where there is scaling: the engine would set it back.
    owned = ["provisionedConcurrentExecutions"] if versions.provisioned_maximum else []
    return child.make(
        "provisioned_concurrency",
        aws.lambda_.ProvisionedConcurrencyConfig,
        "provisioned",
        function_name=alias.function_name,
        qualifier=alias.name,
        provisioned_concurrent_executions=versions.provisioned,
        opts=pulumi.ResourceOptions(ignore_changes=owned),
    )


def _create_scaling(
    child: Children,
    provisioned: "aws.lambda_.ProvisionedConcurrencyConfig",
    *,
    minimum: int,
    maximum: int,
) -> tuple["aws.appautoscaling.Target", "aws.appautoscaling.Policy"]:
    """Let what is kept warm follow how much of it is in use.

    https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
    """
    return create_target_tracking(
        child,
        suffix="utilization",
        dimension="lambda:function:ProvisionedConcurrency",
        resource_id=pulumi.Output.format(
            "function:{}:{}", provisioned.function_name, provisioned.qualifier
        ),
        minimum=minimum,
        maximum=maximum,
        metric="LambdaProvisionedConcurrencyUtilization",
        target_value=_UTILIZATION,
    )
