"""Warm workers, snapshots, alarms and a key: up, unchanged, changed in place, and gone."""

import json
import zipfile
from pathlib import Path

import pytest

from platform_lib.local import LocalCloud

pytestmark = pytest.mark.engine

PROGRAM = """
import pulumi
import pulumi_aws as aws
from platform_lib import FunctionApp

config = pulumi.Config()
key = aws.kms.Key("key", enable_key_rotation=True)
aws.kms.Alias("notes", target_key_id=key.key_id)
topic = aws.sns.Topic("pager")
args = {
    "code": "notes.zip",
    "handler": "notes.handler",
    "alarms": {"topic_arn": topic.arn, "latency_ms": config.get_int("latency") or 500},
    **(config.get_object("more") or {}),
}
if config.get_bool("encrypted"):
    args["kms_key_arn"] = key.arn
app = FunctionApp("versions", args)
pulumi.export("name", app.function.name)
pulumi.export("version", app.function.version)
pulumi.export("key", key.arn)
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: versions\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    with zipfile.ZipFile(tmp_path / "notes.zip", "w") as archive:
        archive.writestr("notes.py", "def handler(event, context):\n    return {}\n")
    return tmp_path


def test_all_of_it_comes_changes_in_place_and_goes(local_cloud: LocalCloud, program: Path) -> None:
    def up(**config):
        texts = {
            word: item if isinstance(item, str) else json.dumps(item)
            for word, item in config.items()
        }
        result = local_cloud.up(program, config=texts)
        assert local_cloud.preview(program, config=texts) == []
        changes = {(one.op, one.type.rpartition(":")[2]) for one in result.changes}
        return result.outputs, {(op, kind) for op, kind in changes if op != "same"}

    lambdas, alarms = local_cloud.client("lambda"), local_cloud.client("cloudwatch")
    scaling = local_cloud.client("application-autoscaling")

    def warm(name):
        found = lambdas.get_provisioned_concurrency_config(FunctionName=name, Qualifier="live")
        return found["RequestedProvisionedConcurrentExecutions"]

    outputs, _ = up(encrypted="true", more={"provisioned_concurrency": 1})
    try:
        name = outputs["name"]
        assert warm(name) == 1
        assert lambdas.get_function_configuration(FunctionName=name)["KMSKeyArn"] == outputs["key"]
        groups = local_cloud.client("logs").describe_log_groups()["logGroups"]
        assert [group.get("kmsKeyId") for group in groups] == [outputs["key"]] * 2
        found = alarms.describe_alarms()["MetricAlarms"]
        assert sorted(one["Threshold"] for one in found) == [5, 500]

        _, changed = up(encrypted="true", latency="700", more={"provisioned_concurrency": 2})
        assert changed == {
            ("update", "MetricAlarm"),
            ("update", "ProvisionedConcurrencyConfig"),
        }
        assert warm(name) == 2

        # Scaling owns the count from now on.
        more = {"provisioned_concurrency": 3, "provisioned_concurrency_maximum": 9}
        _, changed = up(encrypted="true", latency="700", more=more)
        assert changed == {("create", "Target"), ("create", "Policy")}
        assert warm(name) == 2
        [target] = scaling.describe_scalable_targets(ServiceNamespace="lambda")["ScalableTargets"]
        assert target["ResourceId"] == f"function:{name}:live"
        assert (target["MinCapacity"], target["MaxCapacity"]) == (3, 9)

        # Snapshots, no key, no alarms, and no call at all.
        more = {"snap_start": True, "alarms": {"enabled": False}, "reserved_concurrency": 0}
        outputs, changed = up(more=more)
        assert outputs["version"] == "2"
        assert {op for op, _ in changed} == {"delete", "update"}
        snap_start = lambdas.get_function_configuration(FunctionName=name, Qualifier="2")
        assert snap_start["SnapStart"]["OptimizationStatus"] == "On"
        assert "KMSKeyArn" not in snap_start
        kept = lambdas.get_function_concurrency(FunctionName=name)
        assert kept["ReservedConcurrentExecutions"] == 0
        assert alarms.describe_alarms()["MetricAlarms"] == []
    finally:
        local_cloud.destroy(program)
    assert scaling.describe_scalable_targets(ServiceNamespace="lambda")["ScalableTargets"] == []
    assert local_cloud.client("logs").describe_log_groups()["logGroups"] == []
