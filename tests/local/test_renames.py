"""A component that gets another name, with the real engine: nothing that serves is replaced.

No copy of the apps runs: what is looked at is what the engine and the provider would replace.
"""

from pathlib import Path

import pytest
from test_rollout import rolled

from platform_lib.local import LocalCloud

pytestmark = pytest.mark.engine

PROGRAM = """
import pulumi
from platform_lib import ContainerApp, FunctionApp, VmApp

config = pulumi.Config()
name, old = config.require("name"), config.get("old")


def opts(kind):
    aliases = [pulumi.Alias(name=f"{old}-{kind}")] if old else []
    return pulumi.ResourceOptions(aliases=aliases)


quiet = {"plain_http": True}
VmApp(
    f"{name}-vm",
    {
        "bundle": "s3://artifacts/notes.zip",
        "start_command": "true",
        "ingress": quiet,
        "overrides": {
            "auto_scaling_group": {"min_size": 0, "desired_capacity": 0, "min_elb_capacity": 0}
        },
    },
    opts("vm"),
)
ContainerApp(
    f"{name}-container",
    {
        "image": "public.ecr.aws/notes/notes:1",
        "ingress": quiet,
        "overrides": {"service": {"desired_count": 0}, "scaling_target": {"min_capacity": 0}},
    },
    opts("container"),
)
FunctionApp(
    f"{name}-function",
    {
        "source": "app",
        "app": "web:app",
        "http": {"kind": "load_balancer"},
        "ingress": {**quiet, "allowed_cidrs": ["0.0.0.0/0"]},
    },
    opts("function"),
)
"""
APP = "async def app(scope, receive, send): ...\n"
# A name that is whole in the names of its balancers, and one that is too long for them.
SHORT, LONG = "a", "an-app-with-a-rather-long-name"
ROLLS = {
    # Both hold APP_NAME: a release of the same group of resources, which is well before it serves.
    "aws:autoscaling/group:Group",
    "aws:ecs/taskDefinition:TaskDefinition",
    # It names the group.
    "aws:autoscaling/policy:Policy",
}


@pytest.mark.parametrize(("first", "second"), [(SHORT, LONG), (LONG, f"{LONG}r"), (LONG, SHORT)])
def test_a_renamed_app_keeps_its_address_and_all_that_serves(
    local_cloud: LocalCloud, tmp_path: Path, first: str, second: str
) -> None:
    (tmp_path / "Pulumi.yaml").write_text(f"name: {tmp_path.name}\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "web.py").write_text(APP)
    (tmp_path / "app" / "requirements.txt").write_text("")
    try:
        local_cloud.up(tmp_path, config={"name": first})
        renamed = {"name": second, "old": first}
        changes = local_cloud.preview(tmp_path, config=renamed)
        assert {token for op, token in rolled(changes) if op != "update"} <= ROLLS
        local_cloud.up(tmp_path, config=renamed)
        assert local_cloud.preview(tmp_path, config=renamed) == []
        # The alias has done its work.
        assert local_cloud.preview(tmp_path, config={"name": second}) == []
    finally:
        local_cloud.destroy(tmp_path)
