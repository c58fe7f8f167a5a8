"""N apps in containers, written by hand: the resources that ContainerApp makes from an image."""

import pulumi
import pulumi_aws as aws
from front import create_front, default_place
from options import keep
from policies import document, read_write_table, trust, write_logs

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/notes:1"


def make_all(names):
    place = default_place()
    region = aws.get_region_output().region
    account = aws.get_caller_identity_output().account_id
    trusted = trust("ecs-tasks.amazonaws.com", Condition=here(region, account))
    for name in names:
        make(name, place, region, trusted)


def here(region, account):
    return {
        "ArnLike": {"aws:SourceArn": pulumi.Output.format("arn:aws:ecs:{}:{}:*", region, account)},
        "StringEquals": {"aws:SourceAccount": account},
    }


def make(name, place, region, trusted):
    logs = aws.cloudwatch.LogGroup(f"{name}-logs", retention_in_days=30)
    execution_role = aws.iam.Role(f"{name}-exec", assume_role_policy=trusted, opts=keep("name"))
    execution_policy = aws.iam.RolePolicy(
        f"{name}-exec-policy",
        role=execution_role.name,
        policy=document(
            write_logs(logs),
            {"Effect": "Allow", "Action": ["ecr:GetAuthorizationToken"], "Resource": "*"},
            {
                "Effect": "Allow",
                "Action": [
                    "ecr:BatchCheckLayerAvailability",
                    "ecr:BatchGetImage",
                    "ecr:GetDownloadUrlForLayer",
                ],
                "Resource": "arn:aws:ecr:us-east-1:123456789012:repository/notes",
            },
        ),
    )
    role = aws.iam.Role(f"{name}-role", assume_role_policy=trusted, opts=keep("name"))
    policy = aws.iam.RolePolicy(
        f"{name}-policy", role=role.name, policy=document(read_write_table())
    )
    front = create_front(name, place, "ip")
    cluster = aws.ecs.Cluster(f"{name}-cluster")
    capacity = aws.ecs.ClusterCapacityProviders(
        f"{name}-capacity",
        cluster_name=cluster.name,
        capacity_providers=["FARGATE", "FARGATE_SPOT"],
    )
    task = aws.ecs.TaskDefinition(
        f"{name}-task",
        family=f"{name}-task",
        cpu="256",
        memory="512",
        network_mode="awsvpc",
        requires_compatibilities=["FARGATE"],
        runtime_platform={"cpu_architecture": "ARM64", "operating_system_family": "LINUX"},
        execution_role_arn=execution_role.arn,
        task_role_arn=role.arn,
        container_definitions=pulumi.Output.json_dumps(
            [container(name, logs, region)], sort_keys=True
        ),
    )
    service = aws.ecs.Service(
        f"{name}-service",
        cluster=cluster.arn,
        task_definition=task.arn,
        desired_count=1,
        capacity_provider_strategies=[{"capacity_provider": "FARGATE", "weight": 1}],
        deployment_circuit_breaker={"enable": True, "rollback": True},
        deployment_maximum_percent=200,
        deployment_minimum_healthy_percent=100,
        enable_ecs_managed_tags=True,
        force_new_deployment=True,
        health_check_grace_period_seconds=60,
        load_balancers=[
            {
                "container_name": "app",
                "container_port": 8080,
                "target_group_arn": front.target_group.arn,
            }
        ],
        network_configuration={
            "assign_public_ip": True,
            "security_groups": [front.group.id],
            "subnets": place.subnet_ids,
        },
        propagate_tags="SERVICE",
        wait_for_steady_state=True,
        opts=pulumi.ResourceOptions(
            ignore_changes=["desiredCount"],
            depends_on=[*front.before_compute, capacity, execution_policy, policy],
        ),
    )
    scaling = aws.appautoscaling.Target(
        f"{name}-scaling",
        min_capacity=1,
        max_capacity=4,
        resource_id=pulumi.Output.concat("service/", cluster.name, "/", service.name),
        scalable_dimension="ecs:service:DesiredCount",
        service_namespace="ecs",
    )
    aws.appautoscaling.Policy(
        f"{name}-cpu",
        policy_type="TargetTrackingScaling",
        resource_id=scaling.resource_id,
        scalable_dimension=scaling.scalable_dimension,
        service_namespace=scaling.service_namespace,
        target_tracking_scaling_policy_configuration={
            "predefined_metric_specification": {
                "predefined_metric_type": "ECSServiceAverageCPUUtilization"
            },
            "scale_in_cooldown": 300,
            "scale_out_cooldown": 60,
            "target_value": 60,
        },
    )


def container(name, logs, region):
    variables = {
        "APP_NAME": name,
        "APP_TARGET": "container",
        "APP_VERSION": "1",
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "PORT": "8080",
        "PYTHONUNBUFFERED": "1",
    }
    return {
        "name": "app",
        "image": IMAGE,
        "essential": True,
        "environment": [{"name": key, "value": value} for key, value in variables.items()],
        "linuxParameters": {"initProcessEnabled": True},
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": logs.name,
                "awslogs-region": region,
                "awslogs-stream-prefix": "app",
            },
        },
        "portMappings": [{"containerPort": 8080, "hostPort": 8080, "protocol": "tcp"}],
        "ulimits": [{"name": "nofile", "softLimit": 65536, "hardLimit": 65536}],
    }
