"""What a change rolls on each target, with the real engine and the running app.

One line of the app changes one hash; on each target it rolls what must roll and nothing else,
without a failed request; what did not change is not built; a destroy leaves nothing.
"""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from platform_lib.local import LocalCloud

pytestmark = pytest.mark.engine

APP = """
import json, os

LINE = "first"

async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    told = {"line": LINE, "version": os.environ["APP_VERSION"], "note": os.environ.get("NOTE")}
    body = json.dumps(told).encode()
    await send({"type": "http.response.start", "status": 200,
                "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": body})
"""
PROGRAM = """
import json
import pulumi
from platform_lib import TARGETS

config = pulumi.Config()
app = TARGETS[config.require("target")](
    "rolling",
    {
        "source": "app",
        "app": "web:app",
        "environment": {"NOTE": config.get("note") or ""},
        "tags": {"tag": config.get("tag") or "one"},
        "scaling": {"maximum": config.get_int("maximum") or 4},
    },
)
pulumi.export("url", app.url)
pulumi.export("version", app.version)
"""
ROLLS = {
    "container": {
        ("replace", "aws:ecs/taskDefinition:TaskDefinition"),
        ("update", "aws:ecs/service:Service"),
        ("replace", "docker:index/image:Image"),
    },
    "function": {
        ("update", "aws:lambda/alias:Alias"),
        ("update", "aws:lambda/function:Function"),
    },
    "vm": {
        ("replace", "aws:autoscaling/group:Group"),
        ("replace", "aws:autoscaling/policy:Policy"),
        ("replace", "aws:s3/bucketObjectv2:BucketObjectv2"),
        ("update", "aws:ec2/launchTemplate:LaunchTemplate"),
    },
}
VARIABLE_ROLLS = {
    "container": ROLLS["container"] - {("replace", "docker:index/image:Image")},
    "function": ROLLS["function"],
    "vm": ROLLS["vm"] - {("replace", "aws:s3/bucketObjectv2:BucketObjectv2")},
}


