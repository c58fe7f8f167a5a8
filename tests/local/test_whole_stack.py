"""A team's whole stack comes up, answers, does not change by itself, and goes down."""

import json
import urllib.request
from pathlib import Path

import pytest
from database_kit import put_on_path

PROGRAM = Path(__file__).parent / "whole_stack"


@pytest.mark.engine
def test_a_network_a_database_a_container_a_function_and_a_queue(local_cloud, monkeypatch):
    put_on_path(monkeypatch)
    stack = local_cloud.up(PROGRAM)
    try:
        assert stack.resources["aws:ec2/subnet:Subnet"] == 4
        local_cloud.client("sqs").send_message(QueueUrl=stack.outputs["queue"], MessageBody="tea")
        local_cloud.settle()
        with urllib.request.urlopen(stack.outputs["url"]) as answer:
            assert json.load(answer) == ["tea"]

        assert local_cloud.preview(PROGRAM) == []
        assert local_cloud.refresh(PROGRAM) == []
    finally:
        local_cloud.destroy(PROGRAM)
    assert local_cloud.client("rds").describe_db_instances()["DBInstances"] == []
    vpcs = local_cloud.client("ec2").describe_vpcs()["Vpcs"]
    assert [vpc["IsDefault"] for vpc in vpcs] == [True]
