"""Application Auto Scaling: a number that follows how much of what it counts is in use."""

import pulumi
import pulumi_aws as aws

from platform_lib.parts.children import Children

SCALING_CHILDREN = {
    "scaling_target": "aws.appautoscaling.Target",
    "scaling_policy": "aws.appautoscaling.Policy",
}


def create_target_tracking(
    child: Children,
    *,
    suffix: str,
    dimension: str,
    resource_id: pulumi.Input[str],
    minimum: int,
    maximum: int,
    metric: str,
    target_value: float,
    cooldowns: tuple[int, int] | None = None,
) -> tuple["aws.appautoscaling.Target", "aws.appautoscaling.Policy"]:
    """Keep a predefined metric at a value, between two bounds.

    `dimension` begins with the service, as `ecs:service:DesiredCount` does. `cooldowns` are the
    seconds after a growth and after a shrinkage before the next one. Default: AWS's own.
    """
    service = dimension.partition(":")[0]
    target = child.make(
        "scaling_target",
        aws.appautoscaling.Target,
        "scaling",
        service_namespace=service,
        resource_id=resource_id,
        scalable_dimension=dimension,
        min_capacity=minimum,
        max_capacity=maximum,
    )
    configuration = {
        "predefined_metric_specification": {"predefined_metric_type": metric},
        "target_value": target_value,
    }
    if cooldowns is not None:
        configuration["scale_out_cooldown"], configuration["scale_in_cooldown"] = cooldowns
    policy = child.make(
        "scaling_policy",
        aws.appautoscaling.Policy,
        suffix,
        policy_type="TargetTrackingScaling",
        service_namespace=target.service_namespace,
        resource_id=target.resource_id,
        scalable_dimension=target.scalable_dimension,
        target_tracking_scaling_policy_configuration=configuration,
    )
    return target, policy
