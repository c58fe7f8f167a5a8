"""Application auto scaling: what the count of a service's tasks follows."""

from platform_lib.local.provider.row import Call, Look, Name, Row

_TARGET = {
    "ServiceNamespace": "{serviceNamespace}",
    "ResourceId": "{resourceId}",
    "ScalableDimension": "{scalableDimension}",
}
_IDENTITY = ("resourceId", "scalableDimension", "serviceNamespace")

ROWS = (
    Row(
        type="aws:appautoscaling/target:Target",
        service="application-autoscaling",
        create=Call("register_scalable_target"),
        id="{serviceNamespace}/{resourceId}/{scalableDimension}",
        looks=(
            Look(
                "describe_scalable_targets",
                {
                    "ServiceNamespace": "{serviceNamespace}",
                    "ResourceIds": ["{resourceId}"],
                    "ScalableDimension": "{scalableDimension}",
                },
                "ScalableTargets[0]",
            ),
        ),
        delete=Call("deregister_scalable_target", _TARGET),
        update=(Call("register_scalable_target"),),
        keeps=("roleArn", "suspendedState"),
        replace=_IDENTITY,
        dropped={"tags": "moto forgets them"},
        outputs={"arn": "ScalableTargetARN"},
    ),
    Row(
        type="aws:appautoscaling/policy:Policy",
        service="application-autoscaling",
        noun="Policy",
        name=Name("name", 256),
        create=Call("put_scaling_policy"),
        id="{name}",
        looks=(
            Look(
                "describe_scaling_policies",
                {**_TARGET, "PolicyNames": ["{name}"]},
                "ScalingPolicies[0]",
            ),
        ),
        delete=Call("delete_scaling_policy", {"PolicyName": "{name}", **_TARGET}),
        update=(Call("put_scaling_policy"),),
        unset={"policyType": "StepScaling"},
        replace=("name", *_IDENTITY),
        outputs={"arn": "PolicyARN"},
    ),
)
