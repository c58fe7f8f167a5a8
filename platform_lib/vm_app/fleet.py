"""An app's instances on EC2: instance profile, launch template, auto scaling group and scaling."""

import base64
from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from platform_lib.parts.children import Children

INSTANCE_CHILDREN = {
    "instance_profile": "aws.iam.InstanceProfile",
    "launch_template": "aws.ec2.LaunchTemplate",
    "auto_scaling_group": "aws.autoscaling.Group",
    "scaling_policy": "aws.autoscaling.Policy",
}

_IMAGES = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-"
"""https://docs.aws.amazon.com/linux/al2023/ug/ec2.html"""


def newest_image(
    architecture: str, provider: pulumi.ProviderResource | None
) -> pulumi.Output[str]:
    """Read the ID of the newest Amazon Linux 2023 image for a processor.

    The launch template gets the ID, not the parameter: an instance refresh cannot roll back to a
    template whose image is a parameter.
    """
    answer = aws.ssm.get_parameter_output(
        name=_IMAGES + architecture, opts=pulumi.InvokeOutputOptions(provider=provider)
    )
    return answer.apply(lambda found: found.insecure_value)


def create_instance_profile(child: Children, role: "aws.iam.Role") -> "aws.iam.InstanceProfile":
    """Wrap a role so that an instance can take it on."""
    return child.make("instance_profile", aws.iam.InstanceProfile, "profile", role=role.name)


def create_launch_template(
    child: Children,
    *,
    image_id: pulumi.Input[str],
    instance_type: str,
    volume_gib: int,
    instance_profile: "aws.iam.InstanceProfile",
    security_group_id: pulumi.Input[str],
    public_addresses: bool,
    user_data: pulumi.Output[str],
) -> "aws.ec2.LaunchTemplate":
    """Say what an instance is: encrypted, and with metadata only for who holds a session token."""
    tags = {"Name": child.name, **child.tags}
    return child.make(
        "launch_template",
        aws.ec2.LaunchTemplate,
        "template",
        image_id=image_id,
        instance_type=instance_type,
        iam_instance_profile={"arn": instance_profile.arn},
        user_data=user_data.apply(lambda text: base64.b64encode(text.encode()).decode()),
        metadata_options={
            "http_endpoint": "enabled",
            "http_tokens": "required",
            "http_put_response_hop_limit": 1,
        },
        block_device_mappings=[
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
        network_interfaces=[
            {
                "device_index": 0,
                "associate_public_ip_address": "true" if public_addresses else "false",
                "delete_on_termination": "true",
                "security_groups": [security_group_id],
            }
        ],
        tag_specifications=[
            {"resource_type": "instance", "tags": tags},
            {"resource_type": "volume", "tags": tags},
        ],
        update_default_version=True,
    )


def create_group(
    child: Children,
    *,
    launch_template: "aws.ec2.LaunchTemplate",
    subnet_ids: Sequence[pulumi.Input[str]],
    target_group_arn: pulumi.Input[str],
    minimum: int,
    maximum: int,
    tags: Mapping[str, str],
    depends_on: Sequence[pulumi.Resource],
) -> "aws.autoscaling.Group":
    """Run the instances, and change them without a gap: new ones are well before old ones go."""
    return child.make(
        "auto_scaling_group",
        aws.autoscaling.Group,
        "group",
        min_size=minimum,
        max_size=maximum,
        vpc_zone_identifiers=list(subnet_ids),
        target_group_arns=[target_group_arn],
        # By number: with $Latest a new version would start no refresh, and none could roll back.
        launch_template={
            "id": launch_template.id,
            "version": launch_template.latest_version.apply(str),
        },
        health_check_type="ELB",
        health_check_grace_period=300,
        # `up` waits until the balancer finds this many instances well.
        wait_for_elb_capacity=minimum,
        wait_for_capacity_timeout="15m",
        instance_refresh={
            "strategy": "Rolling",
            "preferences": {
                "min_healthy_percentage": 100,
                "max_healthy_percentage": 200,
                "auto_rollback": True,
            },
        },
        tags=[
            {"key": key, "value": value, "propagate_at_launch": True}
            for key, value in {"Name": child.name, **tags}.items()
        ],
        opts=pulumi.ResourceOptions(depends_on=list(depends_on)),
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
