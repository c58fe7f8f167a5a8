"""What serves has exactly these inputs: whoever changes one sees it here.

What closes an app, what waits for what, and what a change replaces is mostly a single input, and a
test of what an app does passes without it.
"""

import json

import pulumi_aws as aws
import pytest

from platform_lib import ContainerApp, FunctionApp, VmApp
from platform_lib.testing import synth

VM = {"bundle": "s3://artifacts/notes.zip", "start_command": "python3 -m notes"}
CONTAINER = {"image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/notes:1"}
NETWORK = {
    "vpc_id": "vpc-1",
    "public_subnet_ids": ["subnet-1", "subnet-2"],
    "private_subnet_ids": ["subnet-3", "subnet-4"],
}


def made(component, **args):
    """Give name -> inputs of all children; what another child tells stands as `output of NAME`."""
    shared = {"network": NETWORK, "port": 9000, "health_check_path": "/well"}
    graph = synth(lambda: component("notes", {**shared, **args}))
    words = {}
    for child in graph.resources:
        told = {"id": child.id, **{word: child.outputs.get(word) for word in ("name", "arn")}}
        words |= {value: f"{word} of {child.name}" for word, value in told.items() if value}
    found = {}
    for child in graph.resources:
        text = json.dumps(child.inputs, default=dict)
        for value in sorted(words, key=len, reverse=True):
            text = text.replace(json.dumps(value), json.dumps(words[value]))
        found[child.name] = json.loads(text)
    return graph, found


FRONT = {
    "notes-lb-sg": {"description": "Load balancer of notes", "vpcId": "vpc-1"},
    "notes-sg": {"description": "App notes", "vpcId": "vpc-1"},
    "notes-lb-ingress": {
        "cidrIpv4": "0.0.0.0/0",
        "description": "HTTP from anywhere",
        "fromPort": 80,
        "ipProtocol": "tcp",
        "securityGroupId": "id of notes-lb-sg",
        "toPort": 80,
    },
    "notes-lb-egress": {
        "description": "From the load balancer to the app",
        "fromPort": 9000,
        "ipProtocol": "tcp",
        "referencedSecurityGroupId": "id of notes-sg",
        "securityGroupId": "id of notes-lb-sg",
        "toPort": 9000,
    },
    "notes-ingress": {
        "description": "From the load balancer to the app",
        "fromPort": 9000,
        "ipProtocol": "tcp",
        "referencedSecurityGroupId": "id of notes-lb-sg",
        "securityGroupId": "id of notes-sg",
        "toPort": 9000,
    },
    "notes-egress": {
        "cidrIpv4": "0.0.0.0/0",
        "description": "From the app to anywhere",
        "ipProtocol": "-1",
        "securityGroupId": "id of notes-sg",
    },
    "notes-lb": {
        "dropInvalidHeaderFields": True,
        "enableDeletionProtection": False,
        "idleTimeout": 60,
        "internal": False,
        "loadBalancerType": "application",
        "securityGroups": ["id of notes-lb-sg"],
        "subnets": ["subnet-1", "subnet-2"],
    },
    "notes-tg": {
        "deregistrationDelay": 30,
        "healthCheck": {
            "healthyThreshold": 2,
            "interval": 15,
            "matcher": "200",
            "path": "/well",
            "protocol": "HTTP",
            "timeout": 5,
            "unhealthyThreshold": 3,
        },
        "port": 9000,
        "protocol": "HTTP",
        "vpcId": "vpc-1",
    },
    "notes-http": {
        "defaultActions": [{"targetGroupArn": "arn of notes-tg", "type": "forward"}],
        "loadBalancerArn": "arn of notes-lb",
        "port": 80,
        "protocol": "HTTP",
    },
    "notes-logs": {"retentionInDays": 30},
}
"""Of a VM and a container alike, but for what the target group takes."""


@pytest.mark.parametrize(
    ("component", "args", "takes"), [(VmApp, VM, "instance"), (ContainerApp, CONTAINER, "ip")]
)
def test_the_front_and_its_groups(component, args, takes):
    _, found = made(component, **args)
    front = {**FRONT, "notes-tg": {**FRONT["notes-tg"], "targetType": takes}}
    assert {name: found[name] for name in front} == front


FRONT_IS_READY = {"notes-http", "notes-tg", "notes-egress", "notes-lb-egress", "notes-ingress"}


def test_a_group_of_instances():
    graph, found = made(VmApp, **VM)
    group = found["notes-group"]
    assert group.pop("namePrefix").startswith("notes-")
    assert group == {
        "desiredCapacity": 1,
        "enabledMetrics": ["GroupInServiceInstances"],
        "healthCheckGracePeriod": 300,
        "healthCheckType": "ELB",
        "launchTemplate": {"id": "id of notes-template", "version": "1"},
        "maxSize": 4,
        "minElbCapacity": 1,
        "minSize": 1,
        "tags": [{"key": "Name", "propagateAtLaunch": True, "value": "notes"}],
        "targetGroupArns": ["arn of notes-tg"],
        "vpcZoneIdentifiers": ["subnet-3", "subnet-4"],
        "waitForCapacityTimeout": "15m",
    }
    waits = {each.name for each in graph.one(aws.autoscaling.Group).dependencies}
    assert waits >= {*FRONT_IS_READY, "notes-policy", "notes-template"}


