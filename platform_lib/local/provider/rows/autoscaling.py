"""Auto scaling groups of instances, and what they follow."""

from platform_lib.local.account import Account
from platform_lib.local.provider.calls import call_aws
from platform_lib.local.provider.row import Call, Look, Name, Properties, Row, because

_GROUP = {"AutoScalingGroupName": "{id}"}


def _group(inputs: Properties) -> Properties:
    """Say of each tag whose it is, which AWS wants said."""
    tags = inputs.get("tags")
    if not isinstance(tags, list):
        return inputs
    whose = {"resourceId": inputs.get("name", ""), "resourceType": "auto-scaling-group"}
    return {**inputs, "tags": [{**tag, **whose} for tag in tags]}


def _updated(account: Account, before: Properties, after: Properties) -> None:
    """Attach and detach target groups, and take away tags and metrics that are no more."""
    group = {"AutoScalingGroupName": after["id"]}
    old, new = (set(side.get("targetGroupArns") or []) for side in (before, after))
    for operation, arns in (
        ("attach_load_balancer_target_groups", new - old),
        ("detach_load_balancer_target_groups", old - new),
    ):
        if arns:
            request = {**group, "TargetGroupARNs": sorted(arns)}
            call_aws(account, "autoscaling", operation, request)
    if (before.get("enabledMetrics") or []) != (after.get("enabledMetrics") or []):
        _served(account, after)
    kept = {tag["key"] for tag in after.get("tags") or []}
    gone = [tag["key"] for tag in before.get("tags") or [] if tag["key"] not in kept]
    if gone:
        whose = {"ResourceId": after["id"], "ResourceType": "auto-scaling-group"}
        request = {"Tags": [{"Key": key, **whose} for key in gone]}
        call_aws(account, "autoscaling", "delete_tags", request)


def _served(account: Account, group: Properties) -> None:
    """Turn the group's metrics on: the account takes it for all that there are."""
    metrics = {"Metrics": group.get("enabledMetrics") or []}
    request = {"AutoScalingGroupName": group["id"], "Granularity": "1Minute", **metrics}
    call_aws(account, "autoscaling", "enable_metrics_collection", request)


def _heard(before: Properties, after: Properties) -> str:
    """Tell a refresh from an update in place, which starts no instance anew.

    The retry of a create whose wait failed has the same inputs: the provider does nothing then,
    so that it does not wait again (terraform-provider-aws, internal/service/autoscaling/group.go).
    """
    if {**before, "__defaults": None} == {**after, "__defaults": None}:
        return ""
    templates = ("launchTemplate", "mixedInstancesPolicy")
    rolls = any(before.get(word) != after.get(word) for word in templates)
    return "refresh" if rolls and after.get("instanceRefresh") else "update"


