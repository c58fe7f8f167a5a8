"""An app's instances on EC2: instance profile, launch template, auto scaling group and scaling.

Each release has an auto scaling group of its own. A change of what an instance is makes the next
one, which has to be found well by the load balancer before the last one goes: see
docs/decisions/0020-a-group-per-release.md.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from platform_lib.parts.children import Children
from platform_lib.records import record

INSTANCE_CHILDREN = {
    "instance_profile": "aws.iam.InstanceProfile",
    "launch_template": "aws.ec2.LaunchTemplate",
    "auto_scaling_group": "aws.autoscaling.Group",
    "scaling_policy": "aws.autoscaling.Policy",
}

_IMAGES = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-"
"""https://docs.aws.amazon.com/linux/al2023/ug/ec2.html"""


_NO_RELEASE = frozenset(
    {"tags", "tag_specifications", "description", "default_version", "update_default_version"}
)
"""Inputs of a launch template that say nothing of what an instance does: the group takes their new
version in place, and instances that it starts from then on have it."""

_PROVEN = "GroupInServiceInstances"
"""A metric of the group, free of charge. The provider turns it on after its wait for healthy
instances: a group without it has not been proven, whatever the state says."""


@record
class Release:
    """What an instance is."""

    launch_template: "aws.ec2.LaunchTemplate"
    digest: pulumi.Output[str]
    """Of all that a running instance would have to be replaced for."""


@record
class Size:
    """How many instances the app has now, within its bounds."""

    desired: int
    resized: bool
    """Whether the minimum of what is there is another: then that group gets `desired` too."""


def fleet_prefix(name: str) -> str:
    """Begin the names of an app's groups: no other stack of the account has the same."""
    place = f"{pulumi.get_project()}\0{pulumi.get_stack()}"
    return f"{name}-{hashlib.sha256(place.encode()).hexdigest()[:7]}-"


def find_size(
    names: Sequence[str],
    *,
    minimum: int,
    maximum: int,
    provider: pulumi.ProviderResource | None,
) -> Size:
    """Ask how many instances the app has: a new group starts with as many as the last one has.

    `names` are the component's name and those that it had before. The provider waits for an exact
    number when a group's minimum changes, and takes the one that it saw last for it where it is
    not told (terraform-provider-aws, internal/service/autoscaling/group.go): so it is told.
    """
    opts = pulumi.InvokeOptions(provider=provider)
    prefixes = tuple(map(fleet_prefix, names))
    found = aws.autoscaling.get_ami_ids(opts=opts).names or []
    ours = sorted(name for name in found if name.startswith(prefixes))
    groups = [aws.autoscaling.get_group(name=name, opts=opts) for name in ours]
    living = [group for group in groups if not group.status]
    if len(living) > 1:
        pulumi.log.warn(
            f"{names[0]} has {len(living)} auto scaling groups ({', '.join(ours)}): an up failed "
            "or was killed. This one goes on, and deletes what Pulumi knows of. A group that is "
            "there afterwards is not known to it, and serves too: delete it with `aws autoscaling "
            "delete-auto-scaling-group --force-delete --auto-scaling-group-name NAME`"
        )
    now = max((group.desired_capacity for group in living), default=minimum)
    return Size(
        desired=min(max(now, minimum), maximum),
        resized=any(group.min_size != minimum for group in living),
    )


def newest_image(
    architecture: str, provider: pulumi.ProviderResource | None
) -> pulumi.Output[str]:
    """Read the ID of the newest Amazon Linux 2023 image for a processor.

    The launch template gets the ID, not the parameter: a release whose image changes under it is
    not the one that was proven.
    """
    answer = aws.ssm.get_parameter_output(
        name=_IMAGES + architecture, opts=pulumi.InvokeOutputOptions(provider=provider)
    )
    return answer.apply(lambda found: found.insecure_value)


def create_instance_profile(child: Children, role: "aws.iam.Role") -> "aws.iam.InstanceProfile":
    """Wrap a role so that an instance can take it on."""
    return child.make("instance_profile", aws.iam.InstanceProfile, "profile", role=role.name)