@pytest.fixture
def program(tmp_path: Path) -> Path:
    # One cloud serves the whole module: two folders of one project would be the same stack.
    (tmp_path / "Pulumi.yaml").write_text(f"name: {tmp_path.name}\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    app = tmp_path / "app"
    app.mkdir()
    (app / "web.py").write_text(APP)
    (app / "requirements.txt").write_text("")
    return tmp_path


def ask(url: str) -> dict[str, str]:
    # Not by the proxies that the environment may name.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=20) as answer:
        told: dict[str, str] = json.load(answer)
        return told


def rolled(changes) -> set[tuple[str, str]]:
    words = {"create-replacement": "replace", "delete-replaced": "replace"}
    return {
        (words.get(change.op, change.op), change.type)
        for change in changes
        if not change.type.startswith("platform-lib:") and change.op != "same"
    }


@contextmanager
def requests_all_along(url: str) -> Iterator[list[str]]:
    """Ask again and again while the body runs; what went wrong is in the list."""
    wrong: list[str] = []
    asked = threading.Event()
    done = threading.Event()

    def run() -> None:
        while not done.is_set():
            try:
                ask(url)
            except (OSError, ValueError) as problem:
                wrong.append(repr(problem))
            asked.set()

    thread = threading.Thread(target=run)
    thread.start()
    asked.wait(30)
    try:
        yield wrong
    finally:
        done.set()
        thread.join()


@pytest.mark.parametrize("target", sorted(ROLLS))
def test_a_change_rolls_what_must_roll_and_nothing_else(
    local_cloud: LocalCloud, program: Path, target: str
) -> None:
    config = {"target": target}
    first = local_cloud.up(program, config=config)
    try:
        url = first.outputs["url"]
        version = first.outputs["version"]
        assert ask(url) == {"line": "first", "version": version, "note": ""}

        assert local_cloud.preview(program) == []
        assert local_cloud.up(program).changes == []

        source = program / "app" / "web.py"
        source.write_text(source.read_text().replace('"first"', '"second"'))
        with requests_all_along(url) as wrong:
            second = local_cloud.up(program)
        assert rolled(second.changes) == ROLLS[target]
        assert wrong == []
        assert second.outputs["url"] == url
        assert second.outputs["version"] != version
        told = ask(url)
        assert (told["line"], told["version"]) == ("second", second.outputs["version"])

        third = local_cloud.up(program, config={**config, "note": "x"})
        assert rolled(third.changes) == VARIABLE_ROLLS[target]
        assert ask(url)["note"] == "x"
        assert third.outputs["version"] == second.outputs["version"]

        fourth = local_cloud.up(program, config={**config, "note": "x", "maximum": "3"})
        assert not {op for op, _ in rolled(fourth.changes)} & {"replace", "delete"}
        fifth = local_cloud.up(program, config={**config, "note": "x", "tag": "two"})
        replaced = {token for op, token in rolled(fifth.changes) if op != "update"}
        # A task definition is a revision: it has its tags from its registration on.
        assert replaced <= {"aws:ecs/taskDefinition:TaskDefinition"}
        assert local_cloud.preview(program) == []
    finally:
        local_cloud.destroy(program)
    assert left_over(local_cloud) == {}
    assert local_cloud.services.data_plane.workloads() == []
    with pytest.raises((urllib.error.URLError, ConnectionError)):
        ask(url)


def left_over(cloud: LocalCloud) -> dict[str, list[str]]:
    """Count what is alive in the account, kind by kind; the default network was always there."""
    ec2, elb = cloud.client("ec2"), cloud.client("elbv2")
    ecs, ecr = cloud.client("ecs"), cloud.client("ecr")
    iam, asg = cloud.client("iam"), cloud.client("autoscaling")
    instances = [
        instance["InstanceId"]
        for reservation in ec2.describe_instances()["Reservations"]
        for instance in reservation["Instances"]
        if instance["State"]["Name"] != "terminated"
    ]
    groups = [
        group["GroupId"]
        for group in ec2.describe_security_groups()["SecurityGroups"]
        if group["GroupName"] != "default"
    ]
    found = {
        "instances": instances,
        "groups": groups,
        "templates": [
            each["LaunchTemplateId"] for each in ec2.describe_launch_templates()["LaunchTemplates"]
        ],
        "scaling groups": [
            each["AutoScalingGroupName"]
            for each in asg.describe_auto_scaling_groups()["AutoScalingGroups"]
        ],
        "balancers": [
            each["LoadBalancerArn"] for each in elb.describe_load_balancers()["LoadBalancers"]
        ],
        "target groups": [
            each["TargetGroupArn"] for each in elb.describe_target_groups()["TargetGroups"]
        ],
        "clusters": [
            each["clusterArn"]
            for each in ecs.describe_clusters(clusters=ecs.list_clusters()["clusterArns"])[
                "clusters"
            ]
            if each["status"] == "ACTIVE"
        ],
        "task definitions": ecs.list_task_definitions(status="ACTIVE")["taskDefinitionArns"],
        "repositories": [
            each["repositoryName"] for each in ecr.describe_repositories()["repositories"]
        ],
        "roles": [each["RoleName"] for each in iam.list_roles()["Roles"]],
        "profiles": [
            each["InstanceProfileName"]
            for each in iam.list_instance_profiles()["InstanceProfiles"]
        ],
        "functions": [
            each["FunctionName"] for each in cloud.client("lambda").list_functions()["Functions"]
        ],
        "apis": [each["ApiId"] for each in cloud.client("apigatewayv2").get_apis()["Items"]],
        "log groups": [
            each["logGroupName"]
            for each in cloud.client("logs").describe_log_groups()["logGroups"]
        ],
        "buckets": [each["Name"] for each in cloud.client("s3").list_buckets()["Buckets"]],
    }
    return {kind: names for kind, names in found.items() if names}
