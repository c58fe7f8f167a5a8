"""N apps on virtual machines, written by hand: what VmApp makes from a bundle in S3."""

import base64
import hashlib
import json

import pulumi
import pulumi_aws as aws
from front import create_front, default_place
from options import keep
from policies import document, read_write_table, trust, write_logs

IMAGE = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"


def make_all(names):
    place = default_place()
    region = aws.get_region_output().region
    image_id = aws.ssm.get_parameter_output(name=IMAGE).insecure_value
    for name in names:
        make(name, place, region, image_id)


def make(name, place, region, image_id):
    logs = aws.cloudwatch.LogGroup(f"{name}-logs", retention_in_days=30)
    role = aws.iam.Role(
        f"{name}-role", assume_role_policy=trust("ec2.amazonaws.com"), opts=keep("name")
    )
    policy = aws.iam.RolePolicy(
        f"{name}-policy",
        role=role.name,
        policy=document(
            {
                "Effect": "Allow",
                "Action": [
                    "ssm:UpdateInstanceInformation",
                    "ssmmessages:CreateControlChannel",
                    "ssmmessages:CreateDataChannel",
                    "ssmmessages:OpenControlChannel",
                    "ssmmessages:OpenDataChannel",
                ],
                "Resource": "*",
            },
            write_logs(logs),
            {
                "Effect": "Allow",
                "Action": ["s3:GetObject"],
                "Resource": "arn:aws:s3:::artifacts/notes.zip",
            },
            read_write_table(),
        ),
    )
    profile = aws.iam.InstanceProfile(f"{name}-profile", role=role.name)
    front = create_front(name, place, "instance")
    script = pulumi.Output.all(region, logs.name).apply(lambda both: user_data(name, *both))
    release = pulumi.Output.json_dumps([image_id, profile.arn, front.group.id, script])
    digest = release.apply(lambda text: hashlib.sha256(text.encode()).hexdigest()[:7])
    template = aws.ec2.LaunchTemplate(
        f"{name}-template",
        image_id=image_id,
        instance_type="t4g.small",
        update_default_version=True,
        iam_instance_profile={"arn": profile.arn},
        block_device_mappings=[
            {
                "device_name": "/dev/xvda",
                "ebs": {
                    "delete_on_termination": "true",
                    "encrypted": "true",
                    "volume_size": 8,
                    "volume_type": "gp3",
                },
            }
        ],
        metadata_options={
            "http_endpoint": "enabled",
            "http_put_response_hop_limit": 1,
            "http_tokens": "required",
        },
        network_interfaces=[
            {
                "associate_public_ip_address": "true",
                "delete_on_termination": "true",
                "device_index": 0,
                "security_groups": [front.group.id],
            }
        ],
        tag_specifications=[
            {"resource_type": "instance", "tags": {"Name": name}},
            {"resource_type": "volume", "tags": {"Name": name}},
        ],
        user_data=script,
    )
    group = aws.autoscaling.Group(
        f"{name}-group",
        name_prefix=digest.apply(lambda known: f"{name}-{known}-"),
        min_size=1,
        max_size=4,
        desired_capacity=1,
        vpc_zone_identifiers=place.subnet_ids,
        launch_template={"id": template.id, "version": template.latest_version.apply(str)},
        target_group_arns=[front.target_group.arn],
        health_check_type="ELB",
        health_check_grace_period=300,
        tags=[{"key": "Name", "propagate_at_launch": True, "value": name}],
        wait_for_capacity_timeout="15m",
        min_elb_capacity=1,
        enabled_metrics=["GroupInServiceInstances"],
        opts=pulumi.ResourceOptions(
            depends_on=[*front.before_compute, policy],
            replace_on_changes=["#initerror", "enabledMetrics", "vpcZoneIdentifiers"],
            ignore_changes=["minElbCapacity", "desiredCapacity"],
        ),
    )
    aws.autoscaling.Policy(
        f"{name}-cpu",
        autoscaling_group_name=group.name,
        policy_type="TargetTrackingScaling",
        target_tracking_configuration={
            "predefined_metric_specification": {
                "predefined_metric_type": "ASGAverageCPUUtilization"
            },
            "target_value": 60,
        },
    )


def user_data(name, region, log_group):
    environment = f'APP_NAME="{name}"\nAWS_REGION="{region}"\nPORT="8080"\n'
    unit = (
        f"[Unit]\nDescription=App {name}\n[Service]\nUser=app\n"
        "EnvironmentFile=/etc/platform/app.env\nExecStart=/bin/sh -c 'python3 -m notes'\n"
    )
    agent = {
        "logs": {
            "logs_collected": {
                "files": {
                    "collect_list": [
                        {"file_path": "/var/log/app/app.log", "log_group_name": log_group}
                    ]
                }
            }
        }
    }
    files = {
        "/etc/platform/app.env": environment,
        "/etc/systemd/system/app.service": unit,
        "/opt/aws/amazon-cloudwatch-agent/etc/app.json": json.dumps(agent),
    }
    config = {
        "packages": ["python3.13", "amazon-cloudwatch-agent"],
        "write_files": [{"path": path, "content": text} for path, text in files.items()],
        "runcmd": ["aws s3 cp s3://artifacts/notes.zip /opt/app/bundle.zip"],
    }
    return base64.b64encode(("#cloud-config\n" + json.dumps(config)).encode()).decode()