def create_release(
    child: Children,
    *,
    image_id: pulumi.Input[str],
    instance_type: str,
    volume_gib: int,
    instance_profile: "aws.iam.InstanceProfile",
    security_group_id: pulumi.Input[str],
    public_addresses: bool,
    user_data: pulumi.Output[str],
) -> Release:
    """Say what an instance is: encrypted, and with metadata only for who holds a session token."""
    tags = {"Name": child.name, **child.tags}
    inputs: dict[str, Any] = {
        "image_id": image_id,
        "instance_type": instance_type,
        "iam_instance_profile": {"arn": instance_profile.arn},
        "user_data": user_data.apply(lambda text: base64.b64encode(text.encode()).decode()),
        "metadata_options": {
            "http_endpoint": "enabled",
            "http_tokens": "required",
            "http_put_response_hop_limit": 1,
        },
        "block_device_mappings": [
            {
                "device_name": "/dev/xvda",
                "ebs": {
                    "volume_size": volume_gib,
                    "volume_type": "gp3",
                    "encrypted": "true",
                    "delete_on_termination": "true",
                },
            }
        ],
        "network_interfaces": [
            {
                "device_index": 0,
                "associate_public_ip_address": "true" if public_addresses else "false",
                "delete_on_termination": "true",
                "security_groups": [security_group_id],
            }
        ],
        "tag_specifications": [
            {"resource_type": "instance", "tags": tags},
            {"resource_type": "volume", "tags": tags},
        ],
        "update_default_version": True,
    }
    template = child.make("launch_template", aws.ec2.LaunchTemplate, "template", **inputs)
    told = child.overridden("launch_template", inputs)
    rolled = {word: value for word, value in told.items() if word not in _NO_RELEASE}
    text = pulumi.Output.json_dumps(rolled, sort_keys=True, default=vars)
    digest = text.apply(lambda known: hashlib.sha256(known.encode()).hexdigest()[:7])
    return Release(launch_template=template, digest=digest)


def create_group(
    child: Children,
    *,
    release: Release,
    subnet_ids: Sequence[pulumi.Input[str]],
    target_group_arn: pulumi.Input[str],
    minimum: int,
    maximum: int,
    size: Size,
    tags: Mapping[str, str],
    depends_on: Sequence[pulumi.Resource],
) -> "aws.autoscaling.Group":
    """Run a release's instances; the next release's group is well before this one goes.

    A create whose wait fails leaves a group that Pulumi knows of, and marks as unfinished
    (`#initerror`). It is replaced by the next `up`, and the last good group stays until then. A
    refresh takes the mark away, but not what the group lacks in AWS.
    """
    return child.make(
        "auto_scaling_group",
        aws.autoscaling.Group,
        "group",
        # Another release has another name, and so has another try.
        name_prefix=release.digest.apply(lambda digest: f"{fleet_prefix(child.name)}{digest}-"),
        min_size=minimum,
        max_size=maximum,
        desired_capacity=size.desired,
        vpc_zone_identifiers=list(subnet_ids),
        target_group_arns=[target_group_arn],
        launch_template={
            "id": release.launch_template.id,
            # By number: with $Latest a group would start what no `up` has proven.
            "version": release.launch_template.latest_version.apply(str),
        },
        health_check_type="ELB",
        health_check_grace_period=300,
        # `up` waits until the balancer finds as many well as the last group has.
        min_elb_capacity=size.desired,
        wait_for_capacity_timeout="15m",
        enabled_metrics=[_PROVEN],
        tags=[
            {"key": key, "value": value, "propagate_at_launch": True}
            for key, value in {"Name": child.name, **tags}.items()
        ],
        opts=pulumi.ResourceOptions(
            depends_on=list(depends_on),
            # Other subnets may have no way out: that is to be found out beside what serves.
            replace_on_changes=["#initerror", "enabledMetrics", "vpcZoneIdentifiers"],
            # Where the group begins; from then on scaling has the word.
            ignore_changes=["minElbCapacity", *([] if size.resized else ["desiredCapacity"])],
        ),
    )


def create_cpu_scaling(
    child: Children, group: "aws.autoscaling.Group", cpu_percent: int
) -> "aws.autoscaling.Policy":
    """Let the count of instances follow their use of the processor."""
    return child.make(
        "scaling_policy",
        aws.autoscaling.Policy,
        "cpu",
        autoscaling_group_name=group.name,
        policy_type="TargetTrackingScaling",
        target_tracking_configuration={
            "predefined_metric_specification": {
                "predefined_metric_type": "ASGAverageCPUUtilization"
            },
            "target_value": cpu_percent,
        },
    )