ROWS = (
    Row(
        type="aws:autoscaling/group:Group",
        service="autoscaling",
        noun="AutoScalingGroup",
        name=Name("name", 255),
        create=Call("create_auto_scaling_group"),
        id="{name}",
        looks=(
            Look(
                "describe_auto_scaling_groups",
                {"AutoScalingGroupNames": ["{id}"]},
                "AutoScalingGroups[0]",
            ),
        ),
        delete=Call("delete_auto_scaling_group", {**_GROUP, "ForceDelete": True}),
        prepare=_group,
        renames={
            "initialLifecycleHooks": "LifecycleHookSpecificationList",
            "initialLifecycleHooks.name": "LifecycleHookName",
            "launchConfiguration": "LaunchConfigurationName",
            "launchTemplate.id": "LaunchTemplateId",
            "launchTemplate.name": "LaunchTemplateName",
            "loadBalancers": "LoadBalancerNames",
            "protectFromScaleIn": "NewInstancesProtectedFromScaleIn",
            "serviceLinkedRoleArn": "ServiceLinkedRoleARN",
        },
        update=(
            Call("update_auto_scaling_group", _GROUP),
            Call("create_or_update_tags", takes=("tags",)),
        ),
        keeps=(
            "availabilityZones",
            "defaultCooldown",
            "desiredCapacity",
            "healthCheckType",
            "launchTemplate",
            "loadBalancers",
            "mixedInstancesPolicy",
            "serviceLinkedRoleArn",
            "targetGroupArns",
            "vpcZoneIdentifiers",
        ),
        unset={
            "capacityRebalance": False,
            "defaultInstanceWarmup": 0,
            "healthCheckGracePeriod": 300,
            "instanceMaintenancePolicy": {"minHealthyPercentage": -1, "maxHealthyPercentage": -1},
            "maxInstanceLifetime": 0,
            "protectFromScaleIn": False,
            "tags": [],
            "waitForCapacityTimeout": "10m",
        },
        replace=("name",),
        hooked=("targetGroupArns", "enabledMetrics"),
        back={"enabledMetrics": "EnabledMetrics[].Metric"},
        served=_served,
        updated=_updated,
        heard=_heard,
        outputs={"arn": "AutoScalingGroupARN"},
        dropped=because(
            "moto forgets it",
            "defaultInstanceWarmup",
            "initialLifecycleHooks",
            "instanceMaintenancePolicy",
            "maxInstanceLifetime",
        ),
        ignored={
            **because(
                "a destroy always ends the instances here", "forceDelete", "forceDeleteWarmPool"
            ),
            **because(
                "the local cloud always waits until the group's new instances serve",
                "ignoreFailedScalingActivities",
                "minElbCapacity",
                "waitForCapacityTimeout",
                "waitForElbCapacity",
            ),
            "metricsGranularity": "AWS knows one, 1Minute",
            "instanceRefresh": "the local runtime rolls new instances in, and waits for them",
        },
        refused={
            "suspendedProcesses": "the local runtime always keeps a group as it should be",
            "warmPool": "instances that wait are not imitated",
        },
    ),
    Row(
        type="aws:autoscaling/policy:Policy",
        service="autoscaling",
        noun="Policy",
        name=Name("name", 255),
        create=Call("put_scaling_policy"),
        id="{name}",
        looks=(
            Look(
                "describe_policies",
                {"AutoScalingGroupName": "{autoscalingGroupName}", "PolicyNames": ["{name}"]},
                "ScalingPolicies[0]",
            ),
        ),
        delete=Call(
            "delete_policy",
            {"AutoScalingGroupName": "{autoscalingGroupName}", "PolicyName": "{name}"},
        ),
        renames={
            "targetTrackingConfiguration.customizedMetricSpecification.metricDimensions": (
                "Dimensions"
            ),
        },
        update=(Call("put_scaling_policy"),),
        keeps=("metricAggregationType",),
        unset={"enabled": True, "policyType": "SimpleScaling"},
        replace=("name", "autoscalingGroupName"),
        dropped={"enabled": "moto forgets it"},
        outputs={"arn": "PolicyARN"},
    ),
    Row(
        type="aws:autoscaling/attachment:Attachment",
        service="autoscaling",
        create=Call("attach_load_balancer_target_groups"),
        id="{autoscalingGroupName}/{lbTargetGroupArn}",
        looks=(
            Look(
                "describe_load_balancer_target_groups",
                {"AutoScalingGroupName": "{autoscalingGroupName}"},
                "LoadBalancerTargetGroups[?LoadBalancerTargetGroupARN=='{lbTargetGroupArn}']|[0]",
            ),
        ),
        delete=Call(
            "detach_load_balancer_target_groups",
            {
                "AutoScalingGroupName": "{autoscalingGroupName}",
                "TargetGroupARNs": ["{lbTargetGroupArn}"],
            },
        ),
        renames={"lbTargetGroupArn": "TargetGroupARNs"},
        back={"lbTargetGroupArn": "LoadBalancerTargetGroupARN"},
        dropped={"autoscalingGroupName": "it is asked for by its group"},
        refused={"elb": "classic load balancers are not imitated"},
    ),
)
