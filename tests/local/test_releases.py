"""A release of VmApp that does not get well, with the real engine and the running app.

The last good release serves and scales on, whatever is run after the failed up: a refresh, the
same up again, or a mended one.
"""

from pathlib import Path

import pytest
from test_rollout import APP, ask, requests_all_along, rolled

from platform_lib.local import LocalCloud, LocalCloudError

pytestmark = pytest.mark.engine

GROUP = "aws:autoscaling/group:Group"
POLICY = "aws:autoscaling/policy:Policy"
PROGRAM = """
import pulumi
from platform_lib import VmApp

config = pulumi.Config()
app = VmApp(
    "release",
    {
        "source": "app",
        "app": "web:app",
        "tags": {"tag": config.get("tag") or "one"},
        "scaling": {"minimum": config.get_int("minimum") or 1, "maximum": 4},
    },
)
pulumi.export("url", app.url)
"""
BROKEN = 'import sys; sys.exit("no flux capacitor")\n'


@pytest.fixture
def program(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text(f"name: {tmp_path.name}\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "requirements.txt").write_text("")
    release(tmp_path, "first")
    return tmp_path


def release(program: Path, line: str, before: str = "") -> None:
    (program / "app" / "web.py").write_text(before + APP.replace('"first"', f'"{line}"'))


class Fleet:
    """The app's groups in the account."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self.scaling = cloud.client("autoscaling")

    def groups(self) -> dict[str, dict]:
        found = self.scaling.describe_auto_scaling_groups()["AutoScalingGroups"]
        return {each["AutoScalingGroupName"]: each for each in found}

    def only(self) -> dict:
        [group] = self.groups().values()
        return group

    def scaled_group(self) -> str:
        [policy] = self.scaling.describe_policies()["ScalingPolicies"]
        return policy["AutoScalingGroupName"]

    def scale(self, name: str, count: int) -> None:
        self.scaling.set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=count)

    def instances(self) -> int:
        return len(self.cloud.services.data_plane.workloads())


def test_a_release_that_does_not_get_well_never_takes_over(
    local_cloud: LocalCloud, program: Path
) -> None:
    fleet = Fleet(local_cloud)
    url = local_cloud.up(program).outputs["url"]
    try:
        good = fleet.only()["AutoScalingGroupName"]
        fleet.scale(good, 3)

        release(program, "second", BROKEN)
        with requests_all_along(url) as wrong:
            with pytest.raises(LocalCloudError, match="no flux capacitor"):
                local_cloud.up(program)
            assert ask(url)["line"] == "first"
            local_cloud.refresh(program)
            assert ("replace", GROUP) in rolled(local_cloud.preview(program))
            with pytest.raises(LocalCloudError, match="no flux capacitor"):
                local_cloud.up(program)
            with pytest.raises(LocalCloudError, match="no flux capacitor"):
                local_cloud.up(program)
            assert ask(url)["line"] == "first"
            # What serves scales, and starts instances of its own release.
            assert fleet.scaled_group() == good
            assert fleet.groups()[good]["LaunchTemplate"]["Version"] == "1"

            release(program, "third")
            local_cloud.up(program)
        assert wrong == []
        assert ask(url)["line"] == "third"
        new = fleet.only()
        assert new["AutoScalingGroupName"] == fleet.scaled_group() != good
        # As many as the last good release had.
        assert new["DesiredCapacity"] == fleet.instances() == 3
        assert local_cloud.preview(program) == []
    finally:
        local_cloud.destroy(program)
    assert fleet.groups() == {}


def test_a_first_release_that_does_not_get_well_stays_a_failure_through_a_refresh(
    local_cloud: LocalCloud, program: Path
) -> None:
    release(program, "first", BROKEN)
    try:
        with pytest.raises(LocalCloudError, match="no flux capacitor"):
            local_cloud.up(program)
        # It makes Pulumi forget that the group's create failed; what the group lacks tells.
        local_cloud.refresh(program)
        # An update in place would wait for nothing on AWS.
        assert ("replace", GROUP) in rolled(local_cloud.preview(program))
        with pytest.raises(LocalCloudError, match="no flux capacitor"):
            local_cloud.up(program)
    finally:
        local_cloud.destroy(program)


def test_scaling_and_tags_change_the_group_in_place(
    local_cloud: LocalCloud, program: Path
) -> None:
    fleet = Fleet(local_cloud)
    local_cloud.up(program)
    try:
        name = fleet.only()["AutoScalingGroupName"]
        for scaled, minimum, left in ((1, 2, 2), (3, 1, 3), (3, 2, 3)):
            fleet.scale(name, scaled)
            assert local_cloud.preview(program, config={"minimum": minimum})
            changes = local_cloud.up(program, config={"minimum": minimum}).changes
            assert rolled(changes) == {("update", GROUP)}
            # The provider waits for this number, and no other: it was told the one that is there.
            assert fleet.only()["DesiredCapacity"] == left
            assert local_cloud.preview(program, config={"minimum": minimum}) == []
            assert fleet.instances() == left
        fleet.scale(name, 4)
        assert local_cloud.preview(program, config={"minimum": 2}) == []

        changes = local_cloud.up(program, config={"minimum": 2, "tag": "two"}).changes
        assert {op for op, _ in rolled(changes)} == {"update"}
        group = fleet.only()
        assert (group["AutoScalingGroupName"], group["DesiredCapacity"]) == (name, 4)
        assert {"two", "release"} == {tag["Value"] for tag in group["Tags"]}
    finally:
        local_cloud.destroy(program)
