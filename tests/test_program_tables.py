"""The programs of this repository under mocks: whose table they use, and what they say."""

import runpy

import pulumi
import pulumi_aws as aws
import pytest
from doc_blocks import ROOT

from platform_lib.testing import AwsMocks, synth

CONFIG = {
    "any_target": {"architecture": "arm64", "target": "vm"},
    "ec2_app": {"architecture": "arm64", "minimum": "1"},
    "ecs_app": {"architecture": "arm64", "minimum": "1"},
    "lambda_app": {"architecture": "arm64", "memoryMib": "512"},
}


@pytest.mark.parametrize("program", CONFIG)
def test_another_stacks_table_is_used_and_the_stacks_own_stays(program, monkeypatch):
    said = []
    monkeypatch.setattr(pulumi.log, "warn", lambda text, *rest: said.append(text))
    path = str(ROOT / "programs" / program / "__main__.py")
    config = {**CONFIG[program], "table": "notes-of-others"}
    stream = "arn:aws:dynamodb:us-east-1:123456789012:table/notes/stream/2026-01-01T00:00:00.000"
    mocks = AwsMocks(resources={"aws:dynamodb/table:Table": {"streamArn": stream}})
    graph = synth(lambda: runpy.run_path(path, run_name="__main__"), mocks=mocks, config=config)
    # A read under the name of what a stack made is a replacement: the made one would be deleted.
    own = graph.one(aws.dynamodb.Table, "notes")
    assert own.inputs["hashKey"] == "notebook"
    used = graph.one(aws.dynamodb.Table, "notes-shared")
    assert used.id == "notes-of-others"
    grants = [policy.inputs["policy"] for policy in graph.all(aws.iam.RolePolicy)]
    assert any(used.outputs["arn"] in policy for policy in grants)
    assert not any(own.outputs["arn"] in policy for policy in grants)
    # They mean what they serve by plain HTTP.
    assert [line for line in said if "plain HTTP" in line] == []
