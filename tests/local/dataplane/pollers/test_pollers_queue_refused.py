"""Mappings of a queue that Lambda refuses, when they are made and when they are changed."""

import time
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError
from pollers_kit import POLLING, Function, Queue

from platform_lib.local.dataplane.pollers import pollers


@pytest.mark.parametrize("lacking", ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"])
def test_a_role_that_may_not_poll_is_refused(rig, lacking):
    actions = ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"]
    queue = Queue(rig)
    function = Function(rig, allowed=[f"sqs:{each}" for each in actions if each != lacking])
    told = f"execution role does not have permissions to call {lacking} on SQS"
    with pytest.raises(ClientError, match=told):
        function.map(queue.arn)
    assert function.client.list_event_source_mappings()["EventSourceMappings"] is not None
    queue.send("a")
    rig.settle()
    assert function.events == []
    function.allow([f"sqs:{each}" for each in actions], queue.arn)
    function.map(queue.arn)
    rig.settle()
    assert function.batches == [["a"]]


@pytest.mark.parametrize(
    ("fifo", "more", "told"),
    [
        (False, {"BatchSize": 11}, "must be greater than 0 if maximum batch size is greater than"),
        (
            False,
            {"BatchSize": 10_001, "MaximumBatchingWindowInSeconds": 1},
            "InvalidParameterValue.*BatchSize 10001 exceeds the max of 10000",
        ),
        (True, {"BatchSize": 11}, "InvalidParameterValue.*BatchSize 11 exceeds the max of 10"),
        (True, {"MaximumBatchingWindowInSeconds": 5}, "not supported for FIFO"),
        (False, {"ScalingConfig": {"MaximumConcurrency": 1001}}, "must be 2 to 1000"),
        (
            False,
            {"FilterCriteria": {"Filters": [{"Pattern": '{"body": "x"}'}]}},
            "Invalid filter pattern definition. body: must be a list",
        ),
        (
            False,
            {"FilterCriteria": {"Filters": [{"Pattern": "{body"}]}},
            "InvalidParameterValue.*Invalid filter pattern definition. Expecting property name",
        ),
    ],
)
def test_what_lambda_does_not_take_is_refused_at_once(rig, no_wait, fifo, more, told):
    queue, function = Queue(rig, fifo=fifo), Function(rig)
    with pytest.raises(ClientError, match=told):
        function.map(queue.arn, **more)
    # Nothing of it is left, that a second one would be refused for.
    uuid = function.map(queue.arn)
    before = told_of(function, uuid)
    with pytest.raises(ClientError, match=told):
        function.client.update_event_source_mapping(UUID=uuid, Enabled=False, **more)
    assert told_of(function, uuid) == before
    queue.send("a", group="g" if fifo else None)
    rig.settle()
    assert function.batches == [["a"]]


def told_of(function, uuid):
    told = function.client.get_event_source_mapping(UUID=uuid)
    return {name: value for name, value in told.items() if name != "ResponseMetadata"}


def test_a_changed_mapping_needs_the_rights_and_the_time_that_a_new_one_needs(rig):
    queue, function = Queue(rig, VisibilityTimeout="9"), Function(rig)
    client = function.client
    made = client.create_event_source_mapping(EventSourceArn=queue.arn, FunctionName=function.name)
    # Lambda looks at the queue when a mapping is made or changed, not when its function is.
    client.update_function_configuration(FunctionName=function.name, Timeout=10)
    told = "Queue visibility timeout: 9 seconds is less than Function timeout: 10 seconds"
    with pytest.raises(ClientError, match=told):
        client.update_event_source_mapping(UUID=made["UUID"], BatchSize=1)
    queue.client.set_queue_attributes(QueueUrl=queue.url, Attributes={"VisibilityTimeout": "10"})
    function.allow(["sqs:ReceiveMessage", "sqs:DeleteMessage"])
    with pytest.raises(ClientError, match="permissions to call GetQueueAttributes on SQS"):
        client.update_event_source_mapping(UUID=made["UUID"], BatchSize=1)
    assert told_of(function, made["UUID"])["BatchSize"] == 10
    function.allow(POLLING)
    assert client.update_event_source_mapping(UUID=made["UUID"], BatchSize=1)["BatchSize"] == 1


def test_a_mapping_changes_to_a_function_that_the_queue_does_not_feed_yet(rig):
    queue, one, two, other = Queue(rig), Function(rig), Function(rig), Function(rig)
    uuid, _ = one.map(queue.arn), two.map(queue.arn, Enabled=False)
    change = one.client.update_event_source_mapping
    with pytest.raises(ClientError, match=r"ResourceConflict.*already exists"):
        change(UUID=uuid, FunctionName=two.arn)
    other.allow(["none:Nothing"])
    with pytest.raises(ClientError, match="permissions to call ReceiveMessage on SQS"):
        change(UUID=uuid, FunctionName=other.arn)
    assert change(UUID=uuid, FunctionName=one.arn)["FunctionArn"] == one.arn
    other.allow(POLLING)
    assert change(UUID=uuid, FunctionName=other.arn)["FunctionArn"] == other.arn
    queue.send("a")
    rig.settle()
    assert (one.batches, two.batches, other.batches) == ([], [], [["a"]])


def waiting(rig, monkeypatch, wait):
    """Let a role have an hour, which `wait` spends."""
    monkeypatch.setattr(rig.pollers, "_patience", 3600)
    clock = SimpleNamespace(monotonic=time.monotonic, sleep=wait)
    monkeypatch.setattr(pollers, "time", clock)


@pytest.fixture
def no_wait(rig, monkeypatch):
    def wait(seconds):
        raise AssertionError("nothing is on its way")

    waiting(rig, monkeypatch, wait)


def test_a_roles_policy_may_come_after_the_mapping(rig, monkeypatch):
    queue, function = Queue(rig), Function(rig, allowed=["none:Nothing"])
    waits = []

    def policy_comes(seconds):
        waits.append(seconds)
        function.allow(POLLING)

    waiting(rig, monkeypatch, policy_comes)
    function.map(queue.arn)
    assert len(waits) == 1


def test_a_queue_that_shows_messages_too_early_is_refused(rig, no_wait):
    queue, function = Queue(rig, VisibilityTimeout="9"), Function(rig)
    client = function.client
    client.update_function_configuration(FunctionName=function.name, Timeout=10)
    # What the alias leads to counts, and that has the 3 seconds that Lambda gives.
    mapping = function.map(queue.arn)
    client.delete_event_source_mapping(UUID=mapping)
    version = client.publish_version(FunctionName=function.name)["Version"]
    client.update_alias(FunctionName=function.name, Name="live", FunctionVersion=version)
    told = "Queue visibility timeout: 9 seconds is less than Function timeout: 10 seconds"
    with pytest.raises(ClientError, match=told):
        function.map(queue.arn)
    queue.client.set_queue_attributes(QueueUrl=queue.url, Attributes={"VisibilityTimeout": "10"})
    function.map(queue.arn)
