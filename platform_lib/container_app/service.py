"""An app's tasks on ECS: cluster, task definition, service and scaling."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from platform_lib.container_app.task import CONTAINER_NAME
from platform_lib.parts.children import Children
from platform_lib.parts.scaling import SCALING_CHILDREN, create_target_tracking

ECS_CHILDREN = {
    "cluster": "aws.ecs.Cluster",
    "capacity_providers": "aws.ecs.ClusterCapacityProviders",
    "task_definition": "aws.ecs.TaskDefinition",
    "service": "aws.ecs.Service",
    **SCALING_CHILDREN,
}

_PROCESSORS = {"arm64": "ARM64", "x86_64": "X86_64"}


def create_cluster(
    child: Children,
) -> tuple["aws.ecs.Cluster", "aws.ecs.ClusterCapacityProviders"]:
    """Make a cluster that can run tasks on Fargate and on Fargate Spot."""
    cluster = child.make("cluster", aws.ecs.Cluster, "cluster")
    capacity_providers = child.make(
        "capacity_providers",
        aws.ecs.ClusterCapacityProviders,
        "capacity",
        cluster_name=cluster.name,
        capacity_providers=["FARGATE", "FARGATE_SPOT"],
    )
    return cluster, capacity_providers


def create_task_definition(
    child: Children,
    *,
    family: str,
    container: Mapping[str, Any],
    volumes: Sequence[Mapping[str, Any]],
    cpu: int,
    memory_mib: int,
    architecture: str,
    execution_role_arn: pulumi.Input[str],
    task_role_arn: pulumi.Input[str],
) -> "aws.ecs.TaskDefinition":
    """Register what a task is."""
    return child.make(
        "task_definition",
        aws.ecs.TaskDefinition,
        "task",
        family=family,
        container_definitions=pulumi.Output.json_dumps([container], sort_keys=True),
        volumes=list(volumes) or None,
        cpu=str(cpu),
        memory=str(memory_mib),
        network_mode="awsvpc",
        requires_compatibilities=["FARGATE"],
        runtime_platform={
            "cpu_architecture": _PROCESSORS[architecture],
            "operating_system_family": "LINUX",
        },
        execution_role_arn=execution_role_arn,
        task_role_arn=task_role_arn,
    )


def create_service(
    child: Children,
    *,
    cluster_arn: pulumi.Input[str],
    task_definition_arn: pulumi.Input[str],
    desired_count: int,
    capacity: Sequence[Mapping[str, Any]],
    subnet_ids: Sequence[pulumi.Input[str]],
    public_addresses: bool,
    security_group_id: pulumi.Input[str],
    target_group_arn: pulumi.Input[str],
    port: int,
    depends_on: Sequence[pulumi.Resource],
) -> "aws.ecs.Service":
    """Run the tasks, and change them without a gap: new ones are healthy before old ones go."""
    return child.make(
        "service",
        aws.ecs.Service,
        "service",
        cluster=cluster_arn,
        task_definition=task_definition_arn,
        desired_count=desired_count,
        # A strategy from the start, never a launch type: a service that moves between the two is
        # replaced. A changed strategy needs a new deployment.
        capacity_provider_strategies=list(capacity),
        force_new_deployment=True,
        deployment_circuit_breaker={"enable": True, "rollback": True},
        deployment_minimum_healthy_percent=100,
        deployment_maximum_percent=200,
        health_check_grace_period_seconds=60,
        network_configuration={
            "subnets": list(subnet_ids),
            "security_groups": [security_group_id],
            "assign_public_ip": public_addresses,
        },
        load_balancers=[
            {
                "target_group_arn": target_group_arn,
                "container_name": CONTAINER_NAME,
                "container_port": port,
            }
        ],
        enable_ecs_managed_tags=True,
        propagate_tags="SERVICE",
        # Without it `up` succeeds while the circuit breaker rolls back.
        wait_for_steady_state=True,
        opts=pulumi.ResourceOptions(
            depends_on=list(depends_on),
            # Autoscaling owns the count; the engine would set it back on every change.
            ignore_changes=["desiredCount"],
        ),
    )


def create_scaling(
    child: Children,
    *,
    cluster_name: pulumi.Input[str],
    service_name: pulumi.Input[str],
    minimum: int,
    maximum: int,
    cpu_percent: int,
) -> tuple["aws.appautoscaling.Target", "aws.appautoscaling.Policy"]:
    """Let the count of tasks follow their use of the processor."""
    return create_target_tracking(
        child,
        suffix="cpu",
        dimension="ecs:service:DesiredCount",
        resource_id=pulumi.Output.format("service/{}/{}", cluster_name, service_name),
        minimum=minimum,
        maximum=maximum,
        metric="ECSServiceAverageCPUUtilization",
        target_value=cpu_percent,
        cooldowns=(60, 300),
    )