def test_an_instance():
    _, found = made(VmApp, **VM)
    template = found["notes-template"]
    assert template.pop("imageId").startswith("ami-")
    assert template.pop("userData")
    assert template == {
        "blockDeviceMappings": [
            {
                "deviceName": "/dev/xvda",
                "ebs": {
                    "deleteOnTermination": "true",
                    "encrypted": "true",
                    "volumeSize": 8,
                    "volumeType": "gp3",
                },
            }
        ],
        "iamInstanceProfile": {"arn": "arn of notes-profile"},
        "instanceType": "t4g.small",
        "metadataOptions": {
            "httpEndpoint": "enabled",
            "httpPutResponseHopLimit": 1,
            "httpTokens": "required",
        },
        "networkInterfaces": [
            {
                "associatePublicIpAddress": "false",
                "deleteOnTermination": "true",
                "deviceIndex": 0,
                "securityGroups": ["id of notes-sg"],
            }
        ],
        "tagSpecifications": [
            {"resourceType": "instance", "tags": {"Name": "notes"}},
            {"resourceType": "volume", "tags": {"Name": "notes"}},
        ],
        "updateDefaultVersion": True,
    }


def test_a_service_and_its_task():
    graph, found = made(ContainerApp, **CONTAINER)
    assert found["notes-service"] == {
        "capacityProviderStrategies": [{"capacityProvider": "FARGATE", "weight": 1}],
        "cluster": "arn of notes-cluster",
        "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        "deploymentMaximumPercent": 200,
        "deploymentMinimumHealthyPercent": 100,
        "desiredCount": 1,
        "enableEcsManagedTags": True,
        "forceNewDeployment": True,
        "healthCheckGracePeriodSeconds": 60,
        "loadBalancers": [
            {"containerName": "app", "containerPort": 9000, "targetGroupArn": "arn of notes-tg"}
        ],
        "networkConfiguration": {
            "assignPublicIp": False,
            "securityGroups": ["id of notes-sg"],
            "subnets": ["subnet-3", "subnet-4"],
        },
        "propagateTags": "SERVICE",
        "taskDefinition": "arn of notes-task",
        "waitForSteadyState": True,
    }
    waits = {each.name for each in graph.one(aws.ecs.Service).dependencies}
    assert waits >= {*FRONT_IS_READY, "notes-exec-policy", "notes-capacity", "notes-task"}
    task = found["notes-task"]
    [container] = json.loads(task.pop("containerDefinitions"))
    assert task == {
        "cpu": "256",
        "executionRoleArn": "arn of notes-exec",
        "family": task["family"],
        "memory": "512",
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
        "taskRoleArn": "arn of notes-role",
    }
    # With AWS's defaults written out: what it adds by itself would be a change at every `up`.
    assert container["portMappings"] == [
        {"containerPort": 9000, "hostPort": 9000, "protocol": "tcp"}
    ]
    assert container["essential"] is True
    assert container["linuxParameters"] == {"initProcessEnabled": True}
    assert container["logConfiguration"]["logDriver"] == "awslogs"


LONG = "n" * 50


@pytest.mark.parametrize(("component", "args"), [(VmApp, VM), (ContainerApp, CONTAINER)])
@pytest.mark.parametrize(
    ("change", "renamed"),
    [
        ({"port": 9001}, {"tg"}),
        ({"network": {**NETWORK, "vpc_id": "vpc-2"}}, {"lb", "tg"}),
        ({"health_check_path": "/other"}, set()),
    ],
    ids=["port", "vpc", "path"],
)
def test_a_name_of_ours_changes_with_what_replaces_it_for_aws_takes_no_name_twice(
    component, args, change, renamed
):
    def names(**more):
        given = {"network": NETWORK, "port": 9000, **args, **more}
        graph = synth(lambda: component(LONG, given))
        kinds = {"lb": aws.lb.LoadBalancer, "tg": aws.lb.TargetGroup}
        return {word: graph.one(kind).inputs["name"] for word, kind in kinds.items()}

    before, after = names(), names(**change)
    assert all(len(name) <= 32 for name in {*before.values(), *after.values()})
    assert {word for word in before if before[word] != after[word]} == renamed


def test_the_access_log_of_an_api():
    graph = synth(lambda: FunctionApp("notes", {"inline": "def handler(event, context): ..."}))
    line = graph.one(aws.apigatewayv2.Stage).inputs["accessLogSettings"]["format"]
    context = "requestId requestTime httpMethod path routeKey status protocol responseLength"
    own = {word: f"$context.{word}" for word in (*context.split(), "responseLatency")}
    assert json.loads(line) == {
        **own,
        "ip": "$context.identity.sourceIp",
        "integrationError": "$context.integrationErrorMessage",
    }
